"""/api/v1/schedules: what a schedule would do."""

from collections.abc import Iterable

from litestar import Controller, post
from litestar.params import JSONBody

from domain.operations.preview_schedule import preview_schedule
from domain.rules.permissions import EDIT_TRIGGERS
from domain.rules.schedules.preview import Coming
from web.controllers.api.bodies import Body
from web.controllers.api.problems import PROBLEMS
from web.controllers.api.schedule_shapes import ComingView, PreviewSchedule, SchedulePreviewView
from web.services import CurrentActor


class ScheduleController(Controller):
    """Schedules that are not saved yet."""

    path = "/schedules"
    tags = ("Triggers",)

    @post(
        "/preview",
        status_code=200,
        dto=Body[PreviewSchedule],
        return_dto=None,
        opt={"permission": EDIT_TRIGGERS},
        responses=PROBLEMS,
        summary="Preview a schedule",
    )
    async def preview(
        self, data: JSONBody[PreviewSchedule], actor: CurrentActor
    ) -> SchedulePreviewView:
        """In words, and when it is due; one that never is gets the reason (400)."""
        found = await preview_schedule(actor, data.config)
        return SchedulePreviewView(
            words=found.preview.words,
            zone=found.schedule.zone_name,
            next=_views(found.preview.upcoming),
            changes=_views(found.preview.flagged),
            more_changes=found.preview.flagged_more,
            shortest_gap_s=found.shortest_gap_s,
            least_gap_s=found.least_gap_s,
        )


def _views(coming: Iterable[Coming]) -> list[ComingView]:
    return [
        ComingView(
            at=each.at,
            local=each.local.isoformat(),
            wall=each.wall.isoformat(),
            change=each.change,
            outcome=each.outcome,
            calendar_id=each.calendar_id,
        )
        for each in coming
    ]
