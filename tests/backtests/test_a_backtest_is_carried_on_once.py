"""Workers that are lost, stopped, late, or two: every event is judged once, and by nobody else."""

import asyncio
from typing import Any

import pytest

from domain.errors import Conflict
from domain.operations.cancel_backtest import cancel_backtest
from domain.operations.delete_backtest import delete_backtest
from domain.operations.delete_trigger import delete_trigger
from domain.operations.judge_history import Claimed, claim_backtest, judge_chunk
from domain.operations.start_backtest import BacktestDraft, start_backtest
from domain.operations.sweep_backtests import sweep_backtests
from domain.store import backtests
from domain.store.database import execute, fetch
from tests.backtests.conftest import LARGER, Trials, new_runner


def never() -> bool:
    return False


async def claimed_by_a_worker(trials: Trials, number: int = 1_200) -> tuple[Any, Claimed]:
    """A backtest of many events, after its first chunk."""
    await trials.many(number)
    made = await trials.start(last=number)
    claimed = await claim_backtest(made)
    assert claimed is not None
    assert await judge_chunk(claimed, never) == "more"
    return made, claimed


async def whole(trials: Trials, made: Any, number: int = 1_200) -> dict[str, Any]:
    """The backtest, which has judged each of its events once."""
    row, ids = await trials.row(made), await trials.ids(made)
    assert (row["state"], row["judged"], row["total"]) == ("done", number, number)
    assert len(ids) == len(set(ids)) == number
    letters = await trials.letters(made)
    assert row["no_longer_fires"] == letters.count("g") == 3 * 150
    return row


async def test_a_lost_workers_backtest_goes_on_after_its_last_chunk(trials: Trials) -> None:
    made, _ = await claimed_by_a_worker(trials)
    await trials.lose_lease(made)

    await trials.run(made)

    row = await whole(trials, made)
    assert (row["chunks"], row["fence"], row["lost_leases"]) == (3, 2, 0)


async def test_a_live_lease_is_nobody_elses(trials: Trials) -> None:
    made, _ = await claimed_by_a_worker(trials)

    assert await claim_backtest(made) is None


async def test_a_late_worker_writes_nothing(trials: Trials) -> None:
    made, late = await claimed_by_a_worker(trials)
    await trials.lose_lease(made)
    await trials.run(made)

    assert await judge_chunk(late, never) == "ended"
    assert await backtests.put_back(late.row) == 0
    assert await backtests.end(late.row, "failed", "internal") == 0

    await whole(trials, made)


async def test_of_two_who_claim_at_once_one_wins(trials: Trials) -> None:
    made = await trials.start()

    won = await asyncio.gather(*(claim_backtest(made) for _ in range(6)))

    assert sum(each is not None for each in won) == 1


async def test_two_workers_share_what_there_is(trials: Trials) -> None:
    await trials.many(1_200)
    made = [await trials.start(last=1_200) for _ in range(3)]
    workers = new_runner(), new_runner()
    for worker in workers:
        worker.take(made)

    await trials.settled(*made)
    for worker in workers:
        await worker.stop(within_s=5.0)

    for each in made:
        await whole(trials, each)


async def test_a_worker_that_is_stopped_puts_it_back(trials: Trials) -> None:
    await trials.many(2_000)
    made = await trials.start(last=2_000)
    worker = new_runner()
    worker.take([made])
    while not (await trials.row(made))["chunks"]:  # noqa: ASYNC110 - for a row of the database
        await asyncio.sleep(0.001)

    await worker.stop(within_s=5.0)

    row = await trials.row(made)
    assert (row["state"], row["lease_until"]) == ("queued", None)
    await trials.run(made)
    row = await trials.row(made)
    assert (row["state"], row["judged"], len(set(await trials.ids(made)))) == ("done", 2_000, 2_000)
    assert row["lost_leases"] == 0


async def test_a_long_one_lets_others_have_their_turn(
    trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.operations.run_backtests.CHUNKS_A_TURN", 1)
    await trials.many(1_600)
    long, short = await trials.start(last=1_600), await trials.start(last=10)

    await trials.run(long, short)

    ended = {each: (await trials.row(each))["finished_at"] for each in (long, short)}
    assert ended[short] < ended[long]


async def test_canceled_while_it_runs_it_stops_and_keeps_what_it_found(trials: Trials) -> None:
    made, claimed = await claimed_by_a_worker(trials)
    await cancel_backtest(trials.world.alice, trials.history.trigger_id, made)

    assert await judge_chunk(claimed, never) == "ended"

    row = await trials.row(made)
    assert (row["state"], row["judged"], row["chunks"]) == ("canceled", 500, 1)
    with pytest.raises(Conflict):
        await cancel_backtest(trials.world.alice, trials.history.trigger_id, made)


async def test_deleted_while_it_runs_it_stops(trials: Trials) -> None:
    made, claimed = await claimed_by_a_worker(trials)
    await delete_backtest(trials.world.alice, trials.history.trigger_id, made)

    assert await judge_chunk(claimed, never) == "ended"
    assert not await fetch("SELECT 1 FROM backtest_chunk WHERE backtest_id = $1", made)


async def test_it_ends_with_its_trigger(trials: Trials) -> None:
    made, claimed = await claimed_by_a_worker(trials)
    await delete_trigger(trials.world.alice, trials.history.trigger_id)

    assert await judge_chunk(claimed, never) == "ended"

    row = await trials.row(made)
    assert (row["state"], row["reason"], row["judged"]) == ("canceled", "trigger_deleted", 500)
    await backtests.forget_those_of_deleted_triggers(1_000)
    assert not await fetch("SELECT 1 FROM backtest WHERE id = $1", made)


async def test_one_that_takes_its_workers_down_is_given_up(trials: Trials) -> None:
    await trials.totals(1)
    made = await trials.start()
    for _ in range(3):
        assert await claim_backtest(made)
        await trials.lose_lease(made)

    assert await claim_backtest(made) is None

    row = await trials.row(made)
    assert (row["state"], row["reason"]) == ("failed", "worker_lost")


async def test_conditions_that_nobody_can_read_any_more_end_it(trials: Trials) -> None:
    made = await trials.start()
    await execute("UPDATE backtest SET conditions = '{\"some\": []}' WHERE id = $1", made)

    await trials.run(made)

    row = await trials.row(made)
    assert (row["state"], row["reason"]) == ("failed", "unreadable_conditions")


async def test_a_fault_of_ours_ends_it_and_not_the_worker(
    trials: Trials, monkeypatch: pytest.MonkeyPatch
) -> None:
    await trials.totals(1)
    broken, sound = await trials.start(), await trials.start()
    compare = "domain.operations.judge_history.compare"
    failures = iter([RuntimeError("as if by a mistake of ours")])
    real = __import__("domain.rules.backtests", fromlist=["compare"]).compare

    def sometimes(*given: Any) -> str:
        for failure in failures:
            raise failure
        return str(real(*given))

    monkeypatch.setattr(compare, sometimes)
    await trials.run(broken, sound)

    row = await trials.row(broken)
    assert (row["state"], row["reason"]) == ("failed", "internal")
    assert (await trials.row(sound))["state"] == "done"


async def test_events_that_go_meanwhile_are_simply_gone(trials: Trials) -> None:
    made, claimed = await claimed_by_a_worker(trials)
    claimed.total += 5  # as if five more had been counted before their partition was dropped
    await execute("UPDATE backtest SET total = total + 5 WHERE id = $1", made)

    while await judge_chunk(claimed, never) == "more":
        pass

    row = await trials.row(made)
    assert (row["state"], row["reason"], row["judged"]) == ("done", "events_gone", 1_200)


async def test_what_nobody_took_up_is_rung_for(trials: Trials) -> None:
    queued, running = await trials.start(), await trials.start()
    assert await claim_backtest(running)
    rung: list[Any] = []

    await sweep_backtests(rung.extend, patience_s=3_600)
    assert not {queued, running} & set(rung)
    await trials.lose_lease(running)
    await sweep_backtests(rung.extend, patience_s=0.0)

    assert {queued, running} <= set(rung)


async def test_two_who_start_the_last_free_one_at_once_do_not_both(trials: Trials) -> None:
    for _ in range(2):
        await trials.start()
    draft, trigger_id = BacktestDraft(LARGER), trials.history.trigger_id

    made = await asyncio.gather(
        *(start_backtest(trials.world.alice, trigger_id, draft) for _ in range(4)),
        return_exceptions=True,
    )

    assert sum(isinstance(each, Conflict) for each in made) == 3
