"""/sessions: one's own signed-in browsers, and how to end them."""

from typing import Any

from litestar import Controller, Response, delete
from litestar.params import FromPath

from domain.operations.end_other_sessions import end_other_sessions
from domain.operations.end_session import end_session
from domain.rules.permissions import OWN_PROFILE
from web.controllers.api.views import id_in_path
from web.controllers.profile import DONE_WORDS, profile_page
from web.entering import doubt_streams_of
from web.errors import SIGN_IN_PATH
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to


class SessionPages(Controller):
    """Sessions of the actor in all of their teams."""

    path = "/sessions"

    @delete(status_code=200, opt={"permission": OWN_PROFILE})
    async def remove_others(
        self, request: HtmxRequest, actor: CurrentActor, services: OurServices
    ) -> Response[Any]:
        """All but this one."""
        await end_other_sessions(actor, request.auth["id"])
        await doubt_streams_of(services, request.auth["user_id"])
        return await profile_page(request, done=DONE_WORDS["sessions"])

    @delete("/{session_id:str}", status_code=200, opt={"permission": OWN_PROFILE})
    async def remove(
        self,
        request: HtmxRequest,
        session_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """One of them; whoever ends the present one is signed out."""
        chosen = id_in_path(session_id)
        await end_session(actor, chosen)
        await doubt_streams_of(services, request.auth["user_id"])
        if chosen == request.auth["id"]:
            return go_to(request, SIGN_IN_PATH)
        return await profile_page(request)
