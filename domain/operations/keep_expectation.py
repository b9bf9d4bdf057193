"""Keep what is expected of a trigger."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from domain.rules.expectations import parse_expectation
from domain.store import expectations
from domain.store.jsonb import json_text


async def keep_expectation(
    team_id: UUID, trigger_id: UUID, config: Mapping[str, Any] | None
) -> None:
    """Expect events as `config` says, or nothing any more. Called within the transaction that
    changes the trigger; the clock works out the deadline a moment later.

    Raises InvalidInput, as `parse_expectation` does.
    """
    stored = parse_expectation(config)
    if stored is None:
        await expectations.forget(team_id, trigger_id)
        return
    await expectations.keep(team_id, trigger_id, json_text(stored))
    await expectations.look_again(team_id, [trigger_id])
