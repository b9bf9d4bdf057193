"""Failures: their kinds, and which of them are alike."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rules.failures import KINDS, fingerprint, kind_of_failure, without_own

WORKFLOW = UUID("01939f5e-0000-7000-8000-000000000001")
OTHER = UUID("01939f5e-0000-7000-8000-000000000002")


@pytest.mark.parametrize(
    ("reason", "status", "kind"),
    [
        ("timeout", None, "timeout"),
        ("could_not_connect", None, "unreachable"),
        ("disconnected", None, "unreachable"),
        ("tls", None, "unreachable"),
        ("bad_status", 429, "status_429"),
        ("bad_status", 404, "status_4xx"),
        ("bad_status", 500, "status_5xx"),
        ("bad_status", 599, "status_5xx"),
        ("bad_status", 302, "other"),
        ("protocol", None, "other"),
        ("missing_value", None, "other"),
    ],
)
def test_every_failure_is_of_a_kind(reason: str, status: int | None, kind: str) -> None:
    assert kind_of_failure(reason, status) == kind
    assert kind in KINDS


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Order 17 is gone.", "Order 4711 is gone."),
        ('The path "$.a" finds nothing.', 'The path "$.b.c" finds nothing.'),
        ("No 01939f5e-0000-7000-8000-000000000001.", "No 0a1b2c3d-1111-7000-8000-0123456789ab."),
        ("Customer cus_9f8e7d6c5b4a.", "Customer cus_1a2b3c4d5e6f."),
    ],
)
def test_numbers_ids_and_quotations_make_no_difference(one: str, other: str) -> None:
    assert without_own(one) == without_own(other)
    assert fingerprint(WORKFLOW, "pay", "x", None, one) == fingerprint(
        WORKFLOW, "pay", "x", None, other
    )


def test_workflow_step_reason_class_of_status_and_words_make_one() -> None:
    same = fingerprint(WORKFLOW, "pay", "bad_status", 500, "The target answered 500.")
    assert same == fingerprint(WORKFLOW, "pay", "bad_status", 503, "The target answered 503.")
    others = {
        fingerprint(OTHER, "pay", "bad_status", 500, "The target answered 500."),
        fingerprint(WORKFLOW, "tell", "bad_status", 500, "The target answered 500."),
        fingerprint(WORKFLOW, None, "bad_status", 500, "The target answered 500."),
        fingerprint(WORKFLOW, "pay", "timeout", None, "The target answered 500."),
        fingerprint(WORKFLOW, "pay", "bad_status", 404, "The target answered 404."),
        fingerprint(WORKFLOW, "pay", "bad_status", 500, "It is out of order."),
    }
    assert len(others | {same}) == 7


@given(st.text(max_size=200), st.integers(0, 10**9), st.integers(0, 10**9))
def test_whatever_stands_around_it_a_number_makes_no_difference(
    words: str, one: int, other: int
) -> None:
    assert without_own(f"{words} {one} x") == without_own(f"{words} {other} x")
