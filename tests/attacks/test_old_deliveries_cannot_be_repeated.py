"""Row A34 of the attack catalogue: who saw a signed delivery cannot have it run again by changing
what is not signed; and what a sender means twice, it may say twice."""

import json
import secrets
import time
from typing import Any

import httpx
import pytest

from tests.attacks import signing
from tests.attacks.signing import Headers
from tests.attacks.stored import Stored
from tests.support.installation import Hook, Team

IDS = {
    "github": "X-GitHub-Delivery",
    "shopify": "X-Shopify-Webhook-Id",
    "hmac": "Idempotency-Key",
    "stripe": "Idempotency-Key",
    "slack": "Idempotency-Key",
}
SIGN = {
    "github": signing.github,
    "shopify": signing.shopify,
    "hmac": signing.plain,
    "stripe": signing.stripe,
    "slack": signing.slack,
}


def body_of(text: str = "a") -> bytes:
    return json.dumps({"id": text, "at": secrets.token_hex(4)}).encode()


def deliver(hook: Hook, headers: Headers, body: bytes) -> dict[str, Any]:
    answer = httpx.post(hook.url, content=body, headers=headers)
    assert answer.status_code == 202, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.parametrize("scheme", SIGN)
def test_a34_another_id_makes_no_new_event_of_an_old_delivery(
    alice: Team, stored: Stored, scheme: str
) -> None:
    hook = alice.hook(scheme=scheme)
    body = body_of()
    signed = SIGN[scheme](hook.secret, body)
    first = deliver(hook, {**signed, IDS[scheme]: "one"}, body)
    forged: list[Headers] = [
        {IDS[scheme]: "two"},
        {"webhook-id": "three"},
        {"Idempotency-Key": "four"},
        {},
        {IDS[scheme]: "one", "webhook-id": "five"},
    ]
    for headers in forged:
        again = deliver(hook, {**signed, **headers}, body)
        assert again == {"event_id": first["event_id"], "duplicate": True}
    assert first["duplicate"] is False
    assert stored.events_of(hook.id) == 1


def test_a34_forged_ids_do_not_use_up_those_of_true_deliveries(alice: Team) -> None:
    hook = alice.hook(scheme="github")
    body, next_body = body_of("old"), body_of("new")
    deliver(hook, {**signing.github(hook.secret, body), "X-GitHub-Delivery": "one"}, body)
    # Someone guesses the id that the next delivery is going to have.
    deliver(hook, {**signing.github(hook.secret, body), "X-GitHub-Delivery": "two"}, body)
    signed = signing.github(hook.secret, next_body)
    told = deliver(hook, {**signed, "X-GitHub-Delivery": "two"}, next_body)
    assert told["duplicate"] is False


def test_a34_another_trigger_knows_nothing_of_it(alice: Team) -> None:
    body = body_of()
    for hook in (alice.hook(scheme="github"), alice.hook(scheme="github")):
        signed = signing.github(hook.secret, body)
        assert deliver(hook, {**signed, "X-GitHub-Delivery": "one"}, body)["duplicate"] is False


def test_a34_a_signed_id_goes_before_one_that_anybody_could_add(
    alice: Team, stored: Stored
) -> None:
    hook = alice.hook(scheme="hmac", signed="{id}.{body}", id_header="X-Id")
    body = body_of()
    signed = {"X-Id": "d-1", "X-Signature": signing.hex_mac(hook.secret, b"d-1." + body)}
    first = deliver(hook, signed, body)
    for added in ({"webhook-id": "two"}, {"Idempotency-Key": "three"}):
        assert deliver(hook, {**signed, **added}, body)["event_id"] == first["event_id"]
    assert stored.events_of(hook.id) == 1


def test_equal_bodies_under_a_signed_id_are_two_events(alice: Team) -> None:
    hook = alice.hook(scheme="standard")
    for message_id in ("msg_1", "msg_2"):
        told = deliver(hook, signing.standard(hook.secret, b"{}", message_id), b"{}")
        assert told["duplicate"] is False


def test_pings_without_an_id_are_meant_each(alice: Team) -> None:
    hook = alice.hook(scheme="hmac")
    body = body_of()
    signed = signing.plain(hook.secret, body)
    assert [deliver(hook, signed, body)["duplicate"] for _ in range(3)] == [False] * 3


def test_equal_bodies_of_two_instants_are_two_events_where_the_instant_is_signed(
    alice: Team,
) -> None:
    hook = alice.hook(scheme="hmac", signed="{timestamp}.{body}", timestamp_header="X-T")
    body, now = body_of(), int(time.time())
    told = []
    for number, instant in enumerate((now, now - 1, now)):
        mac = signing.hex_mac(hook.secret, f"{instant}.".encode() + body)
        headers = {"X-T": str(instant), "X-Signature": mac, "Idempotency-Key": f"n{number}"}
        told.append(deliver(hook, headers, body)["duplicate"])
    assert told == [False, False, True]


def test_a_trigger_may_say_whether_bodies_count(alice: Team) -> None:
    for setting in (True, False):
        hook = alice.hook(scheme="hmac", dedup_body=setting)
        body = body_of()
        signed = signing.plain(hook.secret, body)
        deliver(hook, {**signed, "Idempotency-Key": "one"}, body)
        told = deliver(hook, {**signed, "Idempotency-Key": "two"}, body)
        assert told["duplicate"] is setting


def test_a34_a_body_that_comes_again_at_once_is_one_event(alice: Team, stored: Stored) -> None:
    hook = alice.hook(scheme="github")
    body = body_of()
    signed = signing.github(hook.secret, body)
    with httpx.Client() as client:
        answers = [
            client.post(
                hook.url, content=body, headers={**signed, "X-GitHub-Delivery": f"d-{number}"}
            ).json()
            for number in range(30)
        ]
    assert [answer["duplicate"] for answer in answers].count(False) == 1
    assert len({answer["event_id"] for answer in answers}) == 1
    assert stored.events_of(hook.id) == 1


def test_a38_a_signature_is_good_for_one_trigger_only(alice: Team) -> None:
    first, second = alice.hook(scheme="github"), alice.hook(scheme="github")
    body = body_of()
    signed = signing.github(first.secret, body)
    assert httpx.post(second.url, content=body, headers=signed).status_code == 401
    draft = {
        "name": "Orders",
        "kind": "webhook",
        "workflow_id": alice.workflow(alice.step()),
        "config": {"scheme": "hmac", "secret": first.secret},
    }
    refused = alice.api.post("/triggers", json=draft)
    assert refused.status_code == 400
    assert refused.json()["problems"][0]["field"] == "config.secret"
    assert first.secret not in refused.text
    for path, body_ in (
        (f"/triggers/{second.id}", {"config": {"scheme": "github", "secret": first.secret}}),
        (f"/triggers/{second.id}/secrets", {"secret": first.secret}),
    ):
        call = alice.api.patch if path.endswith(second.id) else alice.api.post
        answer = call(path, json=body_)
        assert answer.status_code == 400, path
        assert "another trigger" in answer.json()["problems"][0]["message"]
