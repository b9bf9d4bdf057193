"""What must hold beside that of which `tests/faults/checker.py` assures itself: I3, I4, I8, I9, I10
and I11 of the fault catalogue, read from the database, the target's ledger and the processes."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from tests.chaos.site import OTHERS, OWN_BREAKER, Site
from tests.chaos.watch import MOST_OVERDUE_S
from tests.support.target import LedgerLine, read_ledger

# Older than this and without a row, a slot is missing. Outages of the clock are shorter.
_SLOT_WITHIN_S = 60
# Workers learn of an opened breaker within a second, and calls may be on their way by then.
_LEARNT_WITHIN_S = 2.0

_SLOTS = """
SELECT s.state, count(*) AS slots, count(DISTINCT s.scheduled_for) AS instants,
    count(DISTINCT e.id) AS events
FROM slot s LEFT JOIN event e ON e.id = s.event_id WHERE s.trigger_id = $1::uuid GROUP BY s.state
"""
_MISSING = f"""
SELECT count(*) AS missing FROM unnest($2::timestamptz[]) AS due (instant)
WHERE instant < now() - interval '{_SLOT_WITHIN_S} s' AND NOT EXISTS (
    SELECT FROM slot s WHERE s.trigger_id = $1::uuid AND s.scheduled_for = due.instant)
"""
_UNAUDITED = """
SELECT 'trigger' AS kind, id FROM trigger t
WHERE NOT EXISTS (SELECT FROM audit_entry a WHERE a.object_id = t.id AND a.team_id = t.team_id)
UNION ALL SELECT 'workflow', id FROM workflow w
WHERE NOT EXISTS (SELECT FROM audit_entry a WHERE a.object_id = w.id AND a.team_id = w.team_id)
"""
# Nothing of one team may point at what is another's.
_STRAY = """
SELECT 'event' AS kind, e.id FROM event e JOIN trigger t ON t.id = e.trigger_id
WHERE t.team_id <> e.team_id
UNION ALL SELECT 'decision', d.id FROM decision d JOIN event e ON e.id = d.event_id
WHERE e.team_id <> d.team_id
UNION ALL SELECT 'execution', x.id FROM execution x JOIN event e ON e.id = x.event_id
WHERE e.team_id <> x.team_id
UNION ALL SELECT 'attempt', a.id FROM attempt a JOIN execution x ON x.id = a.execution_id
WHERE x.team_id <> a.team_id
"""
_CHANGES = """
SELECT d.host, c.state, c.reason, extract(epoch FROM c.changed_at)::float8 AS at
FROM breaker_change c JOIN destination d ON d.id = c.destination_id
WHERE d.team_id = $1 ORDER BY d.host, c.changed_at
"""


def further_violations(site: Site) -> Iterator[str]:
    """Every way in which they are broken, as a sentence."""
    yield from _of_slots(site)
    if site.watch.most_overdue_s > MOST_OVERDUE_S:
        yield f"I4: a lease was over for {site.watch.most_overdue_s:.0f} s"
    yield from of_breakers(site)
    for row in site.fetch(_UNAUDITED):
        yield f"I9: nothing in the audit trail is about the {row['kind']} {row['id']}"
    for row in site.fetch(_STRAY):
        yield f"I10: the {row['kind']} {row['id']} is of another team than what it points at"
    for name in site.ended_by_themselves():
        yield f"I11: {name} has ended by itself"
    if not site.ready():
        yield "I11: all is mended, and /readyz does not say so"


def _of_slots(site: Site) -> Iterator[str]:
    """I3: each slot has one row and one word, and none was missed."""
    for row in site.fetch(_SLOTS, site.timed_trigger):
        if row["state"] in {"missed", "paused", "skipped"}:
            yield f"I3: {row['slots']} slots are {row['state']}"
        if row["state"] in {"fired", "late"} and len({*row.values()} - {row["state"]}) != 1:
            yield f"I3: {dict(row)} are not as many slots as instants and events"
    missing = site.fetch(_MISSING, site.timed_trigger, site.due)[0]["missing"]
    if missing:
        yield f"I3: {missing} slots have no row"


def of_breakers(site: Site) -> Iterator[str]:
    """I8: while a breaker is open no call gets through, and while it is half open one."""
    calls = read_ledger(site.installation.ledger)
    for one, following in pairwise(site.fetch(_CHANGES, site.team_id)):
        if one["host"] != following["host"]:
            continue
        own = one["host"].startswith("localhost")
        let_through = _calls_between(calls, one, following, own=own)
        if one["state"] == "open" and let_through:
            yield (
                f"I8: {let_through} calls reached {one['host']} while its breaker was open, from "
                f"{one['at']:.2f} ({one['reason']}) to {following['at']:.2f}"
            )
        if one["state"] == "half_open" and let_through > 1:
            yield f"I8: {let_through} calls reached {one['host']} as probes"


def _calls_between(calls: list[LedgerLine], one: Any, following: Any, *, own: bool) -> int:
    """How many calls the target saw of that destination while its breaker stood so."""
    margin_s = _LEARNT_WITHIN_S if one["state"] == "open" else 0.0
    start, end = one["at"] + margin_s, following["at"] - margin_s
    return sum(
        start < call.wall_ns / 1e9 < end
        for call in calls
        if call.id
        and call.request.startswith(OWN_BREAKER) is own
        and not call.request.startswith(OTHERS)
    )
