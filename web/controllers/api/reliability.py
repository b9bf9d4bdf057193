"""/api/v1/reliability: how reliable the schedules were."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from litestar import Controller, get
from litestar.params import FromPath
from msgspec import Meta, Struct

from domain.clock import utc_now
from domain.errors import NotFound
from domain.rules.permissions import SEE_TRIGGERS
from domain.rules.reliability import Counts, counts_in
from domain.store.canaries import CanaryRecord, canary_records
from domain.store.reliability import ByWindow, counts_of_triggers, system_counts
from domain.store.triggers import find_trigger
from web.controllers.api.problems import PROBLEMS
from web.controllers.api.views import id_in_path
from web.services import CurrentActor

Share = Annotated[
    float | None,
    Meta(description="on_time / (expected - suppressed); null where nothing was to run."),
]


class CountsView(Struct):
    """What became of the slots of a window. `suppressed` are the skipped and the paused ones."""

    reliability: Share
    expected: int
    on_time: int
    late: int
    missed: int
    suppressed: int


class CanaryView(Struct):
    """A canary: its last probe whose outcome is known, and how those of the last hour ended."""

    kind: str
    last_minute: datetime
    last_state: str
    last_reason: str | None
    on_time: int
    late: int
    missed: int


class SystemReliabilityView(Struct):
    """The whole installation, all teams together, by window (`1h`, `24h`, `30d`). `skew` says how
    many slots started so many seconds after they were due: by the upper bound, `inf` for more."""

    windows: Mapping[str, CountsView]
    skew: Mapping[str, Mapping[str, int]]
    canaries: list[CanaryView]


class TriggerReliabilityView(Struct):
    """One schedule, by window."""

    windows: Mapping[str, CountsView]


def windows_view(found: ByWindow) -> dict[str, CountsView]:
    """The windows."""
    return {window: _counts(counts_in(amounts)) for window, amounts in found.items()}


def _counts(counts: Counts) -> CountsView:
    return CountsView(
        counts.share,
        counts.expected,
        counts.on_time,
        counts.late,
        counts.missed,
        counts.suppressed,
    )


def canary_view(record: CanaryRecord) -> CanaryView:
    """A canary."""
    return CanaryView(**{name: getattr(record, name) for name in CanaryView.__struct_fields__})


class ReliabilityController(Controller):
    """How reliable the schedules were."""

    tags = ("Triggers",)

    @get(
        "/reliability",
        opt={"permission": SEE_TRIGGERS},
        responses=PROBLEMS,
        summary="Show the installation's reliability",
    )
    async def show_reliability(self, actor: CurrentActor) -> SystemReliabilityView:  # noqa: ARG002 - the guard's
        """At most 15 seconds old."""
        counts = await system_counts()
        canaries = [canary_view(record) for record in await canary_records()]
        return SystemReliabilityView(windows_view(counts.slots), counts.skews, canaries)

    @get(
        "/triggers/{trigger_id:str}/reliability",
        opt={"permission": SEE_TRIGGERS},
        responses=PROBLEMS,
        summary="Show a schedule's reliability",
    )
    async def show_reliability_of_trigger(
        self, actor: CurrentActor, trigger_id: FromPath[str]
    ) -> TriggerReliabilityView:
        """Of a trigger without a schedule nothing was expected."""
        row = await find_trigger(actor.team_id, id_in_path(trigger_id))
        if row is None:
            raise NotFound
        counts = await counts_of_triggers(actor.team_id, [row.id], utc_now())
        return TriggerReliabilityView(windows_view(counts[row.id]))
