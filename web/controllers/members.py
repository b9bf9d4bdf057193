"""/team: who belongs to the team, with which role, and who is asked in."""

from dataclasses import replace
from typing import Any

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath
from litestar.response import Template

from domain.coordination.live_feed import ACCESS
from domain.errors import Conflict, InvalidInput
from domain.operations.change_role import change_role
from domain.operations.open_session import open_session
from domain.operations.remove_member import remove_member
from domain.operations.rename_team import rename_team
from domain.operations.request_password_reset import make_reset_link
from domain.rules.permissions import MANAGE_MEMBERS, SEE_TEAM
from domain.store.invitations import open_invitations
from domain.store.teams import members_of
from web.controllers.api.views import id_in_path
from web.entering import device_of, enter
from web.errors import SIGN_IN_PATH
from web.forms.people import ROLE_WORDS, InviteForm, TeamForm
from web.forms.reading import errors_by_field, read_form
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, page_or_partial
from web.presenters.people import ROLE_NAMES, link_shown, members_shown, role_options
from web.services import Services

STALE = "Someone else changed this in the meantime. What you see now is how it is."
RESET_NOTE = (
    "Whoever opens it within an hour chooses this person's new password: give it to nobody else. "
    "It is shown this once."
)


async def team_page(
    request: HtmxRequest, actor: CurrentActor, *, status: int = 200, **more: Any
) -> Template:
    """The page as the database has it, with what stood in the way of the last button."""
    may_manage = actor.may(MANAGE_MEMBERS)
    context = {
        "members": members_shown(await members_of(actor.team_id), actor),
        "invitations": await open_invitations(actor.team_id) if may_manage else [],
        "invite": InviteForm(),
        "invite_errors": {},
        "team_form": None,
        "team_errors": {},
        "roles": role_options(),
        "role_words": ROLE_WORDS,
        "role_names": ROLE_NAMES,
        "trouble": None,
        "done": None,
        "shown_link": None,
        **more,
    }
    # A live refresh asks for the tables only: half-typed forms and one-time links stay.
    live = request.htmx.target_id == "people"
    part = "team/_people.html" if live else "team/_show.html"
    return page_or_partial(request, "team/index.html", part, context, status=status)


def nudge_team(services: Services, actor: CurrentActor) -> None:
    """People's rights changed: open pages read the team anew, and streams ask if they may."""
    services.feed.nudge(actor.team_id, "team", ACCESS)


class TeamPages(Controller):
    """The team itself."""

    path = "/team"

    @get(opt={"permission": SEE_TEAM})
    async def index(self, request: HtmxRequest, actor: CurrentActor) -> Template:
        """Members, and for admins the open invitations."""
        return await team_page(request, actor)

    @post(status_code=200, opt={"permission": MANAGE_MEMBERS})
    async def update(
        self, request: HtmxRequest, actor: CurrentActor, services: OurServices
    ) -> Response[Any]:
        """Another name, unless someone gave it one in the meantime. The whole page anew, since the
        name stands all over it."""
        form = TeamForm.typed(await read_form(request))
        try:
            await rename_team(actor, form.was, form.name)
        except InvalidInput as refused:
            errors = errors_by_field(refused.problems, (), {"name": "team_name"})
            return await team_page(request, actor, status=422, team_form=form, team_errors=errors)
        except Conflict:
            return await team_page(request, actor, status=409, trouble=STALE)
        services.feed.nudge(actor.team_id, "team")
        return go_to(request, "/team")


class MemberPages(Controller):
    """/team/members/{id}: one member."""

    path = "/team/members/{user_id:str}"

    @post("/role", status_code=200, opt={"permission": MANAGE_MEMBERS})
    async def update_role(
        self,
        request: HtmxRequest,
        user_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Their sessions in this team end; the last admin stays one."""
        member, given = id_in_path(user_id), await read_form(request)
        role = given.get("role", "")
        try:
            await change_role(actor, member, role, was=given.get("was"))
        except (Conflict, InvalidInput) as refused:
            trouble = STALE if type(refused) is Conflict else refused.message
            return await team_page(request, actor, status=409, trouble=trouble)
        nudge_team(services, actor)
        if member != actor.id:
            return await team_page(request, actor)
        lower, device = replace(actor, role=role), device_of(request)
        return enter(
            request, await open_session(lower, device, old_token=None, action="replace"), "/team"
        )

    @delete(status_code=200, opt={"permission": MANAGE_MEMBERS})
    async def remove(
        self,
        request: HtmxRequest,
        user_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Gone from the team at once, with their sessions in it and their keys."""
        member = id_in_path(user_id)
        try:
            await remove_member(actor, member)
        except Conflict as conflict:
            return await team_page(request, actor, status=409, trouble=conflict.message)
        nudge_team(services, actor)
        return (
            await team_page(request, actor) if member != actor.id else go_to(request, SIGN_IN_PATH)
        )

    @post("/password-reset", status_code=200, opt={"permission": MANAGE_MEMBERS})
    async def create_reset(
        self,
        request: HtmxRequest,
        user_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Template:
        """A link that the admin passes on, shown this once."""
        try:
            link = await make_reset_link(actor, id_in_path(user_id), services.settings.base_url)
        except Conflict as conflict:
            return await team_page(request, actor, status=409, trouble=conflict.message)
        shown = link_shown("A link for a new password", link, RESET_NOTE)
        return await team_page(request, actor, shown_link=shown)
