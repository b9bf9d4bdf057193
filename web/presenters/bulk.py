"""What a bulk act is about to do, and what it did, in words."""

from dataclasses import dataclass

from domain.operations.set_triggers_enabled import MOST_TRIGGERS, Switched
from domain.store.trigger_bulk import TriggerSwitch
from web.presenters.words import count_words

ACTS = {"enable": True, "disable": False, "enable-all": True, "disable-all": False}
ALL = "-all"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a bulk act is not offered, and what to do instead."""

    reason: str
    advice: str


NOTHING_SELECTED = Refusal(
    "No trigger is selected", "Tick the boxes in front of the triggers, then choose what to do."
)
NO_SUCH_ACT = Refusal("There is no such act", "Triggers can be switched on or off together.")
NO_FILTER = Refusal(
    "All of them needs a filter",
    "Without one, this would switch every trigger of the team. Narrow the list first, or select "
    "the triggers one by one.",
)
TOO_MANY = Refusal(
    f"More than {MOST_TRIGGERS:,} triggers match", "Narrow the list, and go on in several steps."
)
NONE_MATCHES = Refusal("No trigger matches", "There is nothing to switch.")


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """A bulk act before it is done: what it concerns, or why it is refused."""

    act: str
    matching: tuple[TriggerSwitch, ...] = ()
    refusal: Refusal | None = None

    @property
    def enabled(self) -> bool:
        """Which way the act switches."""
        return ACTS.get(self.act, True)

    @property
    def state(self) -> str:
        """What the triggers are afterwards."""
        return "on" if self.enabled else "off"

    @property
    def verb(self) -> str:
        """What the act does."""
        return f"Switch {self.state}"

    @property
    def differing(self) -> int:
        """How many would change."""
        return sum(each.enabled is not self.enabled for each in self.matching)

    @property
    def already(self) -> int:
        """How many would not."""
        return len(self.matching) - self.differing

    @property
    def question(self) -> str:
        """The heading."""
        if self.refusal:
            return f"{self.verb} triggers"
        return f"{self.verb} {count_words(self.differing, 'trigger')}?"

    @property
    def ids(self) -> str:
        """What the button sends: the triggers that were shown, whatever matches by then."""
        return " ".join(str(each.id) for each in self.matching)


def done_words(done: Switched, *, enabled: bool) -> str:
    """What a bulk act did."""
    were = "was" if len(done.changed) == 1 else "were"
    state = "on" if enabled else "off"
    return f"{count_words(len(done.changed), 'trigger')} {were} switched {state}"
