"""/triggers/{id}/shadow: a draft of the conditions that runs beside the live ones."""

from typing import Any
from uuid import UUID

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath
from litestar.response import Template

from domain.errors import Conflict, InvalidInput, NotFound
from domain.operations.compare_shadow import compare_shadow
from domain.operations.discard_shadow import discard_shadow
from domain.operations.start_shadow import start_shadow
from domain.rules.ids import parse_id
from domain.rules.json_values import JsonValue
from domain.rules.permissions import EDIT_TRIGGERS, SEE_EVENTS, SEE_TRIGGERS, Actor
from domain.store.pages import Page
from domain.store.pages_shadows import (
    DisagreementListed,
    events_named,
    page_of_disagreements,
)
from domain.store.shadows import newest_shadow
from domain.store.triggers import TriggerRow
from web.controllers.api.views import id_in_path
from web.controllers.trigger_forms import form_page
from web.controllers.trigger_parts import find_or_404, nudge
from web.forms.conditions import ROOT
from web.forms.reading import Errors, Fields, read_form
from web.forms.shadow import draft_errors, draft_in, draft_of_form, is_trigger_form
from web.forms.trigger import TriggerForm
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, page, page_or_partial
from web.presenters.pagers import pager, position_in
from web.presenters.shadows import (
    KIND_CHOICES,
    conditions_text,
    disagreements_shown,
    outcome_words,
    shadow_shown,
    sides_of,
)
from web.services import Services

_ENDED = "Somebody else promoted or discarded this draft, or put another one in its place."


async def shadow_context(row: TriggerRow) -> dict[str, Any]:
    """What the panel of a trigger's shadow needs besides `latest`: whether it stands on the
    trigger's page."""
    found = await newest_shadow(row.team_id, row.id)
    return {"row": row, "shadow": shadow_shown(found) if found else None, "trouble": ""}


async def _page_context(request: HtmxRequest, row: TriggerRow) -> dict[str, Any]:
    """What the page of a trigger's shadow needs besides: its list, and the form that starts one."""
    context = await shadow_context(row)
    shown, kind = context["shadow"], request.query_params.get("kind", "")
    kind = kind if kind in dict(KIND_CHOICES) else ""
    position = position_in(request.query_params)
    found: Page[DisagreementListed] = Page(())
    if shown:
        found = await page_of_disagreements(row.team_id, shown.row.id, kind or None, position)
    named = await events_named(row.team_id, [each.id for each in found.rows])
    draft = shown.row.conditions if shown and shown.running else row.conditions
    return context | {
        "latest": "latest" in request.query_params,
        "rows": disagreements_shown(found.rows, named),
        "pager": pager(f"/triggers/{row.id}/shadow", {"kind": kind}, position, found),
        "kind": kind,
        "kinds": KIND_CHOICES,
        "typed": conditions_text(draft),
        "errors": {},
    }


async def _refused(request: HtmxRequest, row: TriggerRow, typed: str, errors: Errors) -> Template:
    context = await _page_context(request, row) | {"typed": typed, "errors": errors}
    return page_or_partial(request, "shadows/show.html", "shadows/_start.html", context, status=422)


def nudge_shadow(services: Services, actor: Actor, trigger_id: UUID) -> None:
    """Tell the team's open pages that the trigger's draft began or ended."""
    nudge(services, actor, trigger_id)
    services.feed.nudge(actor.team_id, f"shadow:{trigger_id}")


class ShadowPages(Controller):
    """The draft is judged on every new event, and nothing follows from it."""

    path = "/triggers/{trigger_id:str}/shadow"

    @get(opt={"permission": SEE_TRIGGERS})
    async def show(
        self, request: HtmxRequest, trigger_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """How well it agrees, and what about it does not; for a refresh one of the two."""
        row = await find_or_404(actor, trigger_id)
        context = await _page_context(request, row)
        part = "_list" if request.htmx.target_id == "list" else "_panel"
        answer = page_or_partial(request, "shadows/show.html", f"shadows/{part}.html", context)
        if request.htmx.wants_part and request.htmx.source == "filters":
            answer.headers["hx-push-url"] = context["pager"].here
        return answer

    @post(status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def create(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Runs a draft: from the trigger's form, or as JSON."""
        row, given = await find_or_404(actor, trigger_id), await read_form(request)
        if is_trigger_form(given):
            return await self._from_form(request, row, actor, services, given)
        try:
            draft = draft_in(given)
            return await self._start(request, row, actor, services, draft)
        except InvalidInput as refused:
            return await _refused(request, row, given.get(ROOT, ""), draft_errors(refused))

    async def _from_form(
        self, request: HtmxRequest, row: TriggerRow, actor: Actor, services: Services, given: Fields
    ) -> Response[Any]:
        form = TriggerForm.typed(given)
        try:
            draft = draft_of_form(form, row)
            return await self._start(request, row, actor, services, draft)
        except InvalidInput as refused:
            return await form_page(request, form, form.errors(refused), 422, row=row)

    async def _start(
        self, request: HtmxRequest, row: TriggerRow, actor: Actor, services: Services,
        draft: JsonValue,
    ) -> Response[Any]:  # fmt: skip
        await start_shadow(actor, row.id, draft)
        nudge_shadow(services, actor, row.id)
        return go_to(request, f"/triggers/{row.id}/shadow")

    @delete(status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def remove(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Discards the draft that was looked at. Answers with the panel as it now is."""
        row, trouble = await find_or_404(actor, trigger_id), ""
        try:
            seen = parse_id(request.query_params.get("shadow", ""))
            await discard_shadow(actor, row.id, shadow_id=seen)
        except (Conflict, NotFound):
            trouble = _ENDED
        nudge_shadow(services, actor, row.id)
        if not request.htmx:
            return go_to(request, f"/triggers/{row.id}/shadow")
        latest = "latest" in request.query_params
        context = await shadow_context(row) | {"trouble": trouble, "latest": latest}
        return page(request, "shadows/_panel.html", context, status=409 if trouble else 200)

    @get("/events/{event_id:str}", opt={"permission": SEE_EVENTS})
    async def compare(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        event_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Template:
        """One event, with every clause of both."""
        row = await find_or_404(actor, trigger_id)
        shadow = await newest_shadow(row.team_id, row.id)
        if shadow is None:
            raise NotFound
        comparison = await compare_shadow(shadow, id_in_path(event_id), services.redactors)
        context = {
            "row": row,
            "comparison": comparison,
            "outcome": outcome_words(comparison.outcome),
            "sides": sides_of(comparison),
        }
        return page(request, "shadows/event.html", context)
