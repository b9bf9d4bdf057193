"""Policies in words: how often something is tried, and what holds for a workflow's executions."""

from collections.abc import Sequence
from datetime import timedelta

from domain.rules.failures import KINDS
from domain.rules.policies import parse_policy
from domain.rules.retries import RetryPolicy
from web.presenters.samples import stored_json
from web.presenters.words import count_words, duration_words

KIND_WORDS = {
    "timeout": "no answer in time",
    "unreachable": "not reachable",
    "status_429": "429, too many requests",
    "status_5xx": "5xx, its own failure",
    "status_4xx": "other 4xx",
    "other": "anything else",
}
POLICY_WORDS = {
    "attempts": "Attempts",
    "base_s": "First wait",
    "factor": "Growth",
    "cap_s": "Longest wait",
    "on": "Retried",
    "deadline_s": "Deadline",
    "concurrency": "At once",
}
KIND_CHOICES = tuple((kind, KIND_WORDS[kind]) for kind in KINDS)


def policy_shown(policy: str | None) -> tuple[tuple[str, str], ...]:
    """What a stored policy says, as terms and what they are; nothing where it says nothing."""
    read = parse_policy(stored_json(policy))
    found = []
    if read.retry is not None:
        found.append(("Attempts", retry_words(read.retry)))
    if read.deadline_s is not None:
        whole = duration_words(timedelta(seconds=read.deadline_s))
        found.append(("Deadline", f"{whole} for the whole execution"))
    if read.concurrency is not None:
        found.append(("At once", count_words(read.concurrency, "execution")))
    return tuple(found)


def retry_words(retry: RetryPolicy) -> str:
    """`5, first wait up to 2 s, twice as long each time, 5 min at most; only on ...`."""
    if retry.attempts == 1:
        return "1: nothing is tried again"
    if not retry.on:
        return "1: no failure is tried again"
    longest = duration_words(timedelta(seconds=retry.cap_s))
    first = duration_words(timedelta(seconds=retry.base_s))
    words = f"{retry.attempts}, first wait up to {first}, then {retry.factor:g} times as long"
    return f"{words}, {longest} at most{_only(retry.on)}"


def _only(kinds: Sequence[str]) -> str:
    if len(kinds) == len(KINDS):
        return ""
    return f"; only on {', '.join(KIND_WORDS[kind] for kind in kinds)}"
