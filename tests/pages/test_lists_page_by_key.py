import re

import pytest

from domain.store import pages
from domain.store.pages import Position
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


@pytest.mark.parametrize("cursor", ["", "x", "1' OR '1'='1"])
async def test_a_cursor_that_is_none_shows_the_top(
    alice: Browser, history: History, cursor: str
) -> None:
    await history.event(title="the only one")

    page = await alice.get(f"/events?after={cursor}")

    assert page.status_code == 200
    assert "the only one" in page.text


async def test_a_page_beyond_the_end_says_so(alice: Browser, history: History) -> None:
    oldest = await history.event()

    shown = await alice.read(f"/events?after={oldest}")

    assert "No event matches" in shown
    assert "Show all events" in shown
