"""The main job on real input: every body that GitHub really sends, signed, over HTTP, judged by
conditions, and the workflow of those that match makes a real call."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from domain.clock import utc_now
from domain.senders import sender_for
from tests.support.installation import Hook, Installation, Team, wait_until
from tests.support.target import read_ledger

SECRET = "It's a Secret to Everybody"
ACTIONS = ["created", "completed", "assigned"]
CONDITIONS = {
    "all": [
        {"path": "$.sender.login", "op": "exists"},
        {
            "any": [
                {"path": "$.action", "op": "in", "value": ACTIONS},
                {"path": "$.ref", "op": "starts_with", "value": "refs/tags/"},
            ]
        },
        {"none": [{"path": "$.repository.private", "op": "eq", "value": True}]},
    ]
}


def should_fire(body: dict[str, Any]) -> bool:
    """The conditions once more, in plain Python."""
    wanted = body.get("action") in ACTIONS or str(body.get("ref", "")).startswith("refs/tags/")
    private = body.get("repository", {}).get("private") is True
    return "login" in body.get("sender", {}) and wanted and not private


def deliver(hook: Hook, body: bytes, kind: str, delivery_id: str) -> dict[str, Any]:
    """Send a body as GitHub does; what it was answered."""
    github = sender_for("github")
    signed = github.sign(body, SECRET, github.parse_config({}), utc_now(), delivery_id)
    headers = {
        **{name.lower(): value for name, value in signed.items()},
        "content-type": "application/json",
        "user-agent": "GitHub-Hookshot/044aadd",
        "x-github-event": kind,
    }
    answer = httpx.post(hook.url, content=body, headers=headers)
    assert answer.status_code == 202, answer.text
    receipt: dict[str, Any] = answer.json()
    return receipt


@pytest.fixture(scope="module")
def alice(signalbox: Installation) -> Team:
    return signalbox.team("alice")


def test_real_deliveries_are_judged_and_start_what_they_should(
    signalbox: Installation, alice: Team, payloads: Path
) -> None:
    call = alice.step(
        "/github",
        body={
            "id": "{{ event.id }}",
            "who": "{{ $.sender.login }}",
            "what": "{{ event.headers.x-github-event }}",
            "sender": "{{ $.sender }}",
        },
    )
    hook = alice.trigger(
        alice.workflow(call), scheme="github", secret=SECRET, conditions=CONDITIONS
    )
    expected = {}
    for number, path in enumerate(sorted(payloads.glob("*.json"))):
        body = path.read_bytes()
        kind = path.name.partition(".")[0]
        receipt = deliver(hook, body, kind, f"delivery-{number}")
        assert receipt["duplicate"] is False
        expected[receipt["event_id"]] = should_fire(json.loads(body))
        assert deliver(hook, body, kind, f"delivery-{number}") == {**receipt, "duplicate": True}
    assert len(expected) >= 20
    assert set(expected.values()) == {True, False}

    for event_id, fires in expected.items():
        decision = alice.decision(event_id)
        assert decision["verdict"] == ("fired" if fires else "filtered"), event_id
        assert len(decision["trace"]["clauses"]) == 4

    fired = {event_id for event_id, fires in expected.items() if fires}

    def called() -> bool:
        return {line.id for line in read_ledger(signalbox.ledger)} >= fired

    wait_until(called, what="the calls of all that fired")
    calls = [line for line in read_ledger(signalbox.ledger) if line.id in expected]
    assert {line.id for line in calls} == fired
    assert len({line.key for line in calls}) == len(fired)


def test_a_delivery_with_a_changed_byte_is_refused(
    signalbox: Installation, alice: Team, payloads: Path
) -> None:
    hook = alice.hook(scheme="github")
    body = (payloads / "push.1.json").read_bytes()
    github = sender_for("github")
    signed = github.sign(body, hook.secret, github.parse_config({}), utc_now(), "one")
    answer = httpx.post(hook.url, content=body.replace(b"a", b"b", 1), headers=signed)
    assert (answer.status_code, answer.json()["error"]) == (401, "bad_signature")
