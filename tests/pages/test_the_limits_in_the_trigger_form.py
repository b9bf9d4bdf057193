import json
from typing import Any
from uuid import UUID

import pytest

from domain.operations.edit_trigger import TriggerEdit, edit_trigger
from domain.store.database import fetch_one
from tests.pages.browsing import Browser, Sent, words
from tests.pages.test_the_trigger_form import filled
from tests.support.world import World

EVERYTHING = {
    "limits.rate.0.most": "100", "limits.rate.0.per": "1.5", "limits.rate.0.unit": "minutes",
    "limits.rate.1.most": "5", "limits.rate.1.per": "1", "limits.rate.1.unit": "hours",
    "limits.rate.1.key": " $.customer.id ", "limits.rate.1.when_unavailable": "closed",
    "limits.over": "drop", "limits.max_wait": "2", "limits.max_wait_unit": "hours",
    "limits.debounce": "last", "limits.debounce_quiet": "7", "limits.debounce_most": "60",
    "limits.debounce_key": "$.document", "limits.batch_most": "50", "limits.batch_within": "30",
    "limits.concurrency.0.most": "4", "limits.concurrency.1.most": "1",
    "limits.concurrency.1.key": "$.customer.id", "limits.in_order": "key",
    "limits.in_order_key": "$.customer.id", "limits.singleton": "skip",
    "limits.singleton_key": "$.customer.id", "disable_after": "10",
}  # fmt: skip
STORED = {
    "rate": [
        {"most": 100, "per_s": 90},
        {"most": 5, "per_s": 3600, "key": "$.customer.id", "when_unavailable": "closed"},
    ],
    "over": "drop",
    "max_wait_s": 7200,
    "debounce": {"quiet_s": 7, "keep": "last", "most_s": 60, "key": "$.document"},
    "batch": {"most": 50, "within_s": 30},
    "concurrency": [{"most": 4}, {"most": 1, "key": "$.customer.id"}],
    "in_order": {"key": "$.customer.id"},
    "singleton": {"mode": "skip", "key": "$.customer.id"},
}


async def newest(world: World) -> dict[str, Any]:
    row = await fetch_one(
        "SELECT t.id, t.version, t.disable_after, v.limits FROM trigger t "
        "JOIN trigger_version v ON v.id = t.version_id WHERE t.team_id = $1 "
        "ORDER BY t.id DESC LIMIT 1",
        world.alice.team_id,
    )
    assert row is not None
    return {**row, "limits": json.loads(row["limits"])}


@pytest.fixture
async def workflow_id(world: World) -> UUID:
    return await world.workflow()


async def test_all_of_them_are_stored_and_shown_again(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    await alice.post("/triggers", filled(workflow_id, scheme="none", **EVERYTHING))

    made = await newest(world)
    assert made["limits"] == STORED
    assert made["disable_after"] == 10
    form = Sent((await alice.get(f"/triggers/{made['id']}/edit")).text).fields
    drawn = {name: form[name] for name in EVERYTHING}
    assert drawn == {**EVERYTHING, "limits.rate.0.per": "90", "limits.rate.0.unit": "seconds",
                     "limits.rate.1.key": "$.customer.id"}  # fmt: skip
    await alice.post(f"/triggers/{made['id']}", form)
    assert (await newest(world))["version"] == 1, "nothing was changed, so there is no new version"


async def test_without_any_nothing_is_stored(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    await alice.post("/triggers", filled(workflow_id, scheme="none", **{"limits.rate.0.per": "5"}))

    made = await newest(world)
    assert made["limits"] == {}
    assert made["disable_after"] is None
    page = await alice.read(f"/triggers/{made['id']}/edit")
    assert "None: every event that matches starts the workflow at once." in page


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"limits.rate.0.most": "many"}, "limits.rate.0.most", "from 1 to 100,000"),
        ({"limits.rate.0.most": "5", "limits.rate.0.per": "8", "limits.rate.0.unit": "days"},
         "limits.rate.0.per", "number of seconds from 1 to 604,800"),
        ({"limits.rate.0.key": "customer"}, "limits.rate.0.key", "starts with $"),
        ({"limits.rate.2.most": "0"}, "limits.rate.0.most", "from 1 to 100,000"),
        ({"limits.over": "explode"}, "limits.over", "Must be one of"),
        ({"limits.max_wait": "8", "limits.max_wait_unit": "days"}, "limits.max_wait",
         "number of seconds from 1 to 604,800"),
        ({"limits.debounce": "first", "limits.debounce_quiet": ""}, "limits.debounce_quiet",
         "3,600"),
        ({"limits.debounce": "middle"}, "limits.debounce", "Must be one of"),
        ({"limits.batch_most": "1"}, "limits.batch_most", "from 2 to 1,000"),
        ({"limits.batch_most": "9", "limits.batch_within": "x"}, "limits.batch_within", "86,400"),
        ({"limits.concurrency.0.most": "-1"}, "limits.concurrency.0.most", "from 1 to 1,000"),
        ({"limits.in_order": "key"}, "limits.in_order_key", "starts with $"),
        ({"limits.singleton": "never"}, "limits.singleton", "Must be one of"),
        ({"disable_after": "1001"}, "disable_after", "from 1 to 1,000"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_told_at_its_field_and_keeps_what_was_typed(
    alice: Browser, workflow_id: UUID, typed: dict[str, str], field: str, message: str
) -> None:
    answer = await alice.post("/triggers", filled(workflow_id, scheme="none", **typed))

    assert answer.status_code == 422
    told = answer.text.partition(f'id="error-{field}"')[2].partition("</div>")[0]
    assert message in words(told), words(answer.text)
    assert f'href="#field-{field}"' in answer.text
    shown = Sent(answer.text).fields
    assert {*typed.values()} <= {*shown.values(), "explode", "middle", "never"}


async def test_a_row_that_limits_nothing_does_not_shift_what_is_told_of_the_others(
    alice: Browser, workflow_id: UUID
) -> None:
    typed = {"limits.rate.0.per": "1", "limits.rate.1.most": "none"}

    answer = await alice.post("/triggers", filled(workflow_id, scheme="none", **typed))

    assert 'id="error-limits.rate.1.most"' in answer.text
    assert "Window 2, at most" in words(answer.text)


@pytest.mark.parametrize("kind", ["rate", "concurrency"])
async def test_rows_come_and_go_by_buttons(alice: Browser, kind: str) -> None:
    path, target = "/triggers/new/form", f"div#limits-{kind}"
    typed = {f"limits.{kind}.0.most": "7"}

    added = await alice.press("POST", path, {**typed, "act": f"limits:add:{kind}"}, target)
    fields = Sent(added.text).fields
    removed = await alice.press("POST", path, {**fields, "act": f"limits:remove:{kind}:0"}, target)

    assert added.text.strip().startswith(f'<div class="limit-rows" id="limits-{kind}">')
    assert fields[f"limits.{kind}.0.most"] == "7"
    assert f'id="field-limits.{kind}.1.most"' in added.text
    assert "autofocus" in added.text.partition(f'id="field-limits.{kind}.1.most"')[2][:300]
    assert f"limits.{kind}.1.most" not in Sent(removed.text).fields
    assert Sent(removed.text).fields[f"limits.{kind}.0.most"] == ""


@pytest.mark.parametrize("act", ["limits:remove:rate:7", "limits:add:colour", "limits:", "limits"])
async def test_a_button_that_there_is_not_changes_nothing(alice: Browser, act: str) -> None:
    typed = {"limits.rate.0.most": "7", "act": act}

    answer = await alice.post("/triggers/new/form", typed)

    assert answer.status_code == 200
    assert Sent(answer.text).fields["limits.rate.0.most"] == "7"


async def test_only_a_webhooks_sender_can_be_refused(alice: Browser) -> None:
    webhook = await alice.get("/triggers/new?kind=webhook")
    manual = await alice.get("/triggers/new?kind=manual")

    assert '<option value="refuse"' in webhook.text
    assert '<option value="refuse"' not in manual.text


async def test_who_saves_over_anothers_edit_sees_how_the_limits_differ(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    saved = await world.trigger(workflow_id)
    path = f"/triggers/{saved.row.id}"
    form = Sent((await alice.get(f"{path}/edit")).text).fields
    limits = {"concurrency": [{"most": 3}]}
    await edit_trigger(world.alice, world.vault, saved.row.id, TriggerEdit(limits=limits))

    answer = await alice.post(path, {**form, "limits.batch_most": "20"})

    assert answer.status_code == 409
    told = words(answer.text)
    assert "concurrency" in told
    assert "batch" in told
