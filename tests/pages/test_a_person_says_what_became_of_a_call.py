"""The page of an execution that waits for a person's word, and of one that had it."""

from uuid import UUID

import pytest

from domain.engines.steps import idempotency_key
from domain.store.database import execute
from tests.pages.browsing import Browser
from tests.pages.happenings import History

REQUEST = {"method": "POST", "url": "http://127.0.0.1:9/notify", "headers": {}}


@pytest.fixture
async def held(history: History) -> UUID:
    """An execution whose call may have been carried out."""
    execution_id = await history.execution("unknown", reason="unknown_outcome")
    await history.attempt(execution_id, 1, "unknown", message="No answer.", request=REQUEST)
    return execution_id


async def test_it_asks_and_names_the_key(alice: Browser, held: UUID) -> None:
    shown = await alice.read(f"/executions/{held}")
    assert "Was notify carried out?" in shown
    assert idempotency_key(held, "notify") in shown
    assert "Try again It was carried out Give up" in shown


async def test_who_may_only_look_is_not_asked(bob: Browser, held: UUID) -> None:
    shown = await bob.read(f"/executions/{held}")
    assert "Was notify carried out?" in shown
    assert "Try again" not in shown


async def test_what_was_said_is_shown_and_the_question_is_gone(alice: Browser, held: UUID) -> None:
    form = {"resolution": "carried_out", "attempt": "1"}
    answer = await alice.post(f"/executions/{held}/resolution", form)
    assert answer.status_code == 303
    shown = await alice.read(f"/executions/{held}")
    assert "Alice said that it was carried out." in shown
    assert "Was notify carried out?" not in shown


async def test_a_word_that_comes_too_late_shows_the_execution_as_it_is(
    alice: Browser, held: UUID
) -> None:
    form = {"resolution": "give_up", "attempt": "1"}
    await alice.press("POST", f"/executions/{held}/resolution", form, "div#show")
    late = await alice.press("POST", f"/executions/{held}/resolution", form, "div#show")
    assert late.status_code == 409
    assert "does not wait for anybody" in late.text
    assert "Failed" in late.text


async def test_what_was_given_up_waits_for_nobody_any_more(alice: Browser, held: UUID) -> None:
    form = {"resolution": "give_up", "attempt": "1"}
    await alice.post(f"/executions/{held}/resolution", form)
    shown = await alice.get(f"/executions/{held}")
    note = shown.text.split('role="note" class="panel"')[1].split("</div>", maxsplit=1)[0]
    assert "Somebody gave it up" in note


async def test_a_button_without_a_word_is_told(alice: Browser, held: UUID) -> None:
    answer = await alice.press("POST", f"/executions/{held}/resolution", {"attempt": "1"})
    assert answer.status_code == 422
    assert "Choose what follows." in answer.text


async def test_a_call_that_may_have_been_made_twice_is_named_with_its_key(
    alice: Browser, history: History
) -> None:
    execution_id = await history.execution("succeeded", attempts=2)
    await history.attempt(execution_id, 1, "failed", message="No answer.", request=REQUEST)
    await execute("UPDATE step_run SET reason = 'timeout' WHERE execution_id = $1", execution_id)
    await history.attempt(execution_id, 2, "succeeded", request=REQUEST)
    assert "carried out twice" not in await alice.read(f"/executions/{execution_id}")
    await execute("UPDATE execution SET maybe_twice = true WHERE id = $1", execution_id)
    shown = await alice.read(f"/executions/{execution_id}")
    assert "A call may have been carried out twice." in shown
    assert f"notify {idempotency_key(execution_id, 'notify')}" in shown


async def test_the_first_page_says_that_somebody_is_waited_for(alice: Browser, held: UUID) -> None:
    assert "Unknown outcomes 1 execution held" in await alice.read("/")
