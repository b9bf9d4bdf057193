"""Standard Webhooks: what is signed, for how long, and what is refused (rows A29 to A33)."""

import base64
import hmac
from datetime import timedelta

import pytest

from domain.errors import InvalidInput
from domain.senders import Refused, Verified, check_secret
from domain.senders.standard import StandardSender
from domain.senders.timestamps import TOLERANCE_S, TimedConfig
from tests.senders.samples import NOW, secret_for

SENDER = StandardSender()
SECRET = secret_for("standard")
BODY = b'{"type":"invoice.paid"}'


def signed(delivery_id: str = "msg_7", body: bytes = BODY, secret: str = SECRET) -> dict[str, str]:
    return SENDER.sign(body, secret, TimedConfig(), NOW, delivery_id)


def verdict(
    headers: dict[str, str], after_s: float = 0, secrets: tuple[str, ...] = (SECRET,)
) -> object:
    now = NOW + timedelta(seconds=after_s)
    return SENDER.verify(headers, BODY, secrets, TimedConfig(), now)


def test_the_delivery_id_is_the_signed_webhook_id() -> None:
    assert verdict(signed("msg_7")) == Verified("msg_7")


def test_what_is_signed_is_the_id_the_timestamp_and_the_body_joined_by_dots() -> None:
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    mac = hmac.digest(key, b"msg_7." + str(int(NOW.timestamp())).encode() + b"." + BODY, "sha256")
    assert signed()["webhook-signature"] == "v1," + base64.b64encode(mac).decode()


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_a29_every_header_is_needed(name: str) -> None:
    reason = {"webhook-id": "no_id", "webhook-timestamp": "no_timestamp"}.get(name, "no_signature")
    for headers in (signed(), {**signed(), name: ""}):
        if headers[name]:
            del headers[name]
        assert verdict(headers) == Refused(reason)  # type: ignore[arg-type]


@pytest.mark.parametrize("signature", ["v1,", "v1", ",", " ", "v1,====", "v1, ", "v2,AAAA"])
def test_a29_a_signature_that_is_none_is_refused(signature: str) -> None:
    assert verdict({**signed(), "webhook-signature": signature}) == Refused("bad_signature")


def test_a29_of_many_signatures_eight_are_tried() -> None:
    right = signed()["webhook-signature"]
    wrong = ["v1,AAAA"] * 99
    for place, outcome in ((0, Verified("msg_7")), (7, Verified("msg_7")), (8, None), (99, None)):
        given = " ".join([*wrong[:place], right, *wrong[place:]])
        headers = {**signed(), "webhook-signature": given}
        assert verdict(headers) == (outcome or Refused("bad_signature"))


def test_a29_a_ninth_signature_is_not_tried_even_as_the_last() -> None:
    given = " ".join([*["v1,AAAA"] * 8, signed()["webhook-signature"]])
    assert verdict({**signed(), "webhook-signature": given}) == Refused("bad_signature")


@pytest.mark.parametrize("version", ["v1a", "v2", "sha1", "none", "V1", ""])
def test_a31_only_version_1_counts(version: str) -> None:
    right = signed()["webhook-signature"].removeprefix("v1,")
    headers = {**signed(), "webhook-signature": f"{version},{right}"}
    assert verdict(headers) == Refused("bad_signature")


@pytest.mark.parametrize(
    ("after_s", "outcome"),
    [
        (0, Verified("msg_7")),
        (TOLERANCE_S, Verified("msg_7")),
        (TOLERANCE_S + 1, Refused("too_old")),
        (-TOLERANCE_S, Verified("msg_7")),
        (-TOLERANCE_S - 1, Refused("too_new")),
        (86_400 * 365, Refused("too_old")),
    ],
)
def test_a33_a_delivery_is_good_for_five_minutes_around_its_timestamp(
    after_s: float, outcome: object
) -> None:
    assert verdict(signed(), after_s) == outcome


@pytest.mark.parametrize(
    "timestamp",
    [
        "-1",
        "1.5",
        "1e30",
        "1e3",
        "+1772366400",
        " 1772366400",
        "1772366400.0",
        "0x1",
        "9" * 13,
        "١٧٧٢٣٦٦٤٠٠",
        "now",
        "1772366400\n",
        "1_772_366_400",
    ],
)
def test_a33_a_timestamp_is_plain_digits(timestamp: str) -> None:
    assert verdict({**signed(), "webhook-timestamp": timestamp}) == Refused("bad_timestamp")


def test_a33_a_dot_in_the_id_cannot_shift_what_is_signed() -> None:
    """`a` + `.1772366400.body` and `a.1772366400` + `.body` would sign the same bytes."""
    assert verdict(signed("a.1")) == Refused("bad_id")


@pytest.mark.parametrize("delivery_id", ["a b", "a\n", "é", "a" * 256, "\0"])
def test_an_id_is_visible_ascii(delivery_id: str) -> None:
    assert verdict({**signed(), "webhook-id": delivery_id}) == Refused("bad_id")


@pytest.mark.parametrize(
    ("name", "value"),
    [("webhook-id", "msg_8"), ("webhook-timestamp", str(int(NOW.timestamp()) + 1))],
)
def test_a33_id_and_timestamp_are_signed_too(name: str, value: str) -> None:
    assert verdict({**signed(), name: value}) == Refused("bad_signature")


def test_a32_a_replay_keeps_its_id_so_that_it_is_recognised() -> None:
    assert verdict(signed(), 10) == verdict(signed(), 20) == Verified("msg_7")


@pytest.mark.parametrize(
    "secret",
    [
        "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_",
        "whsec_not base64 at all!",
        "whsec_MfKQ9r8GKYqr",
        "whsec_" + "A" * 31,
        "whsec_" + "A" * 100,
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS é",
    ],
)
def test_a36_a_secret_is_whsec_and_base64_of_24_to_64_bytes(secret: str) -> None:
    with pytest.raises(InvalidInput):
        check_secret("standard", secret)


def test_a_secret_that_is_no_base64_verifies_nothing() -> None:
    headers = signed(secret="whsec_é")
    assert verdict(headers, secrets=("whsec_é",)) == Refused("bad_signature")
