"""Gates: their rows, who is in them, and whose turn it is.

Exact, because whoever counts has locked the gate: claims lock its row (`FOR NO KEY UPDATE`), one
after the other. Whoever makes an execution that has to pass a gate keeps it from being removed
meanwhile (`FOR KEY SHARE`, which no claim waits for). Locks are taken in the order of the gates'
ids, and before those of executions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.rules.execution_states import CLAIMABLE, TERMINAL, ExecutionState
from domain.rules.gates import Candidate, Gate, GateNow, WaitsFor, lanes_before
from domain.store.database import Row, execute, fetch
from domain.store.executions import IS_DUE

_OPEN = ", ".join(f"'{state}'" for state in ExecutionState if state not in TERMINAL)
_CLAIMABLE = ", ".join(f"'{state}'" for state in sorted(CLAIMABLE))
# In a CASE for the same reason as `IS_DUE`.
_WAITS = f"CASE WHEN state IN ({_CLAIMABLE}) THEN due_at = 'infinity' END"
# More of those who wait than anybody could let in at once need not be known.
MOST_READ = 1_000

_UPSERT = """
INSERT INTO gate (id, team_id, scope, subject_id, key, most)
SELECT id, team_id, scope, subject_id, key, most
FROM unnest($1::uuid[], $2::uuid[], $3::text[], $4::uuid[], $5::text[], $6::integer[])
    AS g (id, team_id, scope, subject_id, key, most)
ORDER BY id
ON CONFLICT (id) DO UPDATE SET most = excluded.most WHERE gate.most <> excluded.most
"""


async def keep(wanted: Sequence[tuple[UUID, Gate]]) -> None:
    """See that these gates (each with its team) are there and let in as many as they say, and that
    they stay until the transaction ends. Inside a transaction only."""
    gates = {gate.id: (team_id, gate) for team_id, gate in wanted}
    rows = await fetch(
        "SELECT id, most FROM gate WHERE id = ANY ($1) ORDER BY id FOR KEY SHARE", list(gates)
    )
    as_wanted = {row["id"] for row in rows if row["most"] == gates[row["id"]][1].most}
    new = [pair for gate_id, pair in gates.items() if gate_id not in as_wanted]
    if new:
        await execute(
            _UPSERT,
            [gate.id for _, gate in new],
            [team_id for team_id, _ in new],
            [gate.scope for _, gate in new],
            [gate.subject_id for _, gate in new],
            [gate.key for _, gate in new],
            [gate.most for _, gate in new],
        )


async def lock(ids: Sequence[UUID]) -> Sequence[Row]:
    """Lock those of the gates that executions have to pass, until the transaction ends."""
    return await fetch(_LOCK.format("<>"), list(ids))


async def lock_singletons(ids: Sequence[UUID]) -> Sequence[Row]:
    """Lock those of the gates that are singletons', which only decide what starts."""
    return await fetch(_LOCK.format("="), list(ids))


_LOCK = (
    "SELECT id, scope, subject_id, key, most FROM gate WHERE id = ANY ($1) "
    "AND scope {} 'singleton' "
    "ORDER BY id FOR NO KEY UPDATE"
)


async def lock_those_of(execution_ids: Sequence[UUID]) -> Sequence[Row]:
    """Lock the gates that these executions have to pass."""
    return await fetch(
        "SELECT id, scope, subject_id, key, most FROM gate WHERE id IN "
        "(SELECT unnest(gates) FROM execution WHERE id = ANY ($1) AND gates IS NOT NULL) "
        "AND scope <> 'singleton' ORDER BY id FOR NO KEY UPDATE",
        list(execution_ids),
    )


# Not in one query with the rest: each is one look into an index that holds nothing else.
_CANDIDATES = f"""
SELECT id, gates FROM execution WHERE id = ANY ($1) AND {IS_DUE}
ORDER BY event_id, id FOR NO KEY UPDATE SKIP LOCKED
"""
_RUNNING = """
SELECT gates FROM execution WHERE gates IS NOT NULL AND gates && $1 AND state = 'running'
"""
_WAITING = f"""
SELECT g.id, x.id AS execution_id
FROM unnest($1::uuid[], $2::integer[]) AS g (id, places) CROSS JOIN LATERAL (
    SELECT id FROM execution WHERE waits_on = g.id AND state IN ({_CLAIMABLE})
    ORDER BY id LIMIT g.places) x
"""
# Whose turn it is: the first that has not ended, whatever it does; unless an event of the same
# trigger that came before it is still to be decided, or waits in a lane of the same key, in order.
# `IS FALSE` keeps the planner from joining: each is a look into an index, however many wait.
_TURNS = f"""
SELECT g.id, x.id AS execution_id
FROM unnest($1::uuid[], $2::text[]) AS g (id, lanes) CROSS JOIN LATERAL (
    SELECT id, event_id, team_id, trigger_id FROM execution
    WHERE gates[1] = g.id AND gates IS NOT NULL AND state IN ({_OPEN})
    ORDER BY event_id, id LIMIT 1) x
WHERE EXISTS (
    SELECT FROM pending_event p WHERE p.team_id = x.team_id AND p.trigger_id = x.trigger_id
    AND p.event_id < x.event_id
) IS FALSE AND CASE WHEN g.lanes IS NULL THEN EXISTS (
    SELECT FROM waiting_event w WHERE w.trigger_id = x.trigger_id AND w.event_id < x.event_id
    AND w.why IN ('limit', 'pause')
) ELSE EXISTS (
    SELECT FROM waiting_event w WHERE w.lane_id = ANY (g.lanes::uuid[])
    AND w.event_id < x.event_id
) END IS FALSE
"""


async def candidates(execution_ids: Sequence[UUID]) -> list[Candidate]:
    """Lock those that are due, the ones of the oldest events first."""
    rows = await fetch(_CANDIDATES, list(execution_ids))
    return [Candidate(row["id"], tuple(row["gates"] or ())) for row in rows]


async def look_at(locked: Sequence[Row]) -> dict[UUID, GateNow]:
    """How it stands at gates that are locked."""
    caps = {row["id"]: row["most"] for row in locked if row["scope"] != "order"}
    orders, found = [row for row in locked if row["scope"] == "order"], dict[UUID, GateNow]()
    if caps:
        places = await _places(caps)
        waits: dict[UUID, list[UUID]] = {gate_id: [] for gate_id in caps}
        some = [gate_id for gate_id, free in places.items() if free > 0]
        if some:
            most = [min(places[gate_id], MOST_READ) for gate_id in some]
            for row in await fetch(_WAITING, some, most):
                waits[row["id"]].append(row["execution_id"])
        for gate_id, free in places.items():
            found[gate_id] = GateNow(False, free, tuple(waits[gate_id]))
    if orders:
        turns = await turns_at(orders)
        found |= {row["id"]: GateNow(True, turn=turns.get(row["id"])) for row in orders}
    return found


async def turns_at(orders: Sequence[Row]) -> dict[UUID, UUID]:
    """By gate of an order, the execution whose turn it is."""
    lanes = [lanes_before(row["subject_id"], row["key"]) for row in orders]
    # As texts of arrays: SQL's unnest would take an array of arrays apart.
    texts = [None if ids is None else f"{{{','.join(map(str, ids))}}}" for ids in lanes]
    rows = await fetch(_TURNS, [row["id"] for row in orders], texts)
    return {row["id"]: row["execution_id"] for row in rows}


async def _places(caps: dict[UUID, int]) -> dict[UUID, int]:
    places = dict(caps)
    for row in await fetch(_RUNNING, list(caps)):
        for gate_id in row["gates"]:
            if gate_id in places:
                places[gate_id] -= 1
    return places


async def hold(held: dict[UUID, tuple[WaitsFor, UUID]]) -> None:
    """Put executions, which are locked, to wait at a gate until they are let in."""
    if held:
        await execute(
            "UPDATE execution e SET waits_for = h.waits_for, waits_on = h.waits_on, "
            "due_at = 'infinity' FROM unnest($1::uuid[], $2::text[], $3::uuid[]) "
            "AS h (id, waits_for, waits_on) WHERE e.id = h.id AND e.id = ANY ($1) "
            f"AND e.state IN ({_CLAIMABLE})",
            list(held),
            [waits_for for waits_for, _ in held.values()],
            [gate_id for _, gate_id in held.values()],
        )


# They keep their place in the line until they are claimed: `waits_on` stays.
_LET_IN = f"""
WITH next AS (
    SELECT id FROM execution WHERE id = ANY ($1) AND {_WAITS}
        AND waits_for IN ('concurrency', 'order') AND waits_on = ANY ($2)
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
)
UPDATE execution e SET due_at = now() FROM next WHERE e.id = next.id AND e.id = ANY ($1)
RETURNING e.id, e.team_id
"""


async def let_in(execution_ids: Sequence[UUID], gate_ids: Sequence[UUID]) -> dict[UUID, UUID]:
    """Those of these executions that wait at one of the gates are due now; each with its team."""
    if not execution_ids:
        return {}
    rows = await fetch(_LET_IN, list(execution_ids), list(gate_ids))
    return {row["id"]: row["team_id"] for row in rows}


async def left_by(execution_ids: Sequence[UUID]) -> list[UUID]:
    """The gates that these executions had to pass."""
    rows = await fetch(
        "SELECT DISTINCT unnest(gates) AS id FROM execution "
        "WHERE id = ANY ($1) AND gates IS NOT NULL",
        list(execution_ids),
    )
    return [row["id"] for row in rows]


async def waiting_at(gate_id: UUID, most: int) -> list[UUID]:
    """Who waits at a gate, oldest first."""
    rows = await fetch(
        f"SELECT id FROM execution WHERE waits_on = $1 AND state IN ({_CLAIMABLE}) AND {_WAITS} "
        "ORDER BY id LIMIT $2",
        gate_id,
        most,
    )
    return [row["id"] for row in rows]


# A loose scan: from each gate or destination on to the next, without reading all who wait there.
_WAITED_FOR = f"""
WITH RECURSIVE each (waits_on, waits_for) AS (
    (SELECT waits_on, waits_for FROM execution
     WHERE waits_on > $1 AND waits_on IS NOT NULL AND state IN ({_CLAIMABLE})
     ORDER BY waits_on LIMIT 1)
    UNION ALL
    SELECT n.waits_on, n.waits_for FROM each CROSS JOIN LATERAL (
        SELECT waits_on, waits_for FROM execution
        WHERE waits_on > each.waits_on AND waits_on IS NOT NULL AND state IN ({_CLAIMABLE})
        ORDER BY waits_on LIMIT 1) n
)
SELECT waits_on, waits_for FROM each LIMIT $2
"""


@dataclass(frozen=True, slots=True)
class WaitedFor:
    """Gates that somebody waits at, and where to look for more; None: these were the last."""

    gate_ids: list[UUID]
    next: UUID | None


async def waited_for(after: UUID, most: int) -> WaitedFor:
    """Up to `most` gates or destinations that executions wait for, by id; the gates of them."""
    rows = await fetch(_WAITED_FOR, after, most)
    gates = [row["waits_on"] for row in rows if row["waits_for"] in {"concurrency", "order"}]
    return WaitedFor(gates, rows[-1]["waits_on"] if len(rows) == most else None)


async def present(ids: Sequence[UUID]) -> Sequence[Row]:
    """The gates of these ids, with the versions that now say what they let in."""
    return await fetch(
        "SELECT g.id, g.team_id, g.scope, g.subject_id, g.key, g.most, "
        "CASE WHEN t.deleted_at IS NULL THEN t.version_id END AS trigger_version_id, "
        "CASE WHEN w.deleted_at IS NULL THEN w.published_version_id END AS workflow_version_id "
        "FROM gate g "
        "LEFT JOIN trigger t ON t.team_id = g.team_id AND t.id = g.subject_id "
        "LEFT JOIN workflow w ON w.team_id = g.team_id AND w.id = g.subject_id "
        "WHERE g.id = ANY ($1)",
        list(ids),
    )


async def set_most(gate_id: UUID, most: int) -> None:
    """From now on the gate lets in so many."""
    await execute("UPDATE gate SET most = $2 WHERE id = $1 AND most <> $2", gate_id, most)


async def remove(ids: Sequence[UUID]) -> None:
    """Gates that nobody has to pass any more. Who waits there is let in later."""
    await execute("DELETE FROM gate WHERE id = ANY ($1)", list(ids))


async def idle(after: UUID, most: int) -> tuple[list[UUID], UUID | None]:
    """Of the next `most` gates after `after` those that no execution has to pass that has not
    ended, locked; and the last that was looked at, None where these were all. Inside a transaction
    only."""
    rows = await fetch(
        "SELECT id FROM gate WHERE id > $1 AND created_at < now() - interval '1 minute' "
        "ORDER BY id LIMIT $2 FOR UPDATE SKIP LOCKED",
        after,
        most,
    )
    ids = [row["id"] for row in rows]
    # In a statement of its own, now that they are locked: what was decided up to now is seen.
    used = await fetch(
        "SELECT g.id FROM unnest($1::uuid[]) AS g (id) WHERE EXISTS (SELECT FROM execution e "
        f"WHERE e.gates IS NOT NULL AND e.gates @> ARRAY[g.id] AND e.state IN ({_OPEN}))",
        ids,
    )
    busy = {row["id"] for row in used}
    return [each for each in ids if each not in busy], ids[-1] if len(ids) == most else None


async def not_ended(gate_ids: Sequence[UUID]) -> Sequence[Row]:
    """The executions that have not ended, of these gates; the oldest first."""
    return await fetch(
        "SELECT id, team_id, gates FROM execution WHERE gates IS NOT NULL AND gates && $1 "
        f"AND state IN ({_OPEN}) ORDER BY event_id, id",
        list(gate_ids),
    )
