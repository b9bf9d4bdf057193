"""/triggers/bulk: switching many triggers, in two steps: what it would do, and doing it."""

from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

from litestar import Controller, get, post
from litestar.response import Template

from domain.errors import InvalidInput
from domain.operations.set_triggers_enabled import MOST_TRIGGERS, set_triggers_enabled
from domain.rules.ids import parse_id
from domain.rules.list_filters import TriggerFilters
from domain.rules.permissions import EDIT_TRIGGERS
from domain.store.pages import Position
from domain.store.trigger_bulk import switches_of
from web.controllers.list_parts import given_in
from web.controllers.trigger_search import find_triggers
from web.forms.reading import read_form
from web.htmx import CurrentActor, HtmxRequest, OurServices, page
from web.presenters import bulk
from web.presenters.bulk import BulkPlan, Refusal
from web.presenters.filters import Asked, read_asked
from web.presenters.pagers import address_of


def _back(asked: Asked) -> dict[str, str]:
    return {"back": address_of(asked.path, asked.pairs), "back_query": asked.query}


async def _plan(team_id: UUID, act: str, ids: list[UUID | None], asked: Asked) -> BulkPlan:
    """What the act would do. The triggers are looked up anew, so that names and switches are those
    of now."""
    if act not in bulk.ACTS:
        return BulkPlan(act, refusal=bulk.NO_SUCH_ACT)
    wanted = [each for each in ids if each is not None]
    if act.endswith(bulk.ALL):
        found = await _all_that_match(team_id, asked)
        if isinstance(found, Refusal):
            return BulkPlan(act, refusal=found)
        wanted = found
    if len(wanted) > MOST_TRIGGERS:
        return BulkPlan(act, refusal=bulk.TOO_MANY)
    matching = await switches_of(team_id, wanted)
    if not matching:
        return BulkPlan(act, refusal=bulk.NONE_MATCHES if wanted else bulk.NOTHING_SELECTED)
    return BulkPlan(act, tuple(matching))


async def _all_that_match(team_id: UUID, asked: Asked) -> list[UUID] | Refusal:
    """Every trigger that the filters find. No filter is no answer to "which ones?"."""
    if asked.problems:
        return Refusal("These filters cannot be used", " ".join(asked.complaints))
    if not asked.pairs or not isinstance(asked.filters, TriggerFilters):
        return bulk.NO_FILTER
    found = await find_triggers(
        team_id, asked.filters, Position(), size=MOST_TRIGGERS, most=MOST_TRIGGERS
    )
    if found.older:
        return bulk.TOO_MANY
    return [row.id for row in found.rows] or bulk.NONE_MATCHES


def _ids(text: str) -> list[UUID]:
    ids = [parse_id(each) for each in text.split()]
    if None in ids:
        raise InvalidInput.at("ids", "are not ids")
    return [each for each in ids if each is not None]


class TriggerBulk(Controller):
    """/triggers/bulk."""

    path = "/triggers/bulk"

    @get(opt={"permission": EDIT_TRIGGERS})
    async def show(self, request: HtmxRequest, actor: CurrentActor) -> Template:
        """Which triggers it would switch, and how many of them differ. Changes nothing."""
        given = dict(given_in(request))
        act, ids = given.pop("act", [""])[0], given.pop("id", [])
        asked = read_asked("triggers", given)
        plan = await _plan(actor.team_id, act, [parse_id(each) for each in ids], asked)
        status = 400 if plan.refusal else 200
        return page(request, "bulk/show.html", {"plan": plan, **_back(asked)}, status=status)

    @post(status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def switch(
        self, request: HtmxRequest, actor: CurrentActor, services: OurServices
    ) -> Template:
        """Switch the triggers that were shown, and tell how many that changed."""
        form: dict[str, Any] = dict(await read_form(request))
        act = form.get("act", "")
        if act not in bulk.ACTS:
            raise InvalidInput.at("act", f"must be one of {', '.join(bulk.ACTS)}")
        enabled = bulk.ACTS[act]
        done = await set_triggers_enabled(actor, _ids(form.get("ids", "")), enabled=enabled)
        services.feed.nudge(actor.team_id, "triggers", "trigger:*")
        asked = read_asked("triggers", parse_qs(form.get("back", "")))
        context = {"title": bulk.done_words(done, enabled=enabled), "done": done}
        context |= {"state": "on" if enabled else "off", **_back(asked)}
        return page(request, "bulk/done.html", context)
