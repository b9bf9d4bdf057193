"""Getting in: where somebody enters from, and the answer that carries their new session."""

from typing import Any
from uuid import UUID

from litestar import Response

from domain.coordination.live_feed import ACCESS
from domain.store.sessions import Device
from domain.store.teams import memberships_of
from web.auth import Connection, session_cookie
from web.client_address import client_address
from web.htmx import HtmxRequest, go_to
from web.services import Services, services_of


def device_of(connection: Connection) -> Device:
    """Where a request came from, and what its browser calls itself."""
    trusted = services_of(connection).settings.trusted_proxies
    return Device(client_address(connection, trusted), connection.headers.get("user-agent", ""))


def enter(request: HtmxRequest, token: str, path: str) -> Response[Any]:
    """On to `path`, with the session of `token` from now on."""
    answer = go_to(request, path)
    answer.set_cookie(session_cookie(services_of(request).settings, token))
    return answer


async def doubt_streams_of(services: Services, user_id: UUID) -> None:
    """Someone's sessions ended: the live streams of all their teams ask whether they still may
    listen. Which pages listen to which session only their streams know."""
    for team in await memberships_of(user_id):
        services.feed.nudge(team["team_id"], ACCESS)
