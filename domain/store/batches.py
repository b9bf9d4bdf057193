"""The events that stand for batches of others."""

from collections.abc import Sequence

from domain.store.database import Row, execute

_ADD = """
INSERT INTO event (id, team_id, trigger_id, kind, headers, query, content_type, title, body,
    chain_depth)
SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::jsonb[], $6::text[],
    $7::text[], $8::text[], $9::bytea[], $10::smallint[])
ON CONFLICT (id) DO NOTHING
"""
_COLUMNS = ("id", "team_id", "trigger_id", "kind", "headers", "query", "content_type", "title",
            "body", "chain_depth")  # fmt: skip


async def add(rows: Sequence[Row]) -> None:
    """Store them. They wait for no decision: it is written in the same transaction."""
    if rows:
        await execute(_ADD, *([row[name] for row in rows] for name in _COLUMNS))
