"""Explain what conditions make of a stored event, every clause of them, for whoever looks at it."""

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from uuid import UUID

from domain.errors import InvalidInput
from domain.operations.team_redactors import TeamRedactors
from domain.rules.bodies import BodyFault, UnreadableBody
from domain.rules.conditions import explain, read_conditions
from domain.rules.redaction import Redactor
from domain.rules.subjects import subject_of
from domain.rules.traces import Judgement
from domain.store.database import Row

SMALL = 64 * 1024
"""Bodies up to this size are judged at once. Larger ones in a thread: reading 10 MiB takes half a
second, in which no other page would be answered."""

Explanation = Judgement | BodyFault | None
"""The trace of every clause; why there is none; or None where the conditions, which were checked
once, cannot be read any more."""

# One at a time: what is read of a body of 10 MiB takes up a hundred.
_ASIDE = ThreadPoolExecutor(1, "explain-event")


async def explain_event(
    team_id: UUID,
    event: Row,
    conditions: Sequence[str | None],
    trigger_version: int,
    redactors: TeamRedactors,
) -> list[Explanation]:
    """What each of `conditions` (stored JSON texts) makes of the event, with secrets redacted."""
    redactor = (await redactors.of([team_id]))[team_id]
    explained = partial(_explained, event, conditions, trigger_version, redactor)
    if len(event["body"]) <= SMALL:
        return explained()
    return await asyncio.get_running_loop().run_in_executor(_ASIDE, explained)


def _explained(
    event: Row, conditions: Sequence[str | None], trigger_version: int, redactor: Redactor
) -> list[Explanation]:
    try:
        subject = subject_of(event, trigger_version)
    except UnreadableBody as unreadable:
        return [unreadable.fault for _ in conditions]
    found: list[Explanation] = []
    for text in conditions:
        try:
            found.append(explain(read_conditions(text), subject).without(redactor))
        except (InvalidInput, UnreadableBody):
            found.append(None)
    return found
