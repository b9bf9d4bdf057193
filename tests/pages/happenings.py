"""What happened, written straight into the database: events, decisions, executions."""

import itertools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from domain.clock import utc_now
from domain.operations.create_trigger import SavedTrigger
from domain.rules.ids import derived_id, first_id_at, new_id
from domain.store.database import execute, fetch_one
from domain.store.executions import execution_id_for
from tests.support.world import World

_EVENT = """
INSERT INTO event (id, team_id, trigger_id, kind, received_at, headers, query, content_type, title,
    sender_id, body) VALUES ($1, $2, $3, 'webhook', $4, $5::jsonb, $6, $7, $8, $9, $10)
"""
_DECISION = """
INSERT INTO decision (id, team_id, event_id, trigger_id, trigger_version_id, trigger_version,
    verdict, reason, trace, execution_id) VALUES ($1, $2, $3, $4, $5, 1, $6, $7, $8::jsonb, $9)
"""
_EXECUTION = """
INSERT INTO execution (id, team_id, event_id, trigger_id, trigger_version_id, workflow_id,
    workflow_version_id, workflow_version, state, reason, attempt, lease_until, started_at,
    attempt_started_at, finished_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $10, $11, $12, $12, $13)
"""
_FINISHED = {"succeeded", "failed", "dead", "canceled"}


@dataclass(frozen=True)
class History:
    """A trigger of Alice's, and what happens to it."""

    world: World
    saved: SavedTrigger
    workflow_id: UUID
    _ticks: Iterator[int] = field(default_factory=itertools.count)
    _begin: datetime = field(default_factory=utc_now)

    def _next_id(self) -> UUID:
        """An id that is newer than the last one: each has a millisecond of its own."""
        instant = self._begin + timedelta(milliseconds=next(self._ticks))
        return derived_id(first_id_at(instant), new_id())

    @property
    def team_id(self) -> UUID:
        """Alice's team."""
        return self.world.alice.team_id

    @property
    def trigger_id(self) -> UUID:
        """The trigger that everything happens to."""
        return self.saved.row.id

    async def event(
        self,
        body: bytes = b'{"order": {"id": 7}}',
        *,
        title: str = "order.created",
        headers: Sequence[tuple[str, str]] = (("user-agent", "a test"),),
        content_type: str = "application/json",
        query: str = "",
        sender_id: str | None = None,
        received_at: datetime | None = None,
    ) -> UUID:
        """An event that waits for its decision."""
        event_id = self._next_id()
        at = received_at or utc_now()
        await execute(
            _EVENT, event_id, self.team_id, self.trigger_id, at, json.dumps(headers), query,
            content_type, title, sender_id, body,
        )  # fmt: skip
        return event_id

    async def decision(
        self,
        event_id: UUID,
        verdict: str,
        *,
        reason: str | None = None,
        trace: dict[str, Any] | None = None,
    ) -> UUID:
        """The decision about an event; the id of the execution that it starts."""
        execution_id = execution_id_for(event_id, self.workflow_id)
        stored = json.dumps({"result": verdict, **(trace or {})})
        await execute(
            _DECISION, derived_id(event_id, "decision", self.trigger_id), self.team_id, event_id,
            self.trigger_id, self.saved.row.version_id, verdict, reason, stored,
            execution_id if verdict == "fired" else None,
        )  # fmt: skip
        return execution_id

    async def execution(
        self, state: str = "succeeded", *, event_id: UUID | None = None, reason: str | None = None,
        attempts: int = 1,
    ) -> UUID:  # fmt: skip
        """An execution with its event and its decision."""
        event_id = event_id or await self.event()
        execution_id = await self.decision(event_id, "fired")
        version = await fetch_one(
            "SELECT published_version_id FROM workflow WHERE id = $1", self.workflow_id
        )
        assert version is not None
        now = utc_now()
        started = None if state == "queued" else now - timedelta(seconds=2)
        await execute(
            _EXECUTION, execution_id, self.team_id, event_id, self.trigger_id,
            self.saved.row.version_id, self.workflow_id, version["published_version_id"], state,
            reason, 0 if state == "queued" else attempts,
            now + timedelta(hours=1) if state == "running" else None, started,
            now if state in _FINISHED else None,
        )  # fmt: skip
        return execution_id

    async def attempt(
        self, execution_id: UUID, number: int, state: str, *, message: str | None = None,
        request: Any = None, response: Any = None,
    ) -> None:  # fmt: skip
        """A finished attempt with its only step."""
        end = utc_now()
        begin = end - timedelta(milliseconds=120)
        reason = None if state == "succeeded" else "http_status"
        await execute(
            "INSERT INTO attempt (id, team_id, execution_id, number, state, reason, message, "
            "started_at, finished_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
            derived_id(execution_id, "attempt", number), self.team_id, execution_id, number,
            state, reason, message, begin, end,
        )  # fmt: skip
        await execute(
            "INSERT INTO step_run (id, team_id, execution_id, attempt, position, key, kind, state, "
            "reason, message, request, response, started_at, finished_at) VALUES "
            "($1, $2, $3, $4, 0, 'notify', 'http', $5, $6, $7, $8::jsonb, $9::jsonb, $10, $11)",
            derived_id(execution_id, "step", number, 0), self.team_id, execution_id, number,
            state, reason, message, json.dumps(request), json.dumps(response), begin, end,
        )  # fmt: skip

    async def counted(self, outcome: str, amount: int, *, hours_ago: int = 0, folded: bool) -> None:
        """Counts of an hour, already folded into it or still waiting to be."""
        hour = utc_now().replace(minute=0, second=0, microsecond=0) - timedelta(hours=hours_ago)
        await execute(
            f"INSERT INTO {'trigger_hour' if folded else 'tally'} "  # one of two constants
            "(id, team_id, trigger_id, hour, outcome, amount) VALUES ($1, $2, $3, $4, $5, $6)",
            new_id(), self.team_id, self.trigger_id, hour, outcome, amount,
        )  # fmt: skip
