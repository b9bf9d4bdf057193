"""Dead letters that failed alike, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.store.dead_letters import Alike, Groups
from web.presenters.filters import Asked
from web.presenters.pagers import address_of
from web.presenters.words import reason_words

_LONGEST = 300
_NAMED_BY_GROUP = {"fingerprint", "reason"}


@dataclass(frozen=True, slots=True)
class AlikeShown:
    """A group with what its newest one says, and the address that shows those of it."""

    group: Alike
    error: str
    address: str
    here: bool


def error_words(error: str | None, reason: str | None) -> str:
    """What an execution failed of: its error, or else its reason as a sentence."""
    text = error or reason_words(reason) or "No error is on record."
    return f"{text[:_LONGEST]}…" if len(text) > _LONGEST else text


def groups_shown(asked: Asked, groups: Groups) -> list[AlikeShown]:
    """The groups, the largest first."""
    return [_shown(asked, group) for group in groups.groups]


def _shown(asked: Asked, group: Alike) -> AlikeShown:
    own = ("fingerprint", group.fingerprint) if group.fingerprint else ("reason", group.reason)
    kept = [pair for pair in asked.pairs if pair[0] not in _NAMED_BY_GROUP]
    return AlikeShown(
        group,
        error_words(group.error, group.reason),
        address_of(asked.path, [*kept, own]),
        own in asked.pairs,
    )


def reason_options(asked: Asked, groups: Groups) -> Sequence[tuple[str, str]]:
    """The reasons that there are, and the one that was chosen."""
    found = {group.reason for group in groups.groups if group.reason}
    if chosen := asked.one("reason"):
        found.add(chosen)
    return [(reason, reason_words(reason).rstrip(".")) for reason in sorted(found)]
