"""Events and the queue of those not decided yet: the ingest commit and the decide pass's claim."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.store.database import Row, execute, fetch

DEDUP_DAYS = 7


# Not frozen: to make a frozen one takes three times as long, and this is the busiest path.
@dataclass(slots=True)
class NewEvent:
    """An event about to be stored. `headers` is JSON text, `key_hash` the sender's id hashed with
    the trigger's (None: the sender gave none, so nothing can repeat it), `body_key` the body hashed
    likewise where it counts beside the id (None: it does not); what comes later is compared with it
    only if `remembers_body`. Both are remembered for `dedup_days`."""

    id: UUID
    team_id: UUID
    trigger_id: UUID
    kind: str
    headers: str
    query: str
    content_type: str
    title: str
    sender_id: str | None
    key_hash: bytes | None
    body_hash: bytes
    body: bytes
    body_key: bytes | None = None
    remembers_body: bool = True
    dedup_days: int = DEDUP_DAYS


_REMEMBER = """
    INSERT INTO sender_id AS s (key_hash, team_id, trigger_id, event_id, body_hash, expires_at)
    SELECT {key}, team_id, trigger_id, id, body_hash, now() + dedup_days * interval '1 day'
    FROM {source} ORDER BY {key}
    ON CONFLICT (key_hash) DO UPDATE SET event_id = excluded.event_id,
        body_hash = excluded.body_hash, repeats = 0, body_differed = false,
        expires_at = excluded.expires_at
    WHERE s.expires_at <= now() OR s.event_id = excluded.event_id
    RETURNING event_id
"""
_REMEMBER_IDS = _REMEMBER.format(key="key_hash", source="unseen WHERE key_hash IS NOT NULL")
_REMEMBER_BODIES = _REMEMBER.format(
    key="body_key", source="named WHERE body_key IS NOT NULL AND remembers_body"
)

# One statement, so one commit: the sender's ids, the bodies that count beside them, the events that
# are new by both, and their places in the queue. Keys are taken in order, ids before bodies, so two
# batches that share keys cannot deadlock. What has expired may be used again. A row that names this
# very event is ours: the same batch is sent again when the answer to its commit was lost.
#
# A delivery whose body is known must not take its id either: an id that nobody signed could be the
# one that another delivery comes with. Only where two equal bodies arrive in the same moment does
# the loser take its id; `_FREE_IDS` then gives it back.
_STORE = f"""
WITH arrived AS (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::jsonb[], $6::text[],
        $7::text[], $8::text[], $9::text[], $10::bytea[], $11::bytea[], $12::bytea[],
        $13::bytea[], $14::boolean[], $15::integer[])
    AS a (id, team_id, trigger_id, kind, headers, query, content_type, title, sender_id,
        key_hash, body_hash, body, body_key, remembers_body, dedup_days)
), unseen AS (
    SELECT * FROM arrived a WHERE body_key IS NULL OR NOT EXISTS (
        SELECT FROM sender_id s
        WHERE s.key_hash = a.body_key AND s.expires_at > now() AND s.event_id <> a.id)
), remembered AS ({_REMEMBER_IDS}
), named AS (
    SELECT * FROM unseen WHERE key_hash IS NULL OR id IN (SELECT event_id FROM remembered)
), remembered_bodies AS ({_REMEMBER_BODIES}
), accepted AS (
    SELECT * FROM named
    WHERE body_key IS NULL OR NOT remembers_body
        OR id IN (SELECT event_id FROM remembered_bodies)
), stored AS (
    INSERT INTO event (id, team_id, trigger_id, kind, headers, query, content_type, title,
        sender_id, body)
    SELECT id, team_id, trigger_id, kind, headers, query, content_type, title, sender_id, body
    FROM accepted
    ON CONFLICT (id) DO NOTHING
    RETURNING id, team_id, trigger_id, octet_length(body) AS size
), queued AS (
    INSERT INTO pending_event (event_id, team_id, trigger_id, size)
    SELECT id, team_id, trigger_id, size FROM stored
)
SELECT id FROM accepted
"""

_FREE_IDS = "DELETE FROM sender_id WHERE key_hash = ANY ($1) AND event_id = ANY ($2)"

# A repeat counts on its id where that is known, else on its body.
_COUNT_REPEATS = """
WITH repeat AS (
    SELECT * FROM unnest($1::bytea[], $2::bytea[], $3::bytea[]) AS r (key_hash, body_key, body_hash)
), known AS (
    SELECT key_hash FROM sender_id WHERE key_hash = ANY ($1 || $2) ORDER BY key_hash FOR UPDATE
), found AS (
    SELECT coalesce(i.key_hash, b.key_hash) AS key_hash, r.body_hash
    FROM repeat r
    LEFT JOIN known i ON i.key_hash = r.key_hash
    LEFT JOIN known b ON b.key_hash = r.body_key
)
UPDATE sender_id s
SET repeats = s.repeats + f.times,
    body_differed = s.body_differed OR s.body_hash <> ANY (f.body_hashes)
FROM (SELECT key_hash, count(*) AS times, array_agg(body_hash) AS body_hashes
      FROM found WHERE key_hash IS NOT NULL GROUP BY key_hash) f
WHERE s.key_hash = f.key_hash
RETURNING s.key_hash, s.event_id
"""


async def store(new: Sequence[NewEvent]) -> set[UUID]:
    """Commit the events whose sender's id (and body, where it counts) is new, and queue them;
    their ids.

    `new` must hold each key only once. The same events may be stored again without harm.
    """
    columns = zip(*((e.id, e.team_id, e.trigger_id, e.kind, e.headers, e.query, e.content_type,
                     e.title, e.sender_id, e.key_hash, e.body_hash, e.body, e.body_key,
                     e.remembers_body, e.dedup_days) for e in new),
                  strict=True)  # fmt: skip
    rows = await fetch(_STORE, *(list(column) for column in columns))
    return {row["id"] for row in rows}


async def count_repeats(repeats: Sequence[NewEvent]) -> dict[bytes, UUID]:
    """Note that known sender's ids or bodies came again; by key, the event that came first."""
    losers = [e for e in repeats if e.body_key is not None and e.key_hash is not None]
    if losers:
        await execute(_FREE_IDS, [e.key_hash for e in losers], [e.id for e in losers])
    rows = await fetch(
        _COUNT_REPEATS,
        [e.key_hash for e in repeats],
        [e.body_key for e in repeats],
        [e.body_hash for e in repeats],
    )
    return {row["key_hash"]: row["event_id"] for row in rows}


# What judging needs of events whose ids $1 holds and `events` names, and of their triggers as these
# are now.
TO_JUDGE = """
SELECT e.id, e.team_id, e.trigger_id, e.kind, e.received_at, e.headers, e.query, e.content_type,
    e.title, e.sender_id, {body} AS body, e.chain_depth, t.version AS trigger_version,
    t.version_id AS trigger_version_id,
    t.enabled AND t.deleted_at IS NULL AS enabled, t.holds AND t.deleted_at IS NULL AS holds,
    m.rate_limits AS team_limits,
    coalesce(greatest(t.limits_lifted_until, m.limits_lifted_until) > now(), false)
        AS limits_lifted, t.workflow_id,
    coalesce(t.pinned_version, w.published_version) AS workflow_version,
    coalesce(t.pinned_version_id, w.published_version_id) AS workflow_version_id,
    w.published_version_id
FROM {events}
JOIN event e ON e.id = chosen.event_id AND e.id = ANY ($1)
JOIN trigger t ON t.team_id = e.team_id AND t.id = e.trigger_id
JOIN workflow w ON w.team_id = t.team_id AND w.id = t.workflow_id
JOIN team m ON m.id = e.team_id
"""

# Locks the queue rows (another pass skips them) and reads what judging needs. At most $2 bytes
# of bodies: 200 events of the largest size would not fit into memory. The ids are bound twice
# so that the planner sees at once which partitions matter.
_TAKE_PENDING = f"""
WITH taken AS (
    SELECT event_id, size FROM pending_event WHERE event_id = ANY ($1)
    ORDER BY event_id FOR UPDATE SKIP LOCKED
), chosen AS (
    SELECT event_id FROM (
        SELECT event_id, sum(size) OVER (ORDER BY event_id) - size AS bytes_before FROM taken
    ) AS sized WHERE bytes_before < $2
)
{TO_JUDGE.format(events="chosen", body="e.body")}"""


async def take_pending(ids: Sequence[UUID], most_bytes: int) -> Sequence[Row]:
    """Lock the undecided ones among `ids` until the transaction ends, with all that judging
    needs. Those that another pass holds, or that exceed `most_bytes`, are left out."""
    return await fetch(_TAKE_PENDING, list(ids), most_bytes)


async def claim_sender_ids(claims: Sequence[NewEvent]) -> set[UUID]:
    """Remember sender's ids that were found inside bodies; the events that came first with
    theirs. Called within the transaction of the decisions."""
    first: dict[bytes | None, NewEvent] = {}
    for claim in claims:
        first.setdefault(claim.key_hash, claim)
    ordered = sorted(first.values(), key=lambda claim: claim.key_hash or b"")
    rows = await fetch(
        _CLAIM_SENDER_IDS,
        [c.key_hash for c in ordered],
        [c.team_id for c in ordered],
        [c.trigger_id for c in ordered],
        [c.id for c in ordered],
        [c.body_hash for c in ordered],
        [c.dedup_days for c in ordered],
    )
    return {row["event_id"] for row in rows}


_CLAIM_SENDER_IDS = """
INSERT INTO sender_id AS s (key_hash, team_id, trigger_id, event_id, body_hash, expires_at)
SELECT key_hash, team_id, trigger_id, event_id, body_hash, now() + dedup_days * interval '1 day'
FROM unnest($1::bytea[], $2::uuid[], $3::uuid[], $4::uuid[], $5::bytea[], $6::integer[])
    AS c (key_hash, team_id, trigger_id, event_id, body_hash, dedup_days)
ON CONFLICT (key_hash) DO UPDATE SET event_id = excluded.event_id, body_hash = excluded.body_hash,
    repeats = 0, body_differed = false, expires_at = excluded.expires_at
WHERE s.expires_at <= now()
RETURNING event_id
"""


async def first_events(key_hashes: Sequence[bytes | None]) -> dict[bytes | None, UUID]:
    """By remembered key, the event that came first with it."""
    rows = await fetch(
        "SELECT key_hash, event_id FROM sender_id WHERE key_hash = ANY ($1)", list(key_hashes)
    )
    return {row["key_hash"]: row["event_id"] for row in rows}


async def contexts(ids: Sequence[UUID]) -> Sequence[Row]:
    """What a step's placeholders can reach of the events, and of their triggers."""
    return await fetch(
        "SELECT e.id, e.received_at, e.headers, e.query, e.content_type, e.sender_id, e.body, "
        "e.trigger_id, e.kind, t.name AS trigger_name "
        "FROM event e JOIN trigger t ON t.team_id = e.team_id AND t.id = e.trigger_id "
        "WHERE e.id = ANY ($1)",
        list(ids),
    )


async def forget_expired_sender_ids(most: int) -> int:
    """Delete sender's ids past their time, at most `most`; how many went."""
    return await execute(
        "DELETE FROM sender_id WHERE key_hash IN "
        "(SELECT key_hash FROM sender_id WHERE expires_at < now() LIMIT $1)",
        most,
    )
