"""From a list to many replays: what is chosen is counted, named, started, and told about."""

import asyncio
import re
from uuid import UUID

import pytest

from domain.operations.compiled_versions import CompiledVersions
from domain.operations.run_bulk_actions import run_bulk_actions
from domain.store.database import execute, fetch
from tests.pages.browsing import Browser, Sent, words
from tests.pages.conftest import alice, app, bob, charlie, client, history, settings, store
from tests.pages.happenings import History
from tests.replays.test_the_list_of_dead_letters import died

__all__ = ["alice", "app", "bob", "charlie", "client", "history", "settings", "store"]


@pytest.fixture
async def dead(history: History) -> list[UUID]:
    return [await died(history, "The target answered 503.", "aa") for _ in range(3)]


def form_of(markup: str) -> dict[str, str]:
    """What the preview's form would send."""
    form = markup.split('action="/bulk-actions"')[1].split("</form>", maxsplit=1)[0]
    fields = Sent(f"<form>{form}").fields
    return {name: value for name, value in fields.items() if name != "_csrf"}


async def test_all_that_match_are_counted_named_and_replayed(
    alice: Browser, history: History, dead: list[UUID]
) -> None:
    await history.execution("succeeded")
    preview = await alice.get(
        "/bulk-actions/new?act=replay-all&page=dead_letters&filters=fingerprint%3Daa"
    )
    form = {**form_of(preview.text), "name": "After the outage", "start": "beginning"}
    started = await alice.post("/bulk-actions", form)
    page = started.headers["location"]
    before = await alice.read(page)
    await run_bulk_actions(CompiledVersions())
    await execute("UPDATE execution SET state = 'succeeded', finished_at = now() "
                  "WHERE replay_of = $1", dead[0])  # fmt: skip
    after = await alice.read(page)

    assert "Replay 3 executions?" in words(preview.text)
    assert "Notify Dead letter 3" in words(preview.text)
    assert "0 of 3 executions" in before
    assert "After the outage Finished" in after
    assert "3 of 3 executions" in after
    assert "Succeeded 1 Failed 0 Under way 2" in after
    assert (await alice.get(f"/executions?bulk={page.rpartition('/')[2]}")).text.count(
        '<tr id="execution-'
    ) == 3
    assert "After the outage" in await alice.read("/bulk-actions")


async def test_the_selected_ones_are_meant_and_those_that_have_not_ended_are_left_out(
    alice: Browser, history: History, dead: list[UUID]
) -> None:
    running = await history.execution("running")
    chosen = "&".join(f"id={each}" for each in [*dead[:2], running])

    preview = await alice.get(f"/bulk-actions/new?act=replay&page=executions&{chosen}")
    cancel = await alice.get(f"/bulk-actions/new?act=cancel&page=executions&{chosen}")

    assert "Replay 2 executions?" in words(preview.text)
    assert "1 execution of the list is left out: 1 running" in words(preview.text)
    assert "Cancel 1 execution?" in words(cancel.text)
    assert "left out: 2 dead letter" in words(cancel.text)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("act=replay-all&page=dead_letters", "Without a filter this would be every execution"),
        ("act=cancel-all&page=executions&filters=", "Without a filter this would be every"),
        ("act=replay-all&page=dead_letters&filters=color%3Dred", "The filters cannot be used"),
        ("act=replay-all&page=dead_letters&filters=error%3Dnone", "No execution matches"),
        ("act=replay-all&page=teams&filters=a", "The filters cannot be used"),
        ("act=replay&page=executions", "No execution is selected"),
        ("act=replay&page=executions&id=x", "are no executions"),
        ("act=delete&page=executions&id=x", "are no executions"),
        ("act=delete-all&page=executions&filters=state%3Ddead", "replayed or canceled together"),
        ("", "No execution is selected"),
    ],
)
async def test_what_means_no_executions_is_refused_with_the_reason(
    alice: Browser, dead: list[UUID], query: str, told: str
) -> None:
    preview = await alice.get(f"/bulk-actions/new?{query}")

    assert preview.status_code == 400
    assert told in words(preview.text) or query == ""
    assert 'action="/bulk-actions"' not in preview.text


async def test_a_form_with_faults_keeps_what_was_typed(alice: Browser, dead: list[UUID]) -> None:
    preview = await alice.get(f"/bulk-actions/new?act=replay&page=executions&id={dead[0]}")
    form = {**form_of(preview.text), "name": "x" * 101, "start": "failed_step"}

    answer = await alice.post("/bulk-actions", form)

    assert answer.status_code == 422
    assert "at most 100 characters" in words(answer.text)
    assert form_of(answer.text)["name"] == "x" * 101
    assert form_of(answer.text)["start"] == "failed_step"
    assert not await fetch("SELECT FROM bulk_action WHERE name = $1", "x" * 101)


async def test_what_ended_after_it_was_counted_is_not_meant(
    alice: Browser, history: History, dead: list[UUID]
) -> None:
    preview = await alice.get(
        "/bulk-actions/new?act=replay-all&page=dead_letters&filters=fingerprint%3Daa"
    )
    await died(history, "The target answered 503.", "aa")

    started = await alice.post("/bulk-actions", form_of(preview.text))

    assert "of 3 executions" in await alice.read(started.headers["location"])


async def test_a_preview_that_is_sent_twice_starts_one(alice: Browser, dead: list[UUID]) -> None:
    here = "/bulk-actions/new?act=replay-all&page=dead_letters&filters=fingerprint%3Daa"
    form = form_of((await alice.get(here)).text)

    answers = await asyncio.gather(*(alice.post("/bulk-actions", form) for _ in range(3)))
    again = await alice.post("/bulk-actions", form_of((await alice.get(here)).text))

    assert [each.status_code for each in answers] == [303, 303, 303]
    first, *others = (each.headers["location"] for each in answers)
    assert others == [first, first]
    assert again.headers["location"] != first, "looked at anew, it is meant anew"
    for seen_at, status in (("0001-01-01T00:00:00+00:00", 409), ("0001-01-01T00:00:00+14:00", 422)):
        odd = await alice.post("/bulk-actions", {**form, "seen_at": seen_at})
        assert odd.status_code == status


async def test_it_is_canceled_once(alice: Browser, dead: list[UUID]) -> None:
    preview = await alice.get(f"/bulk-actions/new?act=replay&page=executions&id={dead[0]}")
    page = (await alice.post("/bulk-actions", form_of(preview.text))).headers["location"]

    first = await alice.press("POST", f"{page}/cancellation", target="div#show")
    second = await alice.press("POST", f"{page}/cancellation", target="div#show")

    assert (first.status_code, second.status_code) == (200, 409)
    assert "Canceled" in words(first.text)
    assert "has ended already" in words(second.text)


async def test_viewers_look_and_others_find_nothing(
    alice: Browser, bob: Browser, charlie: Browser, dead: list[UUID]
) -> None:
    preview = await alice.get(f"/bulk-actions/new?act=replay&page=executions&id={dead[0]}")
    form = form_of(preview.text)
    page = (await alice.post("/bulk-actions", form)).headers["location"]

    assert (await bob.get(page)).status_code == 200
    assert (await bob.post(f"{page}/cancellation")).status_code == 403
    assert (await bob.post("/bulk-actions", form)).status_code == 403
    assert (await charlie.get(page)).status_code == 404
    theirs = await charlie.post("/bulk-actions", form)
    assert theirs.status_code == 409
    assert "No execution matches" in words(theirs.text)
    assert re.search("page not found|nothing here", (await charlie.get(page)).text, re.IGNORECASE)
    assert (await alice.client.post("/bulk-actions", data=form)).status_code == 403
