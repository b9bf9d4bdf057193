"""What the API says of schedules before they are saved, as types."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

ScheduleConfig = Annotated[
    dict[str, Any],
    Meta(
        description="The `config` of a schedule trigger: `form` (`cron`, `every`, `once`, "
        "`instants`) with `cron`, or `every`, `unit`, `anchor`, or `at`, or `instants`; `zone`, "
        "`gap`, `fold`, `calendars`, `starts_at`, `ends_at`, `jitter_s`, `catch_up`, "
        "`catch_up_most`, `catch_up_window_s`, `overlap`.",
        examples=[{"form": "cron", "cron": "0 9 * * 1-5", "zone": "Europe/Berlin"}],
    ),
]


class PreviewSchedule(Struct, forbid_unknown_fields=True):
    """A schedule to look ahead in; nothing is saved."""

    config: ScheduleConfig


class ComingView(Struct):
    """An instant to come. `local` is it in the schedule's zone, `wall` the wall time that the
    schedule names, which does not exist where `change` is `gap`. `outcome` is `runs`, `dst` (the
    policy skips it) or `calendar` (`calendar_id` does)."""

    at: datetime
    local: str
    wall: str
    change: str | None
    outcome: str
    calendar_id: UUID | None


class SchedulePreviewView(Struct):
    """The schedule in words, the next instants, and those of the coming 12 months at which its
    zone's clocks change (`more_changes`: there are more of these). `shortest_gap_s` is how close
    two of them come, which the team's quota allows down to `least_gap_s`."""

    words: str
    zone: str
    next: list[ComingView]
    changes: list[ComingView]
    more_changes: bool
    shortest_gap_s: float | None
    least_gap_s: int
