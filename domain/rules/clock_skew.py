"""How far a process's clock is off, and what that explains. Values in, decisions out."""

from datetime import datetime, timedelta

# Less is usual between machines that keep their clocks by NTP, and within every replay window.
TOLERATED_S = 5.0
_NONE = timedelta(0)
# What a refusal for its instant means when our own clock is that far ahead, or behind.
_AHEAD = {"too_old": "our_clock_ahead"}
_BEHIND = {"too_new": "our_clock_behind"}


def skew_of(before: datetime, there: datetime, after: datetime) -> timedelta:
    """How far our clock is ahead of another one that showed `there` at some time between our
    `before` and `after`; negative: behind. As long as the other instant lies between ours nothing
    is known to be wrong, however long the asking took."""
    if there < before:
        return before - there
    if there > after:
        return after - there
    return _NONE


def blamed_reason(reason: str, skew_s: float) -> str:
    """The reason for which a signed instant is refused, where our clock is known to be off by
    `skew_s` seconds: that of the sender, or ours."""
    if skew_s > TOLERATED_S:
        return _AHEAD.get(reason, reason)
    if skew_s < -TOLERATED_S:
        return _BEHIND.get(reason, reason)
    return reason
