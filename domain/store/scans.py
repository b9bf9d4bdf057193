"""Lists narrowed by anything, in bounded time: an index gives candidates, the rest is asked.

The first filter that has an index chooses the candidates, newest first. Without other filters they
are the page. With others each candidate is looked at, but never more than `MOST_LOOKED_AT` for one
page: so a filter that nearly nothing passes costs as much as any other, and the page says how far
back it looked and goes on from there when asked to.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from domain.rules.ids import first_id_at, instant_of
from domain.rules.list_filters import Span
from domain.store.database import Row, fetch, fetch_one
from domain.store.pages import PAGE_SIZE, Listed, Looked, Page, Position

MOST_LOOKED_AT = 3_000


@dataclass(frozen=True, slots=True)
class Source:
    """Rows of `table` that an index has in the order of `key`: the team's, or with `by` those of
    each of its `values` (a placeholder). All of it is SQL of this package.

    `by` is compared with BETWEEN and stands in the order, so that the planner has no other index:
    with "=" it takes the primary key for a common value, hoping to meet it soon, and reads
    everything when it has not come lately.
    """

    table: str
    key: str
    columns: str
    by: str | None = None
    values: str | None = None
    where: str = ""

    def sql(self, within: str, way: str, most: int) -> str:
        """At most `most` candidates, `within` a range of keys, in the order `way`."""
        start = (
            f"SELECT r.{self.key} AS key, {self.columns} FROM {self.table} r "
            f"WHERE r.team_id = $1 {self.where} {within.format(key=f'r.{self.key}')}"
        )
        if self.by is None:
            return f"{start} ORDER BY r.{self.key} {way} LIMIT {most}"
        return (
            f"SELECT m.* FROM unnest({self.values}) AS s (value) CROSS JOIN LATERAL ("
            f"{start} AND r.{self.by} BETWEEN s.value AND s.value "
            f"ORDER BY r.{self.by} {way}, r.{self.key} {way} LIMIT {most}) m "
            f"ORDER BY m.key {way} LIMIT {most}"
        )


@dataclass(slots=True)
class Scan:
    """A list: candidates from `sources`; `looking` reads what is `asked` of each of them (it holds
    `{candidates}`), `showing` what is shown of the rows of the `page`. `$1` is the team."""

    looking: str
    showing: str
    arguments: list[object]
    sources: list[Source] = field(default_factory=list)
    asked: list[tuple[str, object]] = field(default_factory=list)
    within: str = ""

    def given(self, value: object) -> str:
        """The placeholder of a value that the candidates depend on."""
        self.arguments.append(value)
        return f"${len(self.arguments)}"

    def ask(self, condition: str, value: object | None) -> None:
        """Ask `condition` (with `{}` for the value) of each candidate, unless the value is None."""
        if value is not None:
            self.asked.append((condition, value))

    def narrow(self, span: Span, now: datetime) -> None:
        """Keep to what was received within `span`: ids hold that instant, so it is a range of keys,
        and the partitions outside of it are not even opened."""
        since, until = span.bounds(now)
        for operator, instant in ((">=", since), ("<", until)):
            if instant is not None:
                self.within += f" AND {{key}} {operator} {self.given(first_id_at(instant))}"

    def candidates(self, position: Position, most: int) -> tuple[str, list[object]]:
        """The SQL of at most `most` candidates from `position` on, and its arguments."""
        within, arguments = self.within, list(self.arguments)
        for operator, id_ in (("<", position.after), (">", position.before)):
            if id_ is not None:
                arguments.append(id_)
                within += f" AND {{key}} {operator} ${len(arguments)}"
        way = way_of(position)
        parts = [source.sql(within, way, most) for source in self.sources]
        if len(parts) == 1:
            return parts[0], arguments
        united = " UNION ALL ".join(f"({part})" for part in parts)
        return f"SELECT * FROM ({united}) u ORDER BY key {way} LIMIT {most}", arguments

    def conditions(self, arguments: list[object]) -> str:
        """What is asked of each candidate, as SQL; its values are added to `arguments`."""
        conditions = []
        for condition, value in self.asked:
            arguments.append(value)
            conditions.append(condition.format(f"${len(arguments)}"))
        return " AND ".join(conditions) or "true"

    def page(self, position: Position, size: int) -> tuple[str, list[object]]:
        """The statement of one page, and of one row more, and its arguments."""
        most = MOST_LOOKED_AT if self.asked else size + 1
        candidates, arguments = self.candidates(position, most)
        way = way_of(position)
        looking = self.looking.format(candidates=candidates)
        asked = self.conditions(arguments)
        page = f"{looking} WHERE {asked} ORDER BY c.key {way} LIMIT {size + 1}"
        return f"WITH page AS ({page}) {self.showing} ORDER BY page.key {way}", arguments


def way_of(position: Position) -> str:
    """Newest first; towards newer rows, the nearest first."""
    return "ASC" if position.before else "DESC"


async def read_scan(
    scan: Scan, position: Position, make: Callable[[Row], Listed], *, size: int = PAGE_SIZE
) -> Page[Listed]:
    """One page of the list."""
    if not scan.sources:
        return Page(())
    sql, arguments = scan.page(position, size)
    rows = await fetch(sql, *arguments)
    looked = await _looked(scan, position) if scan.asked and len(rows) <= size else None
    return _page(rows, position, make, looked, size)


async def _looked(scan: Scan, position: Position) -> Looked | None:
    """How far the search went, or None when it came to the end of the list."""
    candidates, arguments = scan.candidates(position, MOST_LOOKED_AT)
    row = await fetch_one(f"SELECT array_agg(c.key) AS keys FROM ({candidates}) c", *arguments)
    keys = list((row["keys"] if row else None) or ())
    if len(keys) < MOST_LOOKED_AT:
        return None
    last = max(keys) if position.before else min(keys)
    return Looked(len(keys), last, instant_of(last))


def _page(
    rows: Sequence[Row],
    position: Position,
    make: Callable[[Row], Listed],
    looked: Looked | None,
    size: int,
) -> Page[Listed]:
    backwards = position.before is not None
    shown = list(rows[:size])
    more = len(rows) > size
    if backwards:
        shown.reverse()
    older = newer = None
    if shown:
        older = shown[-1]["key"] if more or backwards else None
        newer = shown[0]["key"] if (more if backwards else position.after) else None
    if looked and backwards:
        newer = looked.last
    elif looked:
        older = looked.last
    return Page(_once([make(row) for row in shown]), older, newer, looked)


def _once(rows: list[Listed]) -> tuple[Listed, ...]:
    """Without repeats: an event with two decisions stands in the list of each of its verdicts."""
    return tuple({row.id: row for row in rows}.values())
