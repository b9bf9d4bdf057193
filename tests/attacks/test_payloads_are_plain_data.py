"""Row A25 of the attack catalogue: no key and no text of a body means anything to us."""

from typing import Any

import httpx

from tests.attacks.stored import Stored
from tests.support.installation import Team, wait_until

HOSTILE: dict[str, Any] = {
    "__proto__": {"admin": True},
    "constructor": {"prototype": {"admin": True}},
    "__class__": {"__mro__": []},
    "$where": "sleep(10000)",
    "$ne": None,
    "' OR 1=1; DROP TABLE event; --": 1,
    "{{ secrets.x }}": "{{ secrets.x }}",
    "{{ $.id }}": ["{{ $.id }}", "${7*7}", "{% import os %}", "<script>alert(1)</script>"],
    "\u202e\u200b\r\n\t\x1b[31m": "\ufeff\U0001f600",
    "id": "'; DELETE FROM event; --",
    "toString": "x",
    "length": -1,
}


def test_a25_hostile_keys_are_judged_and_passed_on_as_they_are(alice: Team, stored: Stored) -> None:
    clauses = [
        {"path": "$.__proto__.admin", "op": "eq", "value": True},
        {"path": "$.constructor.prototype.admin", "op": "eq", "value": True},
        {"path": "$['$where']", "op": "eq", "value": "sleep(10000)"},
        {"path": '$["\' OR 1=1; DROP TABLE event; --"]', "op": "eq", "value": 1},
        {"path": "$['{{ secrets.x }}']", "op": "eq", "value": "{{ secrets.x }}"},
        {"path": "$.admin", "op": "not_exists"},
        {"path": "$.length", "op": "eq", "value": -1},
    ]
    step = alice.step(body={"id": "a25", "all": "{{ $ }}", "text": "got {{ $.id }}"})
    hook = alice.trigger(alice.workflow(step), conditions={"all": clauses})
    event_id = httpx.post(hook.url, json=HOSTILE).json()["event_id"]
    decision = alice.decision(event_id)
    assert decision["verdict"] == "fired", decision
    wait_until(lambda: alice.event(event_id)["executions"][0]["state"] == "succeeded")
    called_with = stored.called_with(event_id)
    assert called_with["all"] == HOSTILE
    assert called_with["text"] == "got '; DELETE FROM event; --"


def test_a25_a_hostile_query_and_headers_are_data_too(alice: Team, stored: Stored) -> None:
    step = alice.step(
        body={"id": "a25", "q": "{{ event.query.q }}", "h": "{{ event.headers.x-note }}"}
    )
    hook = alice.trigger(alice.workflow(step))
    answer = httpx.post(
        hook.url,
        json={},
        params={"q": "{{ secrets.x }}' OR 1=1 --", "__proto__": "1"},
        headers={"x-note": "{{ secrets.x }}${jndi:ldap://x}"},
    )
    event_id = answer.json()["event_id"]
    assert alice.decision(event_id)["verdict"] == "fired"
    wait_until(lambda: alice.event(event_id)["executions"][0]["state"] == "succeeded")
    assert stored.called_with(event_id) == {
        "id": "a25", "q": "{{ secrets.x }}' OR 1=1 --", "h": "{{ secrets.x }}${jndi:ldap://x}",
    }  # fmt: skip
