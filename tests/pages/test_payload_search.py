import pytest
from litestar import Litestar

from domain.operations import search_payloads as search
from tests.pages.browsing import Browser, open_browser, rows
from tests.pages.happenings import History
from tests.support.world import World

PATH = "/events?path=%24.order.id&equals=7"


async def test_events_are_found_by_a_value_in_their_body(alice: Browser, history: History) -> None:
    await history.event(b'{"order": {"id": 7}}', title="a number")
    await history.event(b'{"order": {"id": "7"}}', title="a text")
    await history.event(b'{"order": {"id": 70}}', title="another")
    await history.event(b"order=7", title="a form", content_type="text/plain")
    await history.event(b'{"order": {"id": 7', title="broken")
    await history.event(b"", title="empty")

    shown = rows((await alice.get(PATH)).text)
    only_text = rows((await alice.get("/events?path=%24.order.id&equals=%227%22")).text)

    assert ["a text" in shown[0], "a number" in shown[1], len(shown)] == [True, True, 2]
    assert len(only_text) == 1


async def test_a_search_goes_together_with_the_other_filters(
    alice: Browser, history: History
) -> None:
    for verdict in ("filtered", "error"):
        await history.decision(await history.event(title=verdict), verdict)

    shown = rows((await alice.get(f"{PATH}&verdict=error")).text)

    assert len(shown) == 1
    assert "error" in shown[0]


async def test_a_search_says_how_far_back_it_looked_and_goes_on_there(
    alice: Browser, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST_EVENTS", 5)
    monkeypatch.setattr(search, "CHUNK", 2)
    await history.event(title="the wanted one")
    for _ in range(7):
        await history.event(b'{"order": {"id": 8}}')

    page, walked = await alice.get(PATH), 1
    assert "Nothing found so far" in page.text
    assert "Looked at 5 events" in page.text
    while "the wanted one" not in page.text:
        on = page.text.split('">Look further')[0].rpartition('href="')[2].replace("&amp;", "&")
        assert "path=%24.order.id&equals=7" in on
        page, walked = await alice.get(on), walked + 1

    assert walked == 2
    assert "Looked at" not in page.text


async def test_large_bodies_count_for_more(
    alice: Browser, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "MOST_OCTETS", 1_000)
    for _ in range(4):
        await history.event(b'{"order": {"id": 8, "note": "' + b"x" * 500 + b'"}}')

    assert "Looked at 2 events" in (await alice.get(PATH)).text


async def test_a_full_page_goes_on_after_its_last_row(
    alice: Browser, history: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "CHUNK", 20)
    for _ in range(51):
        await history.event()

    first = (await alice.get(PATH)).text
    older = first.split('">Older')[0].rpartition('href="')[2].replace("&amp;", "&")
    second = (await alice.get(older)).text

    assert len(rows(first)) == 50
    assert len(rows(second)) == 1


async def test_a_path_that_would_visit_too_much_finds_nothing(
    alice: Browser, history: History
) -> None:
    deep = b'{"a":' * 60 + b"1" + b"}" * 60
    await history.event(deep)

    answer = await alice.get("/events?path=%24..a[*][*][*]&equals=1")

    assert answer.status_code == 200


async def test_who_may_not_see_payloads_may_not_search_them(
    app: Litestar, world: World, bob: Browser, history: History
) -> None:
    await history.event()
    async with open_browser(app, world.alice, "editor") as erin:
        assert len(rows((await erin.get(PATH)).text)) == 1

    assert (await bob.get(PATH)).status_code == 403
    plain = await bob.get("/events")
    assert len(rows(plain.text)) == 1
    assert 'name="path"' not in plain.text


async def test_another_teams_payloads_are_not_searched(charlie: Browser, history: History) -> None:
    """Row A97."""
    await history.event()

    assert rows((await charlie.get(PATH)).text) == []
