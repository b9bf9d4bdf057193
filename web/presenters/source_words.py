"""What makes a trigger's events, in words: a schedule and when it is due next, a watched workflow,
and by when an event is expected."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.errors import InvalidInput
from domain.operations.preview_schedule import SchedulePreview
from domain.rules.schedules.jitter import jitter_of
from domain.rules.schedules.schedule import Schedule, read_schedule
from domain.rules.schedules.words import schedule_words
from web.presenters.door_words import Setting
from web.presenters.schedule_preview import (
    ComingShown,
    PreviewShown,
    preview_shown,
    span_words,
)

_GAPS = {"run_after": "runs right after it", "skip": "is skipped"}
_FOLDS = {"once_first": "runs once, the first time", "once_second": "runs once, the second time",
          "twice": "runs twice"}  # fmt: skip
_OVERLAPS = {"allow": "both run", "skip": "the new one is skipped",
             "queue_one": "the new one waits, one at most",
             "cancel_running": "the running one is canceled"}  # fmt: skip
_USES = {"only_on": "only on", "not_on": "not on"}
_ENDS = {"succeeded": "succeeds", "failed": "fails", "dead": "becomes a dead letter",
         "any": "ends, however it ends"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ScheduleShown:
    """A stored schedule. `settings` are its policies; `due` is the next instant at which it runs,
    which its jitter puts off to `starts_at`, and None when there is none to be seen."""

    words: str
    settings: tuple[Setting, ...] = ()
    preview: PreviewShown | None = None
    due: ComingShown | None = None
    starts_at: datetime | None = None


UNREADABLE = ScheduleShown("This schedule cannot be read any more: edit it.")


def read_or_none(config: Mapping[str, Any]) -> Schedule | None:
    """The stored schedule; None when nobody can read it any more."""
    try:
        return read_schedule(config)
    except InvalidInput:
        return None


def schedule_shown(
    trigger_id: UUID, found: SchedulePreview, own_zone: str | None, calendars: Mapping[UUID, str]
) -> ScheduleShown:
    """A schedule as its trigger's page shows it; `calendars` are names by id."""
    shown = preview_shown(found, own_zone, calendars)
    both = zip(found.preview.upcoming, shown.upcoming, strict=True)
    due = next((each for coming, each in both if coming.outcome == "runs"), None)
    settings = tuple(_settings(found, calendars))
    if due is None:
        return ScheduleShown(shown.words, settings, shown)
    later = jitter_of(trigger_id, due.at, found.schedule.jitter_s)
    return ScheduleShown(shown.words, settings, shown, due, due.at + later)


def _settings(preview: SchedulePreview, calendars: Mapping[UUID, str]) -> list[Setting]:
    schedule = preview.schedule
    found = [
        Setting(f"Runs {_USES[use.use]}", f"“{calendars.get(use.calendar_id, 'a calendar')}”")
        for use in schedule.calendars
    ]
    by_the_wall = schedule.cron is None or not schedule.cron.is_wildcard
    if by_the_wall and preview.preview.flagged:
        found.append(Setting("A time left out", _GAPS[schedule.gap]))
        found.append(Setting("A time that comes twice", _FOLDS[schedule.fold]))
    found.append(Setting("While one still runs", _OVERLAPS[schedule.overlap]))
    found.append(Setting("What was missed", _catch_up(schedule)))
    if schedule.jitter_s:
        found.append(Setting("Jitter", f"up to {span_words(schedule.jitter_s)}"))
    return found


def _catch_up(schedule: Schedule) -> str:
    catch_up = schedule.catch_up
    if catch_up.policy == "none":
        return "does not run"
    window = f"not older than {span_words(catch_up.window_s)}"
    if catch_up.policy == "all":
        return f"all of them run, at most {catch_up.most}, {window}"
    return f"the latest of them runs, {window}"


def watch_words(on: str) -> str:
    """Which ends of an execution a workflow trigger takes."""
    return _ENDS.get(on, on)


def expected_words(stored: Mapping[str, Any] | None) -> str:
    """By when the next event is expected; nothing where nobody said so."""
    if not stored:
        return ""
    if "every_s" in stored:
        return f"at least one event every {span_words(stored['every_s'])}"
    schedule = read_or_none({"form": "cron", "cron": stored["cron"], "zone": stored["zone"]})
    words = schedule_words(schedule) if schedule else str(stored["cron"])
    return f"{words}; late {span_words(stored['grace_s'])} after it"
