"""The page of dead letters: narrowed by anything, those alike together, and all of it by index."""

import json
from typing import Any
from uuid import UUID

import pytest

from domain.clock import utc_now
from domain.rules.list_filters import DeadLetterFilters
from domain.store.database import execute, fetch
from domain.store.dead_letters import dead_letter_scan
from domain.store.pages import PAGE_SIZE, Position
from tests.pages.browsing import Browser, rows, words
from tests.pages.conftest import alice, app, bob, charlie, client, history, settings, store
from tests.pages.happenings import History

__all__ = ["alice", "app", "bob", "charlie", "client", "history", "settings", "store"]


async def died(history: History, error: str, fingerprint: str | None, **more: Any) -> UUID:
    """A dead letter that failed so."""
    execution_id = await history.execution(more.pop("state", "dead"), **more)
    await execute(
        "UPDATE execution SET first_error = $2, last_error = $3, fingerprint = $4 WHERE id = $1",
        execution_id,
        f"first {error}",
        error,
        fingerprint,
    )
    return execution_id


async def test_it_shows_the_first_and_the_last_error(alice: Browser, history: History) -> None:
    await died(history, "The target answered 503.", "aa", attempts=3)
    await history.execution("succeeded")

    (row,) = rows((await alice.get("/dead-letters")).text)

    assert row.startswith("Dead letter The target answered 503. First: first The target")
    assert row.endswith("3 0")


async def test_those_alike_stand_together_and_lead_to_their_list(
    alice: Browser, history: History
) -> None:
    for _ in range(3):
        await died(history, "The target answered 503.", "aa")
    await died(history, "Timed out.", "bb")

    page = await alice.get("/dead-letters")
    (first, second) = rows(page.text)[:2]
    narrowed = await alice.get("/dead-letters?fingerprint=aa")

    assert first.startswith("3 The target answered 503. Notify")
    assert second.startswith("1 Timed out. Notify")
    assert 'href="/dead-letters?fingerprint=aa"' in page.text
    assert len(rows(narrowed.text)) == 3
    assert "Alike: failed like aa" in words(narrowed.text)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["Timed out.", "The target answered 503."]),
        ("error=ANSWERED", ["The target answered 503."]),
        ("error=first+timed", ["Timed out."]),
        ("reason=timeout", ["Timed out."]),
        ("state=failed", ["Not retryable."]),
        ("state=failed&state=dead", ["Not retryable.", "Timed out.", "The target answered 503."]),
        ("within=1h&fingerprint=bb", ["Timed out."]),
        ("error=nothing+says+this", []),
    ],
)
async def test_filters_narrow_it(
    alice: Browser, history: History, query: str, found: list[str]
) -> None:
    await died(history, "The target answered 503.", "aa", reason="bad_status")
    await died(history, "Timed out.", "bb", reason="timeout")
    await died(history, "Not retryable.", "cc", state="failed")

    page = await alice.get(f"/dead-letters?{query}")
    listed = page.text.split('id="list"')[1]

    assert [next(e for e in found if e in row) for row in rows(listed)] == found
    if not found:
        assert "No dead letter matches" in words(page.text)


@pytest.mark.parametrize("query", ["state=succeeded", "fingerprint=a&fingerprint=b", "color=red"])
async def test_filters_that_mean_nothing_are_told(alice: Browser, query: str) -> None:
    page = await alice.get(f"/dead-letters?{query}")

    assert page.status_code == 400
    assert "These filters cannot be used" in words(page.text)


async def test_its_parts_refresh_by_themselves(alice: Browser, history: History) -> None:
    await died(history, "One.", "aa")
    await died(history, "Two.", "bb")

    listed = await alice.get("/dead-letters", htmx=True, **{"hx-target": "section#list"})
    alike = await alice.get("/dead-letters", htmx=True, **{"hx-target": "section#alike"})

    assert listed.text.count('id="list"') == 1
    assert 'id="alike"' not in listed.text
    assert 'id="alike"' in alike.text
    assert 'id="list"' not in alike.text


async def test_views_of_it_can_be_saved(alice: Browser) -> None:
    form = {"page": "dead_letters", "name": "Timeouts", "query": "reason=timeout"}
    saved = await alice.post("/saved-views", form)

    assert saved.headers["location"] == "/dead-letters?reason=timeout"
    assert "Timeouts" in await alice.read("/dead-letters")


async def test_others_see_none_of_it_and_viewers_have_no_boxes(
    bob: Browser, charlie: Browser, history: History
) -> None:
    await died(history, "The target answered 503.", "aa")

    assert "answered 503" not in (await charlie.get("/dead-letters")).text
    seen = (await bob.get("/dead-letters")).text
    assert "answered 503" in seen
    assert 'name="id"' not in seen


async def plan_of(filters: DeadLetterFilters, team_id: UUID) -> str:
    sql, arguments = dead_letter_scan(team_id, filters, utc_now()).page(Position(), PAGE_SIZE)
    (row,) = await fetch(f"EXPLAIN (FORMAT JSON) {sql}", *arguments)
    return json.dumps(json.loads(row["QUERY PLAN"]))


@pytest.mark.parametrize(
    ("filters", "index"),
    [
        (DeadLetterFilters(), "team_id_state_id"),
        (DeadLetterFilters(states=("failed", "dead"), error="x"), "team_id_state_id"),
        (DeadLetterFilters(fingerprint="aa"), "team_id_fingerprint_id"),
    ],
)
async def test_it_is_read_by_an_index(
    history: History, filters: DeadLetterFilters, index: str
) -> None:
    plan = await plan_of(filters, history.team_id)

    assert index in plan
    assert (
        '"Seq Scan", "Parallel Aware": false, "Async Capable": false, "Relation Name": "exec'
        not in plan
    )
