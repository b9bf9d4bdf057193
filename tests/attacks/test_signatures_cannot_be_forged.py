"""Rows A29 to A33 of the attack catalogue: who cannot sign these very bytes now is not let in."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable

import httpx
import pytest

from tests.attacks import signing
from tests.attacks.signing import Headers
from tests.attacks.stored import Stored
from tests.support.installation import Hook, Team, wait_until

BODY = b'{"id": "a", "total": 10.50}'
Sign = Callable[[str, bytes], Headers]
SIGN: dict[str, Sign] = {
    "github": signing.github,
    "hmac": signing.plain,
    "standard": signing.standard,
    "stripe": signing.stripe,
    "slack": signing.slack,
    "shopify": signing.shopify,
}
TIMED: dict[str, Callable[[str, bytes, str], Headers]] = {
    "standard": lambda secret, body, instant: signing.standard(secret, body, "msg_now", instant),
    "stripe": signing.stripe,
    "slack": signing.slack,
}
SCHEMES = pytest.mark.parametrize("scheme", SIGN)


@pytest.fixture(scope="module")
def hooks(alice: Team) -> dict[str, Hook]:
    """One hook a scheme."""
    return {scheme: alice.hook(scheme=scheme) for scheme in SIGN}


@pytest.fixture
def refused(stored: Stored) -> Callable[..., None]:
    """Sends, and expects to be refused in the one form that says nothing."""

    def send(hook: Hook, headers: Headers, body: bytes = BODY, status: int = 401) -> None:
        before = stored.events_of(hook.id)
        answer = httpx.post(hook.url, content=body, headers=headers)
        assert answer.status_code == status
        assert set(answer.json()) == {"error", "id"}
        assert answer.json()["error"] == ("bad_signature" if status == 401 else "invalid")
        assert stored.events_of(hook.id) == before

    return send


Refused = Callable[..., None]


def signature_header(headers: Headers) -> str:
    names = [name for name in headers if "signature" in name.lower() or "hmac" in name.lower()]
    assert len(names) == 1
    return names[0]


@SCHEMES
def test_a_true_signature_is_accepted(hooks: dict[str, Hook], scheme: str) -> None:
    hook = hooks[scheme]
    answer = httpx.post(hook.url, content=BODY, headers=SIGN[scheme](hook.secret, BODY))
    assert answer.status_code == 202


@SCHEMES
@pytest.mark.parametrize("given", [None, "", "v1,", "sha256=", "none", "null", "0", "=" * 64])
def test_a29_no_signature_is_refused(
    hooks: dict[str, Hook], refused: Refused, scheme: str, given: str | None
) -> None:
    headers = SIGN[scheme](hooks[scheme].secret, BODY)
    name = signature_header(headers)
    del headers[name]
    refused(hooks[scheme], headers if given is None else {**headers, name: given})


@pytest.mark.parametrize(("place", "status"), [(1, 202), (8, 202), (9, 401), (100, 401)])
def test_a29_of_many_signatures_the_first_eight_are_tried(
    hooks: dict[str, Hook], place: int, status: int
) -> None:
    hook = hooks["standard"]
    headers = signing.standard(hook.secret, BODY, f"msg_{place}")
    wrong = "v1," + signing.standard_mac(hook.secret, "x.", BODY)
    many = [wrong] * 100
    many[place - 1] = headers["webhook-signature"]
    headers["webhook-signature"] = " ".join(many)
    assert httpx.post(hook.url, content=BODY, headers=headers).status_code == status


@SCHEMES
@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda body: json.dumps(json.loads(body)).encode(), id="written again"),
        pytest.param(lambda body: body.replace(b"10.50", b"90.50"), id="one byte"),
        pytest.param(lambda body: b"\xef\xbb\xbf" + body, id="a byte order mark"),
        pytest.param(lambda body: body + b"\n", id="a line feed"),
        pytest.param(lambda body: body.replace(b" ", b""), id="blanks"),
        pytest.param(lambda body: b"", id="nothing"),
    ],
)
def test_a30_other_bytes_than_those_signed_are_refused(
    hooks: dict[str, Hook], refused: Refused, scheme: str, change: Callable[[bytes], bytes]
) -> None:
    changed = change(BODY)
    assert changed != BODY
    refused(hooks[scheme], SIGN[scheme](hooks[scheme].secret, BODY), changed)


@SCHEMES
def test_a30_another_secret_is_refused(
    hooks: dict[str, Hook], refused: Refused, charlie: Team, scheme: str
) -> None:
    theirs = charlie.hook(scheme=scheme)
    refused(hooks[scheme], SIGN[scheme](theirs.secret, BODY))


@pytest.mark.parametrize("algorithm", ["sha1", "md5", "sha224", "sha384", "sha512"])
def test_a31_the_sender_does_not_choose_the_algorithm(
    hooks: dict[str, Hook], refused: Refused, algorithm: str
) -> None:
    github, plain = hooks["github"], hooks["hmac"]
    mac = signing.hex_mac(github.secret, BODY, algorithm)
    for headers in (
        {"X-Hub-Signature-256": f"{algorithm}={mac}"},
        {"X-Hub-Signature-256": f"sha256={mac}"},
        {"X-Hub-Signature": f"{algorithm}={mac}"},
        {"X-Hub-Signature": "sha256=" + signing.hex_mac(github.secret, BODY)},
        {"X-Hub-Signature-256": f"{algorithm}={signing.hex_mac(github.secret, BODY)}"},
        {"X-Hub-Signature-256": signing.hex_mac(github.secret, BODY)},
    ):
        refused(github, headers)
    refused(plain, {"X-Signature": signing.hex_mac(plain.secret, BODY, algorithm)})


@pytest.mark.parametrize("version", ["v1a", "v0", "v2", "V1", "", "none", "v1,v1"])
def test_a31_a_symmetric_secret_serves_no_other_version(
    hooks: dict[str, Hook], refused: Refused, version: str
) -> None:
    headers = signing.standard(hooks["standard"].secret, BODY)
    mac = headers["webhook-signature"].removeprefix("v1,")
    refused(hooks["standard"], {**headers, "webhook-signature": f"{version},{mac}"})


def test_a31_an_unkeyed_digest_is_no_signature(hooks: dict[str, Hook], refused: Refused) -> None:
    digest = hashlib.sha256(BODY).hexdigest()
    refused(hooks["hmac"], {"X-Signature": digest})
    refused(hooks["github"], {"X-Hub-Signature-256": f"sha256={digest}"})
    empty_key = hmac.new(b"", BODY, hashlib.sha256).hexdigest()
    refused(hooks["hmac"], {"X-Signature": empty_key})


@pytest.mark.parametrize(
    ("scheme", "identity"),
    [
        ("standard", {}),
        ("github", {"X-GitHub-Delivery": "d-1"}),
        ("hmac", {"Webhook-Id": "w-1"}),
        ("shopify", {"X-Shopify-Webhook-Id": "b-1"}),
        ("stripe", {}),
        ("slack", {}),
    ],
)
def test_a32_a_replay_is_a_duplicate_and_runs_nothing(
    alice: Team, stored: Stored, scheme: str, identity: Headers
) -> None:
    hook = alice.hook(scheme=scheme)
    headers = {**SIGN[scheme](hook.secret, BODY), **identity}
    answers = [httpx.post(hook.url, content=BODY, headers=headers) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [202] * 5
    told = [answer.json() for answer in answers]
    assert [answer["duplicate"] for answer in told] == [False, True, True, True, True]
    assert len({answer["event_id"] for answer in told}) == 1
    assert stored.events_of(hook.id) == 1
    event_id = told[0]["event_id"]
    wait_until(lambda: [e["state"] for e in alice.event(event_id)["executions"]] == ["succeeded"])


def seconds_from_now(seconds: float) -> str:
    return str(int(time.time() + seconds))


@pytest.mark.parametrize(
    "timestamp",
    [
        pytest.param(lambda: seconds_from_now(-310), id="past the tolerance"),
        pytest.param(lambda: seconds_from_now(310), id="in the future"),
        pytest.param(lambda: seconds_from_now(-86_400 * 365), id="a year ago"),
        pytest.param(lambda: "-" + seconds_from_now(0), id="negative"),
        pytest.param(lambda: "+" + seconds_from_now(0), id="with a sign"),
        pytest.param(lambda: seconds_from_now(0) + ".5", id="a fraction"),
        pytest.param(lambda: "1e30", id="1e30"),
        pytest.param(lambda: "1.7e9", id="an exponent"),
        pytest.param(lambda: seconds_from_now(0) + "000", id="milliseconds"),
        pytest.param(lambda: "9" * 4_301, id="more digits than int reads"),
        pytest.param(lambda: "0x" + f"{int(time.time()):x}", id="hex"),
        pytest.param(lambda: "1_700_000_000", id="underscores"),
        pytest.param(lambda: "NaN", id="NaN"),
        pytest.param(lambda: "", id="empty"),
    ],
)
@pytest.mark.parametrize("scheme", TIMED)
def test_a33_an_instant_that_is_not_now_is_refused_though_signed(
    hooks: dict[str, Hook], refused: Refused, timestamp: Callable[[], str], scheme: str
) -> None:
    hook = hooks[scheme]
    refused(hook, TIMED[scheme](hook.secret, BODY, timestamp()))


@pytest.mark.parametrize("seconds", [-280, 280])
@pytest.mark.parametrize("scheme", TIMED)
def test_a33_an_instant_within_the_tolerance_is_accepted(
    hooks: dict[str, Hook], seconds: int, scheme: str
) -> None:
    hook = hooks[scheme]
    headers = TIMED[scheme](hook.secret, BODY, seconds_from_now(seconds))
    assert httpx.post(hook.url, content=BODY, headers=headers).status_code == 202


def test_a33_what_is_signed_cannot_be_cut_in_another_place(
    hooks: dict[str, Hook], refused: Refused
) -> None:
    """`a.1` and `2` sign the same bytes as `a` and `1.2`: so no id may hold a dot."""
    hook = hooks["standard"]
    refused(hook, signing.standard(hook.secret, BODY, "msg.1"))
    now = seconds_from_now(0)
    signed = signing.standard(hook.secret, BODY, "msg_a", now)
    refused(hook, {**signed, "webhook-id": f"msg_a.{now}"}, BODY)
    shifted = signing.standard(hook.secret, b"1." + BODY, "msg_a", now)
    refused(hook, {**shifted, "webhook-timestamp": f"{now}.1"}, BODY)


@pytest.mark.parametrize("gone", ["webhook-id", "webhook-timestamp"])
def test_a33_a_part_that_is_missing_is_refused(
    hooks: dict[str, Hook], refused: Refused, gone: str
) -> None:
    headers = signing.standard(hooks["standard"].secret, BODY)
    del headers[gone]
    refused(hooks["standard"], headers)
