"""The one place that reads this process's clock. Rules take `now` as an argument instead.

Nothing that must be agreed between processes is decided by it: leases and due times use the
database's `now()`, rate limits use Redis `TIME`.
"""

from datetime import UTC, datetime


def utc_now() -> datetime:
    """The present instant of this process, aware and in UTC."""
    return datetime.now(UTC)
