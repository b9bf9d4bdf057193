"""Bulk actions in words: what one is about to do, how far it is, and what became of it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from domain.rules.bulk_actions import ELIGIBLE, MOST_ITEMS
from domain.store.bulk_actions import BulkAction, Counted
from web.presenters.filters import path_of
from web.presenters.words import Lamp, count_words

_STATES = {
    "running": Lamp("Running", "busy"),
    "finished": Lamp("Finished", "clear"),
    "canceled": Lamp("Canceled", "off"),
}
_VERBS = {"replay": "Replay", "cancel": "Cancel"}
_OPTIONS = {
    "same": "the version that each of them ran",
    "newest": "the newest published version",
    "beginning": "from the beginning",
    "failed_step": "from the step that failed",
}
_ORDER = ("version", "start")
# Who reads how a bulk replay went asks these questions, in this order.
_OUTCOMES = (
    ("Succeeded", ("succeeded",)),
    ("Failed", ("failed", "dead")),
    ("Under way", ("queued", "running", "retrying")),
    ("Unknown", ("unknown",)),
    ("Canceled", ("canceled",)),
)


def verb_of(kind: str) -> str:
    """What it does, as a word."""
    return _VERBS.get(kind, kind)


@dataclass(frozen=True, slots=True)
class BulkPreview:
    """What it would do: the executions that are meant, and those that are left out because of
    their state."""

    kind: str
    meant: tuple[Counted, ...]
    left_out: tuple[Counted, ...]

    @property
    def total(self) -> int:
        """How many it would come to."""
        return sum(each.amount for each in self.meant)

    @property
    def out(self) -> int:
        """How many are left out."""
        return sum(each.amount for each in self.left_out)

    @property
    def too_many(self) -> bool:
        """Whether there are more than can be done at once."""
        return self.total + self.out > MOST_ITEMS

    @property
    def question(self) -> str:
        """The heading."""
        return f"{verb_of(self.kind)} {count_words(self.total, 'execution')}?"

    @property
    def name(self) -> str:
        """A name to begin with."""
        workflows = {each.workflow_name for each in self.meant}
        what = workflows.pop() if len(workflows) == 1 else count_words(self.total, "execution")
        return f"{verb_of(self.kind)} {what}"[:100]


def preview_of(kind: str, counted: Sequence[Counted]) -> BulkPreview:
    """The executions by whether they are meant."""
    meant = tuple(each for each in counted if each.state in ELIGIBLE[kind])
    return BulkPreview(kind, meant, tuple(each for each in counted if each not in meant))


@dataclass(frozen=True, slots=True)
class Figure:
    """How many of its executions came to something, and where they are listed."""

    label: str
    amount: int
    address: str


@dataclass(frozen=True, slots=True)
class BulkShown:
    """A bulk action with words beside it; `chosen_at` is the list that it was chosen in."""

    action: BulkAction
    lamp: Lamp
    verb: str
    running: bool
    options: str
    chosen_at: str
    selected: int
    left_out: tuple[tuple[str, int], ...]
    figures: tuple[Figure, ...]

    @property
    def come_to(self) -> int:
        """How many executions it has come to."""
        return self.action.done + self.action.skipped

    @property
    def executions(self) -> str:
        """The list of its executions."""
        return f"/executions?bulk={self.action.id}"


def bulk_shown(action: BulkAction, outcomes: Mapping[str, int]) -> BulkShown:
    """The bulk action as its page shows it; `outcomes` are its executions by state."""
    filters, options = json.loads(action.filters), json.loads(action.options)
    pairs = [(name, value) for name, value in filters.get("filters", ())]
    left_out = sorted(json.loads(action.left_out).items(), key=lambda each: -each[1])
    return BulkShown(
        action=action,
        lamp=_STATES.get(action.state) or Lamp(action.state, "odd"),
        verb=verb_of(action.kind),
        running=action.state == "running",
        options=", ".join(_OPTIONS.get(options[n], options[n]) for n in _ORDER if n in options),
        chosen_at=f"{path_of(filters['list'])}?{urlencode(pairs)}" if pairs else "",
        selected=filters.get("selected", 0),
        left_out=tuple(left_out),
        figures=_figures(action, outcomes) if action.kind == "replay" else (),
    )


def _figures(action: BulkAction, outcomes: Mapping[str, int]) -> tuple[Figure, ...]:
    figures = []
    for label, states in _OUTCOMES:
        amount = sum(outcomes.get(state, 0) for state in states)
        query = urlencode([("state", state) for state in states] + [("bulk", str(action.id))])
        if amount or label in {"Succeeded", "Failed"}:
            figures.append(Figure(label, amount, f"/executions?{query}"))
    return tuple(figures)
