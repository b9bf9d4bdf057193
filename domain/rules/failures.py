"""Failures of a step: of which kind they are, and which of them are alike."""

import hashlib
import re
from typing import Literal, get_args
from uuid import UUID

FailureKind = Literal["timeout", "unreachable", "status_429", "status_5xx", "status_4xx", "other"]
KINDS: tuple[FailureKind, ...] = get_args(FailureKind)

BAD_STATUS = "bad_status"
DEADLINE_EXCEEDED = "deadline_exceeded"
UNKNOWN_OUTCOME = "unknown_outcome"
"""It may have been carried out, and its owner does not want it to be tried again."""
WORKER_LOST = "worker_lost"
UNSEEN_ENDS = frozenset({WORKER_LOST, "worker_stopped"})
"""Why nobody saw how an attempt ended."""
MAYBE_CARRIED_OUT = frozenset({"timeout", "disconnected", "protocol", UNKNOWN_OUTCOME})
"""Failures of a call that was sent, and of which no answer says that it was not carried out."""

_BY_REASON: dict[str, FailureKind] = {
    "timeout": "timeout",
    "disconnected": "unreachable",
    "could_not_connect": "unreachable",
    "tls": "unreachable",
}
_TOO_MANY = 429
_CLASSES: dict[int, FailureKind] = {4: "status_4xx", 5: "status_5xx"}

# What differs between two failures of the same sort: what is quoted, ids, and numbers.
_OWN = re.compile(
    r"""
    "[^"]*" | \'[^\']*\' | `[^`]*` | “[^”]*”
    | \b [0-9a-f]{8} - [0-9a-f-]{4,28} \b
    | \b (?=[a-z_-]*[0-9]) [0-9a-z_-]{12,} \b
    | [0-9]+
    """,
    re.VERBOSE | re.IGNORECASE,
)
FINGERPRINT_LENGTH = 16


def kind_of_failure(reason: str, status: int | None) -> FailureKind:
    """Of which kind a failure is, by its reason word and the status that was answered, if any."""
    if reason != BAD_STATUS or status is None:
        return _BY_REASON.get(reason, "other")
    return "status_429" if status == _TOO_MANY else _CLASSES.get(status // 100, "other")


def fingerprint(
    workflow_id: UUID, step_key: str | None, reason: str, status: int | None, message: str
) -> str:
    """A short text that is the same for failures that are alike: same workflow, step and reason,
    same class of status, same message but for numbers, ids and what it quotes."""
    status_class = None if status is None else status // 100
    parts = (workflow_id, step_key, reason, status_class, without_own(message))
    digest = hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()
    return digest[:FINGERPRINT_LENGTH]


def without_own(message: str) -> str:
    """The message without what is its own: numbers, ids and quoted parts."""
    return _OWN.sub("*", message)
