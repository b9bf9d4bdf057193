"""What a replay may be: which version it runs, and from where.

A replay is an execution of its own, asked for by a person: it neither meets conditions again nor
rate limits, its `Idempotency-Key`s are new, and it names the execution that it repeats.
"""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from domain.rules.checking import Problems
from domain.rules.execution_states import TERMINAL
from domain.rules.ids import derived_id

Version = Literal["same", "newest"]
Start = Literal["beginning", "failed_step"]

VERSIONS: tuple[Version, ...] = ("same", "newest")
STARTS: tuple[Start, ...] = ("beginning", "failed_step")
MOST_REPLAYS = 1_000
"""Of one execution."""


@dataclass(frozen=True, slots=True)
class ReplayOptions:
    """`same`: the workflow version that the execution ran; `failed_step`: steps that were carried
    out are taken over, and the first that was not is where it begins."""

    version: Version = "same"
    start: Start = "beginning"


def replay_options(version: str, start: str) -> ReplayOptions:
    """The options that these words stand for. Raises InvalidInput at `version` and `start`."""
    problems = Problems()
    chosen = next((each for each in VERSIONS if each == version), None)
    begins = next((each for each in STARTS if each == start), None)
    if chosen is None:
        problems.add("version", f"must be one of {', '.join(VERSIONS)}")
    if begins is None:
        problems.add("start", f"must be one of {', '.join(STARTS)}")
    problems.raise_any()
    return ReplayOptions(chosen or "same", begins or "beginning")


def replay_id_for(execution_id: UUID, number: int) -> UUID:
    """The id of the replay of this number: a second one of the same number is no row at all."""
    return derived_id(execution_id, "replay", number)


@dataclass(frozen=True, slots=True)
class Original:
    """An execution as whoever replays it sees it. `workflow_version` is the one that would run
    (None: there is none), `done` the keys of the steps that it carried out, in their order, and
    `cut` those of them whose answers are not on record as a whole."""

    state: str
    replays: int
    workflow_deleted: bool
    workflow_version: int | None
    has_event: bool
    done: tuple[str, ...] = ()
    cut: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Plan:
    """The version that would run: the keys of its steps, and for each the earlier steps that it
    refers to."""

    keys: tuple[str, ...]
    refers_to: tuple[frozenset[str], ...]


def why_not(original: Original, options: ReplayOptions, plan: Plan | None) -> str | None:
    """Why it cannot be replayed so, in a sentence; None: it can. There is no plan where the version
    that would run cannot be read."""
    told = _why_not_at_all(original)
    if told is None and plan is None:
        told = "The workflow version cannot be read."
    if told is not None or plan is None or options.start == "beginning":
        return told
    return _why_not_from_there(original, plan) or _why_not_on_record(original, options, plan)


def _why_not_at_all(original: Original) -> str | None:
    asked = (
        (original.state not in TERMINAL, "It has not ended yet. Cancel it, or wait for its end."),
        (
            original.replays >= MOST_REPLAYS,
            f"It was replayed {MOST_REPLAYS:,} times already: replay one of its replays.",
        ),
        (
            not original.has_event,
            "Its event is past its retention: nothing is left to run it with.",
        ),
        (original.workflow_deleted, "Its workflow was deleted."),
        (original.workflow_version is None, "Its workflow has no published version."),
    )
    return next((told for is_so, told in asked if is_so), None)


def _why_not_from_there(original: Original, plan: Plan) -> str | None:
    if original.state == "succeeded":
        return "No step of it failed: replay it from the beginning."
    # A step may refer to any before it, so all of those must be the same, in the same order.
    if plan.keys[: len(original.done)] != original.done:
        return (
            f"Version {original.workflow_version} has other steps before the one that failed: "
            "replay it from the beginning, or with the version that it ran."
        )
    if len(original.done) == len(plan.keys):
        return "All of its steps were carried out: replay it from the beginning."
    return None


def _why_not_on_record(original: Original, options: ReplayOptions, plan: Plan) -> str | None:
    """Of what no step referred to, only the beginning is kept; another version may refer to it."""
    needed = frozenset[str]().union(*plan.refers_to[len(original.done) :])
    if options.version == "newest" and needed & original.cut:
        key = min(needed & original.cut)
        return f"Not all of what {key} answered is on record: replay it from the beginning."
    return None
