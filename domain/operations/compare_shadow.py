"""Compare a draft with the live conditions on one event, every clause of both explained."""

from dataclasses import dataclass
from functools import partial
from uuid import UUID

from domain.errors import InvalidInput, NotFound
from domain.operations.judge_aside import judge_aside
from domain.operations.team_redactors import TeamRedactors
from domain.rules.bodies import UnreadableBody, read_json
from domain.rules.conditions import explain, parse_conditions
from domain.rules.redaction import Redactor
from domain.rules.shadows import Outcome, compared
from domain.rules.subjects import Subject, subject_of
from domain.rules.traces import Judgement
from domain.store.database import Row
from domain.store.pages_shadows import event_to_compare
from domain.store.shadows import ShadowRow

_UNREADABLE = Judgement("error", ())


@dataclass(frozen=True, slots=True)
class Comparison:
    """What both come to about an event. `fault` says why its body cannot be read, if it cannot:
    then neither can judge it."""

    event: Row
    live: Judgement
    draft: Judgement
    outcome: Outcome
    fault: str | None = None


async def compare_shadow(shadow: ShadowRow, event_id: UUID, redactors: TeamRedactors) -> Comparison:
    """The event, judged once more by the version that judged it live and by the draft. Secrets are
    redacted. Raises NotFound unless it is a decided event of the shadow's trigger."""
    event = await event_to_compare(shadow.team_id, shadow.trigger_id, event_id)
    if event is None:
        raise NotFound
    redactor = (await redactors.of([shadow.team_id]))[shadow.team_id]
    judged = partial(_compared, shadow, event, redactor)
    return await judge_aside(judged, len(event["body"]))


def _compared(shadow: ShadowRow, event: Row, redactor: Redactor) -> Comparison:
    try:
        subject = subject_of(event, event["trigger_version"])
    except UnreadableBody as unreadable:
        outcome = compared("error", "error")
        return Comparison(event, _UNREADABLE, _UNREADABLE, outcome, unreadable.fault)
    live = _explained(event["live_conditions"], subject, redactor)
    draft = _explained(shadow.conditions, subject, redactor)
    return Comparison(event, live, draft, compared(live.result, draft.result))


def _explained(stored: str | None, subject: Subject, redactor: Redactor) -> Judgement:
    """The trace; without clauses for conditions that nobody can read any more."""
    try:
        conditions = parse_conditions(None if stored is None else read_json(stored.encode()))
    except (InvalidInput, UnreadableBody):
        return _UNREADABLE
    return explain(conditions, subject).without(redactor)
