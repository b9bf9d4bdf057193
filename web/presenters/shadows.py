"""Shadows in words: how well a draft and the live conditions agree, and where they do not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.operations.compare_shadow import Comparison
from domain.rules.shadows import KINDS, Counts
from domain.rules.traces import Judgement
from domain.store.pages_shadows import DisagreementListed, EventNamed
from domain.store.shadows import ShadowRow
from domain.store.triggers import TriggerRow
from web.presenters.conditions import sentence
from web.presenters.differences import Difference, differences
from web.presenters.payload import pretty
from web.presenters.samples import stored_json
from web.presenters.traces import ClauseRow, clause_row
from web.presenters.words import Lamp, count_words, reason_words

_STATES = {
    "running": Lamp("Running", "busy"),
    "promoted": Lamp("Promoted", "clear"),
    "discarded": Lamp("Discarded", "off"),
}
_RESULTS = {
    "matched": Lamp("Matches", "clear"),
    "not_matched": Lamp("Does not match", "off"),
    "error": Lamp("Error", "stop"),
}
_KINDS = {
    "only_shadow": "only the draft would have fired",
    "only_live": "only the live conditions fired",
    "error": "the draft alone could not be judged",
    "live_error": "the live conditions alone could not be judged",
}
_SKIPPED = "skipped, because too many waited or were no longer kept"
KIND_CHOICES = tuple((kind, f"{words[:1].upper()}{words[1:]}") for kind, words in _KINDS.items())
_AGREED = {
    "agreed_fired": "Both match: live and draft agree.",
    "agreed_filtered": "Neither matches: live and draft agree.",
    "agreed_error": "Neither can judge this event: live and draft agree.",
}
UNREADABLE = "These conditions cannot be read any more."


@dataclass(frozen=True, slots=True)
class Part:
    """So many events of one kind; `kind` is empty for those that were not judged."""

    kind: str
    amount: int
    words: str


@dataclass(frozen=True, slots=True)
class ShadowShown:
    """A shadow with its counts in words. `draft` are its conditions in a sentence."""

    row: ShadowRow
    lamp: Lamp
    draft: str
    rate: str
    parts: tuple[Part, ...]

    @property
    def running(self) -> bool:
        """Whether it judges new events."""
        return self.row.state == "running"


def shadow_shown(shadow: ShadowRow) -> ShadowShown:
    """The shadow in words."""
    draft = sentence(stored_json(shadow.conditions))
    return ShadowShown(
        shadow, _STATES[shadow.state], draft, rate_words(shadow.counts), _parts(shadow.counts)
    )


def rate_words(counts: Counts) -> str:
    """`98.7 % agree (1,234 of 1,250)`. Rounded down: 100 % means all of them."""
    if not counts.judged:
        return "No event has been judged by both yet"
    tenths = counts.agreed * 1_000 // counts.judged
    whole, rest = divmod(tenths, 10)
    rate = f"{whole}.{rest}" if rest else f"{whole}"
    return f"{rate} % agree ({counts.agreed:,} of {counts.judged:,})"


def _parts(counts: Counts) -> tuple[Part, ...]:
    # The last kind is rare, and puzzling where there is none.
    kinds = [kind for kind in KINDS if kind != "live_error" or counts.live_error]
    shown = (Part(kind, getattr(counts, kind), _KINDS[kind]) for kind in kinds)
    return (*shown, Part("", counts.skipped, _SKIPPED))


@dataclass(frozen=True, slots=True)
class Change:
    """What promoting changes: both sides in a sentence, and what differs."""

    live: str
    draft: str
    rows: tuple[Difference, ...]


def change_shown(row: TriggerRow, shadow: ShadowRow) -> Change:
    """From the live conditions to the draft."""
    live, draft = stored_json(row.conditions), stored_json(shadow.conditions)
    return Change(sentence(live), sentence(draft), differences(live, draft))


def conditions_text(stored: str | None) -> str:
    """Stored conditions laid out, to be edited."""
    return "" if stored is None else pretty(stored)


@dataclass(frozen=True, slots=True)
class DisagreementRow:
    """A disagreement of the list; `event` is None when it is no longer kept."""

    id: UUID
    about: DisagreementListed
    event: EventNamed | None
    live: Lamp
    draft: Lamp
    words: str


def disagreements_shown(
    rows: Sequence[DisagreementListed], events: Mapping[UUID, EventNamed]
) -> list[DisagreementRow]:
    """The rows of the list."""
    return [
        DisagreementRow(
            row.id, row, events.get(row.id), _RESULTS[row.live], _RESULTS[row.draft],
            dict(KIND_CHOICES)[row.kind],
        )
        for row in rows
    ]  # fmt: skip


def outcome_words(outcome: str) -> str:
    """What both came to about an event, in a sentence."""
    return _AGREED.get(outcome) or f"{dict(KIND_CHOICES)[outcome]}."


@dataclass(frozen=True, slots=True)
class Side:
    """One of two traces of an event."""

    heading: str
    lamp: Lamp
    because: str
    clauses: tuple[ClauseRow, ...]


def sides_of(comparison: Comparison) -> tuple[Side, Side]:
    """Both traces: live, then draft."""
    fault = comparison.fault
    version = comparison.event["trigger_version"]
    return (
        side(f"Live, version {version}", comparison.live, fault),
        side("Draft", comparison.draft, fault),
    )


def side(heading: str, judgement: Judgement, fault: str | None = None) -> Side:
    """One trace; `fault` says that the body cannot be read, and why."""
    clauses = tuple(map(clause_row, judgement.clauses))
    because = reason_words(fault) if fault else _because(judgement, clauses)
    return Side(heading, _RESULTS[judgement.result], because, clauses)


def _because(judgement: Judgement, clauses: Sequence[ClauseRow]) -> str:
    if not clauses:
        return UNREADABLE if judgement.result == "error" else "No conditions: every event matches."
    passed = sum(clause.style == "passed" for clause in clauses)
    return f"{passed} of {count_words(len(clauses), 'clause')} passed."
