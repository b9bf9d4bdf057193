import asyncio
import re

import httpx
import pytest
from litestar import Litestar

from domain.operations.save_view import MOST_VIEWS
from domain.store.database import fetch
from tests.pages.browsing import Browser, open_browser, words
from tests.pages.happenings import History
from tests.support.world import World

PATH = "/executions?state=dead&within=24h"
VIEW = re.compile(r'href="(/[^"]*)"[^>]*>([^<]*)</a>\s*<form method="post" action="([^"]*)"')


async def save(
    browser: Browser, name: str, query: str = "state=dead&within=24h", page: str = "executions"
) -> httpx.Response:
    return await browser.post("/saved-views", {"page": page, "name": name, "query": query})


async def views(browser: Browser, path: str = "/executions") -> dict[str, tuple[str, str]]:
    """By name: where the view leads, and what deletes it."""
    found = VIEW.findall((await browser.get(path)).text)
    return {name: (address.replace("&amp;", "&"), removal) for address, name, removal in found}


async def test_filters_are_saved_under_a_name_and_opened_again(
    alice: Browser, bob: Browser
) -> None:
    for person in (alice, bob):
        answer = await save(person, "Dead today")

        assert answer.status_code == 303
        assert answer.headers["location"] == PATH
        assert (await views(person))["Dead today"][0] == PATH
    assert 'aria-current="true">Dead today' in (await alice.get(PATH)).text
    assert 'aria-current="true"' not in (await alice.get("/executions")).text.split("</nav>")[-1]
    assert await views(alice, "/events") == {}


async def test_a_view_is_saved_at_its_shortest_address(alice: Browser) -> None:
    await save(alice, "Short", "state=dead&state=&workflow=&within=24h&from=&zone=UTC")

    assert (await views(alice))["Short"][0] == PATH


async def test_a_view_is_deleted_by_whom_it_belongs_to(
    app: Litestar, alice: Browser, charlie: Browser, world: World
) -> None:
    await save(alice, "Dead today")
    _, removal = (await views(alice))["Dead today"]
    async with open_browser(app, world.alice, "admin") as colleague:
        assert await views(colleague) == {}
        for other in (colleague, charlie):
            assert (await other.post(removal)).status_code == 404

    gone = await alice.post(removal)

    assert gone.headers["location"] == "/executions"
    assert await views(alice) == {}
    assert (await alice.post(removal)).status_code == 404


@pytest.mark.parametrize(
    ("name", "query", "page", "told"),
    [
        ("", "state=dead", "executions", "Must not be empty"),
        ("x" * 61, "state=dead", "executions", "Must have at most 60 characters"),
        ("Nothing", "", "executions", "Is empty: choose a filter"),
        ("Wrong", "state=exploded", "executions", "Must be one of queued"),
        ("Foreign", "state=dead", "events", "Is not a filter of this list"),
    ],
)
async def test_a_view_that_cannot_be_saved_is_told_and_keeps_what_was_typed(
    alice: Browser, name: str, query: str, page: str, told: str
) -> None:
    answer = await save(alice, name, query, page)

    assert answer.status_code == 400
    assert told in words(answer.text)
    assert f'value="{name}"' in answer.text


async def test_a_view_of_a_list_that_there_is_not_is_refused(alice: Browser) -> None:
    assert (await save(alice, "Odd", "state=dead", "secrets")).status_code == 400


async def test_a_name_is_taken_once_a_list(alice: Browser, bob: Browser) -> None:
    await save(alice, "Mine")

    again = await save(alice, "Mine", "state=failed")

    assert "Is taken by another view" in words(again.text)
    assert (await save(alice, "Mine", "verdict=error", "events")).status_code == 303
    assert (await save(bob, "Mine")).status_code == 303


async def test_thirty_views_are_enough_however_fast_they_are_saved(
    alice: Browser, history: History
) -> None:
    for number in range(MOST_VIEWS - 1):
        await save(alice, f"View {number}")

    answers = await asyncio.gather(*(save(alice, f"Race {number}") for number in range(4)))

    assert sorted(answer.status_code for answer in answers) == [303, 400, 400, 400]
    assert len(await views(alice)) == MOST_VIEWS


async def test_a_name_becomes_no_markup(alice: Browser) -> None:
    """Row A89."""
    marker = '<img src=x onerror=marker()>"'
    await save(alice, marker)

    page = (await alice.get("/executions")).text

    assert "<img" not in page
    assert "&lt;img src=x" in page


async def test_saving_and_deleting_is_audited(alice: Browser, world: World) -> None:
    await save(alice, "Dead today")
    await alice.post((await views(alice))["Dead today"][1])

    entries = await fetch(
        "SELECT action, actor_name FROM audit_entry WHERE team_id = $1 "
        "AND object_kind = 'saved_view' ORDER BY id",
        world.alice.team_id,
    )

    assert [tuple(entry.values()) for entry in entries] == [
        ("create", "Alice"),
        ("delete", "Alice"),
    ]


async def test_without_the_forms_token_nothing_is_saved(alice: Browser) -> None:
    answer = await alice.client.post("/saved-views", data={"page": "executions", "name": "x"})

    assert answer.status_code == 403
    assert await views(alice) == {}
