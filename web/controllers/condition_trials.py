"""Conditions tried while they are written: on one event, and on the latest of the trigger's."""

from typing import Any

from litestar import Controller, post
from litestar.params import FromPath
from litestar.response import Template

from domain.errors import NotFound
from domain.operations.rate_clauses import rate_clauses
from domain.rules.permissions import EDIT_TRIGGERS
from domain.rules.subjects import NOTHING
from domain.rules.trials import Draft, read_draft, try_draft
from domain.store.triggers import TriggerRow
from web.controllers.chosen_events import Chosen, chosen_event
from web.controllers.event_samples import sample_of
from web.controllers.trigger_forms import form_page
from web.controllers.trigger_parts import find_or_404
from web.forms.reading import Fields, read_form
from web.forms.trigger import TriggerForm
from web.htmx import CurrentActor, HtmxRequest, page
from web.presenters.clause_rates import rates_shown
from web.presenters.condition_rows import rows_shown
from web.presenters.condition_trial import TrialShown, trial_shown
from web.presenters.payload_tree import branch

# A pasted sample that is too long is told so at its field, however much longer it is.
MOST_SENT = 8 * 1024 * 1024


class ConditionTrials(Controller):
    """/triggers/new/condition-trials and below /triggers/{id}."""

    path = "/triggers"
    request_max_body_size = MOST_SENT

    @post("/new/condition-trials", status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def try_new(self, request: HtmxRequest) -> Template:
        """What the conditions of a new trigger make of a sample."""
        return await _tried(request, None)

    @post("/{trigger_id:str}/condition-trials", status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def try_on_event(
        self, request: HtmxRequest, trigger_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """What the conditions make of an event or a sample."""
        return await _tried(request, await find_or_404(actor, trigger_id))

    @post("/{trigger_id:str}/clause-rates", status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def rates(
        self, request: HtmxRequest, trigger_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """How often each clause passes over the latest events."""
        row = await find_or_404(actor, trigger_id)
        form = TriggerForm.typed(await read_form(request))
        draft = _draft(form)
        found = await rate_clauses(actor, row.id, row.version, draft)
        shown = rates_shown(found, draft, form.conditions.names())
        context = {"rates": shown, "rows": rows_shown(form.conditions)}
        return page(request, "conditions/_rates.html", context)


def _draft(form: TriggerForm) -> Draft:
    raw, problems = form.conditions.read()
    return read_draft(raw, problems)


async def _tried(request: HtmxRequest, row: TriggerRow | None) -> Template:
    """The trial; of the event only the part that was asked for; or the whole form without htmx.
    Nothing is saved."""
    given = await read_form(request)
    form = TriggerForm.typed(given)
    sample = await sample_of(request.user, form)
    chosen = await chosen_event(request.user, row, sample, form.beside)
    status = 422 if form.beside.too_long else 200
    if request.htmx.wants_part and "part" in given:
        return _branch(request, chosen, given["part"], row)
    trial = _trial(form, chosen, given)
    more: dict[str, Any] = {"trial": trial, "chosen": chosen, **({"row": row} if row else {})}
    problems = {**trial.errors, **(chosen.errors or {})}
    if not request.htmx.wants_part:
        return await form_page(request, form, problems, status, **more)
    more |= {"problems": problems, "draws": "draw" in given}
    context = {**more, "rows": rows_shown(form.conditions)}
    return page(request, "conditions/_trial.html", context, status=status)


def _trial(form: TriggerForm, chosen: Chosen, given: Fields) -> TrialShown:
    raw, problems = form.conditions.read()
    draft = read_draft(raw, problems)
    trial = try_draft(draft, chosen.subject) if chosen.subject else None
    return trial_shown(form.conditions, raw, draft, trial, given=given, fault=chosen.fault)


def _branch(request: HtmxRequest, chosen: Chosen, part: str, row: TriggerRow | None) -> Template:
    """Rows of the body's tree that are shown folded. Raises NotFound when there are none such."""
    subject = chosen.subject
    nodes = branch(subject.body, part) if subject and subject.body is not NOTHING else None
    if nodes is None:
        raise NotFound
    context = {"nodes": nodes, **({"row": row} if row else {})}
    return page(request, "conditions/_branch.html", context)
