"""Lists of events, for pages and API alike: narrowed by anything, paged by key.

An event's verdict is its decision's. The key of the list is then the decision's id (of what fired
the execution's), which has the event's instant, so all of them stand in one order.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from domain.rules.dedupe import id_key
from domain.rules.ids import instant_of
from domain.rules.list_filters import PENDING, EventFilters
from domain.store.database import Row, fetch
from domain.store.pages import PAGE_SIZE, Looked, Page, Position
from domain.store.scans import Scan, Source, read_scan

# As JSON texts: pairs of headers that only our own test events have.
MARKS = """{headers} @> '[["signalbox-test", "1"]]' AS is_test,
    {headers} @> '[["signalbox-unlimited", "1"]]' AS is_unlimited"""
_LOOKING = f"""
SELECT c.key, e.* FROM ({{candidates}}) c JOIN LATERAL (
    SELECT id, trigger_id, kind, received_at, title, sender_id, content_type,
        octet_length(body) AS size, {MARKS.format(headers="headers")}
    FROM event WHERE team_id = $1 AND id = c.event_id LIMIT 1
) e ON true"""
_SHOWING = """
SELECT page.*, t.name AS trigger_name, CASE WHEN EXISTS (
    SELECT FROM pending_event p WHERE p.team_id = $1 AND p.event_id = page.id)
    THEN 'pending' ELSE 'decided' END AS state
FROM page JOIN trigger t ON t.team_id = $1 AND t.id = page.trigger_id"""
_MATCHED = "strpos(lower(e.title), lower({})) > 0"


@dataclass(frozen=True, slots=True)
class EventListed:
    """An event as lists show it. `size` counts the body's octets; `state` is pending or decided;
    `key` is where in its list it stands."""

    key: UUID
    id: UUID
    trigger_id: UUID
    trigger_name: str
    kind: str
    received_at: datetime
    title: str
    sender_id: str | None
    content_type: str
    size: int
    state: str
    is_test: bool
    is_unlimited: bool


_FIELDS = tuple(EventListed.__dataclass_fields__)


def _listed(row: Row) -> EventListed:
    return EventListed(**{name: row[name] for name in _FIELDS})


async def list_events(
    team_id: UUID,
    filters: EventFilters,
    position: Position,
    now: datetime,
    *,
    size: int = PAGE_SIZE,
) -> Page[EventListed]:
    """The team's events, newest first. `filters.payload` is not looked at here: see
    `domain/operations/search_payloads.py`."""
    if filters.sender_id and not filters.verdicts and position == Position():
        page = await _remembered(team_id, filters, now)
        if page.rows:
            return page
    return await read_scan(event_scan(team_id, filters, now), position, _listed, size=size)


async def _remembered(team_id: UUID, filters: EventFilters, now: datetime) -> Page[EventListed]:
    """The event that has the sender's id of late, by what is remembered to know repeats. Only that
    has an index, by trigger and id; older events have to be looked at, from there on."""
    rows = await fetch(
        "SELECT event_id FROM sender_id WHERE team_id = $1 AND key_hash = ANY ($2)",
        team_id,
        await _keys(team_id, filters),
    )
    if not rows:
        return Page(())
    ids = [row["event_id"] for row in rows]
    scan = event_scan(team_id, replace(filters, trigger_id=None), now)  # the keys know the trigger
    where = f"AND r.id = ANY ({scan.given(ids)})"
    scan.sources = [Source("event", "id", "r.id AS event_id", where=where)]
    page = await read_scan(scan, Position(), _listed)
    last = min(ids)
    return Page(page.rows, last, None, Looked(len(ids), last, instant_of(last)))


async def _keys(team_id: UUID, filters: EventFilters) -> list[bytes]:
    triggers = [filters.trigger_id]
    if filters.trigger_id is None:
        rows = await fetch("SELECT id FROM trigger WHERE team_id = $1", team_id)
        triggers = [row["id"] for row in rows]
    return [id_key(each, filters.sender_id or "") for each in triggers if each]


def event_scan(team_id: UUID, filters: EventFilters, now: datetime) -> Scan:
    """How the list is read."""
    scan = Scan(_LOOKING, _SHOWING, [team_id])
    scan.narrow(filters.span, now)
    if filters.verdicts:
        scan.sources += (_of_trigger if filters.trigger_id else _by_verdict)(scan, filters)
    else:
        scan.sources.append(_events(scan, filters))
    scan.ask("e.kind = {}", filters.kind)
    scan.ask("e.sender_id = {}", filters.sender_id)
    scan.ask(_MATCHED, filters.title)
    return scan


def _events(scan: Scan, filters: EventFilters) -> Source:
    if filters.trigger_id is None:
        return Source("event", "id", "r.id AS event_id")
    values = f"{scan.given([filters.trigger_id])}::uuid[]"
    return Source("event", "id", "r.id AS event_id", "trigger_id", values)


# Of the two decisions about what had to wait, the first one says how it stands while it waits. It
# may have gone from one lane to another since: it is found, and named, by the one it is in.
_WAITING = {"deferred": ("debounce", "batch", "limit"), "paused": ("pause",)}
_FOUND_ELSEWHERE = {PENDING, "fired", "deferred"}
_STANDS = """CASE WHEN r.verdict <> 'deferred' AND r.reason IS DISTINCT FROM 'held' THEN r.verdict
    ELSE (SELECT CASE WHEN w.why = 'pause' THEN 'paused' ELSE 'deferred' END FROM waiting_event w
        WHERE w.team_id = $1 AND w.event_id = r.event_id) END"""


def _by_verdict(scan: Scan, filters: EventFilters) -> list[Source]:
    """Where events of the verdicts are found: what did not fire by decisions, what did by its
    executions (of a batch: by decisions), what waits in its lane, and what is not decided in the
    queue."""
    sources = []
    if others := [each for each in filters.verdicts if each not in _FOUND_ELSEWHERE]:
        verdicts = f"{scan.given(others)}::text[]"
        # The index of verdicts leaves out what fired, and wants to hear so.
        where = "AND r.verdict <> 'fired' AND r.reason IS DISTINCT FROM 'held'"
        sources.append(Source("decision", "id", "r.event_id", "verdict", verdicts, where))
    if "fired" in filters.verdicts:
        sources.append(Source("execution", "id", "r.event_id"))
        where = "AND r.reason = 'batched'"
        sources.append(Source("decision", "id", "r.event_id", where=where))
    if lanes := [why for each in filters.verdicts for why in _WAITING.get(each, ())]:
        whys = f"{scan.given(lanes)}::text[]"
        sources.append(Source("waiting_event", "event_id", "r.event_id", "why", whys))
    if PENDING in filters.verdicts:
        sources.append(Source("pending_event", "event_id", "r.event_id"))
    return sources


def _of_trigger(scan: Scan, filters: EventFilters) -> list[Source]:
    """The same of one trigger: its decisions are asked for their verdict, one by one, since none
    of the indexes of verdicts knows triggers."""
    sources, trigger = [], scan.given(filters.trigger_id)
    if filters.verdicts != (PENDING,):
        columns, values = f"r.event_id, {_STANDS} AS verdict", f"ARRAY[{trigger}]::uuid[]"
        sources.append(Source("decision", "id", columns, "trigger_id", values))
    if PENDING in filters.verdicts:
        columns, where = f"r.event_id, '{PENDING}' AS verdict", f"AND r.trigger_id = {trigger}"
        sources.append(Source("pending_event", "event_id", columns, where=where))
    scan.ask("c.verdict = ANY ({})", list(filters.verdicts))
    return sources


async def bodies_of(team_id: UUID, event_ids: Sequence[UUID]) -> dict[UUID, Row]:
    """Body and content type of each of the events."""
    rows = await fetch(
        "SELECT id, body, content_type FROM event WHERE team_id = $1 AND id = ANY ($2)",
        team_id,
        list(event_ids),
    )
    return {row["id"]: row for row in rows}
