"""What is asked before a schedule is switched on: which of the missed slots run."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.operations.run_paused import PausedSlots
from domain.rules.resuming import MOST_AT_ONCE, ResumeChoice
from domain.store.slots import SlotRow
from web.presenters.words import count_words, duration_words_of_ms

MOST_LISTED = 10
_SECOND_MS = 1_000


@dataclass(frozen=True, slots=True)
class Option:
    """One of the answers: what it is called, and the slots that it runs, the newest first."""

    choice: ResumeChoice
    label: str
    note: str
    runs: Sequence[SlotRow]

    @property
    def amount(self) -> str:
        """How many slots it runs."""
        return count_words(len(self.runs), "slot")

    @property
    def listed(self) -> Sequence[SlotRow]:
        """Those that are named."""
        return self.runs[:MOST_LISTED]

    @property
    def others(self) -> int:
        """How many are not."""
        return len(self.runs) - len(self.listed)


@dataclass(frozen=True, slots=True)
class ActivationShown:
    """How many slots came due while the trigger was off, from when to when, and the answers."""

    paused: int
    more: bool
    first: datetime | None
    last: datetime | None
    zone_name: str
    options: Sequence[Option]


def activation_shown(paused: PausedSlots | None) -> ActivationShown | None:
    """The question; None where there is nothing to ask."""
    if paused is None or not paused.slots:
        return None
    return ActivationShown(
        len(paused.slots),
        paused.more,
        paused.slots[0].scheduled_for,
        paused.slots[-1].scheduled_for,
        paused.schedule.zone_name,
        [_option(paused, *each) for each in _labels(paused)],
    )


def _option(paused: PausedSlots, choice: ResumeChoice, label: str, note: str) -> Option:
    return Option(choice, label, note, paused.to_run(choice)[::-1])


def _labels(paused: PausedSlots) -> list[tuple[ResumeChoice, str, str]]:
    many = len(paused.slots)
    all_of_them = "All of them" if many <= MOST_AT_ONCE else f"The newest {MOST_AT_ONCE}"
    more = "" if many <= MOST_AT_ONCE else "The others can be run by a backfill, at a chosen rate."
    labels: list[tuple[ResumeChoice, str, str]] = [
        ("policy", "What its catch-up policy says", _policy_words(paused)),
        ("latest", "Only the newest", ""),
        ("all", all_of_them, more),
        ("none", "None of them", "They stay on record as paused."),
    ]
    return [each for each in labels if each[0] != "all" or many > 1]


def _policy_words(paused: PausedSlots) -> str:
    policy, beyond = paused.catch_up, paused.beyond
    window = duration_words_of_ms(policy.window_s * _SECOND_MS)
    said = {
        "none": "It catches up on nothing.",
        "latest": f"The newest of those due within {window}.",
        "all": f"All of those due within {window}, at most {policy.most}.",
    }[policy.policy]
    if beyond.too_old and policy.policy != "none":
        said += f" {count_words(beyond.too_old, 'slot was', 'slots were')} due before that."
    return said
