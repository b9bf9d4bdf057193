"""Triggers of whom something is expected, and schedules whose slots are on record or not."""

from tests.pipeline.conftest import line

__all__ = ["line"]
