"""The pages of a backtest: what it found, its events, its end, and who may do what."""

import json
from typing import Any
from uuid import UUID

import pytest

from domain.operations.edit_trigger import TriggerEdit, edit_trigger
from domain.rules.ids import new_id
from domain.store.database import execute, fetch, fetch_one
from domain.store.triggers import find_trigger
from tests.backtests.conftest import LARGE, LARGER, Trials, trials
from tests.pages.browsing import Browser, rows, words

__all__ = ["trials"]


@pytest.fixture
async def done(trials: Trials) -> tuple[Trials, str]:
    """A backtest of four events that has ended, and its address."""
    await trials.totals(50, 150, 300, '"much"')
    made = await trials.start(LARGER)
    await trials.run(made)
    return trials, f"/triggers/{trials.history.trigger_id}/backtests/{made}"


async def backtests_of(trials: Trials) -> list[Any]:
    return list(
        await fetch(
            "SELECT * FROM backtest WHERE trigger_id = $1 ORDER BY id", trials.history.trigger_id
        )
    )


async def test_the_result_says_what_would_change(alice: Browser, done: tuple[Trials, str]) -> None:
    _, path = done

    page = (await alice.get(path)).text
    told = words(page)

    assert "The newest 1,000 events, tried by Alice" in told
    assert "Newly fires 0 events: Newly fires 0 %" in told
    assert "No longer fires 1 event: No longer fires 25.0 %" in told
    assert "Same 2 events: Same 50.0 % 1 fire , 1 filtered" in told
    assert "Error 1 event: Error 25.0 %" in told
    assert "value Changed 100 250" in rows(page)[-1]
    assert "What history cannot say: requests that the address refused" in told
    assert 'class="bars days"' in page
    assert 'data-live="' not in page


async def test_each_count_leads_to_its_events(alice: Browser, done: tuple[Trials, str]) -> None:
    _, path = done

    assert [row.split(" ", 4)[-1] for row in rows((await alice.get(f"{path}/events")).text)] != []
    (gone,) = rows((await alice.get(f"{path}/events?outcome=no_longer_fires")).text)
    assert "Matches Does not match" in gone
    assert len(rows((await alice.get(f"{path}/events?outcome=same")).text)) == 2
    (error,) = rows((await alice.get(f"{path}/events?outcome=error")).text)
    assert "Error Error" in error
    assert "No event" in await alice.read(f"{path}/events?outcome=newly_fires")
    assert (await alice.get(f"{path}/events?outcome=x")).status_code == 400
    assert (await alice.get(f"{path}/events?after=x")).status_code == 400


async def test_an_event_shows_both_traces(alice: Browser, done: tuple[Trials, str]) -> None:
    trials, path = done
    (made,) = await backtests_of(trials)
    _, _, event_id, _ = await trials.ids(made["id"])

    told = await alice.read(f"{path}/events/{event_id}")

    live, _, tried = told.partition("Tried Does not match")
    assert "Live, version 1 Matches" in live
    assert "$.total is greater than 100 found 150 : passed" in live
    assert "$.total is greater than 250 found 150 : did not pass" in tried


async def test_who_may_not_see_payloads_sees_no_values(
    bob: Browser, done: tuple[Trials, str]
) -> None:
    trials, path = done
    (made,) = await backtests_of(trials)
    _, _, event_id, _ = await trials.ids(made["id"])

    told = await bob.read(f"{path}/events/{event_id}")

    assert "did not pass" in told
    assert "150" not in told


async def test_lists_go_on_by_key_and_name_events_that_are_gone(
    alice: Browser, trials: Trials
) -> None:
    await trials.many(120)
    made = await trials.start(LARGE)
    await trials.run(made)
    await execute("ALTER TABLE event DISABLE TRIGGER event_is_immutable")
    try:
        gone = (await trials.ids(made))[0]
        await execute("DELETE FROM event WHERE id = $1", gone)
    finally:
        await execute("ALTER TABLE event ENABLE TRIGGER event_is_immutable")
    path = f"/triggers/{trials.history.trigger_id}/backtests/{made}/events"

    first = (await alice.get(path)).text
    assert len(rows(first)) == 50
    assert f"past its retention {gone}" in rows(first)[0]
    last = (await trials.ids(made))[49]
    assert f"after={last}" in first
    assert len(rows((await alice.get(f"{path}?after={last}")).text)) == 50


async def test_fields_that_older_events_lack_are_named(alice: Browser, trials: Trials) -> None:
    for _ in range(3):
        await trials.history.event(b'{"total": 300}')
    await trials.history.event(b'{"total": 300, "region": "eu"}')
    edited = {"all": [{"path": "$.region", "op": "eq", "value": "eu"},
                      {"path": "$.nowhere", "op": "ne", "value": 1}]}  # fmt: skip
    made = await trials.start(edited)
    await trials.run(made)

    told = await alice.read(f"/triggers/{trials.history.trigger_id}/backtests/{made}")

    assert "$.region is missing in all 3 events before" in told
    assert "$.nowhere is in none of the 4 events." in told


async def test_one_that_runs_is_watched_and_canceled(alice: Browser, trials: Trials) -> None:
    await trials.totals(1)
    made = await trials.start()
    path = f"/triggers/{trials.history.trigger_id}/backtests/{made}"
    assert f'data-live="backtest:{made}"' in (await alice.get(path)).text

    answer = await alice.press("POST", f"{path}/cancellation", target="div#show")

    assert answer.status_code == 200
    assert "Canceled" in words(answer.text)
    again = await alice.press("POST", f"{path}/cancellation", target="div#show")
    assert again.status_code == 409
    assert (await trials.row(made))["state"] == "canceled"


async def test_it_is_deleted_from_the_list(alice: Browser, done: tuple[Trials, str]) -> None:
    trials, path = done

    answer = await alice.press("DELETE", path, target="section#backtests")

    assert "Nothing was tried yet" in words(answer.text)
    assert not await backtests_of(trials)
    assert (await alice.get(path)).status_code == 404
    assert not await fetch("SELECT 1 FROM backtest_chunk WHERE team_id = $1",
                           trials.history.team_id)  # fmt: skip


async def test_its_conditions_become_the_live_ones_unless_someone_was_faster(
    alice: Browser, done: tuple[Trials, str]
) -> None:
    trials, path = done
    trigger_id = trials.history.trigger_id
    await edit_trigger(
        trials.world.alice, trials.world.vault, trigger_id, TriggerEdit(name="Renamed")
    )

    late = await alice.press("POST", f"{path}/adoption", {"revision": "1"}, "div#show")
    assert late.status_code == 409
    assert "Someone else changed this trigger" in words(late.text)

    answer = await alice.press("POST", f"{path}/adoption", {"revision": "2"}, "div#show")
    assert answer.headers["hx-redirect"] == f"/triggers/{trigger_id}"
    row = await find_trigger(trials.history.team_id, trigger_id)
    assert row is not None
    assert json.loads(row.conditions or "") == LARGER
    assert (row.version, row.name) == (2, "Renamed")


async def test_what_happened_is_on_record(alice: Browser, done: tuple[Trials, str]) -> None:
    trials, path = done
    await alice.press("POST", f"{path}/adoption", {"revision": "1"}, "div#show")
    await alice.press("DELETE", path, target="section#backtests")
    made = UUID(path.rpartition("/")[2])

    found = await fetch(
        "SELECT action, object_kind FROM audit_entry WHERE object_id = ANY ($1) ORDER BY id",
        [made, trials.history.trigger_id],
    )

    assert [(row["action"], row["object_kind"]) for row in found] == [
        ("create", "trigger"), ("start", "backtest"), ("adopt", "trigger"), ("delete", "backtest")
    ]  # fmt: skip


MUTATIONS = (("POST", ""), ("POST", "/{id}/cancellation"), ("POST", "/{id}/adoption"),
             ("DELETE", "/{id}"))  # fmt: skip


async def test_who_may_change_something(
    alice: Browser, bob: Browser, charlie: Browser, done: tuple[Trials, str]
) -> None:
    trials, here = done
    base, _, id_ = here.rpartition("/")
    form = {"conditions": "", "revision": "1"}

    async def ask(who: Browser, change: tuple[str, str], made: object = id_, at: str = base) -> int:
        method, path = change
        return (await who.press(method, at + path.format(id=made), form)).status_code

    for change in MUTATIONS:
        assert await ask(bob, change) == 403
        assert await ask(charlie, change) == 404
        assert await ask(Browser(alice.client, "0" * 64), change) == 403
        assert await ask(alice, change, at=f"/triggers/{new_id()}/backtests") == 404
        if "{id}" in change[1]:
            assert await ask(alice, change, new_id()) == 404
            assert await ask(alice, change, "x") == 404
    assert [str(row["id"]) for row in await backtests_of(trials)] == [id_]
    row = await fetch_one("SELECT version FROM trigger WHERE id = $1", trials.history.trigger_id)
    assert row is not None
    assert row["version"] == 1


async def test_who_may_look(
    bob: Browser, charlie: Browser, alice: Browser, done: tuple[Trials, str]
) -> None:
    trials, path = done
    (made,) = await backtests_of(trials)
    event_id = (await trials.ids(made["id"]))[0]
    for each in (path.rpartition("/")[0], path, f"{path}/events", f"{path}/events/{event_id}"):
        page = (await bob.get(each)).text
        assert (await bob.get(each)).status_code == 200
        assert "hx-post" not in page
        assert "hx-delete" not in page
        assert (await charlie.get(each)).status_code == 404
    other = await trials.world.trigger(trials.history.workflow_id)
    elsewhere = f"/triggers/{other.row.id}/backtests/{made['id']}"
    assert (await alice.get(elsewhere)).status_code == 404
    assert (await alice.get(f"{elsewhere}/events/{event_id}")).status_code == 404
    assert (await alice.get(f"{path}/events/{new_id()}")).status_code == 404
