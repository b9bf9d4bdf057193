"""The team's API keys: /team/keys."""

from collections.abc import Mapping
from typing import Any

from litestar import Controller, delete, get, post
from litestar.params import FromPath
from litestar.response import Template

from domain.clock import utc_now
from domain.errors import Conflict, InvalidInput
from domain.operations.create_api_key import CreatedKey, create_api_key
from domain.operations.revoke_api_key import revoke_api_key
from domain.operations.rotate_api_key import rotate_api_key
from domain.rules.permissions import MANAGE_KEYS, ROLES, Actor, weaker_role
from domain.store import api_keys
from web.controllers.api.views import id_in_path
from web.forms.api_keys import LIVES, OVERLAPS, KeyForm, key_errors, overlap_in
from web.forms.reading import FORM, Errors, read_form
from web.htmx import CurrentActor, HtmxRequest, OurServices, page_or_partial
from web.presenters.api_keys import keys_shown


def _roles(actor: Actor) -> list[tuple[str, str]]:
    """What a key of this actor's may be: nothing that allows more than their own role."""
    return [(role, role.capitalize()) for role in ROLES if weaker_role(role, actor.role) == role]


async def _page(
    request: HtmxRequest,
    actor: Actor,
    *,
    form: KeyForm | None = None,
    errors: Errors | None = None,
    made: CreatedKey | None = None,
    status: int = 200,
) -> Template:
    context: Mapping[str, Any] = {
        "keys": keys_shown(await api_keys.list_api_keys(actor.team_id)),
        "form": form or KeyForm(),
        "errors": errors or {},
        "made": made,
        "roles": _roles(actor),
        "lives": LIVES,
        "overlaps": OVERLAPS,
    }
    part = "_key_list" if request.htmx.target_id == "key-list" else "_keys"
    answer = page_or_partial(request, "team/keys.html", f"team/{part}.html", context, status=status)
    if made is not None:
        answer.headers["hx-reswap"] = "outerHTML"  # morphing would keep what was typed
    return answer


class KeyPages(Controller):
    """List, make, rotate, revoke. Each answers with the list as it now is in the database."""

    path = "/team/keys"

    @get(opt={"permission": MANAGE_KEYS})
    async def index(self, request: HtmxRequest, actor: CurrentActor) -> Template:
        """Those that open something first."""
        return await _page(request, actor)

    @post(status_code=201, opt={"permission": MANAGE_KEYS})
    async def create(
        self, request: HtmxRequest, actor: CurrentActor, services: OurServices
    ) -> Template:
        """Shows the key, this once; or the form again with everything that was typed."""
        form = KeyForm.typed(await read_form(request))
        try:
            expires_at = form.expires_at(utc_now())
            made = await create_api_key(actor, form.name, form.role, expires_at=expires_at)
        except InvalidInput as refused:
            return await _page(request, actor, form=form, errors=key_errors(refused), status=422)
        services.feed.nudge(actor.team_id, "keys")
        return await _page(request, actor, made=made, status=201)

    @post("/{key_id:str}/rotation", status_code=201, opt={"permission": MANAGE_KEYS})
    async def rotate(
        self,
        request: HtmxRequest,
        key_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Template:
        """Shows the successor, this once; the old key works on for as long as was chosen."""
        overlap_s = overlap_in(await read_form(request))
        try:
            made = await rotate_api_key(actor, id_in_path(key_id), overlap_s=overlap_s)
        except Conflict as conflict:
            return await _page(request, actor, errors={FORM: [conflict.message]}, status=409)
        services.feed.nudge(actor.team_id, "keys")
        return await _page(request, actor, made=made, status=201)

    @delete("/{key_id:str}", status_code=200, opt={"permission": MANAGE_KEYS})
    async def revoke(
        self,
        request: HtmxRequest,
        key_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Template:
        """The key is refused from now on."""
        await revoke_api_key(actor, id_in_path(key_id))
        services.feed.nudge(actor.team_id, "keys")
        return await _page(request, actor)
