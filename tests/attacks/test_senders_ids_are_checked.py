"""Rows A26 and A27 of the attack catalogue: what a sender may call a delivery."""

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from tests.attacks.raw import exchange, post
from tests.attacks.stored import Stored
from tests.support.installation import Hook, Installation, Team, wait_until

FIELDS = ["webhook-id", "idempotency-key"]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    "given",
    [
        pytest.param("", id="empty"),
        pytest.param("x" * 256, id="256 characters"),
        pytest.param("x" * 1_000_000, id="1 MB"),
        pytest.param("ü".encode().decode("latin-1") * 100, id="UTF-8"),
        pytest.param("two words", id="a blank"),
        pytest.param("a\tb", id="a tab"),
        pytest.param("a\0b", id="NUL"),
        pytest.param("a\r\n b", id="a folded line"),
        pytest.param("a\x7fb", id="DEL"),
    ],
)
def test_a26_an_id_that_cannot_be_one_is_refused(
    signalbox: Installation, hook: Hook, stored: Stored, field: str, given: str
) -> None:
    before = stored.events_of(hook.id)
    answer = exchange(signalbox.port, post(hook.path, b"{}", (field, given)))
    assert answer.status in {400, 431}
    assert given[:50].encode("latin-1") not in answer.body or not given
    assert stored.events_of(hook.id) == before


@pytest.mark.parametrize("field", FIELDS)
def test_a26_the_longest_id_is_accepted_and_known_again(hook: Hook, field: str) -> None:
    headers = {field: field[0] + "~" * 254}
    answers = [httpx.post(hook.url, json={}, headers=headers).json() for _ in range(2)]
    assert [answer["duplicate"] for answer in answers] == [False, True]
    assert len({answer["event_id"] for answer in answers}) == 1


def test_a26_a_bad_id_is_not_passed_over_for_a_good_one(hook: Hook) -> None:
    headers = {"webhook-id": "x" * 256, "idempotency-key": "good"}
    answer = httpx.post(hook.url, json={}, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid")


def test_a_hundred_identical_deliveries_at_once_are_one_event(alice: Team, stored: Stored) -> None:
    hook = alice.hook()
    with httpx.Client(timeout=30) as client, ThreadPoolExecutor(25) as threads:
        answers = list(
            threads.map(
                lambda _: client.post(hook.url, json={}, headers={"webhook-id": "same"}), range(100)
            )
        )
    assert {answer.status_code for answer in answers} == {202}
    told = [answer.json() for answer in answers]
    assert [answer["duplicate"] for answer in told].count(False) == 1
    assert len({answer["event_id"] for answer in told}) == 1
    assert stored.events_of(hook.id) == 1


def test_a27_different_ids_make_one_body_many_events(alice: Team, stored: Stored) -> None:
    hook = alice.hook()
    with httpx.Client() as client:
        answers = [
            client.post(hook.url, json={"id": "same"}, headers={"webhook-id": f"m{number}"})
            for number in range(50)
        ]
    assert {answer.status_code for answer in answers} == {202}
    assert stored.events_of(hook.id) == 50


def test_a27_one_id_with_two_bodies_is_one_event_and_is_flagged(
    alice: Team, stored: Stored
) -> None:
    hook = alice.hook()
    answers = [
        httpx.post(hook.url, json={"id": body}, headers={"webhook-id": "m1"}).json()
        for body in ("first", "second")
    ]
    assert [answer["duplicate"] for answer in answers] == [False, True]
    assert answers[0]["event_id"] == answers[1]["event_id"]
    assert stored.body_differed(hook.id) == [True]
    event = alice.event(answers[0]["event_id"])
    wait_until(lambda: len(alice.event(event["id"])["executions"]) == 1)
    assert json.loads(stored.event(event["id"])["body"]) == {"id": "first"}
