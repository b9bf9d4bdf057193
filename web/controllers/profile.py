"""/profile: what is one's own. Name and settings, password, teams."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.response import Template

from domain.errors import InvalidInput, NotFound, Throttled
from domain.operations.change_password import change_own_password
from domain.operations.change_team import change_team
from domain.operations.edit_profile import edit_profile
from domain.rules.ids import parse_id
from domain.rules.permissions import OWN_PROFILE
from domain.store.sessions import sessions_of
from domain.store.teams import memberships_of
from domain.store.users import user_by_id
from web.auth import session_token
from web.entering import device_of, doubt_streams_of, enter
from web.forms.profile import LOCALES, THEME_WORDS, ProfileForm, password_change_in, zone_names
from web.forms.reading import FORM, errors_by_field, read_form
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, page_or_partial
from web.presenters.people import ROLE_NAMES, sessions_shown

DONE_WORDS = {
    "profile": "Saved.",
    "password": "Your password was changed. Every other session has ended.",
    "sessions": "All other sessions have ended.",
}
_PASSWORD_FIELDS = ("old_password", "password")


async def profile_page(request: HtmxRequest, *, status: int = 200, **more: Any) -> Template:
    """The page, with what stood in the way of the last form if anything did."""
    user_id = request.auth["user_id"]
    user = await user_by_id(user_id)
    context = {
        "form": ProfileForm.of(request.auth),
        "errors": {},
        "password_errors": {},
        "has_password": user is not None and user["password_hash"] is not None,
        "sessions": sessions_shown(await sessions_of(user_id), request.auth["id"]),
        "teams": await memberships_of(user_id),
        "roles": ROLE_NAMES,
        "zones": [(name, name.replace("_", " ")) for name in zone_names()],
        "locales": LOCALES,
        "themes": THEME_WORDS,
        "done": DONE_WORDS.get(request.query_params.get("done", "")),
        **more,
    }
    return page_or_partial(
        request, "profile/show.html", "profile/_show.html", context, status=status
    )


class ProfilePages(Controller):
    """One's own page, of whatever role one is."""

    path = "/profile"

    @get(opt={"permission": OWN_PROFILE})
    async def show(self, request: HtmxRequest) -> Template:
        """Everything in one page."""
        return await profile_page(request)

    @post(opt={"permission": OWN_PROFILE})
    async def update(self, request: HtmxRequest, actor: CurrentActor) -> Response[Any]:
        """The whole page anew, since zone, locale and theme are the page's."""
        form = ProfileForm.typed(await read_form(request))
        try:
            await edit_profile(actor, form.profile(), zone_names())
        except InvalidInput as refused:
            errors = errors_by_field(refused.problems, ("name", "zone", "locale", "theme"), {})
            return await profile_page(request, status=422, form=form, errors=errors)
        return go_to(request, "/profile?done=profile")


class PasswordPages(Controller):
    """/profile/password: another password, with the old one for proof."""

    path = "/profile/password"

    @post(opt={"permission": OWN_PROFILE})
    async def update(
        self, request: HtmxRequest, actor: CurrentActor, services: OurServices
    ) -> Response[Any]:
        """Every session ends, and this browser gets a new one."""
        change = password_change_in(await read_form(request))
        try:
            token = await change_own_password(actor, change, device_of(request), services.tries)
        except InvalidInput as refused:
            errors = errors_by_field(refused.problems, _PASSWORD_FIELDS, {})
            return await profile_page(request, status=422, password_errors=errors)
        except Throttled as throttled:
            errors = {FORM: [throttled.message]}
            return await profile_page(request, status=422, password_errors=errors)
        await doubt_streams_of(services, request.auth["user_id"])
        return enter(request, token, "/profile?done=password")


class TeamChoice(Controller):
    """/profile/team: goes on in another of one's teams."""

    path = "/profile/team"

    @post(opt={"permission": OWN_PROFILE})
    async def update(self, request: HtmxRequest, actor: CurrentActor) -> Response[Any]:
        """A session made anew: another team is other rights. 404 for a team that is not theirs."""
        chosen = parse_id((await read_form(request)).get("team", ""))
        if chosen is None:
            raise NotFound
        old = session_token(request)
        token = await change_team(actor, chosen, device_of(request), old_token=old)
        return enter(request, token, "/")
