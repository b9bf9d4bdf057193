"""/metrics, for Prometheus: from this machine only, or with METRICS_TOKEN from anywhere."""

import hmac
from typing import Any

from litestar import Request, Response, Router, get

from domain import metrics
from domain.errors import NotFound, Unauthenticated
from domain.operations.read_reliability import reliability_gauges
from domain.store import history
from web.client_address import comes_directly_from_this_machine
from web.errors import api_error
from web.services import OurServices


@get("/metrics")
async def show_metrics(request: Request[Any, Any, Any], services: OurServices) -> Response[bytes]:
    """What this process counted, and how much waits in the database."""
    _check_access(request, services.settings.metrics_token)
    text = metrics.exposition(await history.queue_depths(), await reliability_gauges())
    return Response(text, media_type="text/plain; version=0.0.4")


def _check_access(request: Request[Any, Any, Any], token: str | None) -> None:
    if token is None:
        if not comes_directly_from_this_machine(request):
            raise NotFound
        return
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), token.encode()):
        raise Unauthenticated


metrics_router = Router(
    path="/",
    route_handlers=[show_metrics],
    response_headers={"cache-control": "no-store", "x-content-type-options": "nosniff"},
    exception_handlers={Exception: api_error},
    include_in_schema=False,
)
