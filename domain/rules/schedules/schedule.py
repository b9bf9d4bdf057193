"""A schedule: what a trigger of kind `schedule` is configured to, and when it is due."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any

from domain.rules.checking import Problems
from domain.rules.schedules.occurrences import (
    Daily,
    Interval,
    Listed,
    Occurrence,
    Policies,
    Walk,
    WallWalk,
    at_instant,
    at_wall,
)
from domain.rules.schedules.settings import (
    UNIT_SECONDS,
    Settings,
    complete_config,
    read_settings,
)
from domain.rules.schedules.spacing import shortest_gap_s
from domain.rules.schedules.wall_times import END, FIRST, SECOND, naive, offset_at, readings

__all__ = ["Occurrence", "Schedule", "complete_config", "parse_schedule", "read_schedule"]


class Schedule(Settings):
    """A checked config that can say when it is due. Its instants are aware, in UTC."""

    def after(self, instant: datetime) -> Occurrence | None:
        """The first occurrence strictly later than an instant; None: it is never due again."""
        since = max(instant.astimezone(UTC), (self.starts_at or FIRST) - SECOND)
        if since >= END:
            return None
        found = self._walk.after(since)
        return found if found and (self.ends_at is None or found.at <= self.ends_at) else None

    def between(self, start: datetime, end: datetime, most: int) -> list[Occurrence]:
        """The occurrences in (start, end], oldest first, at most `most` of them."""
        found: list[Occurrence] = []
        while len(found) < most:
            occurrence = self.after(found[-1].at if found else start)
            if occurrence is None or occurrence.at > end:
                break
            found.append(occurrence)
        return found

    def local(self, instant: datetime) -> datetime:
        """An instant as the schedule's zone shows it."""
        return instant.astimezone(self.zone)

    def shortest_gap_s(self, start: datetime) -> float | None:
        """The shortest time between two runs within 12 months from `start`, in seconds; None where
        there are no two."""
        return shortest_gap_s(self, start)

    @cached_property
    def _walk(self) -> Walk:
        policies = Policies(self.gap, self.fold)
        if self.cron is not None:
            return WallWalk(self.cron, self.zone, None if self.cron.is_wildcard else policies)
        if self.anchor is None:
            return Listed(
                each for given in self.instants for each in _listed(self, policies, given)
            )
        if self.unit == "days":
            return WallWalk(Daily(_wall(self, self.anchor), self.every), self.zone, policies)
        step = timedelta(seconds=self.every * UNIT_SECONDS[self.unit])
        return Interval(_instant(self, self.anchor), step, self.zone)


def _listed(settings: Settings, policies: Policies, given: datetime) -> list[Occurrence]:
    if given.tzinfo is not None:
        return [at_instant(settings.zone, given)]
    return at_wall(settings.zone, policies, given)


def _wall(settings: Settings, given: datetime) -> datetime:
    if given.tzinfo is None:
        return given
    return naive(given, offset_at(settings.zone, given))


def _instant(settings: Settings, given: datetime) -> datetime:
    return readings(settings.zone, given).first if given.tzinfo is None else given


def read_schedule(config: Mapping[str, Any]) -> Schedule:
    """The schedule of a stored config: it was good when it was saved."""
    return Schedule(**vars(read_settings(config, None, "config")))


def parse_schedule(config: Mapping[str, Any], now: datetime, field: str = "config") -> Schedule:
    """The schedule that a config spells, as it would be saved at `now`.

    Raises InvalidInput with every problem at its field; one that never comes due is a problem.
    """
    schedule = Schedule(**vars(read_settings(config, now, field)))
    problems = Problems()
    _check_due(schedule, now, field, problems)
    _check_jitter(schedule, now, field, problems)
    problems.raise_any()
    return schedule


def _check_due(schedule: Schedule, now: datetime, field: str, problems: Problems) -> None:
    """Notes what keeps a schedule from ever running after `now`."""
    starts_at, ends_at = schedule.starts_at, schedule.ends_at
    if ends_at and ends_at <= now:
        problems.add(f"{field}.ends_at", "is in the past")
    elif starts_at and ends_at and ends_at < starts_at:
        problems.add(f"{field}.ends_at", "must not be earlier than the start")
    elif schedule.after(now) is None:
        problems.add(*_never(schedule, now, field))
    elif schedule.instants and not _runs(schedule, now):
        name = "at" if schedule.form == "once" else "instants"
        problems.add(
            f"{field}.{name}",
            f"does not exist in {schedule.zone_name}: the clock goes forward then, and skips it",
        )


def _never(schedule: Schedule, now: datetime, field: str) -> tuple[str, str]:
    """Where, and why, a schedule is never due again."""
    if replace(schedule, starts_at=None, ends_at=None).after(now) is not None:
        name = "ends_at" if schedule.ends_at else "starts_at"
        return f"{field}.{name}", "leaves no time at which the schedule comes due"
    if schedule.form == "cron":
        return f"{field}.cron", "never comes due: no year has such a day"
    if schedule.form == "every":
        return f"{field}.anchor", "never comes due"
    name, message = (
        ("at", "is in the past") if schedule.form == "once" else ("instants", "are all in the past")
    )
    return f"{field}.{name}", message


def _runs(schedule: Schedule, now: datetime) -> bool:
    coming = schedule.between(now, END, len(schedule.instants) * 2)
    return any(each.skipped is None for each in coming)


def _check_jitter(schedule: Schedule, now: datetime, field: str, problems: Problems) -> None:
    """Notes a jitter that would let a slot come after the next one."""
    shortest = schedule.shortest_gap_s(now) if schedule.jitter_s else None
    if shortest is not None and schedule.jitter_s > shortest:
        problems.add(
            f"{field}.jitter_s",
            f"must not be longer than the shortest time between two runs, {shortest:.0f} seconds",
        )
