"""A draft of conditions beside the live ones: what an event makes of the pair.

A *draft* runs in shadow: each new event is judged by it, too, and nothing follows from that. Where
the two come to the same they agree, also when neither can judge. Where they do not, what counts
first is whether the one would have fired and the other not.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from domain.rules.traces import Result

Kind = Literal["only_shadow", "only_live", "error", "live_error"]
KINDS: tuple[Kind, ...] = ("only_shadow", "only_live", "error", "live_error")
"""Disagreements, in the order in which filters offer them."""

Outcome = Literal[
    "agreed_fired", "agreed_filtered", "agreed_error", "only_shadow", "only_live", "error",
    "live_error",
]  # fmt: skip
AGREED: tuple[Outcome, ...] = ("agreed_fired", "agreed_filtered", "agreed_error")
OUTCOMES: tuple[Outcome, ...] = (*AGREED, *KINDS)

_OUTCOMES: dict[tuple[Result, Result], Outcome] = {
    ("matched", "matched"): "agreed_fired",
    ("not_matched", "not_matched"): "agreed_filtered",
    ("error", "error"): "agreed_error",
    ("not_matched", "matched"): "only_shadow",
    ("error", "matched"): "only_shadow",
    ("matched", "not_matched"): "only_live",
    ("matched", "error"): "error",
    ("not_matched", "error"): "error",
    ("error", "not_matched"): "live_error",
}
# What had to wait, or came too often, had matched.
_LIVE: dict[str, Result] = {
    "fired": "matched",
    "deferred": "matched",
    "rate_limited": "matched",
    "filtered": "not_matched",
}


class ShadowState(StrEnum):
    """Where a shadow stands. A draft never changes: another one is another shadow."""

    RUNNING = "running"
    """New events are judged by it."""
    PROMOTED = "promoted"
    """It became the live conditions."""
    DISCARDED = "discarded"
    """Somebody ended it, put another one in its place, or deleted the trigger."""


MOVES: dict[ShadowState, frozenset[ShadowState]] = {
    ShadowState.RUNNING: frozenset({ShadowState.PROMOTED, ShadowState.DISCARDED}),
    ShadowState.PROMOTED: frozenset(),
    ShadowState.DISCARDED: frozenset(),
}


def can_move(source: ShadowState, target: ShadowState) -> bool:
    """Whether a shadow may go from `source` to `target`."""
    return target in MOVES[source]


def live_result(verdict: str) -> Result:
    """What the live conditions came to, by the decision's verdict."""
    return _LIVE.get(verdict, "error")


def compared(live: Result, draft: Result) -> Outcome:
    """What an event that the two came to this about counts as."""
    return _OUTCOMES[live, draft]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many events came to what. `error`: the draft could not be judged where the live
    conditions could; `live_error`: the other way round, and the draft did not match; `skipped`: not
    judged by the draft."""

    agreed_fired: int = 0
    agreed_filtered: int = 0
    agreed_error: int = 0
    only_shadow: int = 0
    only_live: int = 0
    error: int = 0
    live_error: int = 0
    skipped: int = 0

    @property
    def agreed(self) -> int:
        """Events about which both came to the same."""
        return self.agreed_fired + self.agreed_filtered + self.agreed_error

    @property
    def judged(self) -> int:
        """Events that were judged by both."""
        return self.agreed + self.only_shadow + self.only_live + self.error + self.live_error


def counts_of(outcomes: Mapping[Outcome, int], skipped: int = 0) -> Counts:
    """So many events of each outcome."""
    return Counts(**{str(outcome): amount for outcome, amount in outcomes.items()}, skipped=skipped)
