import re

import pytest

from domain.store.database import execute
from tests.pages.browsing import Browser, rows, words
from tests.pages.happenings import History

REQUEST = {"method": "POST", "url": "http://127.0.0.1:9/notify", "headers": {"x": "[redacted]"}}


async def test_attempts_and_steps_are_told_the_last_one_first(
    alice: Browser, history: History
) -> None:
    execution_id = await history.execution("succeeded", attempts=2)
    await history.attempt(
        execution_id, 1, "failed", message="The target answered 503.", request=REQUEST,
        response={"status": 503},
    )  # fmt: skip
    await history.attempt(execution_id, 2, "succeeded", request=REQUEST, response={"status": 200})

    shown = await alice.read(f"/executions/{execution_id}")

    assert shown.index("Attempt 2 Succeeded") < shown.index("Attempt 1 Failed")
    assert "The target answered 503." in shown
    assert "Response 503" in shown
    assert "Request POST http://127.0.0.1:9/notify x [redacted]" in shown


async def test_the_timeline_is_drawn_and_told(alice: Browser, history: History) -> None:
    execution_id = await history.execution("dead", attempts=2)
    for number in (1, 2):
        await history.attempt(execution_id, number, "failed", message="no")

    page = (await alice.get(f"/executions/{execution_id}")).text

    label = re.search(r'class="timeline".*?aria-label="([^"]*)"', page, re.DOTALL)
    assert label
    assert "Attempt 1, failed: 120 ms" in label[1]
    assert "Attempt 2, failed: 120 ms" in label[1]
    assert page.count('class="bar-failed"') == 4 + 1  # attempts, their steps, the legend
    assert "Attempts, failed: 240 ms" in words(page)


@pytest.mark.parametrize(
    ("response", "told"),
    [
        ({"status": 200, "body": '{"ok":true}', "size": 11}, 'Response 200 11 B { "ok": true }'),
        ({"status": 200, "body": "ab", "size": 5000}, "Cut: 2 B of 4.9 KiB are shown."),
        ({"status": 200, "body": "\ufffdPNG", "size": 4, "hex": "89504e47"}, "89 50 4e 47 |.PNG|"),
        ({"status": 200, "body": "", "size": 0, "elapsed_ms": 12}, "200 0 B 12 ms No body"),
        ({"status": 200, "body": "a", "truncated": True}, "this is its beginning"),
        (["what", 1], '[ "what", 1 ]'),
    ],
)  # fmt: skip
async def test_an_answer_is_laid_out_cut_or_told_in_hex(
    alice: Browser, history: History, response: object, told: str
) -> None:
    execution_id = await history.execution()
    await history.attempt(execution_id, 1, "succeeded", request=REQUEST, response=response)

    assert told in await alice.read(f"/executions/{execution_id}")


async def test_only_the_last_attempt_is_unfolded(alice: Browser, history: History) -> None:
    execution_id = await history.execution("dead", attempts=3)
    for number in (1, 2, 3):
        await history.attempt(execution_id, number, "failed", message="no")

    page = (await alice.get(f"/executions/{execution_id}")).text

    assert page.count('<details class="attempt" open>') == 1
    assert page.count('<details class="attempt"') == 3


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ("queued", "Not started yet"),
        ("running", "No step is finished yet."),
        ("retrying", "Next attempt"),
        ("dead", "kept as a dead letter"),
    ],
)
async def test_what_is_not_done_says_what_it_waits_for(
    alice: Browser, history: History, state: str, told: str
) -> None:
    execution_id = await history.execution(state, reason="timeout")

    assert told in await alice.read(f"/executions/{execution_id}")


async def test_a_running_step_that_is_done_is_shown_before_its_attempt_is(
    alice: Browser, history: History
) -> None:
    execution_id = await history.execution("running")
    await history.attempt(execution_id, 1, "succeeded", request=REQUEST)
    await execute("DELETE FROM attempt WHERE execution_id = $1", execution_id)

    shown = await alice.read(f"/executions/{execution_id}")

    assert "Attempt 1 Running" in shown
    assert "notify http Succeeded" in shown


async def test_a_viewer_sees_the_steps_but_not_what_was_sent(
    bob: Browser, history: History
) -> None:
    execution_id = await history.execution()
    await history.attempt(execution_id, 1, "succeeded", request=REQUEST, response={"status": 200})

    page = (await bob.get(f"/executions/{execution_id}")).text

    assert "notify" in words(page)
    assert "127.0.0.1:9" not in page
    assert "[redacted]" not in page


@pytest.mark.parametrize(
    ("state", "word"),
    [("queued", "Queued"), ("running", "Running"), ("retrying", "Retrying"),
     ("succeeded", "Succeeded"), ("failed", "Failed"), ("dead", "Dead letter"),
     ("canceled", "Canceled"), ("unknown", "Unknown")],
)  # fmt: skip
async def test_the_list_says_every_state_in_its_word(
    alice: Browser, history: History, state: str, word: str
) -> None:
    await history.execution(state)

    assert rows((await alice.get("/executions")).text)[0].startswith(word)


async def test_the_list_tells_duration_and_attempts(alice: Browser, history: History) -> None:
    await history.execution("dead", attempts=3)

    assert rows((await alice.get("/executions")).text)[0].endswith("2 s 3")


async def test_an_execution_whose_event_is_gone_can_still_be_read(
    alice: Browser, history: History
) -> None:
    execution_id = await history.execution()
    await execute("ALTER TABLE event DISABLE TRIGGER USER")
    await execute("DELETE FROM event WHERE team_id = $1", history.team_id)
    await execute("ALTER TABLE event ENABLE TRIGGER USER")

    assert (await alice.get(f"/executions/{execution_id}")).status_code == 200
    assert len(rows((await alice.get("/executions")).text)) == 1
