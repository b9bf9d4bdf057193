"""Row A35 of the attack catalogue: how long a comparison takes tells nothing about the signature.

What can be proved is proved: every expected digest is compared, in constant time, whichever
matches. The statistics are for information: on a shared machine they prove nothing.
"""

import time
from collections.abc import Callable
from hmac import compare_digest
from statistics import fmean, variance
from typing import Any

import pytest

from domain.rules.signatures import which_matches
from domain.senders import Refused, Sender
from tests.senders.samples import NOW, SIGNING, config_for, received, secret_for

SAMPLES = 3_000
EXPECTED = [bytes([number]) * 32 for number in range(4)]

record = Callable[[str, object], None]


@pytest.mark.parametrize("given", [EXPECTED[0], EXPECTED[3], b"x" * 32, b"", b"x"])
def test_a35_all_digests_are_compared_whichever_matches(
    monkeypatch: pytest.MonkeyPatch, given: bytes
) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def compare(one: bytes, other: bytes) -> bool:
        compared.append((one, other))
        return compare_digest(one, other)

    monkeypatch.setattr("hmac.compare_digest", compare)
    place = which_matches(given.hex(), "hex", EXPECTED)
    assert [other for _, other in compared] == EXPECTED
    assert place == (EXPECTED.index(given) if given in EXPECTED else None)


@pytest.mark.parametrize("sender", SIGNING, ids=lambda one: one.scheme)
def test_a35_every_scheme_compares_so(monkeypatch: pytest.MonkeyPatch, sender: Sender[Any]) -> None:
    lengths: list[int] = []

    def compare(one: bytes, other: bytes) -> bool:
        lengths.append(len(other))
        return compare_digest(one, other)

    monkeypatch.setattr("hmac.compare_digest", compare)
    signed = sender.sign(b"{}", secret_for(sender.scheme, 9), config_for(sender), NOW, "one")
    secrets = [secret_for(sender.scheme, number) for number in (1, 2, 3)]
    verdict = sender.verify(received(signed), b"{}", secrets, config_for(sender), NOW)
    assert verdict == Refused("bad_signature")
    assert len(lengths) == len(secrets)
    assert min(lengths) >= 32


def test_a35_a_nearly_right_signature_takes_as_long_as_a_wrong_one(
    record_property: record,
) -> None:
    """Welch's t; below 4.5 nothing was found."""
    right = EXPECTED[1].hex()
    forged = {"first": "ff" + right[2:], "last": right[:-2] + "ff"}
    took: dict[str, list[float]] = {name: [] for name in forged}
    for _ in range(SAMPLES):
        for name, given in forged.items():
            begun = time.perf_counter_ns()
            assert which_matches(given, "hex", EXPECTED) is None
            took[name].append(time.perf_counter_ns() - begun)
    trimmed = [sorted(samples)[: int(SAMPLES * 0.9)] for samples in took.values()]
    spread = sum(variance(samples) / len(samples) for samples in trimmed)
    welch_t = abs(fmean(trimmed[0]) - fmean(trimmed[1])) / max(spread, 1e-9) ** 0.5
    record_property("welch_t", round(welch_t, 2))
