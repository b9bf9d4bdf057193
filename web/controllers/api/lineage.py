"""/api/v1/events/{id}/lineage: what caused what."""

from datetime import datetime
from typing import Annotated

from litestar import Controller, get
from litestar.params import FromPath
from msgspec import Meta, Struct

from domain.operations.trace_lineage import Branch, trace_lineage
from domain.rules.permissions import SEE_EVENTS
from domain.store.lineage import Link
from web.controllers.api.problems import PROBLEMS
from web.controllers.api.views import id_in_path
from web.services import CurrentActor


class LinkExecutionView(Struct):
    """What an event started."""

    id: str
    state: str | None
    workflow_id: str | None
    workflow_version: int | None
    started_at: datetime | None
    finished_at: datetime | None


class LinkView(Struct):
    """An event in a lineage. `caused_by` is the execution whose end it tells of."""

    id: str
    kind: str
    title: str
    received_at: datetime
    trigger_id: str
    caused_by: str | None
    chain_depth: Annotated[int, Meta(description="How many executions led to it.")]
    verdict: str | None
    reason: str | None
    execution: LinkExecutionView | None


class LineageView(Struct):
    """Each event comes before those that it led to. `cut`: there are more. `lost`: the first one
    was caused by an execution that is past its retention."""

    events: list[LinkView]
    cut: bool
    lost: bool


def _execution_view(link: Link) -> LinkExecutionView | None:
    if link.execution_id is None:
        return None
    return LinkExecutionView(
        id=str(link.execution_id),
        state=link.execution_state,
        workflow_id=str(link.workflow_id) if link.workflow_id else None,
        workflow_version=link.workflow_version,
        started_at=link.started_at,
        finished_at=link.finished_at,
    )


def _link_view(branch: Branch) -> LinkView:
    link = branch.link
    return LinkView(
        id=str(link.id),
        kind=link.kind,
        title=link.title,
        received_at=link.received_at,
        trigger_id=str(link.trigger_id),
        caused_by=str(link.caused_by) if link.caused_by else None,
        chain_depth=link.chain_depth,
        verdict=link.verdict,
        reason=link.reason,
        execution=_execution_view(link),
    )


class LineageController(Controller):
    """What caused what."""

    path = "/events/{event_id:str}/lineage"
    tags = ("Events",)

    @get(opt={"permission": SEE_EVENTS}, responses=PROBLEMS, summary="Show an event's lineage")
    async def show(self, event_id: FromPath[str], actor: CurrentActor) -> LineageView:
        """From the first cause down to everything that came of it, 200 events at most; the event
        itself and all that led to it are always among them."""
        found = await trace_lineage(actor.team_id, id_in_path(event_id))
        return LineageView([_link_view(each) for each in found.root.walk()], found.cut, found.lost)
