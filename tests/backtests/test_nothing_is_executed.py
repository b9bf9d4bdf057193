"""A backtest looks, and does nothing: no table but its own changes, and no target hears of it."""

from domain.operations.start_backtest import BacktestDraft, start_backtest
from domain.store.database import fetch
from tests.backtests.conftest import new_runner
from tests.pipeline.conftest import Line, line
from tests.support.world import World

__all__ = ["line"]
ITS_OWN = {"backtest", "backtest_chunk", "audit_entry"}


async def everything() -> dict[str, str]:
    """What every table holds."""
    tables = await fetch(
        "SELECT relname AS name FROM pg_class WHERE relkind IN ('r', 'p') AND NOT relispartition "
        "AND relnamespace = current_schema()::regnamespace"
    )
    sums = {}
    for table in tables:
        rows = await fetch(
            "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS sum, "
            f"count(*) AS amount FROM {table['name']} t"
        )
        sums[table["name"]] = f"{rows[0]['amount']} {rows[0]['sum']}"
    return sums


async def test_nothing_changes_but_the_backtest_itself(line: Line, world: World) -> None:
    hook = await line.hook(conditions={"all": [{"path": "$.id", "op": "eq", "value": "none"}]})
    for number in range(30):
        await line.send(hook, {"id": f"order-{number}"}, f"webhook-{number}")
    await line.decide()
    assert line.asked_for == []
    before = await everything()

    made = await start_backtest(world.alice, hook.trigger_id, BacktestDraft(None))
    runner = new_runner()
    runner.take([made])
    while not (row := (await fetch("SELECT * FROM backtest WHERE id = $1", made))[0])[
        "finished_at"
    ]:
        pass
    await runner.stop(within_s=5.0)

    assert (row["state"], row["newly_fires"]) == ("done", 30)
    after = await everything()
    assert {name for name, sum_ in after.items() if before[name] != sum_} == ITS_OWN
    assert line.asked_for == line.rung_events == []
    assert line.target.received == []
