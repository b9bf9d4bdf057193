import re

import pytest

from domain.clock import utc_now
from domain.rules.list_filters import EventFilters
from domain.store import pages, scans
from domain.store.event_lists import EventListed, list_events
from domain.store.pages import Page, Position
from domain.store.pages_events import page_of_events
from tests.pages.browsing import Browser, rows
from tests.pages.happenings import History

SIZE = 4


@pytest.fixture
async def titles(history: History) -> list[str]:
    """Ten events, newest first."""
    for number in range(10):
        await history.event(title=f"event {number}")
    return [f"event {number}" for number in reversed(range(10))]


async def walk(history: History, *, backwards: bool = False) -> list[list[str]]:
    """The titles of each page, from the first to the last, or back from the last."""
    position, seen = Position(), []
    while True:
        page = await page_of_events(history.team_id, None, position, size=SIZE)
        seen.append([event.title for event in page.rows])
        step = page.newer if backwards else page.older
        if step is None:
            return seen
        position = Position(before=step) if backwards else Position(after=step)


async def test_pages_follow_each_other_without_gap_or_overlap(
    history: History, titles: list[str]
) -> None:
    assert await walk(history) == [titles[:4], titles[4:8], titles[8:]]


async def test_the_way_back_shows_the_same_rows(history: History, titles: list[str]) -> None:
    last = await page_of_events(history.team_id, None, Position(), size=8)

    back = await page_of_events(history.team_id, None, Position(before=last.rows[-1].id), size=SIZE)

    assert [event.title for event in back.rows] == titles[3:7]
    assert back.older == back.rows[-1].id
    assert back.newer == back.rows[0].id


async def test_what_arrives_meanwhile_moves_nothing(history: History, titles: list[str]) -> None:
    first = await page_of_events(history.team_id, None, Position(), size=SIZE)
    await history.event(title="newer")

    second = await page_of_events(history.team_id, None, Position(after=first.older), size=SIZE)

    assert [event.title for event in second.rows] == titles[4:8]


async def test_a_page_that_is_just_full_has_no_older_one(
    history: History, titles: list[str]
) -> None:
    page = await page_of_events(history.team_id, None, Position(), size=10)

    assert len(page.rows) == 10
    assert page.older is None
    assert page.top


async def test_links_lead_to_older_and_newer_rows_and_keep_the_filters(
    alice: Browser, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(pages.PAGE_SIZE + 1):
        await history.event(title=f"event {number}")
    trigger = f"trigger={history.trigger_id}"
    first = await alice.get(f"/events?{trigger}")
    older = re.search(r'href="([^"]*after=[^"]*)"', first.text)
    assert older
    assert trigger in older[1]

    second = await alice.get(older[1].replace("&amp;", "&"))

    assert len(rows(first.text)) == pages.PAGE_SIZE
    assert [row for row in rows(second.text) if "event 0" in row]
    assert f'href="/events?{trigger}">Newest' in second.text


@pytest.mark.parametrize("cursor", ["x", "1' OR '1'='1", "01A206A4-4F68-70C9-B99D-ED02B56DB9AE"])
async def test_a_cursor_that_is_none_is_told(alice: Browser, history: History, cursor: str) -> None:
    """Row A106."""
    await history.event(title="the only one")

    page = await alice.get(f"/events?after={cursor}")

    assert page.status_code == 400
    assert "is not a place in this list" in page.text


async def _titles(
    history: History, filters: EventFilters, position: Position
) -> tuple[list[str], Page[EventListed]]:
    page = await list_events(history.team_id, filters, position, utc_now(), size=SIZE)
    return [event.title for event in page.rows], page


async def test_a_narrowed_list_pages_both_ways_without_gap_or_overlap(history: History) -> None:
    """Its key is the decision's id, which within a millisecond is in another order than events."""
    for number in range(20):
        event_id = await history.event(title=f"event {number}")
        await history.decision(event_id, ("filtered", "error", "paused", "loop")[number % 4])
    wanted = [f"event {number}" for number in reversed(range(20)) if number % 4 in {1, 2}]
    filters, seen = EventFilters(verdicts=("error", "paused")), []

    titles, page = await _titles(history, filters, Position())
    while titles:
        seen.append(titles)
        if page.older is None:
            break
        titles, page = await _titles(history, filters, Position(after=page.older))
    back, _ = await _titles(history, filters, Position(before=page.newer))

    assert [title for titles in seen for title in titles] == wanted
    assert back == seen[-2]


async def test_a_search_for_what_is_rare_is_bounded_and_goes_on(
    history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scans, "MOST_LOOKED_AT", 6)
    for number in range(10):
        await history.event(title=f"event {number}")
    wanted = EventFilters(title="event 1")

    first, page = await _titles(history, wanted, Position())
    second, end = await _titles(history, wanted, Position(after=page.older))

    assert (first, second) == ([], ["event 1"])
    assert page.looked
    assert page.looked.amount == 6
    assert end.looked is None
    assert end.older is None


async def test_a_page_says_how_far_it_looked(
    alice: Browser, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scans, "MOST_LOOKED_AT", 3)
    for _ in range(5):
        await history.event()

    shown = await alice.read("/events?title=nothing+like+it")

    assert "Nothing found so far. Looked at 3 events, as far as" in shown
    assert "No event matches" not in shown


async def test_a_page_beyond_the_end_says_so(alice: Browser, history: History) -> None:
    oldest = await history.event()

    shown = await alice.read(f"/events?after={oldest}")

    assert "No event matches" in shown
    assert "Show all events" in shown
