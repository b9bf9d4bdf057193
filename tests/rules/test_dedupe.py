"""The sender's id of a delivery (row A26 of the attack catalogue)."""

import hashlib

import pytest

from domain.errors import InvalidInput
from domain.rules.dedupe import key_hash, sender_id


def test_webhook_id_comes_first_then_the_schemes_own_then_the_idempotency_key() -> None:
    both = {"webhook-id": "w", "idempotency-key": "i"}
    assert sender_id(both, "s") == "w"
    assert sender_id({"idempotency-key": "i"}, "s") == "s"
    assert sender_id({"idempotency-key": "i"}, None) == "i"
    assert sender_id({}, None) is None


BAD = ["", " ", "a b", "a\n", "a\0", "ü" * 300, "é", "a" * 256, "a" * 1_000_000, "\x7f", " a"]


@pytest.mark.parametrize("given", BAD)
def test_a26_an_id_is_1_to_255_visible_ascii_characters(given: str) -> None:
    for headers, own in (
        ({"webhook-id": given}, None),
        ({}, given),
        ({"idempotency-key": given}, None),
    ):
        with pytest.raises(InvalidInput, match="visible ASCII"):
            sender_id(headers, own)


def test_a26_a_bad_id_is_not_passed_over_for_the_next() -> None:
    with pytest.raises(InvalidInput) as refusal:
        sender_id({"webhook-id": "", "idempotency-key": "good"}, "good")
    assert refusal.value.problems[0].field == "webhook-id"


def test_a26_the_longest_id_is_taken() -> None:
    assert sender_id({"webhook-id": "~" * 255}, None) == "~" * 255


def test_a26_an_id_is_remembered_as_its_sha256() -> None:
    assert key_hash("a") == hashlib.sha256(b"a").digest()
    assert len(key_hash("x" * 1_000_000)) == 32
