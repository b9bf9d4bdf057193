"""Limits on past events: what they would have let through, by whom it is done, and that it is done
once."""

import asyncio
import json
from typing import Any
from uuid import UUID

import pytest

from domain.errors import Conflict, InvalidInput, NotFound
from domain.operations.cancel_limit_trial import TrialHasEnded, cancel_limit_trial
from domain.operations.run_limit_trials import LimitTrialRunner
from domain.operations.start_limit_trial import LimitTrialDraft, start_limit_trial
from domain.operations.try_limits import claim_trial, try_limits
from domain.store import limit_trials
from domain.store.database import execute, fetch
from tests.backtests.conftest import Trials, no_one_listens

LIMITS = {"rate": [{"most": 2, "per_s": 60}]}


async def start(trials: Trials, limits: Any = LIMITS, days: int = 7) -> UUID:
    draft = LimitTrialDraft(limits, days)
    return await start_limit_trial(trials.world.alice, trials.history.trigger_id, draft)


async def row_of(trial_id: UUID) -> dict[str, Any]:
    (row,) = await fetch("SELECT * FROM limit_trial WHERE id = $1", trial_id)
    return dict(row)


async def done(trial_id: UUID) -> dict[str, Any]:
    """What the trial found, once a worker has done it."""
    runner = LimitTrialRunner(no_one_listens)
    runner.start()
    runner.take([trial_id])
    async with asyncio.timeout(20):
        while (await row_of(trial_id))["finished_at"] is None:  # noqa: ASYNC110 - for a row
            await asyncio.sleep(0.01)
    await runner.stop(within_s=5.0)
    row = await row_of(trial_id)
    assert row["state"] == "done", row["reason"]
    found: dict[str, Any] = json.loads(row["found"])
    return found


async def test_it_says_what_the_limits_would_have_done(trials: Trials) -> None:
    await trials.totals(150, 50, 300, 101, 102, 103)
    before = [dict(row) for row in await fetch("SELECT count(*) FROM decision")]

    trial_id = await start(trials)
    found = await done(trial_id)

    (day,) = found["days"]
    assert (day["events"], day["matched"], day["passed"], day["deferred"]) == (6, 5, 5, 3)
    assert 119 < day["longest_wait_s"] <= 120
    (window,) = found["windows"]
    assert (window["most"], window["peak"]) == (2, 5)
    row = await row_of(trial_id)
    assert (row["total"], row["seen"], row["capped"]) == (6, 6, False)
    assert [dict(row) for row in await fetch("SELECT count(*) FROM decision")] == before


async def test_only_the_newest_are_tried_where_there_are_too_many(trials: Trials) -> None:
    await trials.many(1_200)
    trial_id = await start(trials)
    row = await claim_trial(trial_id)
    assert row is not None

    measured = await limit_trials.measure(row, most=700)

    assert measured is not None
    assert measured["total"] == 700
    assert (await row_of(trial_id))["capped"]
    first = await limit_trials.next_events(row, measured["from_id"], 1_000, 10**9)
    assert len(first) == 700
    assert [event["id"] for event in first] == sorted(event["id"] for event in first)


async def test_what_a_lost_worker_left_is_begun_anew_and_its_own_end_is_not_written(
    trials: Trials,
) -> None:
    await trials.totals(150, 300, 101)
    trial_id = await start(trials)
    lost = await claim_trial(trial_id)
    assert lost is not None
    assert await claim_trial(trial_id) is None
    await execute(
        "UPDATE limit_trial SET lease_until = now() - interval '1 s' WHERE id = $1", trial_id
    )

    found = await done(trial_id)

    assert await try_limits(lost, lambda: False, lambda: None) == "ended"
    assert await limit_trials.finish(lost, {"days": []}) == 0
    assert found["days"][0]["matched"] == 3
    assert json.loads((await row_of(trial_id))["found"]) == found


async def test_a_stopping_worker_puts_it_back(trials: Trials) -> None:
    await trials.many(600)
    trial_id = await start(trials)
    row = await claim_trial(trial_id)
    assert row is not None

    assert await try_limits(row, lambda: True, lambda: None) == "stopped"
    await limit_trials.put_back(row)

    assert (await row_of(trial_id))["state"] == "queued"
    assert await limit_trials.waiting(0.0, 1_000)


async def test_it_can_be_canceled_until_it_has_ended(trials: Trials) -> None:
    trial_id = await start(trials)
    row = await claim_trial(trial_id)
    assert row is not None

    await cancel_limit_trial(trials.world.alice, trials.history.trigger_id, trial_id)

    assert await limit_trials.finish(row, {"days": []}) == 0
    assert (await row_of(trial_id))["state"] == "canceled"
    with pytest.raises(TrialHasEnded):
        await cancel_limit_trial(trials.world.alice, trials.history.trigger_id, trial_id)
    with pytest.raises(NotFound):
        await cancel_limit_trial(trials.world.charlie, trials.history.trigger_id, trial_id)


async def test_what_cannot_be_tried_is_refused_at_its_field(trials: Trials) -> None:
    with pytest.raises(InvalidInput) as refused:
        await start(trials, {"rate": [{"most": 0, "per_s": 1}]}, days=31)
    assert {problem.field for problem in refused.value.problems} == {"limits.rate.0.most", "days"}
    for _ in range(3):
        await start(trials)
    with pytest.raises(Conflict):
        await start(trials)
