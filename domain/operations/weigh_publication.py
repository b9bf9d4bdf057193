"""What publishing a version would do: which triggers run it, and which of them it would break."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from domain.clock import utc_now
from domain.errors import Problem, WouldBreak
from domain.operations.prepare_runs import event_facts
from domain.operations.saving import missing_secrets
from domain.operations.seen_fields import MOST_BYTES, MOST_EVENTS
from domain.rules.bodies import read_stored
from domain.rules.input_schemas import InputSchema, read_input_schema
from domain.rules.placeholders import Content, EventFacts
from domain.rules.publication import (
    Breakage,
    Seen,
    Wanted,
    breakages,
    shape_of,
    wanted_by,
)
from domain.rules.workflow_steps import HttpStep, parse_steps
from domain.store.pages_workflows import TriggerOfWorkflow, triggers_of_workflow
from domain.store.recent_events import recent_events
from domain.store.workflows import Contents, WorkflowRow

MOST_BYTES_IN_ALL = 8 * MOST_BYTES
MOST_LOOKS = 1_000_000
"""Fields that are looked for in events, in all: about a second. Few workflows ask for more than
some dozens of fields; one that asks for thousands is weighed with fewer events."""
MOST_NAMED = 5
_NOTE_HEADERS = {"signalbox-note": "", "signalbox-actor": ""}


@dataclass(frozen=True, slots=True)
class Touched:
    """A trigger that follows the newest version. `events` is how many of its latest were looked at;
    `known` is false where nothing can be said, as none has come yet."""

    trigger: TriggerOfWorkflow
    events: int
    known: bool
    breaks: tuple[Breakage, ...]

    @property
    def newly(self) -> tuple[Breakage, ...]:
        """What works now and would not any more."""
        return tuple(each for each in self.breaks if not each.already)

    @property
    def already(self) -> tuple[Breakage, ...]:
        """What fails already, by the version that runs now."""
        return tuple(each for each in self.breaks if each.already)


@dataclass(frozen=True, slots=True)
class Impact:
    """What publishing does. `held` triggers stay on the version they are pinned to; secrets that
    are missing keep the version from being published at all."""

    touched: tuple[Touched, ...]
    held: tuple[TriggerOfWorkflow, ...]
    missing_secrets: tuple[str, ...]

    @property
    def broken(self) -> tuple[Touched, ...]:
        """The triggers that would fail and do not fail now."""
        return tuple(each for each in self.touched if each.newly)


async def weigh_publication(row: WorkflowRow, contents: Contents) -> Impact:
    """What making `contents` the version that runs would do to the triggers of the workflow.

    Reads the latest events of each trigger, within bounds of memory for all of them together. What
    events hold never comes out: only the names of what they lack.
    """
    triggers = await triggers_of_workflow(row.team_id, row.id)
    weigher = _Weigher(row.team_id, contents, _wanted(row.published))
    touched = [await weigher.weigh(each) for each in triggers if each.pinned_version is None]
    held = tuple(each for each in triggers if each.pinned_version is not None)
    missing = await missing_secrets(row.team_id, contents.steps)
    return Impact(tuple(touched), held, tuple(missing))


async def ask_first(row: WorkflowRow, contents: Contents, *, confirm: bool) -> None:
    """Raises WouldBreak when publishing `contents` would break triggers and nobody confirmed it."""
    if confirm:
        return
    impact = await weigh_publication(row, contents)
    if impact.broken:
        raise WouldBreak(
            [
                Problem(f"triggers.{each.trigger.id}", f"{each.trigger.name} {_why(each)}")
                for each in impact.broken
            ]
        )


def _why(touched: Touched) -> str:
    told = [words_of(each.wanted) for each in touched.newly[:MOST_NAMED]]
    return f"would fail: {'; '.join(told)}, which none of its events has"


def words_of(wanted: Wanted) -> str:
    """What a version asks, in words."""
    if wanted.need == "input":
        return f"the input {wanted.name} is required"
    return f"the step {wanted.step} reads {wanted.name}"


def _wanted(contents: Contents | None) -> tuple[Wanted, ...]:
    return () if contents is None else wanted_by(_steps(contents), _schema(contents))


def _steps(contents: Contents) -> tuple[HttpStep, ...]:
    return parse_steps(read_stored(contents.steps))


def _schema(contents: Contents) -> InputSchema | None:
    return read_input_schema(contents.input_schema)


class _Weigher:
    """Weighs one version for one trigger after the other; the bytes that may be read are shared."""

    def __init__(self, team_id: UUID, contents: Contents, before: Sequence[Wanted]) -> None:
        self._team_id = team_id
        self._schema = _schema(contents)
        self._wanted = _wanted(contents)
        self._before = before
        self._bytes_left = MOST_BYTES_IN_ALL
        self._looks_left = MOST_LOOKS

    async def weigh(self, trigger: TriggerOfWorkflow) -> Touched:
        seen = Seen(self._wanted, self._schema)
        if trigger.kind != "manual":
            await self._look_at_events(seen, trigger.id)
        shape = None if seen.events else shape_of(trigger.kind, _no_event(trigger), self._schema)
        if shape is not None:
            seen.suppose(shape)
        known = seen.events > 0 or shape is not None
        breaks = breakages(seen.lacking, self._before) if known else ()
        return Touched(trigger, seen.events, known, breaks)

    async def _look_at_events(self, seen: Seen, trigger_id: UUID) -> None:
        most = min(MOST_BYTES, self._bytes_left)
        async for event in recent_events(self._team_id, trigger_id, MOST_EVENTS, most):
            if self._looks_left <= 0:
                break
            self._bytes_left -= len(event["body"])
            self._looks_left -= seen.add(event_facts(event))
            await asyncio.sleep(0)  # others are served in between


def _no_event(trigger: TriggerOfWorkflow) -> EventFacts:
    headers = _NOTE_HEADERS if trigger.kind == "manual" else {}
    return EventFacts("", utc_now(), Content(), headers)
