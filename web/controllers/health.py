"""Whether the process is up, and whether it can work: for load balancers. No ids, no names."""

import asyncio
from collections.abc import Awaitable

from litestar import HttpMethod, MediaType, Response, Router, route

from domain.coordination.redis_trouble import REDIS_TROUBLE
from domain.store.readiness import database_stores, migrations_are_done
from web.errors import api_error
from web.services import OurServices, Services

PATIENCE_S = 2.0
_READ = [HttpMethod.GET, HttpMethod.HEAD]
_HEADERS = {"cache-control": "no-store", "x-content-type-options": "nosniff"}


@route("/healthz", http_method=_READ, status_code=200, media_type=MediaType.JSON)
async def healthz() -> dict[str, str]:
    """The process is up."""
    return {"status": "ok"}


@route("/readyz", http_method=_READ)
async def readyz(services: OurServices) -> Response[dict[str, object]]:
    """The database stores, its migrations are done and Redis answers; else 503 and which fails."""
    parts = {
        "database": database_stores(),
        "migrations": migrations_are_done(),
        "redis": _redis_answers(services),
    }
    answers = await asyncio.gather(*map(_in_time, parts.values()))
    failing = [name for name, works in zip(parts, answers, strict=True) if not works]
    if failing:
        return Response({"status": "unavailable", "failing": failing}, status_code=503)
    return Response({"status": "ok"}, status_code=200)


async def _in_time(check: Awaitable[bool]) -> bool:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return await check
    except TimeoutError:
        return False


async def _redis_answers(services: Services) -> bool:
    try:
        return bool(await services.redis.ping())
    except REDIS_TROUBLE:
        return False


health_router = Router(
    path="/",
    route_handlers=[healthz, readyz],
    response_headers=_HEADERS,
    exception_handlers={Exception: api_error},
    include_in_schema=False,
)
