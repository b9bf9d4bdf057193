"""What the routes of one web process work with, made once at its start."""

from collections.abc import Callable, Iterable
from uuid import UUID

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.di import NamedDependency
from redis.asyncio import Redis

from domain.coordination.breakers import SharedBreakers
from domain.coordination.limiter import RateLimiter
from domain.coordination.live_feed import LiveFeed, LiveHub
from domain.coordination.tries import Tries
from domain.encryption import Vault, derive_key
from domain.mail import Mailer
from domain.operations.compiled_versions import CompiledVersions
from domain.operations.receive_event import EventReceiver
from domain.operations.team_redactors import TeamRedactors
from domain.providers.oidc import OidcProvider
from domain.rules.permissions import Actor
from domain.settings import Settings
from web.errands import Errands


class Services:
    """Settings, keys and connections of this process.

    Not a dataclass: the framework would take it for data, and look into all it holds.
    """

    def __init__(
        self,
        *,
        settings: Settings,
        vault: Vault,
        redis: "Redis",
        feed: LiveFeed,
        hub: LiveHub,
        limiter: RateLimiter,
        breakers: SharedBreakers,
        receiver: EventReceiver,
        ring_events: Callable[[Iterable[UUID]], None],
        ring_executions: Callable[[Iterable[UUID]], None],
        ring_backtests: Callable[[Iterable[UUID]], None],
        oidc: OidcProvider | None = None,
    ) -> None:
        self.settings = settings
        self.vault = vault
        self.redis = redis
        self.feed = feed
        self.hub = hub
        self.limiter = limiter
        self.breakers = breakers
        self.receiver = receiver
        self.ring_events = ring_events
        self.ring_executions = ring_executions
        self.ring_backtests = ring_backtests
        self.oidc = oidc
        self.redactors = TeamRedactors(vault)
        self.versions = CompiledVersions()
        self.tries = Tries(redis)
        self.mailer = Mailer(settings.smtp_url, settings.mail_from)
        self.errands = Errands()
        self.csrf_key = derive_key(settings.secret_key, "csrf")
        self.cursor_key = derive_key(settings.secret_key, "cursor")


# How a handler asks for who is there, and for what it works with.
CurrentActor = NamedDependency[Actor]
OurServices = NamedDependency[Services]


def services_of(connection: ASGIConnection) -> Services:  # type: ignore[type-arg]
    """The services of the app that serves this connection."""
    found: Services = connection.app.state["services"]
    return found


async def provide_services(state: State) -> Services:
    """The dependency `services` of handlers."""
    found: Services = state["services"]
    return found


async def provide_actor(request: Request) -> Actor:  # type: ignore[type-arg]
    """The dependency `actor` of handlers: whom the group's guard let in."""
    actor: Actor = request.user
    return actor
