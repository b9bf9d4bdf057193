from typing import Any

import pytest

from domain.clock import utc_now
from domain.operations.receive_event import scoped_key
from domain.store.database import execute
from tests.pages.browsing import Browser, rows
from tests.pages.happenings import History

PASSED = {"path": "$.action", "op": "eq", "expected": "opened", "actual": "opened",
          "found": True, "passed": True, "group": "all"}  # fmt: skip
MISSED = {"path": "$.total", "op": "gte", "expected": 100, "actual": 12,
          "found": True, "passed": False, "group": "all.1.any"}  # fmt: skip
ABSENT = {"path": "$.label", "op": "exists", "expected": None, "actual": None,
          "found": False, "passed": False, "group": "all.1.any"}  # fmt: skip
UNJUDGED = {"path": "$.total", "op": "gt", "expected": 1, "actual": "a lot", "found": True,
            "passed": None, "group": "none",
            "error": "a number is needed here, not a value of type text"}  # fmt: skip


async def test_each_clause_is_a_row_with_what_was_expected_and_found(
    alice: Browser, history: History
) -> None:
    event_id = await history.event()
    clauses: list[dict[str, Any]] = [PASSED, MISSED, ABSENT, UNJUDGED]
    await history.decision(event_id, "filtered", clauses=clauses)

    shown = rows((await alice.get(f"/events/{event_id}")).text)

    assert shown == [
        '✓ passed $.action is "opened" "opened" all of',
        "✗ did not pass $.total is at least 100 12 all of / any of",
        "✗ did not pass $.label exists nothing found all of / any of",
        (
            '! could not be judged $.total is greater than 1 "a lot" '
            "a number is needed here, not a value of type text none of"
        ),
    ]


@pytest.mark.parametrize(
    ("verdict", "reason", "words"),
    [
        ("filtered", None, "Filtered"),
        ("duplicate", "sender_id_seen", "An event with the same id of the sender came before."),
        ("paused", "trigger_disabled", "The trigger was switched off."),
        ("error", "workflow_not_published", "The workflow has no published version to run."),
        ("error", "invalid_json", "The body is not valid JSON."),
        ("rate_limited", "some_new_reason", "Some new reason."),
    ],
)
async def test_the_verdict_and_its_reason_are_told_in_words(
    alice: Browser, history: History, verdict: str, reason: str | None, words: str
) -> None:
    event_id = await history.event()
    await history.decision(event_id, verdict, reason=reason)

    assert words in await alice.read(f"/events/{event_id}")


async def test_an_event_that_nobody_judged_yet_is_queued(alice: Browser, history: History) -> None:
    event_id = await history.event()

    assert "waits to be judged" in await alice.read(f"/events/{event_id}")
    assert "Queued" in rows((await alice.get("/events")).text)[0]


async def test_the_way_leads_from_the_event_to_what_it_started(
    alice: Browser, history: History
) -> None:
    event_id = await history.event()
    execution_id = await history.execution("dead", event_id=event_id)

    page = (await alice.get(f"/events/{event_id}")).text
    row = rows((await alice.get("/events")).text)[0]

    assert f'href="/executions/{execution_id}"' in page
    assert row.endswith("Fired Dead letter")


async def test_repeats_of_the_senders_id_are_told(alice: Browser, history: History) -> None:
    event_id = await history.event(sender_id="delivery 7")
    await execute(
        "INSERT INTO sender_id (key_hash, team_id, trigger_id, event_id, body_hash, repeats, "
        "body_differed, expires_at) VALUES ($1, $2, $3, $4, '', 3, true, $5)",
        scoped_key(history.trigger_id, "delivery 7"),
        history.team_id,
        history.trigger_id,
        event_id,
        utc_now(),
    )

    shown = await alice.read(f"/events/{event_id}")

    assert "Sender's id delivery 7" in shown
    assert "came again 3 times, not always with this body" in shown


async def test_a_payload_is_laid_out_with_its_numbers_exact(
    alice: Browser, history: History
) -> None:
    event_id = await history.event(b'{"id":9007199254740993,"total":1.10,"t":"\\u00e9"}')

    shown = await alice.read(f"/events/{event_id}")

    assert "id 9007199254740993" in shown
    assert "total 1.10" in shown
    assert 't "é"' in shown


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "The body is empty."),
        (b"\xff\xfe\x00", "00000000 ff fe 00 |...|"),
        (b"a=1&b=2", "a=1&b=2"),
        (b'{"unfinished": ', '{"unfinished":'),
        (b'{"unfinished": ', "The body is not valid JSON. Conditions cannot look into it."),
        (b'{"twice": 1, "twice": 2}', "An object in the body has the same key twice."),
        (b'"' + b"x" * 70_000 + b'"', "68,002 more characters in the download."),
        (b"x" * 70_000, "This is the beginning: 4.4 KiB more are in the download."),
        (b"\x00" * 1000, "The body is not text. Its first octets:"),
    ],
)
async def test_a_body_of_any_kind_is_shown_for_what_it_is(
    alice: Browser, history: History, body: bytes, words: str
) -> None:
    json = body[:1] in {b"{", b'"'}
    event_id = await history.event(
        body, content_type="application/json" if json else "application/octet-stream"
    )

    assert words in await alice.read(f"/events/{event_id}")
    assert (await alice.get(f"/events/{event_id}/body")).content == body


async def test_a_long_body_is_cut_on_the_page(alice: Browser, history: History) -> None:
    event_id = await history.event("é".encode() * 500_000, content_type="text/plain")

    page = await alice.get(f"/events/{event_id}")

    assert len(page.content) < 100_000


async def test_an_event_that_was_sent_as_a_test_says_so(alice: Browser, history: History) -> None:
    tested = await history.event(headers=[("signalbox-test", "1")])
    real = await history.event()

    assert "sent as a test" in await alice.read(f"/events/{tested}")
    assert "sent as a test" not in await alice.read(f"/events/{real}")


@pytest.mark.parametrize(
    ("verdict", "clauses", "sentence"),
    [
        ("fired", [PASSED], "The conditions match: 1 of 1 clause passed."),
        ("filtered", [PASSED, MISSED], "do not match: 1 of 2 clauses did not pass."),
        ("fired", [], "The trigger has no conditions: every event matches."),
    ],
)
async def test_the_decision_says_why_in_a_sentence(
    alice: Browser, history: History, verdict: str, clauses: list[dict[str, Any]], sentence: str
) -> None:
    event_id = await history.event()
    await history.decision(event_id, verdict, clauses=clauses)

    assert sentence in await alice.read(f"/events/{event_id}")


async def test_a_viewer_sees_the_decision_but_neither_payload_nor_headers(
    bob: Browser, history: History
) -> None:
    event_id = await history.event(b'{"card": "4111"}', headers=[("x-card", "4111")], query="4111")
    await history.decision(event_id, "filtered", clauses=[MISSED])

    page = await bob.get(f"/events/{event_id}")

    assert "4111" not in page.text
    assert "Your role does not show payloads and headers." in page.text
    assert "is at least" in page.text
    assert (await bob.get(f"/events/{event_id}/body")).status_code == 403
