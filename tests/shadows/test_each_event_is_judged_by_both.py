"""The draft judges what the live conditions judged, and only those act."""

import asyncio

import pytest

from domain.operations.judge_shadows import judge_shadow
from domain.operations.run_executions import ExecutionRunner
from domain.store.database import fetch
from tests.pipeline.conftest import Line
from tests.shadows.conftest import OVER_100, OVER_200, Siding

WITHOUT_REGION = {"all": [{"path": "$.region", "op": "eq", "value": "EU", "missing": "error"}]}


async def test_the_draft_is_counted_and_the_live_conditions_alone_act(
    siding: Siding, runner: ExecutionRunner
) -> None:
    await siding.start(OVER_200)
    await siding.decided({"id": 1, "total": 50}, {"id": 2, "total": 150}, {"id": 3, "total": 250})
    await siding.judge()
    runner.take(siding.line.asked_for)
    for execution_id in siding.line.asked_for:
        await siding.line.settled(execution_id, "succeeded")

    assert await siding.counts() == {"agreed_fired": 1, "agreed_filtered": 1, "only_live": 1}
    assert await siding.verdicts() == {"fired": 2, "filtered": 1}
    assert sorted(call.body for call in siding.line.target.received) == [b'{"id":2}', b'{"id":3}']
    assert await siding.waiting() == 0


async def test_what_only_the_draft_would_have_fired_starts_nothing(siding: Siding) -> None:
    await siding.start(None)
    ids = await siding.decided({"total": 1})
    await siding.judge()

    assert await siding.counts() == {"only_shadow": 1}
    assert siding.line.asked_for == []
    rows = await fetch("SELECT event_id, kind, live, draft FROM shadow_disagreement "
                       "WHERE event_id = ANY ($1)", ids)  # fmt: skip
    found = [dict(row) for row in rows]
    assert found == [
        {"event_id": ids[0], "kind": "only_shadow", "live": "not_matched", "draft": "matched"}
    ]


async def test_only_what_is_decided_while_the_draft_runs_is_judged(siding: Siding) -> None:
    await siding.decided({"total": 150})
    await siding.start(OVER_200)
    await siding.decided({"total": 151})
    await siding.judge()

    assert await siding.counts() == {"only_live": 1}


async def test_an_unreadable_body_is_an_error_for_both(siding: Siding) -> None:
    await siding.start(OVER_200)
    await siding.decided(b"{", {"total": 300})
    await siding.judge()

    assert await siding.counts() == {"agreed_error": 1, "agreed_fired": 1}


async def test_a_draft_that_cannot_judge_is_counted_and_changes_no_verdict(siding: Siding) -> None:
    await siding.start(WITHOUT_REGION)
    await siding.decided(*({"total": total} for total in (50, 150, 250)))
    await siding.judge()

    assert await siding.counts() == {"error": 3}
    assert await siding.verdicts() == {"fired": 2, "filtered": 1}
    assert len(siding.line.asked_for) == 2


async def test_paused_and_repeated_events_are_not_judged(line: Line) -> None:
    siding = Siding(line, await line.hook(conditions=OVER_100, id_path="$.id"))
    await siding.start(OVER_200)
    await siding.decided({"id": "a", "total": 150}, {"id": "a", "total": 250})
    await siding.judge()

    assert await siding.verdicts() == {"fired": 1, "duplicate": 1}
    assert sum((await siding.counts()).values()) == 1


async def test_another_draft_begins_to_count_anew(siding: Siding) -> None:
    await siding.start(OVER_200)
    await siding.decided({"total": 150})
    await siding.start(OVER_100)
    await siding.decided({"total": 150})
    await siding.judge()

    assert await siding.counts() == {"agreed_fired": 1}
    assert await siding.waiting() == 0


@pytest.mark.parametrize("workers", [2, 5])
async def test_workers_share_what_waits_and_count_nothing_twice(
    siding: Siding, workers: int
) -> None:
    shadow_id = await siding.start(OVER_200)
    await siding.flood(1_000, shadow_id)

    async def work() -> int:
        done, idle = 0, 0
        while idle < 3:
            judged = await judge_shadow(shadow_id)
            done, idle = done + judged.events, idle + (judged.events == 0)
        return done

    shares = await asyncio.gather(*(work() for _ in range(workers)))

    assert sum(shares) == 1_000
    assert await siding.counts() == {"only_live": 1_000}
    assert await siding.waiting() == 0
