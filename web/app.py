"""The composition root of the web process: `uvicorn web.app:app`.

The only module that knows all of its parts; everything else is handed what it needs.
"""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litestar import Litestar, Response, Router
from litestar.datastructures import CacheControlHeader
from litestar.di import Provide
from litestar.middleware import DefineMiddleware
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme
from litestar.routes import BaseRoute
from litestar.static_files import create_static_files_router
from litestar.types import ControllerRouterHandler
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from domain.closing import close_in_time
from domain.coordination.breakers import SharedBreakers
from domain.coordination.limiter import RateLimiter
from domain.coordination.live_feed import LiveFeed, LiveHub
from domain.encryption import Vault
from domain.errors import BadSettings
from domain.garbage import collect_seldom
from domain.logs import configure_logs
from domain.operations.receive_event import EventReceiver
from domain.outbound import Outbound
from domain.providers.oidc import OidcProvider
from domain.settings import Settings, read_settings
from domain.store.database import close_pool, open_pool
from domain.store.team_scope import every_team, scoped_team
from tasks.bell import Bell
from web.controllers.api.router import api_router
from web.controllers.health import health_router
from web.controllers.hooks import hooks
from web.controllers.live import streams_that_end_with_the_process
from web.controllers.metrics import metrics_router
from web.controllers.oidc import CALLBACK_PATH
from web.controllers.pages import pages_router
from web.descriptors import most_streams
from web.errors import page_error, unrouted_error
from web.headers import Envelope, security_headers
from web.presenters.environment import template_config
from web.services import Services, provide_actor, provide_services

# Connections of this process: for what acts for all teams (look-ups), for requests that act for
# one, and those kept for the door: its commits, and looking a hook up. Together few, since small
# hosted databases take 20.
POOL_SIZE = 3
TEAM_POOL_SIZE = 4
DOOR_POOL_SIZE = 3
HOOKS = b"/hooks/"
MOST_FORM_BYTES = 1024 * 1024
MOST_FORM_PARTS = 100
REDIS_PATIENCE_S = 1.0
ROOT = Path(__file__).parents[1]
ASSETS = ROOT / "static" / "dist"
YEAR_S = 31_536_000


class FrontDoor(Litestar):
    """Litestar for everything but webhooks, which go straight to their handler: nothing that the
    other routes share stands in the way of the busiest one."""

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The ASGI entry. The path is compared as it was sent, before anything decodes it."""
        # A server may start a request's task from the one before: a team must not come along. A
        # hook never acts for one, so where there is none, it has none to leave either.
        hook = scope["type"] == "http" and scope["raw_path"].startswith(HOOKS)
        if hook and scoped_team() is None:
            await hooks(scope, receive, send, self.state["services"].receiver)
            return
        with every_team():
            if hook:
                await hooks(scope, receive, send, self.state["services"].receiver)
            else:
                await super().__call__(scope, receive, send)


def create_app(settings: Settings) -> Litestar:
    """The web application. Connections are opened when it starts, and closed when it stops."""

    @asynccontextmanager
    async def running(app: Litestar) -> AsyncIterator[None]:
        async with _services(settings) as services:
            app.state["services"] = services
            with streams_that_end_with_the_process(services.hub):
                yield
            await services.errands.close()

    return FrontDoor(
        route_handlers=[
            api_router(secure=settings.secure),
            health_router,
            metrics_router,
            _pages(settings),
            _assets(),
        ],
        lifespan=[running],
        dependencies={
            "services": Provide(provide_services),
            "actor": Provide(provide_actor),
        },
        exception_handlers={Exception: unrouted_error},
        openapi_config=_openapi(settings),
        template_config=template_config(),
        logging_config=None,
        multipart_form_part_limit=MOST_FORM_PARTS,
        debug=False,
    )


def _pages(settings: Settings) -> Router:
    """What people see, with the headers and the errors of pages."""
    return Router(
        path="/",
        route_handlers=[pages_router],
        middleware=[DefineMiddleware(Envelope, headers=security_headers(secure=settings.secure))],
        exception_handlers={Exception: page_error},
        request_max_body_size=MOST_FORM_BYTES,
    )


@asynccontextmanager
async def _services(settings: Settings) -> AsyncIterator[Services]:
    """Everything that runs as long as the process does. Stopped in the opposite order, so that
    what is accepted is stored before the pool closes."""
    vault = Vault(settings.secret_key, settings.previous_secret_keys)
    bell, feed = Bell(settings.redis_url), LiveFeed(settings.redis_url)
    hub = LiveHub(settings.redis_url, most_streams())
    redis = _redis(settings.redis_url)
    limiter = RateLimiter(settings.redis_url)
    breakers = SharedBreakers(settings.redis_url)
    receiver = EventReceiver(
        vault,
        bell.ring_events,
        feed.nudge,
        https_only=settings.secure,
        trusted_proxies=settings.trusted_proxies,
        limiter=limiter,
        global_limits=settings.rate_limits,
    )
    outbound = _outbound(settings)
    await open_pool(POOL_SIZE, TEAM_POOL_SIZE, DOOR_POOL_SIZE)
    bell.start()
    await feed.start()
    await hub.start()
    await limiter.start()
    receiver.start()
    await outbound.start()
    try:
        yield Services(
            settings=settings,
            vault=vault,
            redis=redis,
            feed=feed,
            hub=hub,
            limiter=limiter,
            breakers=breakers,
            receiver=receiver,
            ring_events=bell.ring_events,
            ring_executions=bell.ring_executions,
            ring_backtests=bell.ring_backtests,
            oidc=_oidc(settings, outbound),
        )
    finally:
        await close_in_time(receiver, outbound, hub, feed, bell, limiter, breakers)
        await redis.aclose()
        await close_pool()


def _outbound(settings: Settings) -> Outbound:
    """This process calls out only to the provider that people sign in with."""
    allow = (*settings.egress_allow, *(settings.oidc.allow if settings.oidc else ()))
    own = [settings.own_destination]
    return Outbound(allow, own_ports=settings.own_ports, own_destinations=own, limit=16)


def _oidc(settings: Settings, outbound: Outbound) -> OidcProvider | None:
    if settings.oidc is None:
        return None
    return OidcProvider(settings.oidc, f"{settings.base_url}{CALLBACK_PATH}", outbound)


def _redis(url: str) -> "Redis":
    """A client that says at once when Redis is away."""
    return Redis.from_url(
        url,
        socket_timeout=REDIS_PATIENCE_S,
        socket_connect_timeout=REDIS_PATIENCE_S,
        retry=Retry(NoBackoff(), 0),
    )


def _assets() -> Router:
    """Files under content-hashed names: what a name stands for never changes."""
    ASSETS.mkdir(parents=True, exist_ok=True)
    return create_static_files_router(
        path="/static",
        directories=[ASSETS],
        cache_control=CacheControlHeader(max_age=YEAR_S, public=True, immutable=True),
        after_request=_keep_type,
        include_in_schema=False,
    )


def _keep_type(response: Response[Any]) -> Response[Any]:
    response.headers["x-content-type-options"] = "nosniff"
    return response


class _DocumentRouter(Router):
    """Takes the document only, and not the pages that Litestar would put beside it."""

    def register(self, value: ControllerRouterHandler) -> list[BaseRoute]:
        """Called by Litestar, once for each of its handlers."""
        if "/{path:str}" in getattr(value, "paths", ()):
            return []
        return super().register(value)


def _openapi(settings: Settings) -> OpenAPIConfig:
    """/api/openapi.json, which describes /api/v1 and nothing else."""
    return OpenAPIConfig(
        title="Signalbox",
        version="1",
        description="Triggers, events, decisions, executions.",
        render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        components=Components(
            security_schemes={"key": SecurityScheme(type="http", scheme="bearer")},
        ),
        security=[{"key": []}],
        openapi_router=_DocumentRouter(
            path="/api",
            route_handlers=[],
            middleware=[
                DefineMiddleware(Envelope, headers=security_headers(secure=settings.secure))
            ],
            include_in_schema=False,
        ),
    )


def _app_of_this_process() -> Litestar:
    try:
        settings = read_settings(os.environ)
    except BadSettings as bad:
        sys.exit(f"The settings need mending:\n{bad}")
    configure_logs("web", settings.log_level)
    made = create_app(settings)
    collect_seldom()
    return made


if TYPE_CHECKING:
    app: Litestar


def __getattr__(name: str) -> Any:
    """`app` is made when the server asks for it, so that importing this module does nothing."""
    if name != "app":
        raise AttributeError(name)
    globals()["app"] = _app_of_this_process()
    return globals()["app"]
