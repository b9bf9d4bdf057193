"""How often each clause passes over the latest events, so that dead conditions are seen."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from domain.rules.bodies import UnreadableBody
from domain.rules.permissions import SEE_PAYLOADS, Actor
from domain.rules.subjects import subject_of
from domain.rules.traces import ClauseTrace
from domain.rules.trials import Draft, Trial, try_draft
from domain.store.database import Row
from domain.store.recent_events import recent_events

MOST_EVENTS = 1_000
MOST_BYTES = 4 * 1024 * 1024
LATELY = 200
"""So many of the latest events decide whether a path is one that is never seen."""

MOST_SECONDS = 2.0
TURN_S = 0.02
"""After so long the others of this process have their turn."""


@dataclass(slots=True)
class ClauseRate:
    """What became of a clause over the events: how often it passed, was an error, found anything
    at all, and found something among the latest."""

    passed: int = 0
    errors: int = 0
    seen: int = 0
    seen_lately: int = 0

    def count(self, trace: ClauseTrace, *, lately: bool) -> None:
        """Count one event's trace."""
        # The number of values is found also where there are none.
        seen = trace.actual != 0 if trace.quantifier == "count" else trace.found
        self.passed += trace.passed is True
        self.errors += trace.passed is None
        self.seen += seen
        self.seen_lately += seen and lately


@dataclass(slots=True)
class Rates:
    """The clauses' rates by field, over so many events, of which so many are the latest; `fired`
    of them would have fired, None while the conditions cannot all be judged."""

    clauses: dict[str, ClauseRate]
    fired: int | None
    events: int = 0
    lately: int = 0
    unreadable: int = 0

    def count(self, trial: Trial) -> None:
        """Count what became of one event."""
        lately = self.events < LATELY
        self.events += 1
        self.lately += lately
        for name, trace in trial.clauses:
            self.clauses[name].count(trace, lately=lately)
        if self.fired is not None:
            self.fired += trial.result == "matched"

    def count_unreadable(self) -> None:
        """Count an event whose body no clause can look into: an error, whatever they ask for."""
        self.lately += self.events < LATELY
        self.events += 1
        self.unreadable += 1
        for rate in self.clauses.values():
            rate.errors += 1


async def rate_clauses(actor: Actor, trigger_id: UUID, version: int, draft: Draft) -> Rates:
    """Try the draft on the trigger's latest events: 1,000, 4 MiB, or as many as two seconds allow.
    Raises Forbidden for who may not see payloads."""
    actor.require(SEE_PAYLOADS)
    rates = Rates({name: ClauseRate() for name in draft.fields}, 0 if draft.whole else None)
    events = recent_events(actor.team_id, trigger_id, MOST_EVENTS, MOST_BYTES)
    async for event in _in_turns(events):
        try:
            rates.count(try_draft(draft, subject_of(event, version)))
        except UnreadableBody:
            rates.count_unreadable()
    return rates


async def _in_turns(events: AsyncIterator[Row]) -> AsyncIterator[Row]:
    """The events as long as there is time, with pauses in which others have their turn."""
    turn = begun = time.monotonic()
    async for event in events:
        yield event
        now = time.monotonic()
        if now - begun > MOST_SECONDS:
            return
        if now - turn > TURN_S:
            await asyncio.sleep(0)
            turn = time.monotonic()
