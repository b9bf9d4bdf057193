"""/triggers/{id}/secrets: which signing secrets work, and giving the trigger another."""

from typing import Any

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath
from litestar.response import Template

from domain.errors import Conflict, InvalidInput
from domain.operations.retire_trigger_secret import retire_trigger_secret
from domain.operations.rotate_trigger_secret import RotatedSecret, rotate_trigger_secret
from domain.rules.permissions import EDIT_TRIGGERS
from domain.senders import SENDERS
from domain.store.secrets import trigger_secrets_shown
from domain.store.triggers import TriggerRow
from web.controllers.api.views import id_in_path
from web.controllers.trigger_parts import find_webhook_or_404, nudge
from web.forms.reading import Errors, errors_by_field, read_form, whole_number_in
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, page, page_or_partial
from web.presenters.samples import stored_json
from web.presenters.trigger_secrets import DEFAULT_OVERLAP, OVERLAPS, secrets_shown

_FIELDS = ("secret", "overlap_s")


async def secrets_context(row: TriggerRow) -> dict[str, Any]:
    """What the list of a trigger's secrets needs."""
    found = await trigger_secrets_shown(row.team_id, row.id)
    scheme = stored_json(row.config)["scheme"]
    return {
        "row": row,
        "signed": SENDERS[scheme].needs_secret,
        "secrets": secrets_shown(found),
        "overlaps": OVERLAPS,
        "overlap": DEFAULT_OVERLAP,
        "trouble": "",
    }


async def _panel(
    request: HtmxRequest,
    row: TriggerRow,
    *,
    errors: Errors | None = None,
    overlap: str = DEFAULT_OVERLAP,
    rotated: RotatedSecret | None = None,
    status: int = 200,
) -> Template:
    """The whole panel. What was typed as a secret is not sent back."""
    context = {"errors": errors or {}, "rotated": rotated, **await secrets_context(row)}
    context |= {"overlap": overlap or DEFAULT_OVERLAP}
    return page_or_partial(
        request, "trigger_secrets/index.html", "trigger_secrets/_panel.html", context,
        status=status,
    )  # fmt: skip


class TriggerSecretPages(Controller):
    """Secrets are shown once, when they are made; from then on only when and whether they work."""

    path = "/triggers/{trigger_id:str}/secrets"

    @get(opt={"permission": EDIT_TRIGGERS})
    async def index(
        self, request: HtmxRequest, trigger_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """The live ones; for a refresh only the list, so that no half-filled form is touched."""
        row = await find_webhook_or_404(actor, trigger_id)
        if request.htmx.wants_part:
            return page(request, "trigger_secrets/_list.html", await secrets_context(row))
        return await _panel(request, row)

    @post(status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def create(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Template:
        """Another secret, ours or one that was given; the old ones work for a while."""
        row, given = await find_webhook_or_404(actor, trigger_id), await read_form(request)
        overlap_s = whole_number_in(given.get("overlap_s", ""))
        try:
            rotated = await rotate_trigger_secret(
                actor, services.vault, row.id,
                secret=given.get("secret") or None,
                overlap_s=-1 if overlap_s is None else overlap_s,
            )  # fmt: skip
        except InvalidInput as refused:
            errors = errors_by_field(refused.problems, _FIELDS, {})
            chosen = given.get("overlap_s", "")
            return await _panel(request, row, errors=errors, overlap=chosen, status=422)
        nudge(services, actor, row.id)
        return await _panel(request, row, rotated=rotated)

    @delete("/{secret_id:str}", status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def remove(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        secret_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """What it signed is refused from now on. Answers with the list as it now is."""
        row = await find_webhook_or_404(actor, trigger_id)
        trouble = ""
        try:
            await retire_trigger_secret(actor, row.id, id_in_path(secret_id))
        except Conflict as refused:
            trouble = refused.message
        nudge(services, actor, row.id)
        if not request.htmx:
            return go_to(request, f"/triggers/{row.id}")
        context = {**await secrets_context(row), "trouble": trouble}
        return page(request, "trigger_secrets/_list.html", context, status=409 if trouble else 200)
