"""A pipeline inside the test's own process, and drafts beside its triggers."""

from collections import Counter
from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

import pytest

from domain.operations.hook_directory import Hook
from domain.operations.judge_in_passes import ShadowJudge
from domain.operations.start_shadow import start_shadow
from domain.store.database import execute, fetch
from domain.store.shadows import newest_shadow
from tests.pipeline.conftest import Line, line, no_one_listens, runner

__all__ = ["line", "runner"]

OVER_100 = {"all": [{"path": "$.total", "op": "gt", "value": 100}]}
OVER_200 = {"all": [{"path": "$.total", "op": "gt", "value": 200}]}


@dataclass
class Siding:
    """The draft beside one hook's trigger; live is what is over 100, the draft wants over 200."""

    line: Line
    hook: Hook

    async def start(self, conditions: Any) -> UUID:
        """Alice runs a draft in shadow."""
        return (await start_shadow(self.line.world.alice, self.hook.trigger_id, conditions)).id

    async def decided(self, *bodies: Any) -> list[UUID]:
        """Events that came and were decided."""
        ids = [(await self.line.send(self.hook, body)).event_id for body in bodies]
        await self.line.decide()
        return ids

    async def judge(self) -> None:
        """Passes until nothing is left to do."""
        judge = ShadowJudge(no_one_listens)
        while await judge.judge_round():
            pass

    async def counts(self) -> dict[str, int]:
        """What there is of the newest shadow's counts, without the zeros."""
        shadow = await newest_shadow(self.line.world.alice.team_id, self.hook.trigger_id)
        assert shadow is not None
        counts = shadow.counts
        found = {field.name: getattr(counts, field.name) for field in fields(counts)}
        return {name: amount for name, amount in found.items() if amount}

    async def waiting(self) -> int:
        """How many events wait for drafts of Alice's team."""
        (row,) = await fetch(
            "SELECT count(*) AS n FROM pending_shadow WHERE team_id = $1",
            self.line.world.alice.team_id,
        )
        return int(row["n"])

    async def verdicts(self) -> Counter[str]:
        """The decisions about the events of the trigger."""
        rows = await fetch(
            "SELECT verdict FROM decision WHERE trigger_id = $1", self.hook.trigger_id
        )
        return Counter(row["verdict"] for row in rows)

    async def flood(self, number: int, shadow_id: UUID) -> None:
        """So many events at once, stored and decided and waiting for the draft."""
        await execute(
            "WITH made AS (INSERT INTO event (id, team_id, trigger_id, kind, headers, query, "
            "content_type, title, body) SELECT (lpad(to_hex((extract(epoch FROM now()) * 1000)"
            "::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3) || '8' || "
            "substr(md5(n::text || $3), 4, 15))::uuid, $1, $2, 'webhook', '[]', '', "
            "'application/json', '', '{\"total\": 150}' FROM generate_series(1, $4) n "
            "RETURNING id) INSERT INTO pending_shadow (shadow_id, event_id, team_id, verdict, "
            "trigger_version) SELECT $5, id, $1, 'fired', 1 FROM made",
            self.line.world.alice.team_id, self.hook.trigger_id, str(shadow_id), number, shadow_id,
        )  # fmt: skip


@pytest.fixture
async def siding(line: Line) -> Siding:
    """A trigger that fires over 100."""
    return Siding(line, await line.hook(conditions=OVER_100))
