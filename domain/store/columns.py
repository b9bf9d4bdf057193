"""Columns that nearly every table has."""

from piccolo.columns import UUID, Timestamptz
from piccolo.columns.defaults.timestamptz import TimestamptzNow


def required_id() -> UUID:
    """The id of another row."""
    return UUID(default=None, null=False)


def optional_id() -> UUID:
    """The id of another row, or none."""
    return UUID(default=None, null=True)


def moment() -> Timestamptz:
    """An instant, by default the one of the insert, from the database's clock."""
    return Timestamptz(default=TimestamptzNow(), null=False)


def optional_moment(help_text: str | None = None) -> Timestamptz:
    """An instant that may not have come."""
    return Timestamptz(default=None, null=True, help_text=help_text)
