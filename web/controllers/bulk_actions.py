"""/bulk-actions: something done to many executions: what it would do, doing it, and how it went."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from domain.clock import utc_now
from domain.errors import Conflict, InvalidInput, NotFound
from domain.operations.cancel_bulk_action import BulkHasEnded, cancel_bulk_action
from domain.operations.start_bulk_action import (
    NothingChosen,
    TooMuchChosen,
    check_selection,
    start_bulk_action,
)
from domain.rules.permissions import RUN_TRIGGERS, SEE_EXECUTIONS, Actor
from domain.store.bulk_actions import (
    count_chosen,
    find_bulk_action,
    outcomes_of,
    page_of_bulk_actions,
)
from domain.store.schedules import now as database_now
from web.controllers.api.views import id_in_path
from web.controllers.list_parts import given_in
from web.forms.bulk_action import BulkForm, bulk_errors
from web.forms.reading import FORM, Errors, read_form
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, page_or_partial
from web.presenters.bulk_actions import BulkPreview, bulk_shown, preview_of, verb_of
from web.presenters.pagers import pager, position_in


async def _preview(actor: Actor, form: BulkForm) -> BulkPreview:
    """What the form would do. Raises Conflict or InvalidInput where that is nothing."""
    selection = form.selection()
    check_selection(form.kind, selection)
    counted = await count_chosen(actor.team_id, selection, utc_now())
    preview = preview_of(form.kind, counted)
    if preview.too_many:
        raise TooMuchChosen
    if not preview.total:
        raise NothingChosen
    return preview


async def _drawn(
    request: HtmxRequest, actor: Actor, form: BulkForm, errors: Errors, status: int = 200
) -> Template:
    """The preview with the form below it; or, where nothing is meant, the reason."""
    context: dict[str, Any] = {"form": form, "errors": errors, "verb": verb_of(form.kind)}
    context |= {"preview": None, "refusal": ""}
    try:
        context["preview"] = await _preview(actor, form)
    except (Conflict, InvalidInput) as refused:
        context["refusal"] = _sentence(refused)
        status = max(status, 400)
    return page_or_partial(
        request, "bulk_actions/new.html", "bulk_actions/_form.html", context, status=status
    )


def _sentence(refused: Conflict | InvalidInput) -> str:
    if not isinstance(refused, InvalidInput):
        return refused.message
    told = {"executions": "No execution is selected, or more than a thousand are.",
            "kind": "Executions can be replayed or canceled together.",
            "ids": "What is selected are no executions."}  # fmt: skip
    return " ".join(
        told.get(each.field) or f"The filters cannot be used: {each.field} {each.message}."
        for each in refused.problems
    )


async def _shown(actor: Actor, bulk_id: str) -> dict[str, Any]:
    found = await find_bulk_action(actor.team_id, id_in_path(bulk_id))
    if found is None:
        raise NotFound
    return {"shown": bulk_shown(found, await outcomes_of(actor.team_id, found.id)), "trouble": ""}


class BulkActionPages(Controller):
    """/bulk-actions."""

    path = "/bulk-actions"

    @get(opt={"permission": SEE_EXECUTIONS})
    async def index(self, request: HtmxRequest, actor: CurrentActor) -> Template:
        """Newest first."""
        position = position_in({name: values[0] for name, values in given_in(request).items()})
        found = await page_of_bulk_actions(actor.team_id, position)
        context = {
            "actions": [bulk_shown(each, {}) for each in found.rows],
            "pager": pager("/bulk-actions", {}, position, found),
        }
        return page_or_partial(
            request, "bulk_actions/index.html", "bulk_actions/_table.html", context
        )

    @get("/new", opt={"permission": RUN_TRIGGERS})
    async def new(self, request: HtmxRequest, actor: CurrentActor) -> Template:
        """What it would do to how many executions, and of what. Changes nothing."""
        given = {**given_in(request), "seen_at": [(await database_now()).isoformat()]}
        return await _drawn(request, actor, BulkForm.chosen(given), {})

    @post(status_code=200, opt={"permission": RUN_TRIGGERS})
    async def create(
        self, request: HtmxRequest, actor: CurrentActor, services: OurServices
    ) -> Response[Any]:
        """On to its page, or the preview again with what is wrong."""
        form = BulkForm.typed(await read_form(request))
        try:
            started = await start_bulk_action(actor, form.draft())
        except InvalidInput as refused:
            return await _drawn(request, actor, form, bulk_errors(refused), 422)
        except Conflict as refused:
            return await _drawn(request, actor, form, {FORM: [refused.message]}, 409)
        services.feed.nudge(actor.team_id, "bulk_actions")
        return go_to(request, f"/bulk-actions/{started}")

    @get("/{bulk_id:str}", opt={"permission": SEE_EXECUTIONS})
    async def show(
        self, request: HtmxRequest, bulk_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """How far it is, and what became of its executions since."""
        context = await _shown(actor, bulk_id)
        return page_or_partial(
            request, "bulk_actions/show.html", "bulk_actions/_show.html", context
        )

    @post("/{bulk_id:str}/cancellation", status_code=200, opt={"permission": RUN_TRIGGERS})
    async def cancel(
        self,
        request: HtmxRequest,
        bulk_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Template:
        """Answers with the bulk action as it now is in the database."""
        trouble, id_ = "", id_in_path(bulk_id)
        try:
            await cancel_bulk_action(actor, id_)
        except BulkHasEnded as refused:
            trouble = refused.message
        services.feed.nudge(actor.team_id, "bulk_actions", f"bulk:{id_}")
        context = {**await _shown(actor, bulk_id), "trouble": trouble}
        return page_or_partial(
            request, "bulk_actions/show.html", "bulk_actions/_show.html", context,
            status=409 if trouble else 200,
        )  # fmt: skip
