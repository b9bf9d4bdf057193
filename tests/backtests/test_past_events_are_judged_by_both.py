"""What a backtest comes to: outcome by outcome, for the events that were asked for, no others."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from domain.errors import Forbidden, InvalidInput, NotFound
from domain.operations.delete_trigger import delete_trigger
from domain.operations.edit_trigger import TriggerEdit, edit_trigger
from domain.operations.start_backtest import BacktestDraft, TooManyBacktests, start_backtest
from domain.rules.ids import first_id_at, new_id
from domain.store.database import execute, fetch
from domain.store.pages_backtests import days_of, lacking_fields_of
from tests.backtests.conftest import LARGE, LARGER, Trials


async def test_each_event_is_compared_and_counted(trials: Trials) -> None:
    await trials.totals(50, 150, 300, 99, 251)
    edited = {"any": [{"path": "$.total", "op": "gt", "value": 250},
                      {"path": "$.total", "op": "lt", "value": 60}]}  # fmt: skip

    made = await trials.start(edited)
    await trials.run(made)

    row = await trials.row(made)
    assert (row["state"], row["total"], row["judged"]) == ("done", 5, 5)
    assert await trials.counts(made) == {
        "newly_fires": 1, "no_longer_fires": 1, "same_fired": 2, "same_filtered": 1
    }  # fmt: skip
    assert await trials.letters(made) == "fsfgn"


async def test_an_error_on_either_side_is_neither_true_nor_false(trials: Trials) -> None:
    await trials.totals(50, 150, '"much"')
    edited = {"all": [{"path": "$.total", "op": "gt", "value": 100, "type": "number"},
                      {"path": "$.seen", "op": "eq", "value": 1, "missing": "error"}]}  # fmt: skip

    made = await trials.start(edited)
    await trials.run(made)

    # A text is not greater than a number; whether it can be read as one is the edited one's word.
    assert (await trials.letters(made))[1:] == "bs"
    assert (await trials.counts(made))["errors"] == 2


async def test_a_body_that_cannot_be_read_is_an_error_on_both_sides(trials: Trials) -> None:
    await trials.totals(300)
    await trials.history.event(b'{"total": ')

    made = await trials.start({"all": [{"path": "$.total", "op": "exists"}]})
    await trials.run(made)

    assert await trials.letters(made) == "ef"


async def test_the_newest_are_judged_newest_first(trials: Trials) -> None:
    events = await trials.totals(1, 2, 3, 4, 5)

    made = await trials.start(last=3)
    await trials.run(made)

    assert await trials.ids(made) == events[:1:-1]


async def test_a_time_takes_what_was_received_within_it(trials: Trials) -> None:
    now = datetime.now(UTC)
    events = await trials.totals(1, 2, 3)

    all_of_them = await trials.start(since=now - timedelta(hours=1))
    none = await trials.start(until=now - timedelta(hours=1))
    await trials.run(all_of_them, none)

    assert await trials.ids(all_of_them) == events[::-1]
    row = await trials.row(none)
    assert (row["state"], row["total"], row["chunks"]) == ("done", 0, 0)


async def test_what_arrives_after_the_start_does_not_come_in(trials: Trials) -> None:
    before = await trials.totals(1, 2)

    made = await trials.start()
    later = datetime.now(UTC) + timedelta(seconds=5)
    await execute(
        "INSERT INTO event (id, team_id, trigger_id, kind, headers, query, content_type, title, "
        "body) VALUES ($1, $2, $3, 'webhook', '[]', '', 'application/json', '', '{}')",
        first_id_at(later), trials.history.team_id, trials.history.trigger_id,
    )  # fmt: skip
    await trials.run(made)

    assert await trials.ids(made) == before[::-1]


async def test_what_is_live_is_what_was_live_at_the_start(trials: Trials) -> None:
    await trials.totals(150)
    made = await trials.start(LARGER)
    await edit_trigger(
        trials.world.alice, trials.world.vault, trials.history.trigger_id,
        TriggerEdit(conditions=LARGER),
    )  # fmt: skip

    await trials.run(made)

    assert await trials.counts(made) == {"no_longer_fires": 1}
    assert (await trials.row(made))["live_version"] == 1


async def test_many_events_make_many_chunks_with_the_right_sums(trials: Trials) -> None:
    await trials.many(1_234)

    made = await trials.start(last=5_000)
    await trials.run(made)

    row = await trials.row(made)
    assert (row["total"], row["judged"], row["chunks"]) == (1_234, 1_234, 3)
    letters = await trials.letters(made)
    assert len(set(await trials.ids(made))) == len(letters) == 1_234
    assert {letter: letters.count(letter) for letter in "gfs"} == {
        "g": row["no_longer_fires"], "f": row["same_fired"], "s": row["same_filtered"]
    }  # fmt: skip


async def test_large_bodies_make_small_chunks(trials: Trials) -> None:
    for _ in range(5):
        await trials.history.event(b'{"total": 300, "text": "' + b"x" * 2_000_000 + b'"}')

    made = await trials.start()
    await trials.run(made)

    row = await trials.row(made)
    assert (row["judged"], row["same_fired"]) == (5, 5)
    assert row["chunks"] == 2


async def test_days_and_lacking_fields_are_counted(trials: Trials) -> None:
    yesterday = datetime.now(UTC) - timedelta(days=1)
    old = await trials.history.event(b'{"total": 300}', received_at=yesterday)
    new = await trials.history.event(b'{"total": 300, "region": "eu"}')
    edited = {"all": [{"path": "$.region", "op": "eq", "value": "eu"},
                      {"path": "$.total", "op": "gt", "value": 100},
                      {"path": "$.test", "op": "not_exists"}]}  # fmt: skip

    made = await trials.start(edited)
    await trials.run(made)

    days = await days_of(trials.history.team_id, made)
    assert [day.day for day in days] == [yesterday.date(), datetime.now(UTC).date()]
    assert [day.amounts for day in days] == [(0, 1, 0, 0, 0), (0, 0, 1, 0, 0)]
    (field,) = await lacking_fields_of(trials.history.team_id, made)
    assert (field.source, field.path, field.found, field.missing) == ("body", "$.region", 1, 1)
    assert (field.oldest_found, field.newest_missing, field.came_later) == (new, old, True)


async def test_nothing_tried_means_every_event_matches(trials: Trials) -> None:
    await trials.totals(1, 300)

    made = await trials.start(None)
    await trials.run(made)

    assert await trials.counts(made) == {"newly_fires": 1, "same_fired": 1}


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        ({"conditions": {"all": [{"path": "total", "op": "gt", "value": 1}]}},
         "conditions.all.0.path"),
        ({"conditions": {"all": [{"path": "$.a", "op": "is"}]}}, "conditions.all.0.op"),
        ({"conditions": "text"}, "conditions"),
        ({"conditions": None, "last": 0}, "last"),
        ({"conditions": None, "last": 100_001}, "last"),
        ({"conditions": None, "last": 5, "since": datetime(2026, 1, 1, tzinfo=UTC)}, "last"),
        ({"conditions": None, "since": datetime(2026, 1, 2, tzinfo=UTC),
          "until": datetime(2026, 1, 1, tzinfo=UTC)}, "received_before"),
    ],
)  # fmt: skip
async def test_what_cannot_be_tried_is_refused_at_its_field(
    trials: Trials, draft: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await trials.start(**draft)

    assert [problem.field for problem in refused.value.problems] == [field]
    assert not await fetch(
        "SELECT 1 FROM backtest WHERE trigger_id = $1", trials.history.trigger_id
    )


async def test_a_team_has_three_at_a_time(trials: Trials) -> None:
    made = [await trials.start() for _ in range(3)]
    with pytest.raises(TooManyBacktests):
        await trials.start()

    await trials.run(*made)

    await trials.start()


async def test_a_trigger_keeps_its_newest_twenty(trials: Trials) -> None:
    made = []
    for _ in range(22):
        made.append(await trials.start())
        await trials.run(made[-1])

    rows = await fetch(
        "SELECT id FROM backtest WHERE trigger_id = $1 ORDER BY id", trials.history.trigger_id
    )
    assert [row["id"] for row in rows] == made[2:]


async def test_who_may_start_one_and_of_what(trials: Trials) -> None:
    draft, trigger_id = BacktestDraft(LARGE), trials.history.trigger_id
    with pytest.raises(Forbidden):
        await start_backtest(trials.world.bob, trigger_id, draft)
    with pytest.raises(NotFound):
        await start_backtest(trials.world.charlie, trigger_id, draft)
    with pytest.raises(NotFound):
        await start_backtest(trials.world.alice, new_id(), draft)
    await delete_trigger(trials.world.alice, trigger_id)
    with pytest.raises(NotFound):
        await start_backtest(trials.world.alice, trigger_id, draft)
