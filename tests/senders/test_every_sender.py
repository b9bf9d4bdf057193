"""What every inbound scheme of the registry promises (rows A29 to A37)."""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.senders import (
    SENDERS,
    Refused,
    Sender,
    Verified,
    check_secret,
    new_secret,
    sender_for,
)
from tests.senders.samples import (
    CONFIGS,
    NOW,
    SIGNING,
    TOLERANCES_S,
    config_for,
    received,
    secret_for,
)

every_sender = pytest.mark.parametrize("sender", SENDERS.values(), ids=SENDERS)
every_timed_sender = pytest.mark.parametrize("scheme", TOLERANCES_S)
every_signing_sender = pytest.mark.parametrize("sender", SIGNING, ids=lambda one: one.scheme)

BODY = b'{"order":{"id":7}}'
DEEP: Sequence[bytes] = (
    b'{"type":' + b"[" * 100_000,
    b'{"type":"url_verification","challenge":' + b"[" * 3_000,
    b'{"type":"url_verification","challenge":7}',
    b'{"type":"url_verification"}',
    b'{"challenge":"url_verification"}',
    b'{"type":"url_verification","challenge":"\xff"}',
)


def signed(sender: Sender[Any], body: bytes = BODY, number: int = 1) -> dict[str, str]:
    secret = secret_for(sender.scheme, number)
    return received(sender.sign(body, secret, config_for(sender), NOW, "delivery-7"))


def verdict(
    sender: Sender[Any],
    headers: dict[str, str],
    body: bytes = BODY,
    numbers: tuple[int, ...] = (1,),
) -> object:
    secrets = [secret_for(sender.scheme, number) for number in numbers]
    return sender.verify(headers, body, secrets, config_for(sender), NOW)


@every_sender
def test_what_a_sender_signs_it_verifies(sender: Sender[Any]) -> None:
    assert isinstance(verdict(sender, signed(sender)), Verified)


@every_sender
def test_the_registry_knows_a_sender_by_its_scheme(sender: Sender[Any]) -> None:
    assert SENDERS[sender.scheme] is sender
    assert sender_for(sender.scheme) is sender
    assert sender.scheme in CONFIGS


@pytest.mark.parametrize("scheme", ["", "None", "GITHUB", "gitlab", None, 1, ["github"]])
def test_an_unknown_scheme_is_refused(scheme: object) -> None:
    with pytest.raises(
        InvalidInput, match="must be one of none, hmac, standard, github, stripe, slack, shopify"
    ):
        sender_for(scheme)


@every_sender
def test_a_setting_that_a_scheme_does_not_know_is_refused(sender: Sender[Any]) -> None:
    with pytest.raises(InvalidInput, match=r"config\.tolerance"):
        sender.parse_config({"tolerance": 1})


@every_signing_sender
def test_a29_a_delivery_without_a_signature_is_refused(sender: Sender[Any]) -> None:
    assert verdict(sender, {}) == Refused("no_signature")


@every_signing_sender
def test_a29_a_delivery_with_an_empty_signature_is_refused(sender: Sender[Any]) -> None:
    headers = dict.fromkeys(signed(sender), "")
    assert verdict(sender, headers) == Refused("no_signature")


@every_signing_sender
def test_a31_no_signature_in_any_other_spelling_verifies(sender: Sender[Any]) -> None:
    headers = signed(sender)
    name = next(name for name, value in headers.items() if len(value) > 40)
    value = headers[name]
    for changed in (
        value.swapcase() + "=",
        f"sha1={value}",
        value[::-1],
    ):
        assert isinstance(verdict(sender, {**headers, name: changed}), Refused)


@every_signing_sender
@pytest.mark.parametrize(
    "body",
    [
        b'{"order": {"id": 7}}',
        b'{"order":{"id":8}}',
        b"\xef\xbb\xbf" + BODY,
        BODY + b"\n",
        b"",
    ],
    ids=["re-serialised", "one byte changed", "byte order mark", "line end", "emptied"],
)
def test_a30_a_signature_is_of_the_raw_bytes_and_no_others(
    sender: Sender[Any], body: bytes
) -> None:
    assert verdict(sender, signed(sender), body) == Refused("bad_signature")


@every_signing_sender
def test_another_secret_does_not_verify(sender: Sender[Any]) -> None:
    assert verdict(sender, signed(sender, number=2)) == Refused("bad_signature")


@every_signing_sender
def test_without_any_secret_nothing_verifies(sender: Sender[Any]) -> None:
    config = config_for(sender)
    for secrets in ([], [""]):
        headers = received(sender.sign(BODY, "", config, NOW, "delivery-7"))
        assert sender.verify(headers, BODY, secrets, config, NOW) == Refused("bad_signature")


@every_signing_sender
def test_a37_while_a_secret_is_rotated_both_verify(sender: Sender[Any]) -> None:
    for number in (1, 2):
        assert isinstance(verdict(sender, signed(sender, number=number), numbers=(1, 2)), Verified)


@every_signing_sender
def test_a37_it_is_told_which_secret_verified(sender: Sender[Any]) -> None:
    for number, place in ((1, 0), (2, 1), (3, 2)):
        found = verdict(sender, signed(sender, number=number), numbers=(1, 2, 3))
        assert isinstance(found, Verified)
        assert found.secret == place


@every_timed_sender
def test_a33_a_delivery_is_good_as_long_as_its_trigger_says(scheme: str) -> None:
    sender, tolerance_s = SENDERS[scheme], TOLERANCES_S[scheme]
    headers, secrets, config = signed(sender), [secret_for(scheme)], config_for(sender)
    for late_s, expected in (
        (tolerance_s, Verified),
        (-tolerance_s, Verified),
        (tolerance_s + 1, Refused("too_old")),
        (-tolerance_s - 1, Refused("too_new")),
    ):
        now = NOW + timedelta(seconds=late_s)
        found = sender.verify(headers, BODY, secrets, config, now)
        assert found == expected or (isinstance(found, Verified) and expected is Verified)


@every_timed_sender
@pytest.mark.parametrize("given", [0, -1, 3_601, 1.5, "300", True])
def test_a_replay_window_is_one_second_to_one_hour(scheme: str, given: object) -> None:
    assert SENDERS[scheme].parse_config({"tolerance_s": 3_600}).tolerance_s == 3_600
    assert SENDERS[scheme].parse_config({"tolerance_s": None}).tolerance_s == 300
    with pytest.raises(InvalidInput, match=r"config\.tolerance_s"):
        SENDERS[scheme].parse_config({"tolerance_s": given})


@every_signing_sender
def test_a34_bodies_are_remembered_wherever_the_id_is_not_signed(sender: Sender[Any]) -> None:
    found = verdict(sender, signed(sender))
    assert isinstance(found, Verified)
    assert found.id_signed == (sender.remembers_body(config_for(sender)) == "no")


@every_sender
@given(body=st.one_of(st.binary(), st.sampled_from(DEEP)))
def test_no_body_makes_a_sender_raise(sender: Sender[Any], body: bytes) -> None:
    assert sender.describe({}, body)
    assert sender.reply(body) is None


@every_signing_sender
@given(st.data())
def test_a29_no_headers_raise_or_verify(sender: Sender[Any], data: st.DataObject) -> None:
    names = [*signed(sender), "x-hub-signature"]
    values = st.one_of(
        st.text(max_size=30),
        st.sampled_from(["v1,", "sha256=", "sha1=aa", "1", "1772366400", "v1,AAAA", "é", "\0"]),
    )
    headers = data.draw(st.dictionaries(st.sampled_from(names), values))
    assert isinstance(verdict(sender, headers), Refused)


@every_sender
@given(headers=st.dictionaries(st.sampled_from(["x-github-event", "ce-type"]), st.text()))
def test_a_title_is_short_and_printable_whatever_the_headers_say(
    sender: Sender[Any], headers: dict[str, str]
) -> None:
    title = sender.describe(headers, b"\xff")
    assert 1 <= len(title) <= 80
    assert title.replace("…", "").isascii()
    assert title.isprintable()


@every_sender
def test_a_sample_body_is_json_that_its_own_signature_verifies(sender: Sender[Any]) -> None:
    body = sender.sample_body()
    assert json.loads(body)
    assert isinstance(verdict(sender, signed(sender, body), body), Verified)


@every_signing_sender
def test_a_secret_that_we_make_is_one_that_we_take(sender: Sender[Any]) -> None:
    secret = new_secret(sender.scheme, bytes(range(32)))
    check_secret(sender.scheme, secret)
    assert secret != new_secret(sender.scheme, bytes(32))


def test_a_secret_is_not_made_of_too_little() -> None:
    with pytest.raises(ValueError, match="32 random bytes"):
        new_secret("github", bytes(31))


@every_signing_sender
@pytest.mark.parametrize(
    "secret",
    ["", "x", "x" * 23, " " * 32, "x" * 32 + " ", "\n" + "x" * 32, "x" * 32 + "\0", "x" * 513],
)
def test_a36_a_secret_that_cannot_be_meant_is_refused_without_repeating_it(
    sender: Sender[Any], secret: str
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        check_secret(sender.scheme, secret)
    assert [problem.field for problem in refusal.value.problems] == ["config.secret"]
    assert not secret.strip() or secret not in str(refusal.value)
