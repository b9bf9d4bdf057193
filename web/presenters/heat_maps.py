"""A year of a schedule at a glance: one cell a day, by the worst that happened; and a day by hours.

Counts are kept by the hour of UTC. An hour goes to the day that its middle lies in: in zones whose
offset is no whole hour, that is the day of what is due on the hour there.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from domain.store.ledger import SlotHour
from web.presenters.words import count_words

DAYS = 365
_DAY = timedelta(days=1)
_HALF_HOUR = timedelta(minutes=30)
# The worst first: it names the cell. Then the letter that says so without the colour.
KINDS = {"missed": "M", "late": "L", "on_time": "", "skipped": "S", "paused": "P"}
WORDS = {"missed": "missed", "late": "late", "on_time": "on time", "skipped": "skipped",
         "paused": "paused"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Cell:
    """One day or hour: what it is called, the worst that happened, and all that did in words."""

    name: str
    kind: str
    letter: str
    words: str
    counts: Mapping[str, int]
    href: str = ""

    @property
    def title(self) -> str:
        """What the cell says, for those who point at it or do not see it."""
        return f"{self.name}: {self.words}"


@dataclass(frozen=True, slots=True)
class Week:
    """A column of the map, Monday first; None where a day lies outside of it. `month` is set where
    one begins."""

    month: str
    days: tuple[Cell | None, ...]


@dataclass(frozen=True, slots=True)
class HeatMap:
    """The weeks, the oldest first, and the days on which something was due, the latest first."""

    weeks: tuple[Week, ...]
    days: tuple[Cell, ...]
    totals: Mapping[str, int]

    @property
    def summary(self) -> str:
        """All of it in a line."""
        return _words(self.totals) or "nothing was due"


def first_day(begun: datetime, now: datetime, zone: ZoneInfo) -> date:
    """Where the map begins: a year ago, or when the schedule did."""
    return max(begun.astimezone(zone).date(), (now - DAYS * _DAY).astimezone(zone).date())


def heat_map(
    hours: Iterable[SlotHour], first: date, now: datetime, zone: ZoneInfo, path: str
) -> HeatMap:
    """The map from the day `first` to that of `now`, both as `zone` sees them. A cell leads to the
    list at `path`, narrowed to its day."""
    last = now.astimezone(zone).date()
    by_day: dict[date, Counter[str]] = defaultdict(Counter)
    for each in hours:
        by_day[(each.hour + _HALF_HOUR).astimezone(zone).date()][each.outcome] += each.amount
    cells = {
        day: _cell(f"{day:%a} {day.day} {day:%b %Y}", by_day[day], _day_href(path, day, zone.key))
        for day in _days(first, last)
    }
    totals: Counter[str] = Counter()
    for day in cells:
        totals.update(by_day[day])
    due = tuple(cell for cell in reversed(cells.values()) if cell.words)
    return HeatMap(_weeks(cells, first, last), due, totals)


def _days(first: date, last: date) -> list[date]:
    return [first + back * _DAY for back in range((last - first).days + 1)]


def _weeks(cells: Mapping[date, Cell], first: date, last: date) -> tuple[Week, ...]:
    monday, weeks = first - first.weekday() * _DAY, list[Week]()
    while monday <= last:
        days = [monday + offset * _DAY for offset in range(7)]
        begins = next((day for day in days if day.day == 1 and day in cells), None)
        named = begins or (first if not weeks else None)
        weeks.append(Week(f"{named:%b}" if named else "", tuple(cells.get(day) for day in days)))
        monday += 7 * _DAY
    return tuple(weeks)


def _cell(name: str, counts: Mapping[str, int], href: str = "") -> Cell:
    kind = next((kind for kind in KINDS if counts.get(kind)), "none")
    return Cell(name, kind, KINDS.get(kind, ""), _words(counts), counts, href)


def _words(counts: Mapping[str, int]) -> str:
    return ", ".join(
        count_words(counts[kind], WORDS[kind], WORDS[kind]) for kind in KINDS if counts.get(kind)
    )


def _day_href(path: str, day: date, zone_name: str) -> str:
    ends = {"from": f"{day}T00:00", "to": f"{day + _DAY}T00:00"}
    query = ends if zone_name == "UTC" else {**ends, "zone": zone_name}
    return f"{path}?{urlencode(query)}"


def hours_of_day(
    hours: Sequence[SlotHour], since: datetime, until: datetime, zone: ZoneInfo
) -> list[Cell]:
    """Each hour of a day in which something was due, the earliest first."""
    by_hour: dict[datetime, Counter[str]] = defaultdict(Counter)
    for each in hours:
        if since <= each.hour + _HALF_HOUR < until:
            by_hour[each.hour][each.outcome] += each.amount
    return [
        _cell(f"{hour.astimezone(zone):%H:%M}", counts) for hour, counts in sorted(by_hour.items())
    ]
