"""Events for the tests of limits."""

from datetime import UTC, datetime
from typing import Any

from domain.rules.subjects import Subject, sample_event

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def subject(body: Any, at: datetime = NOW) -> Subject:
    """An event with this body, as conditions see it."""
    return Subject(sample_event(b"", at), body, 1)
