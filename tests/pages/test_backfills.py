"""The pages of backfills, and the API's side of them."""

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from uuid import UUID

import pytest
from litestar import Litestar

from domain.clock import utc_now
from domain.operations.create_trigger import TriggerDraft, create_trigger
from domain.store.database import fetch
from tests.pages.browsing import Browser, rows, words
from tests.pages.happenings import History
from tests.support.web_fixtures import Api, client_of, key_of
from tests.support.world import World


@pytest.fixture
async def api(app: Litestar, world: World) -> AsyncIterator[Api]:
    """An editor's key."""
    async with client_of(app) as client:
        yield Api(client, await key_of(world.alice, "editor"))


@pytest.fixture
async def hourly(world: World) -> UUID:
    """A schedule of Alice's, each hour in Berlin."""
    draft = TriggerDraft(
        name="Each hour",
        kind="schedule",
        workflow_id=await world.workflow(),
        config={"form": "cron", "cron": "0 * * * *", "zone": "Europe/Berlin"},
    )
    return (await create_trigger(world.alice, world.vault, draft)).row.id


def times(hours: int) -> dict[str, str]:
    """The last so many hours, as a form says them."""
    now = utc_now()
    return {
        "from": f"{now - timedelta(hours=hours):%Y-%m-%dT%H:%M:%S}",
        "to": f"{now - timedelta(minutes=1):%Y-%m-%dT%H:%M:%S}",
        "zone": "UTC",
    }


async def test_a_time_is_chosen_its_slots_are_seen_and_run(alice: Browser, hourly: UUID) -> None:
    path = f"/triggers/{hourly}/backfills"
    asked = "&".join(f"{name}={value}" for name, value in times(120).items())

    seen = await alice.get(f"{path}/new?{asked}")

    assert re.search(r"1(19|20) slots Not on record", words(seen.text))
    assert len(rows(seen.text)) == 100
    assert "Not on record" in rows(seen.text)[0]
    assert len(rows((await alice.get(f"{path}/new?{asked}&page=2")).text)) in {19, 20}
    form = {**times(120), "per_minute": "30", "which": "not_fired", "note": "After the outage"}
    started = await alice.post(path, form)
    assert started.status_code == 303
    page = await alice.read(started.headers["location"])
    assert "After the outage" in page
    assert re.search(r"0 of 1(19|20) slots released, the rest within about", page)
    assert "Waiting" in page
    assert "After the outage" in rows((await alice.get(path)).text)[0]
    again = await alice.post(path, form)
    assert again.status_code == 409
    assert "A backfill of this trigger has not ended yet" in words(again.text)


@pytest.mark.parametrize(
    ("form", "field", "message"),
    [
        ({"from": "soon"}, "from", "Is not a time"),
        ({"from": ""}, "from", "Is needed"),
        ({"from": "2020-01-01T00:00"}, "from", "Must not be longer ago than 366 days"),
        ({"to": "2199-01-01T00:00"}, "to", "Must not be in the future"),
        ({"zone": "Mars/North"}, "zone", "Is not a time zone"),
        ({"per_minute": "many"}, "per_minute", "Must be from 1 to 600"),
        ({"note": "x" * 501}, "note", "Must have at most 500 characters"),
    ],
)
async def test_a_mistake_stands_at_its_field(
    alice: Browser, hourly: UUID, form: dict[str, str], field: str, message: str
) -> None:
    answer = await alice.post(f"/triggers/{hourly}/backfills", {**times(5), **form})

    assert answer.status_code == 422
    assert message in words(answer.text)
    assert f'id="error-{field}"' in answer.text
    assert not await fetch("SELECT 1 FROM backfill WHERE trigger_id = $1", hourly)


async def test_who_names_no_time_is_told_that_one_is_needed(alice: Browser, hourly: UUID) -> None:
    path = f"/triggers/{hourly}/backfills/new"
    assert "Is needed" not in await alice.read(path)

    asked = await alice.get(f"{path}?from=&to=&zone=UTC")

    assert (asked.status_code, "Is needed" in words(asked.text)) == (400, True)


async def test_canceled_it_says_so(alice: Browser, bob: Browser, hourly: UUID) -> None:
    path = f"/triggers/{hourly}/backfills"
    one = (await alice.post(path, times(5))).headers["location"]
    assert "cancellation" not in (await bob.get(one)).text
    assert (await bob.press("POST", f"{one}/cancellation")).status_code == 403

    answer = await alice.press("POST", f"{one}/cancellation", target="div#show")

    assert "Canceled" in words(answer.text)
    assert "Skipped: canceled" in words(answer.text)
    assert (await alice.press("POST", f"{one}/cancellation")).status_code == 409


async def test_others_find_nothing_and_webhooks_have_no_slots(
    alice: Browser, charlie: Browser, hourly: UUID, history: History
) -> None:
    path = f"/triggers/{hourly}/backfills"
    one = (await alice.post(path, times(5))).headers["location"]

    assert (await charlie.get(path)).status_code == 404
    assert (await charlie.get(one)).status_code == 404
    assert (await charlie.press("POST", f"{one}/cancellation")).status_code == 404
    assert (await charlie.post(path, times(5))).status_code == 404
    of_hook = f"/triggers/{history.trigger_id}/backfills"
    assert "Only a trigger with a schedule" in await alice.read(f"{of_hook}/new")
    assert (await alice.post(of_hook, times(5))).status_code == 409


async def test_the_api_starts_shows_and_cancels_one(api: Api, hourly: UUID) -> None:
    path = f"/triggers/{hourly}/backfills"
    since = f"{utc_now() - timedelta(hours=5):%Y-%m-%dT%H:%M:%SZ}"

    made = await api.post(path, {"from": since, "per_minute": 30, "note": "by a script"})

    assert made.status_code == 201
    shown = made.json()
    assert (shown["total"], shown["released"], shown["state"]) == (5, 0, "running")
    assert (shown["per_minute"], shown["note"]) == (30, "by a script")
    assert shown["from"].startswith(since[:-1])
    assert (await api.get(path)).json()["items"] == [shown]
    listed = (await api.get(f"/triggers/{hourly}/slots")).json()["items"]
    instants = [slot["scheduled_for"] for slot in listed if slot["catch_up"] == "backfill"]
    assert instants == sorted(instants, reverse=True)
    ended = await api.call("POST", f"{path}/{shown['id']}/cancellation")
    assert ended.json()["state"] == "canceled"
    assert (await api.call("POST", f"{path}/{shown['id']}/cancellation")).status_code == 409
    for body, field in (
        ({}, "from"),
        ({"from": "soon"}, "from"),
        ({"from": since, "to": "2199-01-01T00:00:00Z"}, "to"),
        ({"from": since, "which": "some"}, "which"),
        ({"from": since, "per_minute": 0}, "per_minute"),
        ({"from": since, "overlap": "skip"}, "overlap"),
    ):
        refused = await api.post(path, body)
        assert refused.status_code == 400
        assert refused.json()["problems"][0]["field"] == field
