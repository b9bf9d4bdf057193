"""Rows A16 to A18 and A21 to A23 of the attack catalogue, and what else a door is set to: whom it
lets in, what it takes, and that nobody talks it into more."""

import json
import time
from typing import Any

import httpx
import pytest

from tests.attacks import signing
from tests.attacks.raw import Answer, Connection, exchange, request
from tests.attacks.stored import Stored
from tests.support.installation import Hook, Installation, Team, wait_until

LIES: list[tuple[str, str]] = [
    ("X-Forwarded-For", "192.0.2.7"),
    ("X-Forwarded-For", "127.0.0.1, 192.0.2.7"),
    ("X-Real-IP", "192.0.2.7"),
    ("Forwarded", "for=192.0.2.7"),
    ("X-Client-IP", "192.0.2.7"),
    ("X-Forwarded-For", "::ffff:192.0.2.7"),
    ("X-Forwarded-For", "192.0.2.7%eth0"),
]


def send(signalbox: Installation, hook: Hook, method: str = "POST", *headers: Any) -> Answer:
    head_only = method == "HEAD"
    return exchange(signalbox.port, request(method, hook.path, headers), head_only=head_only)


def told(answer: Answer) -> tuple[int, str]:
    return answer.status, json.loads(answer.body)["error"]


@pytest.fixture(scope="module")
def far_away(alice: Team) -> Hook:
    """A hook for addresses that are none of ours."""
    return alice.hook(addresses=["192.0.2.0/24", "2001:db8::/32", "::ffff:198.51.100.7"])


@pytest.mark.parametrize("lie", [None, *LIES])
def test_a21_a22_no_header_lets_another_address_in(
    signalbox: Installation, far_away: Hook, stored: Stored, lie: Any
) -> None:
    answer = send(signalbox, far_away, "POST", *([lie] if lie else []))
    assert told(answer) == (403, "address_not_allowed")
    assert answer.closed
    assert stored.events_of(far_away.id) == 0


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.0.0.0/8", "::ffff:127.0.0.1", "::ffff:7f00:0/104", "0.0.0.0/0"]
)
def test_a22_an_address_is_the_same_in_every_spelling(
    signalbox: Installation, alice: Team, address: str
) -> None:
    hook = alice.hook(addresses=["2001:db8::1", address])
    assert send(signalbox, hook).status == 202


@pytest.mark.parametrize(
    ("addresses", "field"),
    [
        (["10.0.0.1/8"], "config.addresses.0"),
        (["192.0.2.1", "example.org"], "config.addresses.1"),
        (["::ffff:0:0/95"], "config.addresses.0"),
        (["fe80::1%eth0"], "config.addresses.0"),
        ("192.0.2.1", "config.addresses"),
        ([3221225985], "config.addresses"),
    ],
)
def test_a22_what_is_no_network_is_refused_at_save(alice: Team, addresses: Any, field: str) -> None:
    assert refused_fields(alice, addresses=addresses) == [field]


def refused_fields(alice: Team, **config: Any) -> list[str]:
    draft = {
        "name": "Orders",
        "kind": "webhook",
        "workflow_id": alice.workflow(alice.step()),
        "config": {"scheme": "none", **config},
    }
    answer = alice.api.post("/triggers", json=draft)
    assert answer.status_code == 400, answer.text
    return [problem["field"] for problem in answer.json()["problems"]]


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(b"POST %s HTTP/1.1\r\n", id="none"),
        pytest.param(b"POST %s HTTP/1.1\r\nHost: a\r\nHost: b\r\n", id="two"),
        pytest.param(b"POST %s HTTP/1.1\r\nHost: a\r\nHost: a\r\n", id="the same twice"),
        pytest.param(b"POST %s HTTP/1.1\r\nHost: a/b\r\n", id="a path"),
        pytest.param(b"POST %s HTTP/1.1\r\nHost: a@b\r\n", id="a user"),
        pytest.param(b"POST %s HTTP/1.1\r\nHost: a b\r\n", id="a blank"),
        pytest.param(b"POST %s HTTP/1.1\r\nHost: a,b\r\n", id="a list"),
        pytest.param(b"POST %s HTTP/1.1\r\nHost: a:80x\r\n", id="no port"),
        pytest.param(b"POST %s#x HTTP/1.1\r\nHost: a\r\n", id="a fragment"),
        pytest.param(b"POST %s HTTP/1.0\r\nHost: a\r\nHost: b\r\n", id="two in HTTP/1.0"),
    ],
)
@pytest.mark.parametrize("path", ["hook", "/sign-in"])
def test_a23_a_head_that_leaves_the_host_open_is_refused(
    signalbox: Installation, hook: Hook, head: bytes, path: str
) -> None:
    target = (hook.path if path == "hook" else path).encode()
    answer = exchange(signalbox.port, head % target + b"Content-Length: 2\r\n\r\n{}")
    assert (answer.status, answer.closed) == (400, True)


@pytest.mark.parametrize("host", ["[::1]:8000", "evil.example", "127.0.0.1:80", ""])
def test_a23_links_never_name_the_host_that_was_asked(
    signalbox: Installation, alice: Team, host: str
) -> None:
    key = alice.api.headers["authorization"]
    headers = [("Authorization", key), ("X-Forwarded-Host", "evil.example")]
    lines = request("GET", "/api/v1/triggers", headers, None)
    with Connection(signalbox.port) as connection:
        connection.send(lines.replace(b"Host: 127.0.0.1", f"Host: {host}".encode()))
        answer = connection.answer()
    assert answer.status == 200
    assert b"evil" not in answer.body


def test_a16_what_imitates_an_upload_is_plain_data(alice: Team, stored: Stored) -> None:
    hook = alice.hook()
    faked = {"id": "x", "files": {"x": {"filepath": "/etc/passwd", "originalFilename": "a"}}}
    told_ = httpx.post(hook.url, json=faked).json()
    assert json.loads(stored.event(told_["event_id"])["body"]) == faked
    wait_until(lambda: alice.event(told_["event_id"])["executions"])


def test_a16_a_million_parts_are_bytes_that_nobody_takes_apart(alice: Team, stored: Stored) -> None:
    hook = alice.hook()
    body = b"--b\r\n\r\n\r\n" * 100_000 + b"--b--\r\n"
    headers = {"content-type": "multipart/form-data; boundary=b"}
    begun = time.monotonic()
    answer = httpx.post(hook.url, content=body, headers=headers)
    assert answer.status_code == 202
    assert time.monotonic() - begun < 5
    event_id = answer.json()["event_id"]
    assert stored.event(event_id)["body"] == body
    assert alice.decision(event_id)["verdict"] in {"fired", "filtered", "error"}


def test_a16_a_form_of_a_page_has_a_hundred_parts_at_most(signalbox: Installation) -> None:
    body = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n' * 5_000 + b"--b--\r\n"
    headers = {"content-type": "multipart/form-data; boundary=b"}
    answer = httpx.post(f"{signalbox.base_url}/sign-in", content=body, headers=headers)
    assert 400 <= answer.status_code < 500


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(
            b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
            id="an external entity",
        ),
        pytest.param(
            b"<!DOCTYPE a [" + b"".join(
                b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10 if n else b"lol")
                for n in range(10)
            ) + b"]><a>&e9;</a>",
            id="a billion laughs",
        ),
    ],
)  # fmt: skip
def test_a17_xml_is_kept_and_never_parsed(alice: Team, stored: Stored, body: bytes) -> None:
    hook = alice.hook()
    answer = httpx.post(hook.url, content=body, headers={"content-type": "text/xml"})
    event_id = answer.json()["event_id"]
    assert stored.event(event_id)["body"] == body
    decision = alice.decision(event_id)
    assert "root:" not in json.dumps(decision)


# --- Methods, size, answers ---------------------------------------------------------------------


def test_a18_a_hook_takes_the_methods_that_it_is_set_to(
    signalbox: Installation, alice: Team
) -> None:
    hook = alice.hook(methods=["PUT", "DELETE"])
    for method in ("PUT", "DELETE"):
        assert send(signalbox, hook, method).status == 202
    for method in ("POST", "GET", "HEAD", "PATCH", "OPTIONS", "TRACE"):
        answer = send(signalbox, hook, method, ("X-HTTP-Method-Override", "PUT"))
        assert (answer.status, answer.headers["allow"]) == (405, "PUT, DELETE")


@pytest.mark.parametrize("methods", [[], ["TRACE"], ["post"], "POST", ["OPTIONS"], ["HEAD"]])
def test_a18_no_other_methods_can_be_set(alice: Team, methods: Any) -> None:
    assert refused_fields(alice, methods=methods) == ["config.methods"]


def test_a_body_beyond_the_cap_is_refused_before_it_is_read(
    signalbox: Installation, alice: Team
) -> None:
    hook = alice.hook(max_body_bytes=100)
    assert httpx.post(hook.url, content=b"x" * 100).status_code == 202
    assert httpx.post(hook.url, content=b"x" * 101).status_code == 413
    with Connection(signalbox.port) as connection:
        head = request("POST", hook.path, [("Content-Length", "101")], None)
        connection.send(head)  # and not a byte of the body
        assert told(connection.answer()) == (413, "too_large")
    chunks = (b"x" * 60 for _ in range(2))
    assert httpx.post(hook.url, content=chunks).status_code == 413


def test_a_cap_may_be_ten_mebibytes_and_no_more(alice: Team, stored: Stored) -> None:
    hook = alice.hook(max_body_bytes=10 * 1024 * 1024)
    body = b"x" * (10 * 1024 * 1024)
    answer = httpx.post(hook.url, content=body, timeout=30)
    assert answer.status_code == 202
    assert len(stored.event(answer.json()["event_id"])["body"]) == len(body)
    assert httpx.post(hook.url, content=body + b"x", timeout=30).status_code == 413
    for size in (0, 10 * 1024 * 1024 + 1, 1.5, True, "100"):
        assert refused_fields(alice, max_body_bytes=size) == ["config.max_body_bytes"]


def test_the_success_answer_is_the_triggers_own(alice: Team) -> None:
    own = {"status": 200, "body": "<ok/>", "content_type": "text/xml"}
    answer = httpx.post(alice.hook(answer=own).url, json={"id": "1"})
    assert (answer.status_code, answer.text) == (200, "<ok/>")
    assert answer.headers["content-type"] == "text/xml; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    empty = httpx.post(alice.hook(answer={"status": 204}).url, json={"id": "1"})
    assert (empty.status_code, empty.content) == (204, b"")
    assert "content-type" not in empty.headers


@pytest.mark.parametrize(
    ("answer", "part"),
    [
        ({"status": 302}, ".status"),
        ({"status": 199}, ".status"),
        ({"status": "200"}, ".status"),
        ({"body": "x" * 4_097}, ".body"),
        ({"body": "é" * 2_049}, ".body"),
        ({"status": 204, "body": "x"}, ".body"),
        ({"content_type": "text/html"}, ".content_type"),
        ({"content_type": "image/svg+xml"}, ".content_type"),
        ({"content_type": "text/plain\r\nset-cookie: a=b"}, ".content_type"),
        ({"headers": {}}, ".headers"),
        ("ok", ""),
    ],
)
def test_no_answer_is_a_page_a_redirect_or_a_header(alice: Team, answer: Any, part: str) -> None:
    assert refused_fields(alice, answer=answer) == [f"config.answer{part}"]


# --- Disabled triggers, Slack's challenge, the mark of tests -------------------------------------


def test_a_disabled_trigger_may_keep_what_comes(alice: Team) -> None:
    hook = alice.hook(when_disabled="keep")
    assert alice.api.patch(f"/triggers/{hook.id}", json={"enabled": False}).status_code == 200
    answer = httpx.post(hook.url, json={"id": "kept"})
    assert answer.status_code == 202
    decision = alice.decision(answer.json()["event_id"])
    assert (decision["verdict"], decision["reason"]) == ("paused", "trigger_disabled")
    assert decision["execution_id"] is None


def test_slacks_challenge_is_answered_when_it_is_signed(alice: Team, stored: Stored) -> None:
    hook = alice.hook(scheme="slack")
    body = b'{"token":"t","challenge":"3eZbrw1aB1","type":"url_verification"}'
    answer = httpx.post(hook.url, content=body, headers=signing.slack(hook.secret, body))
    assert (answer.status_code, answer.text) == (200, "3eZbrw1aB1")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    forged = httpx.post(hook.url, content=body, headers=signing.slack("x" * 32, body))
    assert forged.status_code == 401
    assert stored.events_of(hook.id) == 0


def test_nobody_outside_can_mark_a_delivery_as_a_test(hook: Hook, stored: Stored) -> None:
    headers = {"Signalbox-Test": "1", "X-Kept": "1"}
    event = stored.event(httpx.post(hook.url, json={}, headers=headers).json()["event_id"])
    assert "signalbox-test" not in event["headers"]
    assert event["headers"]["x-kept"] == "1"


def test_ids_are_remembered_as_long_as_the_trigger_says(alice: Team, stored: Stored) -> None:
    days = {}
    for wanted in (1, 30):
        hook = alice.hook(dedup_days=wanted)
        httpx.post(hook.url, json={}, headers={"webhook-id": "one"})
        days[wanted] = stored.remembered_days(hook.id)
    assert days == {1: [1], 30: [30]}
    for number in (0, 31, "7"):
        assert refused_fields(alice, dedup_days=number) == ["config.dedup_days"]
