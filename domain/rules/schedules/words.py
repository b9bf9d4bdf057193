"""A schedule in plain English: "At 09:00, Monday to Friday, Europe/Berlin time"."""

from datetime import datetime

from domain.rules.schedules.cron_words import cron_words
from domain.rules.schedules.schedule import Schedule
from domain.rules.schedules.settings import Settings
from domain.rules.schedules.wall_times import naive, offset_at

_UNITS = {"minutes": "minute", "hours": "hour", "days": "day"}


def schedule_words(schedule: Schedule) -> str:
    """When a schedule is due, with its zone, its bounds and what moves or thins it."""
    words = [_rule(schedule), _zone(schedule), *_bounds(schedule), *_extras(schedule)]
    return ", ".join(words)


def _rule(schedule: Schedule) -> str:
    if schedule.cron is not None:
        return cron_words(schedule.cron)
    if schedule.anchor is not None:
        return _every(schedule, _wall(schedule, schedule.anchor))
    walls = sorted(_wall(schedule, given) for given in schedule.instants)
    if len(walls) == 1:
        return f"Once, on {_moment(walls[0])}"
    return f"At {len(walls)} given times from {_moment(walls[0])} to {_moment(walls[-1])}"


def _every(schedule: Schedule, anchor: datetime) -> str:
    unit = _UNITS[schedule.unit]
    every = f"Every {unit}" if schedule.every == 1 else f"Every {schedule.every} {unit}s"
    if schedule.unit == "days":
        return f"{every} at {_time(anchor)}, counted from {_date(anchor)}"
    return f"{every}, counted from {_moment(anchor)}"


def _zone(schedule: Schedule) -> str:
    return "UTC" if schedule.zone_name == "UTC" else f"{schedule.zone_name} time"


def _bounds(schedule: Schedule) -> list[str]:
    bounds = (("from", schedule.starts_at), ("until", schedule.ends_at))
    return [f"{word} {_moment(_wall(schedule, at))}" for word, at in bounds if at]


def _extras(schedule: Schedule) -> list[str]:
    words = []
    if schedule.jitter_s:
        noun = "second" if schedule.jitter_s == 1 else "seconds"
        words.append(f"up to {schedule.jitter_s:,} {noun} later")
    if schedule.calendars:
        words.append("on days that its calendars allow")
    return words


def _wall(settings: Settings, at: datetime) -> datetime:
    return at if at.tzinfo is None else naive(at, offset_at(settings.zone, at))


def _moment(at: datetime) -> str:
    return f"{at:%A}, {_date(at)} at {_time(at)}"


def _date(at: datetime) -> str:
    return f"{at.day} {at:%B} {at.year}"


def _time(at: datetime) -> str:
    return f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
