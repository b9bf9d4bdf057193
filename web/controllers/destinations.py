"""/destinations: where a team's steps call, and how the breakers there stand."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from domain.coordination.breakers import BreakersAway, SharedBreakers
from domain.errors import Conflict, InvalidInput, NotFound
from domain.operations.edit_destination import edit_destination
from domain.operations.reset_breaker import reset_breaker
from domain.rules.permissions import EDIT_TRIGGERS, SEE_TRIGGERS, Actor
from domain.store.destinations import (
    DestinationRow,
    destination_id,
    find_destination,
    open_destinations,
)
from domain.store.pages_destinations import (
    DestinationListed,
    callers,
    changes_of,
    listed_destinations,
    page_of_destinations,
)
from web.controllers.api.views import id_in_path
from web.forms.destination import DestinationForm
from web.forms.reading import FORM, Errors, read_form
from web.htmx import (
    CurrentActor,
    HtmxRequest,
    OurServices,
    go_to,
    list_or_table,
    page_or_partial,
)
from web.presenters import destinations as words
from web.presenters.pagers import pager, position_in
from web.services import Services

PATH = "/destinations"
MOST_HOST_LENGTH = 260
_STALE = (
    "Someone else changed these settings after you opened the page. What you typed is kept below; "
    "open the destination in another tab to see what they are now."
)


async def find_or_404(actor: Actor, destination_id: str) -> DestinationRow:
    """The team's destination of that id. Raises NotFound."""
    found = await find_destination(actor.team_id, id_in_path(destination_id))
    if found is None:
        raise NotFound
    return found


async def recent_counts(
    shared: SharedBreakers, rows: Sequence[DestinationListed]
) -> words.Counts | None:
    """Calls and failures in the breakers' windows; None while nobody can say."""
    try:
        return await shared.counts_of({row.id: row.settings.window_s for row in rows})
    except BreakersAway:
        return None


def nudge_destination(services: Services, actor: Actor, id_: UUID) -> None:
    """Tell the team's open pages that a destination changed."""
    services.feed.nudge(actor.team_id, "destinations", f"destination:{id_}")


async def destinations_context(
    actor: Actor, services: Services, trigger_id: UUID
) -> dict[str, Any]:
    """The destinations that a trigger's workflow calls, as its page shows them."""
    caller = next(iter(await callers(actor.team_id, [trigger_id])), None)
    ids = [destination_id(actor.team_id, host) for host in (caller.hosts if caller else ())]
    rows = await listed_destinations(actor.team_id, ids) if ids else []
    known = words.destinations_shown(rows, await recent_counts(services.breakers, rows))
    return {"called": words.called_by(caller, known)}


async def _shown(
    request: HtmxRequest, actor: Actor, services: Services, row: DestinationRow
) -> Template:
    (listed,) = await listed_destinations(actor.team_id, [row.id])
    counts = await recent_counts(services.breakers, [listed])
    context = {
        "row": row,
        "shown": words.destination_shown(listed, counts),
        "settings": words.settings_words(row.settings),
        "changes": words.changes_shown(await changes_of(actor.team_id, row.id)),
        "callers": [each for each in await callers(actor.team_id) if row.host in each.hosts],
    }
    whole, part = "destinations/show.html", "destinations/_show.html"
    return page_or_partial(request, whole, part, context)


def _form(
    request: HtmxRequest,
    row: DestinationRow,
    form: DestinationForm,
    errors: Errors,
    status: int = 200,
) -> Template:
    context = {"row": row, "form": form, "errors": errors}
    whole, part = "destinations/edit.html", "destinations/_form.html"
    return page_or_partial(request, whole, part, context, status=status)


class DestinationPages(Controller):
    """/destinations."""

    path = PATH

    @get(opt={"permission": SEE_TRIGGERS})
    async def index(
        self,
        request: HtmxRequest,
        actor: CurrentActor,
        services: OurServices,
    ) -> Template:
        """The newest first, and above them which are not available; `q` is a part of the host."""
        search = request.query_params.get("q", "").strip()[:MOST_HOST_LENGTH]
        position = position_in(request.query_params)
        found = await page_of_destinations(actor.team_id, position, search)
        counts = await recent_counts(services.breakers, found.rows)
        context = {
            "destinations": words.destinations_shown(found.rows, counts),
            "open": sorted((await open_destinations(actor.team_id)).items(), key=lambda o: o[1]),
            "pager": pager(PATH, {"q": search}, position, found),
            "search": search,
        }
        return list_or_table(request, "destinations", context)

    @get("/{destination_id:str}", opt={"permission": SEE_TRIGGERS})
    async def show(
        self,
        request: HtmxRequest,
        destination_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Template:
        """How its breaker stands and what it did, its settings, and who calls it."""
        row = await find_or_404(actor, destination_id)
        return await _shown(request, actor, services, row)

    @get("/{destination_id:str}/edit", opt={"permission": EDIT_TRIGGERS})
    async def edit(
        self, request: HtmxRequest, destination_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """The form of its settings."""
        row = await find_or_404(actor, destination_id)
        return _form(request, row, DestinationForm.of(row), {})

    @post("/{destination_id:str}", status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def update(
        self,
        request: HtmxRequest,
        destination_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Saved, or the form again with everything that was typed."""
        row, form = await find_or_404(actor, destination_id), DestinationForm()
        try:
            form = DestinationForm.read(await read_form(request))
            await edit_destination(actor, row.id, form.settings, form.revision)
        except InvalidInput as refused:
            return _form(request, row, form, form.errors(refused), 422)
        except Conflict:
            return _form(request, row, form, {FORM: [_STALE]}, 409)
        nudge_destination(services, actor, row.id)
        return go_to(request, f"{PATH}/{row.id}")

    @post("/{destination_id:str}/reset", status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def reset(
        self,
        request: HtmxRequest,
        destination_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Template:
        """Its breaker is closed; shown as it stands now."""
        found = await find_or_404(actor, destination_id)
        row = await reset_breaker(actor, found.id, services.breakers)
        nudge_destination(services, actor, row.id)
        return await _shown(request, actor, services, row)
