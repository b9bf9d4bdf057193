"""Instants and spans of time as conditions know them: exact seconds, so that any two compare."""

import re
from datetime import UTC, datetime
from decimal import Decimal

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_TIME = 40
_DURATION = re.compile(r"([0-9]{1,9})(?:\.([0-9]{1,6}))? ?(s|m|h|d|w)")
_SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800}


class WithoutZone(ValueError):
    """A time without a zone says no instant."""


def seconds_of(instant: datetime) -> Decimal:
    """Seconds since 1970 (UTC), exact to the microsecond; the instant is aware."""
    since = instant - _EPOCH
    return (
        Decimal((since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds) / 1_000_000
    )


def rfc3339(instant: datetime) -> str:
    """`2026-11-27T09:30:00.123456Z`; the instant is aware."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def read_iso(text: str) -> Decimal | None:
    """Seconds since 1970 of an ISO 8601 time, or None when `text` is none. Raises WithoutZone."""
    if len(text) > _LONGEST_TIME:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    if instant.tzinfo is None:
        raise WithoutZone
    return seconds_of(instant)


def read_duration(text: str) -> Decimal | None:
    """Seconds of `90s`, `15m`, `1.5h`, `7d` or `2w`, or None when `text` is none of these."""
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        return None
    whole, fraction, unit = found.groups()
    return Decimal(f"{whole}.{fraction or 0}") * _SECONDS[unit]
