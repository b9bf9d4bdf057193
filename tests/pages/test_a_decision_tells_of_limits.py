import json
from typing import Any
from uuid import uuid4

from domain.store.database import fetch, fetch_one
from tests.pages.browsing import Browser, rows, words
from tests.pages.happenings import History
from tests.pages.test_sending_a_test_event import FORM
from tests.support.world import World

FULL = {
    "limit": "key", "most": 2, "per_s": 60, "key": "$.shop", "value": '"north"', "count": 2,
    "admitted": False, "limiter": "shared",
}  # fmt: skip
ROOM = {
    "limit": "team", "most": 1000, "per_s": 1, "key": None, "value": None, "count": 7,
    "admitted": True, "limiter": "shared", "counted_at": "2026-11-28T06:30:12.345678Z",
}  # fmt: skip


async def told(browser: Browser, history: History, verdict: str, reason: str, **trace: Any) -> str:
    """The page of an event that was decided so."""
    event_id = await history.event()
    await history.decision(event_id, verdict, reason=reason, trace={"clauses": [], **trace})
    return (await browser.get(f"/events/{event_id}")).text


async def test_each_window_is_a_row_with_its_count(alice: Browser, history: History) -> None:
    page = await told(alice, history, "rate_limited", "over_limit", limits=[FULL, ROOM])

    assert "A limit was full. Nothing was started." in words(page)
    full, room = (row for row in rows(page) if "in 1" in row)
    assert full == '✗ full Events of the same key 2 in 1 min $.shop "north" 2 of 2'
    assert room == "✓ had room All events of the team 1,000 in 1 s - - 7 of 1,000"


async def test_it_says_when_the_windows_counted_the_event(alice: Browser, history: History) -> None:
    page = await told(alice, history, "fired", "matched", limits=[ROOM, ROOM])

    assert words(page).count("Counted 2026-11-28 06:30:12 UTC") == 1


async def test_who_may_not_see_payloads_sees_no_values_of_keys(
    bob: Browser, history: History
) -> None:
    page = await told(bob, history, "rate_limited", "over_limit", limits=[FULL])

    assert "hidden from your role" in words(page)
    assert "north" not in page


async def test_what_others_do_is_not_counted_here(alice: Browser, history: History) -> None:
    everybodys = {**ROOM, "limit": "global", "count": 123}

    page = await told(alice, history, "fired", "limit", limits=[everybodys])

    assert "All events of the installation" in words(page)
    assert "123" not in words(page)


async def test_a_limiter_that_was_away_is_told(alice: Browser, history: History) -> None:
    away = {**FULL, "admitted": True, "limiter": "away", "count": 0}

    page = words(await told(alice, history, "fired", "limit", limits=[away]))

    assert "let through, not counted" in page
    assert "Redis was away, so nobody could count" in page


async def test_what_stood_for_the_event_is_led_to(alice: Browser, history: History) -> None:
    other = str(uuid4())

    debounced = await told(alice, history, "rate_limited", "debounced", taken_event_id=other)
    batched = await told(alice, history, "fired", "batched", batch_event_id=other)
    running = await told(
        alice, history, "rate_limited", "already_running", singleton={"execution_id": other}
    )

    assert f'href="/events/{other}"' in debounced
    assert f'href="/events/{other}"' in batched
    assert f'href="/executions/{other}"' in running


async def test_a_trace_that_is_no_trace_of_ours_breaks_no_page(
    alice: Browser, history: History
) -> None:
    odd = {"limits": [1, {"most": "x"}, None], "waits": 7, "singleton": [], "taken_event_id": "?"}

    page = await told(alice, history, "deferred", "limit", **odd)

    assert "it waits until there is room" in words(page)


# --- Test events that skip limits ---------------------------------------------------------------


async def sent(world: World, trigger_id: Any) -> list[list[str]]:
    row = await fetch_one("SELECT headers FROM event WHERE trigger_id = $1", trigger_id)
    assert row is not None
    headers: list[list[str]] = json.loads(row["headers"])
    return headers


async def test_a_test_event_skips_limits_and_says_so_everywhere(
    alice: Browser, world: World
) -> None:
    limits = {"rate": [{"most": 1, "per_s": 60}], "over": "refuse"}
    saved = await world.trigger(await world.workflow(), limits=limits)
    path = f"/triggers/{saved.row.id}/test-events"

    for _ in range(3):
        answer = await alice.press("POST", path, {**FORM, "unlimited": "on"}, "section#test")
        assert "Accepted 202" in words(answer.text)

    assert ["signalbox-unlimited", "1"] in await sent(world, saved.row.id)
    [event_id] = {
        row["id"]
        for row in await fetch(
            "SELECT id FROM event WHERE trigger_id = $1 ORDER BY id LIMIT 1", saved.row.id
        )
    }
    for page in (f"/events/{event_id}", "/events", f"/triggers/{saved.row.id}"):
        assert "Test, without limits" in await alice.read(page), page
    entries = await fetch(
        "SELECT after FROM audit_entry WHERE object_id = $1 AND action = 'send_test_event'",
        saved.row.id,
    )
    assert {json.loads(entry["after"])["unlimited"] for entry in entries} == {True}


async def test_without_the_box_a_test_event_counts_like_any_other(
    alice: Browser, world: World
) -> None:
    limits = {"rate": [{"most": 1, "per_s": 60}], "over": "refuse"}
    saved = await world.trigger(await world.workflow(), limits=limits)
    path = f"/triggers/{saved.row.id}/test-events"

    answers = [words((await alice.press("POST", path, FORM, "section#test")).text) for _ in "ab"]

    assert "202" in answers[0]
    assert "429" in answers[1]


async def test_nobody_outside_may_set_the_mark(alice: Browser, world: World) -> None:
    saved = await world.trigger(await world.workflow())
    claims = {"Signalbox-Unlimited": "1", "content-type": "application/json"}

    await alice.client.post(f"/hooks/{saved.row.hook_token}", content=b"{}", headers=claims)

    assert "signalbox-unlimited" not in {name for name, _ in await sent(world, saved.row.id)}


async def test_nor_among_the_headers_of_a_test_event(alice: Browser, world: World) -> None:
    saved = await world.trigger(await world.workflow())
    form = {**FORM, "headers": "Signalbox-Unlimited: 1"}

    await alice.press("POST", f"/triggers/{saved.row.id}/test-events", form, "section#test")

    assert "signalbox-unlimited" not in {name for name, _ in await sent(world, saved.row.id)}


async def test_an_execution_of_such_a_test_says_so(alice: Browser, history: History) -> None:
    marks = [("signalbox-test", "1"), ("signalbox-unlimited", "1")]
    execution_id = await history.execution(event_id=await history.event(headers=marks))

    assert "Test, without limits" in await alice.read(f"/executions/{execution_id}")
    assert "Test, without limits" in await alice.read("/executions")
