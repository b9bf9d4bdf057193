"""Triggers: the list, one, the forms, and the switch."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from domain.clock import utc_now
from domain.errors import Conflict, InvalidInput, NotFound
from domain.operations.create_trigger import SavedTrigger, create_trigger
from domain.operations.delete_trigger import delete_trigger
from domain.operations.edit_trigger import edit_trigger
from domain.operations.set_trigger_enabled import set_trigger_enabled
from domain.rules.permissions import EDIT_TRIGGERS, SEE_TRIGGERS, Actor
from domain.store.pages import Position
from domain.store.pages_events import page_of_events, verdicts_of
from domain.store.pages_triggers import (
    hours_of_triggers,
    listed_trigger,
    page_of_triggers,
    workflow_choices,
)
from domain.store.triggers import TriggerRow, find_trigger
from web.controllers.api.views import hook_url, id_in_path
from web.forms.reading import FORM, Errors, read_form, whole_number_in
from web.forms.trigger import TriggerForm, trigger_errors
from web.htmx import (
    CurrentActor,
    HtmxRequest,
    OurServices,
    go_to,
    list_or_table,
    page,
    page_or_partial,
)
from web.presenters.charts import hours_of
from web.presenters.health import TriggerRowShown, trigger_row, trigger_rows
from web.presenters.pagers import filter_id, pager, position_in
from web.presenters.triggers import trigger_shown
from web.services import Services

RECENT_EVENTS = 10
_STALE = (
    "Someone else saved this trigger after you opened it. What you see here is what you typed: "
    "compare it with the present state, then save again to replace that."
)


async def _row_shown(team_id: UUID, trigger_id: UUID) -> TriggerRowShown:
    found, now = await listed_trigger(team_id, trigger_id), utc_now()
    if found is None:
        raise NotFound
    counts = await hours_of_triggers(team_id, [trigger_id], hours_of(now)[0])
    return trigger_row(found, counts[trigger_id], now)


async def _find(actor: Actor, trigger_id: str) -> TriggerRow:
    found = await find_trigger(actor.team_id, id_in_path(trigger_id))
    if found is None:
        raise NotFound
    return found


async def _shown(actor: Actor, services: Services, row: TriggerRow) -> dict[str, Any]:
    events = await page_of_events(actor.team_id, row.id, Position(), size=RECENT_EVENTS)
    url = hook_url(services.settings, actor, row.hook_token)
    return {
        "row": await _row_shown(actor.team_id, row.id),
        "trigger": trigger_shown(row, url),
        "events": events.rows,
        "verdicts": await verdicts_of(actor.team_id, [event.id for event in events.rows]),
    }


async def _form(
    request: HtmxRequest, name: str, form: TriggerForm, errors: Errors, status: int, **more: Any
) -> Template:
    workflows = await workflow_choices(request.user.team_id)
    context = {"form": form, "errors": errors, "workflows": workflows, **more}
    return page_or_partial(
        request, f"triggers/{name}.html", "triggers/_form.html", context, status=status
    )


def _nudge(services: Services, actor: Actor, trigger_id: UUID) -> None:
    services.feed.nudge(actor.team_id, "triggers", f"trigger:{trigger_id}")


async def _saved(
    request: HtmxRequest, actor: Actor, services: Services, saved: SavedTrigger
) -> Response[Any]:
    """The trigger's page; with a secret that was made, this once."""
    _nudge(services, actor, saved.row.id)
    path = f"/triggers/{saved.row.id}"
    if saved.secret is None:
        return go_to(request, path)
    url = hook_url(services.settings, actor, saved.row.hook_token)
    context = {"trigger": trigger_shown(saved.row, url, saved.secret), "secret": saved.secret}
    answer = page_or_partial(
        request, "triggers/secret.html", "triggers/_secret.html", context, status=201
    )
    answer.headers["hx-push-url"] = path
    return answer


class TriggerPages(Controller):
    """Pages under /triggers."""

    path = "/triggers"

    @get(opt={"permission": SEE_TRIGGERS})
    async def index(self, request: HtmxRequest, actor: CurrentActor) -> Template:
        """Newest first, with health and 24 hours."""
        workflow_id = filter_id(request.query_params, "workflow")
        position = position_in(request.query_params)
        found, now = await page_of_triggers(actor.team_id, workflow_id, position), utc_now()
        ids = [trigger.id for trigger in found.rows]
        counts = await hours_of_triggers(actor.team_id, ids, hours_of(now)[0])
        context = {
            "rows": trigger_rows(found.rows, counts, now),
            "pager": pager("/triggers", {"workflow": workflow_id}, position, found),
            "workflow_id": workflow_id,
            "workflows": await workflow_choices(actor.team_id),
        }
        return list_or_table(request, "triggers", context)

    @get("/new", opt={"permission": EDIT_TRIGGERS})
    async def new(self, request: HtmxRequest) -> Template:
        """An empty form."""
        return await _form(request, "new", TriggerForm(), {}, 200)

    @post(opt={"permission": EDIT_TRIGGERS})
    async def create(
        self, request: HtmxRequest, actor: CurrentActor, services: OurServices
    ) -> Response[Any]:
        """The trigger, or the form again with everything that was typed."""
        form = TriggerForm.typed(await read_form(request))
        try:
            saved = await create_trigger(actor, services.vault, form.draft())
        except InvalidInput as refused:
            return await _form(request, "new", form, trigger_errors(refused), 422)
        return await _saved(request, actor, services, saved)

    @get("/{trigger_id:str}", opt={"permission": SEE_TRIGGERS})
    async def show(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Template:
        """How to reach it, what it asks for, and what came lately."""
        context = await _shown(actor, services, await _find(actor, trigger_id))
        return page_or_partial(request, "triggers/show.html", "triggers/_show.html", context)

    @get("/{trigger_id:str}/edit", opt={"permission": EDIT_TRIGGERS})
    async def edit(
        self, request: HtmxRequest, trigger_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """The form with what is in force."""
        row = await _find(actor, trigger_id)
        return await _form(request, "edit", TriggerForm.of(row), {}, 200, row=row)

    @post("/{trigger_id:str}", opt={"permission": EDIT_TRIGGERS})
    async def update(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Saved, unless someone else saved in the meantime."""
        row, given = await _find(actor, trigger_id), await read_form(request)
        form = TriggerForm.typed(given, whole_number_in(given.get("revision", "")))
        try:
            edit = form.edit(TriggerForm.of(row))
            saved = await edit_trigger(actor, services.vault, row.id, edit)
        except InvalidInput as refused:
            return await _form(request, "edit", form, trigger_errors(refused), 422, row=row)
        except Conflict:
            form = replace(form, revision=row.revision)  # saving again is meant
            return await _form(request, "edit", form, {FORM: [_STALE]}, 409, row=row)
        return await _saved(request, actor, services, saved)

    @delete("/{trigger_id:str}", status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def remove(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Its address answers 404 from now on."""
        id_ = id_in_path(trigger_id)
        await delete_trigger(actor, id_)
        _nudge(services, actor, id_)
        return go_to(request, "/triggers")


class ActivationPages(Controller):
    """/triggers/{id}/activation: a trigger that is on has one."""

    path = "/triggers/{trigger_id:str}/activation"

    @post(status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def create(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """On. Answers with the row as it now is in the database."""
        return await self._set(request, trigger_id, actor, services, enabled=True)

    @delete(status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def remove(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Off. Answers with the row as it now is in the database."""
        return await self._set(request, trigger_id, actor, services, enabled=False)

    async def _set(
        self, request: HtmxRequest, trigger_id: str, actor: Actor, services: Services, *,
        enabled: bool,
    ) -> Response[Any]:  # fmt: skip
        id_ = id_in_path(trigger_id)
        row = await set_trigger_enabled(actor, services.vault, id_, enabled=enabled)
        _nudge(services, actor, id_)
        if not request.htmx:
            return Redirect(f"/triggers/{id_}", status_code=303)
        # The switch stands in a row of the list, and on the trigger's own page.
        if request.htmx.target_id == "show":
            return page(request, "activations/_show.html", await _shown(actor, services, row))
        return page(request, "activations/_row.html", {"row": await _row_shown(actor.team_id, id_)})
