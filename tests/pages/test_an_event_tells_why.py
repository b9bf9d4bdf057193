import html
import threading

import pytest

from domain.clock import utc_now
from domain.operations import explain_event
from domain.operations.set_secret import set_secret
from domain.rules.conditions import Conditions, explain
from domain.rules.dedupe import id_key
from domain.rules.ids import new_id
from domain.rules.subjects import Subject
from domain.rules.traces import Judgement
from domain.store.database import execute
from domain.store.refused_requests import NewRefused, store_refused
from tests.pages.browsing import Browser, rows
from tests.pages.happenings import History
from tests.support.world import World

CONDITIONS = {
    "all": [
        {"path": "$.action", "op": "eq", "value": "opened"},
        {
            "any": [
                {"path": "$.total", "op": "gte", "value": 100},
                {"path": "$.label", "op": "exists"},
                {"path": "$.total", "op": "gt", "value": "1", "type": "number"},
            ]
        },
        {"path": "$.x-kind", "source": "headers", "op": "ne", "value": "test"},
    ]
}


@pytest.fixture
async def asking(world: World) -> History:
    """What happens to a trigger that asks for something."""
    workflow_id = await world.workflow()
    return History(world, await world.trigger(workflow_id, conditions=CONDITIONS), workflow_id)


async def test_each_clause_is_a_row_with_what_was_expected_and_found(
    alice: Browser, asking: History
) -> None:
    event_id = await asking.event(b'{"action": "opened", "total": "none"}')
    await asking.decision(event_id, "filtered")

    page = (await alice.get(f"/events/{event_id}")).text

    assert rows(page) == [
        '✓ passed $.action is "opened" "opened" all of',
        (
            '! could not be judged $.total is at least 100 "none" '
            "A number is needed here, not a value of type text. all of / any of"
        ),
        "✗ did not pass $.label exists nothing found all of / any of",
        (
            '! could not be judged $.total is greater than "1" "none" '
            "This text cannot be read as a number. Read as a number. all of / any of"
        ),
        (
            '✗ did not pass header $.x-kind is not "test" nothing found '
            "Missing in this event, which this clause takes for no match. all of"
        ),
    ]
    assert "do not match: 4 of 5 clauses did not pass. Nothing was started." in page


async def test_what_was_asked_before_the_conditions_is_told_in_order(
    alice: Browser, asking: History
) -> None:
    filtered, paused = await asking.event(b'{"action": "closed"}'), await asking.event()
    await asking.decision(filtered, "filtered")
    await asking.decision(paused, "paused", reason="trigger_disabled")

    def asked(shown: str) -> str:
        return shown[shown.index("Trigger switched on?") :]

    assert asked(await alice.read(f"/events/{filtered}")).startswith(
        "Trigger switched on? Yes ✓ Workflow published? Yes ✓ Body readable? Yes "
        "✗ Conditions met? No - First of its kind? Not asked any more"
    )
    assert asked(await alice.read(f"/events/{paused}")).startswith(
        "Trigger switched on? No: paused - Workflow published? Not asked any more"
    )


async def test_a_trace_that_does_not_agree_with_its_verdict_is_told_and_not_shown(
    alice: Browser, asking: History
) -> None:
    """It cannot happen; if it did, nobody may be shown a reason that was none."""
    event_id = await asking.event(b'{"action": "opened", "total": 500}', headers=[("x-kind", "a")])
    await asking.decision(event_id, "filtered")

    shown = await alice.read(f"/events/{event_id}")

    assert "Judged again, this event comes to another result." in shown
    assert "$.total" not in shown


async def test_a_secret_of_the_team_that_a_payload_holds_is_not_in_its_trace(
    alice: Browser, asking: History, world: World
) -> None:
    await set_secret(world.alice, world.vault, "token", "hunter2hunter2hunter2")
    event_id = await asking.event(b'{"action": "Bearer hunter2hunter2hunter2"}')
    await asking.decision(event_id, "filtered")

    page = (await alice.get(f"/events/{event_id}")).text

    assert '"Bearer [redacted]"' in html.unescape(rows(page)[0])


async def test_a_repeat_leads_to_the_event_that_came_first(
    alice: Browser, history: History
) -> None:
    first, again = await history.event(), await history.event()
    await history.decision(first, "fired")
    more = {"judged": "matched", "first_event_id": str(first)}
    await history.decision(again, "duplicate", reason="sender_id_seen", trace=more)

    assert f'href="/events/{first}"' in (await alice.get(f"/events/{again}")).text
    assert "First of its kind? No: a repeat" in await alice.read(f"/events/{again}")


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
        id_key(history.trigger_id, "delivery 7"),
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
    ("body", "verdict", "sentence"),
    [
        (b'{"action": "opened", "total": 100}', "fired", "match: 4 of 5 clauses passed."),
        (b'{"action": "closed"}', "filtered", "do not match: 5 of 5 clauses did not pass."),
        (b'{"action": "opened", "total": {}}', "error", "could not be judged: 2 of 5 clauses."),
    ],
)
async def test_the_decision_says_why_in_a_sentence(
    alice: Browser, asking: History, body: bytes, verdict: str, sentence: str
) -> None:
    kinds = [("x-kind", "push")] if verdict != "filtered" else []
    event_id = await asking.event(body, headers=kinds)
    reason = "condition_error" if verdict == "error" else None
    await asking.decision(event_id, verdict, reason=reason)

    assert sentence in await alice.read(f"/events/{event_id}")


async def test_without_conditions_every_event_matches(alice: Browser, history: History) -> None:
    event_id = await history.event()
    await history.decision(event_id, "fired")

    assert "has no conditions: every event matches." in await alice.read(f"/events/{event_id}")


async def test_a_viewer_sees_the_decision_but_neither_payload_nor_headers(
    bob: Browser, asking: History
) -> None:
    event_id = await asking.event(b'{"card": "4111"}', headers=[("x-card", "4111")], query="4111")
    await asking.decision(event_id, "filtered")

    page = await bob.get(f"/events/{event_id}")

    assert "4111" not in page.text
    assert "Your role does not show payloads and headers." in page.text
    assert "is at least" in page.text
    assert (await bob.get(f"/events/{event_id}/body")).status_code == 403


async def test_a_trigger_without_events_says_what_its_door_refused(
    alice: Browser, history: History
) -> None:
    for number, reason in enumerate(["bad_signature", "bad_signature", "too_large"]):
        refusal = NewRefused(
            id=new_id(), team_id=history.team_id, trigger_id=history.trigger_id, status=401,
            code=reason, reason=reason, method="POST", address="127.0.0.1", headers="[]", size=9,
            amount=number + 1, refused_at=utc_now(),
        )  # fmt: skip
        await store_refused([refusal])
    page = f"/triggers/{history.trigger_id}"

    shown = await alice.read(page)

    assert "No event came yet, but requests were refused 3 times" in shown
    assert "signing secret" in shown[: shown.index("What it asks for")]
    await history.event()
    assert "No event came yet" not in await alice.read(page)


async def test_a_large_body_is_judged_aside_so_that_other_pages_are_answered_meanwhile(
    alice: Browser, asking: History, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []

    def noted(conditions: Conditions, subject: Subject) -> Judgement:
        threads.append(threading.get_ident())
        return explain(conditions, subject)

    monkeypatch.setattr(explain_event, "explain", noted)
    for padding in (10, explain_event.SMALL):
        event_id = await asking.event(b'{"action": "closed", "more": "%s"}' % (b"x" * padding))
        await asking.decision(event_id, "filtered")
        shown = await alice.read(f"/events/{event_id}")
        assert '✗ did not pass $.action is "opened" "closed"' in shown

    assert [thread == threading.get_ident() for thread in threads] == [True, False]
