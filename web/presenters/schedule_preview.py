"""A schedule's coming instants, as people read them: each in the schedule's zone, the reader's and
UTC, and in words what its policies and calendars do with it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.operations.preview_schedule import SchedulePreview
from domain.rules.schedules.preview import Coming
from domain.rules.schedules.schedule import Schedule
from domain.rules.schedules.zones import ZONES
from web.presenters.words import count_words

_PASSES = {"fold_first": "first", "fold_second": "second"}
_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


@dataclass(frozen=True, slots=True)
class ComingShown:
    """One instant to come. `style` is a lamp's: clear for one that runs, off for one that does
    not, caution for one that a change of the clock moves."""

    at: datetime
    local: str
    yours: str
    utc: str
    word: str
    style: str
    note: str


@dataclass(frozen=True, slots=True)
class PreviewShown:
    """A schedule that was read. `yours` names the reader's zone; nothing where the profile has
    none, and the browser's is not known here."""

    words: str
    zone: str
    yours: str
    upcoming: tuple[ComingShown, ...]
    changes: tuple[ComingShown, ...]
    changes_more: bool
    remarks: tuple[str, ...]
    too_dense: str


def preview_shown(
    found: SchedulePreview, own_zone: str | None, names: Mapping[UUID, str]
) -> PreviewShown:
    """The preview for someone whose profile has this zone. `names` are the calendars'."""
    schedule = found.schedule
    own = ZoneInfo(own_zone) if own_zone in ZONES else None

    def shown(coming: Coming) -> ComingShown:
        return _shown(found, coming, own, names)

    return PreviewShown(
        words=found.preview.words,
        zone=schedule.zone_name,
        yours=own.key if own else "",
        upcoming=tuple(map(shown, found.preview.upcoming)),
        changes=tuple(map(shown, found.preview.flagged)),
        changes_more=found.preview.flagged_more,
        remarks=tuple(_remarks(schedule, found)),
        too_dense=_too_dense(found),
    )


def instant_in(local: datetime) -> str:
    """`Fri 27 Nov 2026, 09:00 +01:00`; the datetime is aware. Seconds are said where there are
    any."""
    clock = "%H:%M:%S" if local.second else "%H:%M"
    offset = local.isoformat(timespec="seconds")[len("2026-11-27T09:00:00") :]
    return f"{local:%a} {local.day} {local:%b %Y}, {local.strftime(clock)} {offset}"


def _shown(
    found: SchedulePreview, coming: Coming, own: ZoneInfo | None, names: Mapping[UUID, str]
) -> ComingShown:
    word, style = ("Runs", "clear") if coming.outcome == "runs" else ("Skipped", "off")
    if coming.outcome == "runs" and coming.change == "gap":
        word, style = "Moved", "caution"
    return ComingShown(
        at=coming.at,
        local=instant_in(coming.local),
        yours=instant_in(coming.at.astimezone(own)) if own else "",
        utc=instant_in(coming.at),
        word=word,
        style=style,
        note=_note(found, coming, names),
    )


def _note(found: SchedulePreview, coming: Coming, names: Mapping[UUID, str]) -> str:
    """What a change of the clock, or a calendar, has to do with it."""
    notes = []
    wall = f"{coming.wall:%H:%M}"
    if coming.change == "gap":
        does = "is skipped" if coming.outcome == "dst" else f"runs at {coming.local:%H:%M}"
        notes.append(f"{wall} does not exist that day, the clocks go forward: {does}")
    elif coming.change is not None:
        does = "is skipped" if coming.outcome == "dst" else "runs"
        which = _PASSES[coming.change]
        notes.append(f"{wall} comes twice that day, the clocks go back: the {which} one {does}")
    if coming.calendar_id is not None:
        notes.append(_calendar(found, coming, coming.calendar_id, names))
    return "; ".join(notes)


def _calendar(
    found: SchedulePreview, coming: Coming, calendar_id: UUID, names: Mapping[UUID, str]
) -> str:
    calendar = names.get(calendar_id, "a calendar")
    dates = found.dates.get(calendar_id)
    day = dates.name_of(coming.local.date()) if dates else None
    if day is None:
        return f"not a day of “{calendar}”"
    return f"a day of “{calendar}”" + (f" ({day})" if day else "")


def _remarks(schedule: Schedule, found: SchedulePreview) -> list[str]:
    remarks = []
    if schedule.jitter_s:
        upto = span_words(schedule.jitter_s)
        remarks.append(f"Each starts up to {upto} later, always by the same for the same instant.")
    if len(found.preview.upcoming) == 1:
        remarks.append("It is due this once, and never again.")
    elif 1 < len(found.preview.upcoming) < _ALL_SHOWN:
        remarks.append("It is not due again after these.")
    return remarks


_ALL_SHOWN = 10


def _too_dense(found: SchedulePreview) -> str:
    if not found.is_too_dense or found.shortest_gap_s is None:
        return ""
    least = span_words(found.least_gap_s)
    closest = span_words(round(found.shortest_gap_s))
    return f"Two of them lie only {closest} apart, and the team's quota is at least {least}."


def span_words(seconds: int) -> str:
    """`90 seconds`, `15 minutes`, `2 hours`, `3 days`: of the largest unit that is whole."""
    for size, unit in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        if seconds >= size and seconds % size == 0:
            return count_words(seconds // size, unit)
    return count_words(seconds, "second")
