"""Starting a backtest, from its own page or from the trigger's form: nothing typed is lost."""

import json
from typing import Any

import pytest

from domain.store.database import fetch
from tests.backtests.conftest import LARGE, LARGER, Trials, trials
from tests.pages.browsing import Browser, Sent, words

__all__ = ["trials"]


async def backtests_of(trials: Trials) -> list[Any]:
    return list(
        await fetch(
            "SELECT * FROM backtest WHERE trigger_id = $1 ORDER BY id", trials.history.trigger_id
        )
    )


async def test_the_page_offers_the_live_conditions_to_be_changed(
    alice: Browser, trials: Trials
) -> None:
    path = f"/triggers/{trials.history.trigger_id}/backtests"
    page = (await alice.get(path)).text

    sent = Sent(page).fields
    assert json.loads(sent["conditions"]) == LARGE
    assert sent["backtest_last"] == "1000"
    assert "Nothing was tried yet" in words(page)
    assert f'href="{path}"' in (await alice.get(f"/triggers/{trials.history.trigger_id}")).text


async def test_started_from_its_page_it_leads_to_its_result(alice: Browser, trials: Trials) -> None:
    await trials.totals(150, 300)
    path = f"/triggers/{trials.history.trigger_id}/backtests"

    answer = await alice.press("POST", path, {"conditions": json.dumps(LARGER)}, "section#form")

    (row,) = await backtests_of(trials)
    assert answer.headers["hx-redirect"] == f"{path}/{row['id']}"
    assert row["asked_last"] == 1_000
    told = await alice.read(f"{path}/{row['id']}")
    assert "Queued" in told
    assert "Waiting for a worker" in told
    await trials.run(row["id"])
    assert "Done" in await alice.read(f"{path}/{row['id']}")


async def test_without_scripts_the_form_leads_there_too(alice: Browser, trials: Trials) -> None:
    path = f"/triggers/{trials.history.trigger_id}/backtests"
    form = {**Sent((await alice.get(path)).text).fields, "backtest_last": "",
            "backtest_from": "2026-11-01T10:00", "backtest_zone": "Europe/Berlin"}  # fmt: skip

    answer = await alice.post(path, form)

    (row,) = await backtests_of(trials)
    assert (answer.status_code, answer.headers["location"]) == (303, f"{path}/{row['id']}")
    assert row["asked_from"].isoformat() == "2026-11-01T09:00:00+00:00"
    assert row["asked_last"] is None


async def test_the_triggers_own_form_tries_what_stands_in_it(
    alice: Browser, trials: Trials
) -> None:
    path = f"/triggers/{trials.history.trigger_id}"
    form = Sent((await alice.get(f"{path}/edit")).text).fields
    changed = {**form, "conditions.0.value": "250", "backtest_last": "7", "name": ""}

    answer = await alice.press("POST", f"{path}/backtests", changed, "section#form")

    (row,) = await backtests_of(trials)
    assert answer.headers["hx-redirect"] == f"{path}/backtests/{row['id']}"
    assert json.loads(row["conditions"]) == LARGER
    assert row["asked_last"] == 7


async def test_a_mistake_in_the_triggers_form_gives_that_form_with_all_that_was_typed(
    alice: Browser, trials: Trials
) -> None:
    path = f"/triggers/{trials.history.trigger_id}"
    form = Sent((await alice.get(f"{path}/edit")).text).fields
    changed = {**form, "conditions.0.path": "total", "name": "Half typed", "backtest_last": "x"}

    answer = await alice.press("POST", f"{path}/backtests", changed, "section#form")

    assert answer.status_code == 422
    again = Sent(answer.text).fields
    assert (again["conditions.0.path"], again["name"]) == ("total", "Half typed")
    assert "a path starts with $" in words(answer.text).lower()
    assert not await backtests_of(trials)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"conditions": "{"}, "not valid json"),
        ({"conditions": '{"all": [{"path": "x", "op": "eq", "value": 1}]}'}, "starts with $"),
        ({"conditions": "[]"}, "must be a group"),
        (
            {"conditions": '{"all": [{"path": "$.a", "op": "eq", "value": "\\u0000"}]}'},
            "all.0.value",
        ),
        ({"conditions": "[" * 100_000}, "deeper than 64 levels"),
        ({"backtest_last": "0"}, "from 1 to 100,000"),
        ({"backtest_last": "many"}, "whole number from 1 to 100,000"),
        ({"backtest_last": "9" * 5_000}, "whole number from 1 to 100,000"),
        ({"backtest_from": "soon"}, "is not a time"),
        ({"backtest_from": "2026-11-02", "backtest_to": "2026-11-01"}, "must be later than from"),
        ({"backtest_from": "2026-11-02", "backtest_zone": "../etc"}, "a zone that is not known"),
    ],
)
async def test_a_mistake_is_told_at_its_field_and_loses_nothing(
    alice: Browser, trials: Trials, changed: dict[str, str], said: str
) -> None:
    path = f"/triggers/{trials.history.trigger_id}/backtests"
    form = {**Sent((await alice.get(path)).text).fields, **changed}

    answer = await alice.press("POST", path, form, "section#form")

    assert answer.status_code == 422
    assert said in words(answer.text).lower()
    assert 'aria-invalid="true"' in answer.text
    sent = Sent(answer.text).fields
    assert {name: sent[name] for name in changed if name != "backtest_zone"} == {
        name: text for name, text in changed.items() if name != "backtest_zone"
    }
    assert not await backtests_of(trials)


async def test_a_fourth_one_at_a_time_is_refused_with_the_form_as_it_was(
    alice: Browser, trials: Trials
) -> None:
    for _ in range(3):
        await trials.start()
    path = f"/triggers/{trials.history.trigger_id}/backtests"

    answer = await alice.press("POST", path, {"conditions": json.dumps(LARGER)}, "section#form")

    assert answer.status_code == 409
    assert "Three backtests of your team have not ended yet" in words(answer.text)
    assert json.loads(Sent(answer.text).fields["conditions"]) == LARGER
