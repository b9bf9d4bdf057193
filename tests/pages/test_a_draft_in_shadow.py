"""The pages of a draft that runs beside a trigger's conditions."""

import json
from typing import Any
from uuid import UUID

import pytest

from domain.operations.edit_trigger import TriggerEdit, edit_trigger
from domain.operations.judge_in_passes import ShadowJudge
from domain.operations.start_shadow import start_shadow
from domain.rules.ids import new_id
from domain.store.database import execute, fetch
from domain.store.shadows import running_shadow
from domain.store.triggers import find_trigger
from tests.pages.browsing import Browser, Sent, rows, words
from tests.pages.happenings import History

OVER_100 = {"all": [{"path": "$.total", "op": "gt", "value": 100}]}
OVER_200 = {"all": [{"path": "$.total", "op": "gt", "value": 200}]}


@pytest.fixture
async def path(history: History) -> str:
    """Where the draft over 200 runs beside the live conditions over 100."""
    await save(history, conditions=OVER_100)
    await start_shadow(history.world.alice, history.trigger_id, OVER_200)
    return f"/triggers/{history.trigger_id}/shadow"


async def save(history: History, **changes: Any) -> None:
    world = history.world
    await edit_trigger(world.alice, world.vault, history.trigger_id, TriggerEdit(**changes))


async def judged(history: History, total: object, verdict: str, title: str = "order") -> UUID:
    """An event that was decided and judged by the draft."""
    event_id = await history.event(json.dumps({"total": total}).encode(), title=title)
    await history.decision(event_id, verdict)
    await execute(
        "INSERT INTO pending_shadow (shadow_id, event_id, team_id, verdict, trigger_version) "
        "SELECT id, $2, team_id, $3, 1 FROM shadow WHERE trigger_id = $1 AND state = 'running'",
        history.trigger_id, event_id, verdict,
    )  # fmt: skip
    judge = ShadowJudge(lambda *_: None)
    while await judge.judge_round():
        pass
    return event_id


async def running(history: History) -> bool:
    return await running_shadow(history.team_id, history.trigger_id) is not None


LAST_OF_ALL = "ffffffff-ffff-7fff-bfff-ffffffffffff"
NOBODYS = "01a21e4a-ce0b-7bc2-b19f-f38b61f0fea7"


@pytest.mark.parametrize("id_", [LAST_OF_ALL, NOBODYS, "x"])
async def test_an_event_that_is_not_there_is_not_found(alice: Browser, path: str, id_: str) -> None:
    """The first is of a millisecond after the last one that a date can name."""
    assert (await alice.get(f"{path}/events/{id_}")).status_code == 404


async def test_the_panel_says_how_well_they_agree_and_where_not(
    alice: Browser, bob: Browser, history: History, path: str
) -> None:
    assert "No event has been judged by both yet" in await alice.read(path)
    await judged(history, 250, "fired")
    await judged(history, 50, "filtered")
    await judged(history, 150, "fired")

    for address in (path, f"/triggers/{history.trigger_id}"):
        told = await bob.read(address)
        assert "66.6 % agree (2 of 3)" in told
        assert "0 only the draft would have fired" in told
        assert "1 only the live conditions fired" in told
        assert "0 skipped" in told
        assert "total is greater than 200" in told
    assert "Promote …" in await alice.read(path)


async def test_a_viewer_has_no_button_and_may_press_none(
    bob: Browser, history: History, path: str
) -> None:
    page = (await bob.get(path)).text
    assert "hx-delete" not in page
    assert "/promotion" not in page
    assert "Run in shadow" not in page
    for method, address in (
        ("POST", path), ("DELETE", path), ("GET", f"{path}/promotion"),
        ("POST", f"{path}/promotion"),
    ):  # fmt: skip
        assert (await bob.press(method, address, {"conditions": ""})).status_code == 403
    assert await running(history)


async def test_what_they_disagree_about_is_listed_by_kind_and_opens_beside_each_other(
    bob: Browser, history: History, path: str
) -> None:
    event_id = await judged(history, 150, "fired", title="small order")
    await judged(history, 250, "filtered", title="large order")

    newest, oldest = rows((await bob.get(path)).text)
    assert ("large order" in newest, "small order" in oldest) == (True, True)
    only_live = rows((await bob.get(f"{path}?kind=only_live")).text)
    assert len(only_live) == 1
    assert "small order Matches version 1 Does not match" in only_live[0]
    assert "large order" in rows((await bob.get(f"{path}?kind=only_shadow")).text)[0]
    assert "No disagreement matches" in await bob.read(f"{path}?kind=error")

    told = await bob.read(f"{path}/events/{event_id}")
    # The events here were decided by version 1, which asks for nothing.
    assert "Live, version 1 Matches No conditions: every event matches." in told
    assert "Draft Does not match 0 of 1 clause passed." in told
    assert "$.total is greater than 200 found 150 : did not pass" in told


async def test_the_list_goes_on_by_key(alice: Browser, history: History, path: str) -> None:
    shadow = await running_shadow(history.team_id, history.trigger_id)
    assert shadow is not None
    for number in range(60):
        event_id = await history.event(title=f"event {number}")
        await execute(
            "INSERT INTO shadow_disagreement (shadow_id, event_id, team_id, kind, live, draft, "
            "trigger_version) VALUES ($1, $2, $3, 'only_live', 'matched', 'not_matched', 1)",
            shadow.id, event_id, history.team_id,
        )  # fmt: skip

    first = (await alice.get(path)).text
    older = first.partition('rel="next" href="')[2].partition('"')[0]
    second = (await alice.get(older.replace("&amp;", "&"))).text

    assert (len(rows(first)), len(rows(second))) == (50, 10)
    assert "event 59" in rows(first)[0]
    assert "event 9" in rows(second)[0]
    assert (await alice.get(f"{path}?after=nonsense")).status_code == 400


async def test_an_unreadable_body_is_explained_for_both(
    alice: Browser, history: History, path: str
) -> None:
    event_id = await history.event(b"{")
    await history.decision(event_id, "error", reason="invalid_json")

    told = await alice.read(f"{path}/events/{event_id}")

    assert told.count("The body is not valid JSON.") == 2
    assert "Neither can judge this event" in told


async def test_events_of_others_are_not_compared(
    alice: Browser, charlie: Browser, history: History, path: str
) -> None:
    event_id = await judged(history, 150, "fired")
    other = await history.world.trigger(history.workflow_id)
    await start_shadow(history.world.alice, other.row.id, OVER_200)

    assert (await alice.get(f"{path}/events/{new_id()}")).status_code == 404
    assert (await charlie.get(f"{path}/events/{event_id}")).status_code == 404
    elsewhere = f"/triggers/{other.row.id}/shadow/events/{event_id}"
    assert (await alice.get(elsewhere)).status_code == 404


async def test_a_draft_is_started_as_json_and_mistakes_stand_at_the_field(
    alice: Browser, history: History
) -> None:
    path = f"/triggers/{history.trigger_id}/shadow"
    assert "No draft of the conditions runs here" in await alice.read(path)
    typed = '{"all": [{"path": "$.total", "op": "gt"}]} '

    refused = await alice.press("POST", path, {"conditions": typed})
    broken = await alice.post(path, {"conditions": "{"})
    done = await alice.press("POST", path, {"conditions": json.dumps(OVER_200)})

    assert (refused.status_code, broken.status_code) == (422, 422)
    assert "all.0.value: is required" in words(refused.text)
    assert Sent(refused.text).fields["conditions"] == typed
    assert done.headers["hx-redirect"] == path
    shadow = await running_shadow(history.team_id, history.trigger_id)
    assert shadow is not None
    assert json.loads(shadow.conditions or "null") == OVER_200


async def test_the_triggers_form_runs_its_conditions_in_shadow_and_nothing_else(
    alice: Browser, history: History
) -> None:
    await save(history, conditions=OVER_100)
    path, edit = f"/triggers/{history.trigger_id}/shadow", f"/triggers/{history.trigger_id}/edit"
    fields = Sent((await alice.get(edit)).text).fields

    same = await alice.press("POST", path, fields)
    bad = await alice.press("POST", path, {**fields, "conditions.0.path": "$..a..b"})
    more = await alice.press("POST", path, {**fields, "name": "Mine", "conditions.0.value": "200"})
    assert [answer.status_code for answer in (same, bad, more)] == [422] * 3
    assert "These conditions are live already" in words(same.text)
    assert Sent(bad.text).fields["conditions.0.path"] == "$..a..b"
    assert "Only conditions run in shadow" in words(more.text)
    assert not await running(history)

    done = await alice.press("POST", path, {**fields, "conditions.0.value": "200"})

    assert done.headers["hx-redirect"] == path
    shadow = await running_shadow(history.team_id, history.trigger_id)
    assert shadow is not None
    assert json.loads(shadow.conditions or "null") == OVER_200


async def test_promoting_shows_what_changes_and_what_it_came_to(
    alice: Browser, history: History, path: str
) -> None:
    await judged(history, 150, "fired")
    page = (await alice.get(f"{path}/promotion")).text
    told = words(page)
    assert "Live total is greater than 100 Draft total is greater than 200" in told
    assert "value Changed 100 200" in rows(page)[0]
    assert "1 only the live conditions fired" in told

    done = await alice.press("POST", f"{path}/promotion", Sent(page).fields)

    assert done.headers["hx-redirect"] == f"/triggers/{history.trigger_id}"
    row = await find_trigger(history.team_id, history.trigger_id)
    assert row is not None
    assert (row.version, json.loads(row.conditions or "null")) == (3, OVER_200)
    told = await alice.read(path)
    assert "Promoted" in told
    assert "The draft was: total is greater than 200" in told
    assert "There is no draft to promote" in await alice.read(f"{path}/promotion")


async def test_who_comes_second_is_shown_what_promoting_would_do_now(
    alice: Browser, history: History, path: str
) -> None:
    fields = Sent((await alice.get(f"{path}/promotion")).text).fields
    await save(history, conditions=None)

    late = await alice.press("POST", f"{path}/promotion", fields)

    assert late.status_code == 409
    assert "Someone else changed this trigger or its draft" in words(late.text)
    assert "Live Every event fires." in words(late.text)
    assert await running(history)
    again = await alice.press("POST", f"{path}/promotion", Sent(late.text).fields)
    assert again.headers["hx-redirect"] == f"/triggers/{history.trigger_id}"
    gone = await alice.press("POST", f"{path}/promotion", fields)
    assert gone.status_code == 409
    assert "There is no draft to promote" in words(gone.text)


async def test_discarding_shows_the_panel_as_it_is_then(
    alice: Browser, history: History, path: str
) -> None:
    shadow = await running_shadow(history.team_id, history.trigger_id)
    assert shadow is not None

    done = await alice.press("DELETE", f"{path}?shadow={shadow.id}&latest")
    late = await alice.press("DELETE", f"{path}?shadow={shadow.id}")

    assert "Discarded" in words(done.text)
    assert "What they disagree about" in words(done.text)
    assert late.status_code == 409
    assert "Somebody else promoted or discarded this draft" in words(late.text)
    entries = await fetch(
        "SELECT action FROM audit_entry WHERE object_id = $1 ORDER BY created_at",
        history.trigger_id,
    )
    assert [row["action"] for row in entries][-2:] == ["start_shadow", "discard_shadow"]


async def test_nothing_happens_without_the_forms_token_or_to_other_teams(
    alice: Browser, charlie: Browser, history: History, path: str
) -> None:
    acts = (("POST", path), ("DELETE", path), ("POST", f"{path}/promotion"))
    for method, address in acts:
        assert (await Browser(alice.client, "0" * 64).press(method, address)).status_code == 403
        assert (await charlie.press(method, address)).status_code == 404
    for bad in ("not-an-id", str(new_id())):
        assert (await alice.get(f"/triggers/{bad}/shadow")).status_code == 404
    assert await running(history)
