"""Triggers of whom something is expected, and schedules whose slots are on record or not."""

import pytest

from tests.ledger.schedules import set_now
from tests.pipeline.conftest import line

__all__ = ["line"]


@pytest.fixture(autouse=True)
def now() -> None:
    """What `minutes_ago` counts from."""
    set_now()
