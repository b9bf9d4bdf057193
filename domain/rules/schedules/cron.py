"""Cron: five fields, with the meaning that Debian's cron(8) gives them.

`0 9 * * 1-5` is minute, hour, day of the month, month, day of the week: `*`, numbers, names (`jan`,
`mon`), ranges, steps, lists; `L` for the last day of a month, `mon#2` for the second Monday of one.
When both day fields restrict (neither begins with `*`), a day that either names will do.

Read here, strictly and within bounds, before croniter sees anything of it: that takes a sixth field
for seconds, `R` for chance, and `5-5` for every minute. It is given plain numbers only, computes
wall times only, and never joins the two day fields (with `#` it would do so wrongly).
"""

import copy
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from croniter import CroniterBadDateError, croniter

from domain.rules.schedules.cron_fields import Field, InvalidCron, read_fields
from domain.rules.schedules.wall_times import LAST_YEAR

__all__ = ["Cron", "InvalidCron", "parse_cron"]

_SUNDAY = 7


@dataclass(frozen=True, slots=True)
class Cron:
    """A cron expression: its text in one spelling of spaces, and its fields."""

    text: str
    minute: Field
    hour: Field
    day: Field
    month: Field
    weekday: Field

    @property
    def is_wildcard(self) -> bool:
        """Whether it runs in real time: its minute or its hour begins with `*`."""
        return self.minute.star or self.hour.star

    @property
    def either_day(self) -> bool:
        """Whether a day will do that only one of the two day fields names."""
        return not (self.day.star or self.weekday.star)

    def next_wall(self, wall: datetime) -> datetime | None:
        """The first wall time strictly later, up to the year 2199."""
        found = [_next(each, wall) for each in _walkers(self.text)]
        return min((each for each in found if each), default=None)


@lru_cache(maxsize=2048)
def parse_cron(text: str) -> Cron:
    """The expression that `text` spells. Raises InvalidCron."""
    return Cron(" ".join(text.split()), *read_fields(text))


@lru_cache(maxsize=1024)
def _walkers(text: str) -> tuple[croniter, ...]:
    """One croniter for each way to name a day: they are joined here, by taking the earliest."""
    cron = parse_cron(text)
    times = f"{_listed(cron.minute)} {_listed(cron.hour)}"
    month = _listed(cron.month)
    days = _listed(cron.day)
    weekdays = _listed(cron.weekday)
    nths = ",".join(f"{day}#{nth}" for day, nth in sorted(cron.weekday.nths))
    ways = [f"{days} {month} {each}" for each in (weekdays, nths) if each]
    if cron.either_day:
        ways = [f"{days} {month} *", *(f"* {month} {each}" for each in (weekdays, nths) if each)]
    start = datetime(2000, 1, 1)  # noqa: DTZ001 - a wall time; each walk names its own
    return tuple(croniter(f"{times} {way}", start, datetime, day_or=False) for way in ways)


def _listed(field: Field) -> str:
    """Plain numbers: what croniter cannot take for anything else."""
    numbers = field.numbers
    if len(numbers) == field.kind.high - field.kind.low + (field.kind.high != _SUNDAY):
        return "*"
    return ",".join([*map(str, sorted(numbers)), *(["L"] if field.last_day else [])])


def _next(walker: croniter, wall: datetime) -> datetime | None:
    # A copy: a croniter remembers where it is, and several threads may ask.
    try:
        found: datetime = copy.copy(walker).get_next(datetime, start_time=wall)
    except CroniterBadDateError:
        return None
    return found if found.year <= LAST_YEAR else None
