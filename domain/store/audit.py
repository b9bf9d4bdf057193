"""The trail: who did what to which object. Written in the transaction of the change itself."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from domain.rules.ids import new_id
from domain.rules.json_values import write_json
from domain.rules.permissions import Actor
from domain.store.database import execute

Facts = Mapping[str, Any]

_RECORD = """
INSERT INTO audit_entry (id, team_id, actor_kind, actor_id, actor_name, action, object_kind,
    object_id, before, after, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::jsonb, $10::jsonb, $11)
"""


async def record(
    actor: Actor,
    action: str,
    object_kind: str,
    object_id: UUID,
    *,
    before: Facts | None = None,
    after: Facts | None = None,
) -> None:
    """Write that `actor` did `action` to an object; `before` and `after` hold no secrets.

    Called within the transaction of the change, so neither exists without the other.
    """
    await execute(
        _RECORD,
        new_id(),
        actor.team_id,
        actor.kind,
        actor.id,
        actor.name,
        action,
        object_kind,
        object_id,
        _json(before),
        _json(after),
        actor.request_id,
    )


def _json(facts: Facts | None) -> str | None:
    return None if facts is None else write_json(dict(facts)).decode()
