import json
from typing import Any
from uuid import UUID

import pytest

from domain.operations.create_trigger import TriggerDraft, create_trigger
from domain.store.database import execute, fetch_one
from tests.pages.browsing import Browser, Sent, rows, words
from tests.support.world import World

PREVIEW = "/triggers/new/schedule-preview"
TARGET = "div#schedule-preview"


def filled(workflow_id: UUID, /, **fields: str) -> dict[str, str]:
    """The form as a person leaves it."""
    return {
        "kind": "schedule",
        "name": "Before work",
        "workflow_id": str(workflow_id),
        "schedule_form": "cron",
        "cron": "30 2 * * *",
        "zone": "Europe/Berlin",
        "enabled": "on",
        **fields,
    }


@pytest.fixture
async def workflow_id(world: World) -> UUID:
    return await world.workflow()


async def made(world: World) -> dict[str, Any]:
    """The team's newest trigger."""
    row = await fetch_one(
        "SELECT t.id, t.kind, t.pinned_version, t.version, t.hook_token, v.config FROM trigger t "
        "JOIN trigger_version v ON v.id = t.version_id WHERE t.team_id = $1 ORDER BY t.id DESC "
        "LIMIT 1",
        world.alice.team_id,
    )
    assert row is not None
    return {**row, "config": json.loads(row["config"])}


async def test_the_kind_is_asked_first_and_stays(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    kinds = await alice.get("/triggers/new")
    for kind in ("webhook", "schedule", "workflow", "manual"):
        assert f'href="/triggers/new?kind={kind}"' in kinds.text

    await alice.post("/triggers", filled(workflow_id))
    row = await made(world)
    assert (row["kind"], row["hook_token"]) == ("schedule", None)

    sent = Sent((await alice.get(f"/triggers/{row['id']}/edit")).text).fields
    answer = await alice.post(f"/triggers/{row['id']}", {**sent, "kind": "manual"})
    assert answer.status_code == 422
    assert (await made(world))["kind"] == "schedule"


async def test_a_form_of_no_known_kind_is_refused(alice: Browser, workflow_id: UUID) -> None:
    answer = await alice.post("/triggers", filled(workflow_id, kind="email"))

    assert answer.status_code == 400


async def test_a_form_of_another_kind_has_nothing_to_preview(
    alice: Browser, workflow_id: UUID
) -> None:
    for kind in ("webhook", "workflow", "manual"):
        part = await alice.press("POST", PREVIEW, filled(workflow_id, kind=kind), TARGET)
        assert part.status_code == 200
        assert "<table" not in part.text


async def test_what_was_typed_is_what_is_stored_and_what_the_form_shows_again(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    typed = filled(
        workflow_id, gap="skip", fold="twice", jitter_s="300", catch_up="all", catch_up_most="5",
        catch_up_window_s="7200", overlap="queue_one", starts_at="2026-01-01T00:00",
        expected="every", expected_every="1.5", expected_unit="days",
    )  # fmt: skip

    answer = await alice.post("/triggers", typed)

    assert answer.status_code == 303
    config = (await made(world))["config"]
    assert config == {
        "form": "cron", "cron": "30 2 * * *", "zone": "Europe/Berlin", "gap": "skip",
        "fold": "twice", "jitter_s": 300, "catch_up": "all", "catch_up_most": 5,
        "catch_up_window_s": 7200, "overlap": "queue_one", "starts_at": "2026-01-01T00:00",
        "calendars": [],
    }  # fmt: skip
    sent = Sent((await alice.get(f"{answer.headers['location']}/edit")).text).fields
    shown = {name: sent[name] for name in typed if name not in {"expected_every", "expected_unit"}}
    assert shown == {name: value for name, value in typed.items() if name in shown}
    assert (sent["expected_every"], sent["expected_unit"]) == ("36", "hours")


async def test_saving_it_as_it_stands_changes_nothing(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    await alice.post("/triggers", filled(workflow_id, schedule_form="every", every="2"))
    row = await made(world)
    path = f"/triggers/{row['id']}"

    answer = await alice.post(path, Sent((await alice.get(f"{path}/edit")).text).fields)

    assert answer.status_code == 303
    assert (await made(world))["version"] == 1


async def test_the_preview_shows_three_zones_and_what_becomes_of_each(
    alice: Browser, workflow_id: UUID
) -> None:
    part = (await alice.press("POST", PREVIEW, filled(workflow_id), TARGET)).text

    assert "At 02:30, every day, Europe/Berlin time" in words(part)
    shown = rows(part)
    assert len(shown) == 10 + 3
    assert all(":30 +0" in row and "Runs" in row for row in shown[:10])
    assert "02:30 does not exist that day, the clocks go forward: runs at 03:00" in shown[10]
    assert "Moved" in shown[10]
    assert sorted("the first one runs" in row for row in shown[11:]) == [False, True]
    assert "<select" not in part
    assert "<input" not in part


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        ({"gap": "skip"}, "the clocks go forward: is skipped"),
        ({"fold": "twice"}, "the second one runs"),
        ({"fold": "once_second"}, "the first one is skipped"),
    ],
)
async def test_the_preview_follows_the_policy(
    alice: Browser, workflow_id: UUID, policy: dict[str, str], told: str
) -> None:
    part = (await alice.press("POST", PREVIEW, filled(workflow_id, **policy), TARGET)).text

    assert told in words(part)


@pytest.mark.parametrize(
    ("field", "fields", "message"),
    [
        ("cron", {"cron": "0 0 30 2 *"}, "Never comes due"),
        ("cron", {"cron": "0 9 * * * *"}, "five"),
        ("cron", {"cron": "@reboot"}, "@reboot"),
        ("zone", {"zone": "Europe/Atlantis"}, "Is no time zone of the IANA list"),
        ("at", {"schedule_form": "once", "at": "2001-01-01T09:00"}, "Is in the past."),
        ("instants", {"schedule_form": "instants", "instants": "2190-01-01T00:00\nnoon"},
         "“noon” must be a time"),
        ("every", {"schedule_form": "every", "every": "often"}, "Must be a whole number"),
        ("schedule_form", {"schedule_form": "now and then"}, "Must be one of"),
        ("jitter_s", {"jitter_s": "-1"}, "Must be a whole number"),
        ("catch_up_most", {"catch_up": "all", "catch_up_most": "101"}, "from 1 to 100"),
        ("calendars", {"calendar.01a205f4-424b-7c12-86f3-6f0a51858a70": "not_on"},
         "There is no such calendar."),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_told_at_its_field_before_and_at_saving(
    alice: Browser, workflow_id: UUID, field: str, fields: dict[str, str], message: str
) -> None:
    typed = filled(workflow_id, **fields)

    part = (await alice.press("POST", PREVIEW, typed, TARGET)).text
    told = part.partition("#schedule-problems")[2]
    assert f'data-at="{field}"' in told
    assert message in words(told)

    for path in ("/triggers", PREVIEW):
        answer = await alice.post(path, typed)
        assert answer.status_code == 422, path
        assert message in words(answer.text.partition(f'id="error-{field}"')[2][:400]), path
        assert f'value="{typed["name"]}"' in answer.text


async def test_nothing_is_said_of_what_is_only_not_filled_in_yet(
    alice: Browser, workflow_id: UUID
) -> None:
    part = (await alice.press("POST", PREVIEW, filled(workflow_id, cron=""), TARGET)).text

    assert "data-at" not in part
    assert "Say when it is due" in words(part)


async def test_what_the_team_may_not_have_is_told_in_the_preview(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    await execute("UPDATE team SET shortest_interval_s = 600 WHERE id = $1", world.alice.team_id)
    typed = filled(workflow_id, cron="*/5 * * * *")

    part = (await alice.press("POST", PREVIEW, typed, TARGET)).text

    assert "only 5 minutes apart, and the team's quota is at least 10 minutes" in words(part)
    assert (await alice.post("/triggers", typed)).status_code == 422


async def test_a_common_schedule_is_filled_in_without_scripts(
    alice: Browser, workflow_id: UUID
) -> None:
    typed = {**filled(workflow_id, cron=""), "act": "cron:0 9 * * 1-5"}

    answer = await alice.post("/triggers/new/form", typed)

    assert answer.status_code == 200
    assert Sent(answer.text).fields["cron"] == "0 9 * * 1-5"
    assert "At 09:00, Monday to Friday" in words(answer.text)


async def test_a_trigger_is_held_to_a_version_of_its_workflow(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    typed = filled(workflow_id, pinned_version="1")
    # Another workflow was chosen just now: the number that was pinned is not one of its versions.
    pins = await alice.press("POST", "/triggers/new/form", typed, "div#pin")
    assert '<option value="1"' in pins.text
    assert Sent(pins.text).fields["pinned_version"] == ""

    answer = await alice.post("/triggers", filled(workflow_id, pinned_version="1"))

    assert (await made(world))["pinned_version"] == 1
    assert "always version 1" in words((await alice.get(answer.headers["location"])).text)
    refused = await alice.post("/triggers", filled(workflow_id, pinned_version="7"))
    assert refused.status_code == 422
    assert "The workflow has no such version." in words(refused.text)


async def test_conditions_are_tried_on_a_slot_of_the_schedule(
    alice: Browser, workflow_id: UUID
) -> None:
    clause = {"all": [{"path": "$.zone", "op": "eq", "value": "Europe/Berlin"}]}
    typed = filled(workflow_id, chosen="sample", conditions=json.dumps(clause))

    page = await alice.post("/triggers/new/condition-trials", typed)

    assert page.status_code == 200
    assert "Would fire" in words(page.text)
    assert "scheduled_for" in words(page.text)


async def test_what_belongs_to_webhooks_is_not_there_for_others(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    draft = TriggerDraft(name="By hand", kind="manual", workflow_id=workflow_id, config={})
    saved = await create_trigger(world.alice, world.vault, draft)
    path = f"/triggers/{saved.row.id}"

    page = words((await alice.get(path)).text)

    for heading in ("Signing secrets", "Send it a delivery", "Send a test event", "Signature"):
        assert heading not in page
    for part in ("/secrets", "/test-events/new"):
        assert (await alice.get(path + part)).status_code == 404


async def test_what_is_overdue_is_late_in_the_list_and_on_its_page(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    await alice.post("/triggers", filled(workflow_id, expected="every", expected_every="1"))
    id_ = (await made(world))["id"]
    await execute("UPDATE expectation SET late_since = now() WHERE trigger_id = $1", id_)

    assert "Late" in words((await alice.get("/triggers?health=late")).text)
    page = words((await alice.get(f"/triggers/{id_}")).text)
    assert "at least one event every 1 day" in page
    assert ": late since" in page


async def test_its_conditions_are_tried_on_history_from_the_form(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    await alice.post("/triggers", filled(workflow_id))
    path = f"/triggers/{(await made(world))['id']}"
    sent = Sent((await alice.get(f"{path}/edit")).text).fields

    answer = await alice.post(f"{path}/backtests", {**sent, "backtest_last": "many"})

    assert answer.status_code == 422
    assert Sent(answer.text).fields["cron"] == "30 2 * * *"
