"""How long a target asks to be left alone (RFC 9110 §10.2.3)."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_SECONDS = re.compile("[0-9]{1,100}", re.ASCII)


def retry_after_s(headers: Sequence[tuple[str, str]], now: datetime) -> float | None:
    """The seconds from `now` on that an answer's `Retry-After` names, as seconds or as a date; 0
    when that is past, None without one or when it means nothing."""
    given = next((value for name, value in headers if name.lower() == "retry-after"), "").strip()
    if _SECONDS.fullmatch(given):
        return float(given)
    try:
        at = parsedate_to_datetime(given)
    except (ValueError, TypeError, OverflowError):
        return None
    # The oldest of the three forms of a date (asctime) names no zone: it is UTC.
    return max(0.0, ((at if at.tzinfo else at.replace(tzinfo=UTC)) - now).total_seconds())
