"""Invitations: how admins ask people in (/team/invitations), and how those get in
(/invitation?token=…, where looking uses nothing up)."""

from typing import Any

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from domain.errors import Conflict, InvalidInput, Throttled
from domain.operations.accept_invitation import (
    Arrival,
    Invitee,
    Newcomer,
    accept_as_new,
    accept_signed_in,
    accept_with_password,
    invitee_of,
)
from domain.operations.invite_member import Invited, Post, invite_member, renew_invitation
from domain.operations.revoke_invitation import revoke_invitation
from domain.rules.permissions import MANAGE_MEMBERS, OWN_PROFILE
from web.auth import csrf_token, session_of, session_token
from web.controllers.api.views import id_in_path
from web.controllers.members import team_page
from web.entering import device_of, enter
from web.forms.credentials import NewPasswordForm
from web.forms.people import InviteForm
from web.forms.reading import FORM, Errors, errors_by_field, read_form
from web.headers import request_id
from web.htmx import CurrentActor, HtmxRequest, OurServices
from web.presenters.people import ROLE_NAMES, link_shown
from web.services import Services

_FIELDS = ("name", "password")
_LINK_NOTE = "It works once, within 7 days, and is shown this once: give it to {email} yourself."


async def _show(
    request: HtmxRequest, form: NewPasswordForm, errors: Errors, status: int
) -> Template:
    invitee = await invitee_of(form.token)
    session = await session_of(request)
    context = {
        "form": form,
        "errors": errors,
        "invitee": invitee,
        "role": ROLE_NAMES[invitee.invitation["role"]],
        "signed_in_as": session["email"] if session else None,
        "csrf": csrf_token(request),
    }
    return Template("invitations/show.html", context=context, status_code=status)


class InvitationPages(Controller):
    """For those who are not signed in; whoever is finds the button of `MembershipPages` here."""

    path = "/invitation"

    @get()
    async def show(self, request: HtmxRequest) -> Template:
        """Who invites, and the form. 404 for a link that does nothing any more."""
        form = NewPasswordForm(request.query_params.get("token", ""))
        return await _show(request, form, {}, 200)

    @post(status_code=303)
    async def create(self, request: HtmxRequest, services: OurServices) -> Response[Any]:
        """A new user, or one who proves by their password who they are; signed in to the team."""
        form = NewPasswordForm.typed(await read_form(request))
        invitee = await invitee_of(form.token)
        try:
            token = await _accept(request, services, form, invitee)
        except InvalidInput as refused:
            errors = errors_by_field(refused.problems, _FIELDS, {})
            return await _show(request, form, errors, 422)
        except (Conflict, Throttled) as refused:
            status = 429 if isinstance(refused, Throttled) else 409
            return await _show(request, form, {FORM: [refused.message]}, status)
        services.feed.nudge(invitee.invitation["team_id"], "team")
        return enter(request, token, "/")


def _arrival(request: HtmxRequest) -> Arrival:
    return Arrival(device_of(request), session_token(request), request_id(request.scope))


async def _accept(
    request: HtmxRequest, services: OurServices, form: NewPasswordForm, invitee: Invitee
) -> str:
    newcomer = Newcomer(form.token, form.name, form.password)
    if invitee.known:
        return await accept_with_password(newcomer, _arrival(request), services.tries)
    return await accept_as_new(newcomer, _arrival(request))


class InvitationMembership(Controller):
    """/invitation/membership: whoever is signed in joins, and goes on in that team."""

    path = "/invitation/membership"

    @post(status_code=303, opt={"permission": OWN_PROFILE})
    async def create(self, request: HtmxRequest, actor: CurrentActor) -> Response[Any]:
        """403 when the invitation is for another address than theirs."""
        form = NewPasswordForm.typed(await read_form(request))
        email, arrival = request.auth["email"], _arrival(request)
        try:
            token = await accept_signed_in(actor, email, form.token, arrival)
        except Conflict:  # a member already: nothing is left to do
            return Redirect("/team", status_code=303)
        return enter(request, token, "/")


def _post(services: Services) -> Post:
    return Post(services.mailer, services.settings.base_url, services.tries)


async def _sent(request: HtmxRequest, actor: CurrentActor, invited: Invited) -> Template:
    """The team's page, with the link if no mail took it."""
    if invited.link is None:
        done = f"The invitation was sent to {invited.email}."
        return await team_page(request, actor, done=done)
    note = _LINK_NOTE.format(email=invited.email)
    link = link_shown("The invitation's link", invited.link, note)
    return await team_page(request, actor, shown_link=link)


class TeamInvitations(Controller):
    """/team/invitations: asking people in."""

    path = "/team/invitations"

    @post(status_code=200, opt={"permission": MANAGE_MEMBERS})
    async def create(
        self, request: HtmxRequest, actor: CurrentActor, services: OurServices
    ) -> Template:
        """Mailed, or its link shown once. An open one of the same address is replaced."""
        form = InviteForm.typed(await read_form(request))
        try:
            invited = await invite_member(actor, _post(services), form.email, form.role)
        except InvalidInput as refused:
            errors = errors_by_field(refused.problems, ("email", "role"), {})
            return await team_page(request, actor, status=422, invite=form, invite_errors=errors)
        except (Conflict, Throttled) as refused:
            return await team_page(request, actor, status=409, invite=form, trouble=refused.message)
        services.feed.nudge(actor.team_id, "team")
        return await _sent(request, actor, invited)

    @delete("/{invitation_id:str}", status_code=200, opt={"permission": MANAGE_MEMBERS})
    async def remove(
        self,
        request: HtmxRequest,
        invitation_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Template:
        """Its link opens nothing any more."""
        await revoke_invitation(actor, id_in_path(invitation_id))
        services.feed.nudge(actor.team_id, "team")
        return await team_page(request, actor)

    @post("/{invitation_id:str}/link", status_code=200, opt={"permission": MANAGE_MEMBERS})
    async def renew(
        self,
        request: HtmxRequest,
        invitation_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Template:
        """Sent again, with another link and another week; the old link ends."""
        try:
            invited = await renew_invitation(actor, _post(services), id_in_path(invitation_id))
        except Throttled as throttled:
            return await team_page(request, actor, status=409, trouble=throttled.message)
        return await _sent(request, actor, invited)
