"""Trying limits on history in the browser: from their page, from the trigger's form, the result."""

import json
from typing import Any

import pytest

from domain.store.database import fetch
from tests.backtests.conftest import Trials, trials
from tests.backtests.test_limits_are_tried_on_history import done
from tests.pages.browsing import Browser, Sent, words
from tests.support.web_fixtures import Api, key_of

__all__ = ["trials"]

KEYED = {"rate": [{"most": 1, "per_s": 60, "key": "$.total"}], "concurrency": [{"most": 2}]}


def path_of(trials: Trials) -> str:
    return f"/triggers/{trials.history.trigger_id}/limit-trials"


async def only_trial(trials: Trials) -> dict[str, Any]:
    (row,) = await fetch(
        "SELECT * FROM limit_trial WHERE trigger_id = $1", trials.history.trigger_id
    )
    return dict(row)


async def start(alice: Browser, trials: Trials, limits: Any = KEYED, days: str = "7") -> Any:
    form = {"tried_limits": json.dumps(limits), "limit_trial_days": days}
    return await alice.press("POST", path_of(trials), form, "section#form")


async def test_started_from_its_page_it_leads_to_what_would_have_become_of_the_events(
    alice: Browser, bob: Browser, trials: Trials
) -> None:
    await trials.totals(150, 150, 300, 50)
    assert "Nothing was tried yet" in await alice.read(path_of(trials))

    answer = await start(alice, trials)

    row = await only_trial(trials)
    address = f"{path_of(trials)}/{row['id']}"
    assert answer.headers["hx-redirect"] == address
    assert "Waiting for a worker" in await alice.read(address)
    await done(row["id"])
    told = await alice.read(address)
    assert "Matched 3 of 4 events" in told
    assert "Deferred 1 at most 60 s" in told or "Deferred 1 at most 1 min" in told
    assert "1 in 1 min of each $.total 2 exceeded" in told
    assert "Nor are those of executions (concurrency)" in told
    assert "150" in told
    hidden = await bob.read(address)
    assert "hidden from your role" in hidden
    assert "1 in 1 min of each $.total" in words((await alice.get(path_of(trials))).text)


async def test_the_triggers_form_tries_its_limits_as_they_stand_there(
    alice: Browser, trials: Trials
) -> None:
    edit = f"/triggers/{trials.history.trigger_id}/edit"
    form = Sent((await alice.get(edit)).text).fields
    form |= {"limits.rate.0.most": "5", "limits.rate.0.per": "1", "limits.rate.0.unit": "minutes"}

    answer = await alice.post(path_of(trials), form)

    row = await only_trial(trials)
    assert answer.headers["location"] == f"{path_of(trials)}/{row['id']}"
    assert json.loads(row["limits"]) == {"rate": [{"most": 5, "per_s": 60}]}
    form |= {"limits.rate.0.most": "none", "name": "As it was typed"}
    refused = await alice.post(path_of(trials), form)
    assert refused.status_code == 422
    assert "must be a whole number from 1" in words(refused.text).replace("Must", "must")
    assert Sent(refused.text).fields["name"] == "As it was typed"


@pytest.mark.parametrize(
    ("limits", "days", "told"),
    [
        ('{"rate": [', "7", "See line 1"),
        ('{"rate": [{"most": 0, "per_s": 1}]}', "7", "rate.0.most"),
        ("{}", "31", "1 to 30"),
        ("[]", "x", "must be an object"),
    ],
)
async def test_what_is_wrong_stands_at_its_field_beside_what_was_typed(
    alice: Browser, trials: Trials, limits: str, days: str, told: str
) -> None:
    form = {"tried_limits": limits, "limit_trial_days": days}

    answer = await alice.press("POST", path_of(trials), form, "section#form")

    assert answer.status_code == 422
    assert told.lower() in words(answer.text).lower()
    sent = Sent(answer.text).fields
    assert (sent["tried_limits"], sent["limit_trial_days"]) == (limits, days)


async def test_it_is_canceled_and_shows_the_state_as_it_is(alice: Browser, trials: Trials) -> None:
    await start(alice, trials)
    address = f"{path_of(trials)}/{(await only_trial(trials))['id']}"

    answers = [await alice.press("POST", f"{address}/cancellation", {}, "div#show") for _ in "ab"]

    assert [answer.status_code for answer in answers] == [200, 409]
    assert all("Canceled" in words(answer.text) for answer in answers)


async def test_the_api_starts_shows_and_lists_them(alice: Browser, trials: Trials) -> None:
    await trials.totals(150, 300)
    api, viewer = [Api(alice.client, await key_of(trials.world.alice, role))
                   for role in ("editor", "viewer")]  # fmt: skip
    made = await api.post(path_of(trials), {"limits": KEYED, "days": 3})
    assert made.status_code == 201
    await done((await only_trial(trials))["id"])

    address = f"{path_of(trials)}/{made.json()['id']}"
    found, seen = (await api.get(address)).json(), (await viewer.get(address)).json()

    assert (found["state"], found["days"], found["limits"]) == ("done", 3, KEYED)
    assert (found["days_found"][0]["matched"], found["windows"][0]["peak"]) == (2, 1)
    assert {each["value"] for each in found["keys"][0]["most"]} == {"150", "300"}
    assert {each["value"] for each in seen["keys"][0]["most"]} == {None}
    assert (await api.get(path_of(trials))).json()["items"] == [found]
    assert (await viewer.post(path_of(trials), {"limits": {}})).status_code == 403
