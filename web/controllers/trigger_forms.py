"""The forms in which triggers are made and edited."""

from dataclasses import replace
from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from domain.errors import Conflict, InvalidInput
from domain.operations.create_trigger import SavedTrigger, create_trigger
from domain.operations.edit_trigger import edit_trigger
from domain.rules.ids import parse_id
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.store.pages_triggers import version_choices, workflow_choices
from domain.store.triggers import TriggerRow
from web.controllers.api.views import hook_url
from web.controllers.chosen_events import chosen_or_first, events_of
from web.controllers.condition_paths import paths_for
from web.controllers.event_samples import sample_of
from web.controllers.schedule_parts import schedule_context
from web.controllers.trigger_parts import find_or_404, is_asked, nudge
from web.forms.reading import Errors, read_form
from web.forms.schedule import ScheduleForm
from web.forms.trigger import KINDS, TriggerForm
from web.forms.trigger_acts import after_act
from web.htmx import (
    CurrentActor,
    HtmxRequest,
    OurServices,
    go_to,
    page,
    page_or_partial,
)
from web.presenters.trigger_forms import facts_of, facts_text, form_shown, saved_meanwhile
from web.presenters.trigger_kinds import KINDS as KINDS_SHOWN
from web.presenters.triggers import trigger_shown
from web.services import Services

# What a button in the form, or a choice, draws anew: that part of the form alone.
_SCHEME, _PIN, _LIMITS = "scheme-settings", "pin", "limits-"


async def form_page(
    request: HtmxRequest, form: TriggerForm, errors: Errors, status: int, **more: Any
) -> Template:
    """The form; `row` among `more` when there is such a trigger already, `chosen` when the event
    beside its conditions is."""
    actor: Actor = request.user
    row, sample = more.get("row"), await sample_of(actor, form)
    events = await events_of(actor, row)
    if "chosen" not in more:
        more["chosen"] = await chosen_or_first(actor, row, sample, form.beside, events)
    context = {
        **form_shown(form, errors),
        **await schedule_context(actor, form, request.auth["zone"]),
        "pins": await _pins(actor, form),
        "workflows": await workflow_choices(actor.team_id),
        "paths": await paths_for(actor, sample, row),
        "events": events,
        **more,
    }
    whole = "triggers/edit.html" if "row" in more else "triggers/new.html"
    return page_or_partial(request, whole, "triggers/_form.html", context, status=status)


async def _drawn(request: HtmxRequest, **more: Any) -> Template:
    """The form after a button in it, or only the part that asked. Nothing is saved."""
    given = await read_form(request)
    form, focus, errors = after_act(TriggerForm.typed(given), given.get("act", ""))
    status = 422 if errors else 200
    if not request.htmx.wants_part:
        return await form_page(request, form, errors, status, focus=focus, **more)
    context = {**form_shown(form, errors), "focus": focus, **more}
    if request.htmx.target_id == _PIN:
        # The number was one of another workflow's versions: of this one it would be any.
        form = context["form"] = replace(form, pinned_version="")
        context["pins"] = await _pins(request.user, form)
        return page(request, "triggers/_pin_drawn.html", context, status=status)
    if (request.htmx.target_id or "").startswith(_LIMITS):
        return _limits_drawn(request, context)
    if request.htmx.target_id != _SCHEME:
        return page(request, "conditions/_drawn.html", context, status=status)
    sample = await sample_of(request.user, form)
    context["paths"] = await paths_for(request.user, sample, more.get("row"))
    return page(request, "triggers/_scheme_drawn.html", context, status=status)


def _limits_drawn(request: HtmxRequest, context: dict[str, Any]) -> Template:
    """The rows of the limit whose button was pressed."""
    drawn = (request.htmx.target_id or "").removeprefix(_LIMITS)
    rows = "concurrency" if drawn == "concurrency" else "rate"
    return page(request, "triggers/_limits_drawn.html", {**context, "limit_rows": rows})


async def _pins(actor: Actor, form: TriggerForm) -> list[tuple[str, str]]:
    """The versions of the chosen workflow that a trigger may be held to."""
    chosen = parse_id(form.workflow_id)
    numbers = [str(n) for n in await version_choices(actor.team_id, chosen)] if chosen else []
    if form.pinned_version and form.pinned_version not in numbers:
        numbers.append(form.pinned_version)
    return [("", "the newest, whichever that is"), *((n, f"always version {n}") for n in numbers)]


async def _conflict(request: HtmxRequest, form: TriggerForm, row: TriggerRow) -> Template:
    """The form with what was typed, and how that differs from what someone else saved: to save it
    again is then meant."""
    workflows = await workflow_choices(request.user.team_id)
    now = facts_of(TriggerForm.of(row), workflows)
    meanwhile = saved_meanwhile(form.was, now, facts_of(form, workflows))
    form = replace(form, revision=row.revision, was=facts_text(now))
    return await form_page(request, form, {}, 409, row=row, meanwhile=meanwhile)


async def _saved(
    request: HtmxRequest,
    actor: Actor,
    services: Services,
    saved: SavedTrigger,
    *,
    leads_to: str = "",
) -> Response[Any]:
    """The trigger's page, or where that `leads_to`; with a secret that was made, this once."""
    nudge(services, actor, saved.row.id)
    services.ring_events(saved.event_ids)
    path = f"/triggers/{saved.row.id}"
    if saved.secret is None:
        return go_to(request, path + leads_to)
    url = hook_url(services.settings, actor, saved.row.hook_token)
    context = {"trigger": trigger_shown(saved.row, url, saved.secret), "secret": saved.secret}
    answer = page_or_partial(
        request, "triggers/secret.html", "triggers/_secret.html", context, status=201
    )
    answer.headers["hx-push-url"] = path
    return answer


class TriggerForms(Controller):
    """/triggers/new and /triggers/{id}/edit."""

    path = "/triggers"

    @get("/new", opt={"permission": EDIT_TRIGGERS})
    async def new(self, request: HtmxRequest) -> Template:
        """An empty form of the kind that was chosen, or the kinds to choose from."""
        kind, zone = request.query_params.get("kind", ""), request.auth["zone"]
        if kind not in KINDS:
            kinds = {"kinds": KINDS_SHOWN}
            return page_or_partial(request, "triggers/kinds.html", "triggers/_kinds.html", kinds)
        form = TriggerForm(kind, schedule=ScheduleForm(zone=zone or "UTC"))
        return await form_page(request, form, {}, 200, own_zone_unknown=zone is None)

    @post("/new/form", status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def draw_new(self, request: HtmxRequest) -> Template:
        """The form after a button in it."""
        return await _drawn(request)

    @post(opt={"permission": EDIT_TRIGGERS})
    async def create(
        self, request: HtmxRequest, actor: CurrentActor, services: OurServices
    ) -> Response[Any]:
        """The trigger, or the form again with everything that was typed."""
        form = TriggerForm.typed(await read_form(request))
        try:
            saved = await create_trigger(actor, services.vault, form.draft())
        except InvalidInput as refused:
            return await form_page(request, form, form.errors(refused), 422)
        return await _saved(request, actor, services, saved)

    @get("/{trigger_id:str}/edit", opt={"permission": EDIT_TRIGGERS})
    async def edit(
        self, request: HtmxRequest, trigger_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """The form with what is in force."""
        row = await find_or_404(actor, trigger_id)
        form = TriggerForm.of(row)
        was = facts_text(facts_of(form, await workflow_choices(actor.team_id)))
        return await form_page(request, replace(form, was=was), {}, 200, row=row)

    @post("/{trigger_id:str}/form", status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def draw(
        self, request: HtmxRequest, trigger_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """The form after a button in it."""
        return await _drawn(request, row=await find_or_404(actor, trigger_id))

    @post("/{trigger_id:str}", opt={"permission": EDIT_TRIGGERS})
    async def update(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Saved, unless someone else saved in the meantime. Where switching it on wants an answer
        first, it stays off and the question comes next."""
        row, given = await find_or_404(actor, trigger_id), await read_form(request)
        form = TriggerForm.typed(given)
        asks = form.enabled and await is_asked(row)
        try:
            edit = form.edit(TriggerForm.of(row))
            edit = replace(edit, enabled=False) if asks else edit
            saved = await edit_trigger(actor, services.vault, row.id, edit)
        except InvalidInput as refused:
            return await form_page(request, form, form.errors(refused), 422, row=row)
        except Conflict:
            return await _conflict(request, form, row)
        return await _saved(request, actor, services, saved, leads_to="/activation" if asks else "")
