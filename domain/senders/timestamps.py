"""Signed instants: for how long a delivery is good, and what a timestamp must look like.

Row A33 of the attack catalogue: plain digits and nothing else, Unix seconds, within the tolerance
before or after now.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from domain.rules.checking import Problems
from domain.senders.sender import RefusalReason

TOLERANCE_S = 300
MOST_TOLERANCE_S = 3_600

_TIMESTAMP = re.compile(r"[0-9]{1,12}")


@dataclass(frozen=True, slots=True)
class TimedConfig:
    """The settings of a scheme that signs an instant: how far from now it may lie, in seconds."""

    tolerance_s: int = TOLERANCE_S


def parse_timed_config(raw: Mapping[str, object], field: str) -> TimedConfig:
    """The replay window, which is all there is to set. Raises InvalidInput."""
    problems = Problems()
    problems.refuse_unknown(raw, ("tolerance_s",), field)
    config = TimedConfig(tolerance_from(raw, field, problems))
    problems.raise_any()
    return config


def tolerance_from(raw: Mapping[str, object], field: str, problems: Problems) -> int:
    """The setting `tolerance_s`; what is wrong with it goes to `problems`."""
    given = raw.get("tolerance_s")
    if given is None:
        return TOLERANCE_S
    if isinstance(given, int) and not isinstance(given, bool) and 1 <= given <= MOST_TOLERANCE_S:
        return given
    problems.add(
        f"{field}.tolerance_s", f"must be a whole number of seconds from 1 to {MOST_TOLERANCE_S}"
    )
    return TOLERANCE_S


def fault_of_timestamp(
    timestamp: str | None, now: datetime, tolerance_s: int
) -> RefusalReason | None:
    """Why an instant that was signed does not count, or None when it does."""
    if not timestamp:
        return "no_timestamp"
    if not _TIMESTAMP.fullmatch(timestamp):
        return "bad_timestamp"
    age_s = now.timestamp() - int(timestamp)
    if age_s > tolerance_s:
        return "too_old"
    return "too_new" if age_s < -tolerance_s else None
