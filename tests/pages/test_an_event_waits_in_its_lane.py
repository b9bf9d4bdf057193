"""An event that has to wait: what its page and the lists say of it, until it waits no more."""

from uuid import UUID

import pytest

from domain.rules.lanes import Lane, Why
from domain.store import lanes
from domain.store.database import execute
from domain.store.decisions import later_decision_id_for
from domain.store.lanes import Joined, Waits
from tests.pages.browsing import Browser, rows, words
from tests.pages.happenings import History


async def wait(history: History, why: Why, *events: UUID) -> None:
    """Let the events wait in a lane that is looked at in an hour."""
    lane = Lane(history.team_id, history.trigger_id, why)
    waits = [Waits(event_id, lane, 2, 7200) for event_id in events]
    await lanes.join([Joined(lane, None if why == "pause" else 3600)], waits)


async def end(history: History, event_id: UUID, verdict: str, reason: str) -> None:
    """Decide about the event once more: it waits no longer."""
    await execute("DELETE FROM waiting_event WHERE event_id = $1", event_id)
    await execute(
        "INSERT INTO decision (id, team_id, event_id, trigger_id, trigger_version_id, "
        "trigger_version, verdict, reason, trace, decided_at) "
        "VALUES ($1, $2, $3, $4, $5, 1, $6, $7, '{}', clock_timestamp())",
        later_decision_id_for(event_id, history.trigger_id), history.team_id, event_id,
        history.trigger_id, history.saved.row.version_id, verdict, reason,
    )  # fmt: skip


async def test_the_page_tells_what_it_waits_for_and_its_place(
    alice: Browser, history: History
) -> None:
    first, second = await history.event(), await history.event()
    for event_id in (first, second):
        await history.decision(event_id, "deferred", reason="limit")
    await wait(history, "limit", first, second)

    assert "Waits for room in a limit , since" in await alice.read(f"/events/{first}")
    assert "It is the next one." in await alice.read(f"/events/{first}")
    page = await alice.read(f"/events/{second}")
    assert "Before it waits 1 other. It is let through at the earliest" in page
    assert "and not any more after" in page


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("pause", "Waits for its trigger to be switched on"),
        ("debounce", "Waits until no more events like it follow"),
        ("batch", "Waits for the other events of its batch"),
    ],
)
async def test_what_it_waits_for_is_told_in_words(
    alice: Browser, history: History, why: Why, said: str
) -> None:
    event_id = await history.event()
    await history.decision(event_id, "deferred", reason=why)
    await wait(history, why, event_id)

    assert said in await alice.read(f"/events/{event_id}")


async def test_both_decisions_are_told_in_their_order(alice: Browser, history: History) -> None:
    event_id = await history.event()
    await history.decision(event_id, "deferred", reason="limit")
    await end(history, event_id, "rate_limited", "waited_too_long")

    page = words((await alice.get(f"/events/{event_id}")).text)

    assert page.index("Received") < page.index("Deferred") < page.index("Rate limited")
    assert "Waits for" not in page


async def test_a_list_shows_and_finds_an_event_by_how_it_stands(
    alice: Browser, history: History
) -> None:
    waits, ended = await history.event(title="waits"), await history.event(title="ended")
    for event_id in (waits, ended):
        await history.decision(event_id, "deferred", reason="debounce")
    await wait(history, "debounce", waits)
    await end(history, ended, "rate_limited", "debounced")

    async def found(filters: str) -> list[str]:
        listed = rows((await alice.get(f"/events?{filters}")).text)
        return [name for row in listed for name in ("waits", "ended") if name in row]

    for more in ("", f"&trigger={history.trigger_id}"):
        assert await found(f"verdict=deferred{more}") == ["waits"]
        assert await found(f"verdict=rate_limited{more}") == ["ended"]
    both = rows((await alice.get("/events")).text)
    assert [row.rsplit(" ", 1)[-1] for row in both] == ["limited", "Deferred"]


async def test_one_that_went_from_one_lane_to_another_is_named_by_where_it_is(
    alice: Browser, history: History
) -> None:
    event_id = await history.event()
    await history.decision(event_id, "paused", reason="held")
    await wait(history, "limit", event_id)

    assert "Deferred" in rows((await alice.get("/events?verdict=deferred")).text)[0]
    assert rows((await alice.get("/events?verdict=paused")).text) == []
