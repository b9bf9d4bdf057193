"""Explain what two sets of conditions make of one stored event, clause by clause."""

from collections.abc import Sequence
from uuid import UUID

from domain.errors import InvalidInput
from domain.operations.judge_aside import judge_aside
from domain.operations.team_redactors import TeamRedactors
from domain.rules.bodies import BodyFault, UnreadableBody, read_json
from domain.rules.conditions import explain, parse_conditions
from domain.rules.subjects import Subject, subject_of
from domain.rules.traces import Judgement
from domain.store.database import Row

Explained = Judgement | BodyFault | None
"""The trace of every clause; why there is none; or None where the conditions, which were checked
once, cannot be read any more."""


async def compare_event(
    team_id: UUID,
    event: Row,
    conditions: Sequence[str | None],
    trigger_version: int,
    redactors: TeamRedactors,
) -> list[Explained]:
    """What each of `conditions` (stored JSON texts) makes of the event, with secrets redacted."""
    redactor = (await redactors.of([team_id]))[team_id]

    def judge() -> list[Explained]:
        try:
            subject = subject_of(event, trigger_version)
        except UnreadableBody as unreadable:
            return [unreadable.fault for _ in conditions]
        judged = [_judged(text, subject) for text in conditions]
        return [None if each is None else each.without(redactor) for each in judged]

    return await judge_aside(judge, len(event["body"]))


def _judged(text: str | None, subject: Subject) -> Judgement | None:
    try:
        conditions = parse_conditions(None if text is None else read_json(text.encode()))
    except (InvalidInput, UnreadableBody):
        return None
    return explain(conditions, subject)
