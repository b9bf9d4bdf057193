"""Conditions judged over a document, as the tests of the rules ask for it."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from domain.rules.conditions import explain, judge, parse_conditions
from domain.rules.json_values import JsonValue
from domain.rules.subjects import NOTHING, Subject, sample_event
from domain.rules.traces import Judgement

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
"""When the event arrived, unless a test says otherwise."""


def subject(
    document: JsonValue,
    *,
    found: bool = True,
    at: datetime = NOON,
    headers: Iterable[tuple[str, str]] = (),
    query: str = "",
) -> Subject:
    """An event with this document as its body; with `found` false without any document."""
    event = sample_event(b"", at, headers=headers, query=query)
    return Subject(event, document if found else NOTHING, 1)


def explained(raw: Any, document: JsonValue, **event: Any) -> Judgement:
    """The judgement with every clause, which is also that of the path that stops early."""
    conditions, judged = parse_conditions(raw), subject(document, **event)
    judgement = explain(conditions, judged)
    assert judge(conditions, judged).result == judgement.result
    return judgement


def result_of(raw: Any, document: JsonValue, **event: Any) -> str:
    """`matched`, `not_matched` or `error`."""
    return explained(raw, document, **event).result
