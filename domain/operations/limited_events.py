"""What limits make of one judged event: the lane it would wait in, and what its trace says."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

import msgspec

from domain.coordination.limiter import Admission
from domain.operations.judged_events import Judged
from domain.rules import lanes as rules
from domain.rules.lanes import Lane, Why
from domain.rules.limit_windows import Window
from domain.rules.limits import NO_LIMITS, Limits
from domain.store.lanes import Joined, Waits

UNLIMITED_MARK = "signalbox-unlimited"
"""The stored header of a test event that skips limits; senders' own of that name are dropped."""


def limits_of(one: Judged) -> Limits:
    """The limits of the version that judged it."""
    return one.trigger.limits if one.trigger is not None else NO_LIMITS


def skips_limits(one: Judged) -> bool:
    """Whether it is a test event that somebody let skip the limits."""
    headers: str = one.row["headers"]
    if UNLIMITED_MARK not in headers:
        return False
    return any(pair[0] == UNLIMITED_MARK for pair in msgspec.json.decode(headers))


def lane_of(one: Judged, why: Why) -> Lane:
    """The lane in which the event would wait."""
    limits, subject, key = limits_of(one), one.subject, None
    if subject is not None and why == "debounce" and limits.debounce:
        key = rules.key_value(limits.debounce.key, subject)
    elif subject is not None and why == "batch" and limits.batch:
        key = rules.key_value(limits.batch.key, subject)
    elif subject is not None and why == "limit":
        key = rules.limit_key(limits.rates, subject)
    return Lane(one.row["team_id"], one.row["trigger_id"], why, key)


def waits_in(one: Judged, lane: Lane, expires_in_s: float | None = None) -> Waits:
    """The event as it is put into the lane."""
    return Waits(one.row["id"], lane, len(one.row["body"]), expires_in_s)


def joined_by(one: Judged, windows: Sequence[Window], admission: Admission | None) -> Joined:
    """How an event joins the lane that waits for these windows. Who only went to its end is not
    the one that says when to look at it."""
    lane = lane_of(one, "limit")
    if admission is None:
        return Joined(lane, 0.0)
    in_s = min(rules.look_in_s(admission.retry_after_s), limits_of(one).max_wait_s)
    return Joined(lane, in_s, is_shared(windows, admission))


def is_shared(windows: Sequence[Window], admission: Admission) -> bool:
    """Whether what had no room is a window of all the trigger's events."""
    denied_by = admission.denied_by
    return denied_by is not None and windows[denied_by].label.scope != "key"


def with_limits(one: Judged, windows: Sequence[Window], admission: Admission) -> Judged:
    """The event with what the windows said in its trace."""
    return with_trace(one, limits=admission.trace(windows)) if windows else one


def with_trace(one: Judged, **more: object) -> Judged:
    """The event with more in its trace."""
    return replace(one, trace={**one.trace, **more})


def unlimited(one: Judged) -> Judged:
    """The event with the word why no window is asked about it, if so, in its trace."""
    if skips_limits(one):
        return with_trace(one, limits_skipped="test")
    return with_trace(one, limits_skipped="lifted") if one.row["limits_lifted"] else one


def deferred(one: Judged, why: Why, lane: Lane, before: int) -> Judged:
    """The event where it has to wait, behind so many others."""
    waits = {"for": why, "key": lane.key, "behind": before}
    return with_trace(replace(one, verdict="deferred", reason=why), waits=waits)


def debounced(one: Judged, taken: UUID | None) -> Judged:
    """The event where another one of its key was taken."""
    told = replace(one, verdict="rate_limited", reason="debounced")
    return with_trace(told, taken_event_id=taken)
