"""Explain decisions in full: judge the stored event again, by the version that judged it.

What is stored of a trace is the verdict and the clauses that decided it. All the rest follows from
the raw event and the immutable trigger version, so it is worked out when somebody looks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from domain.errors import InvalidInput
from domain.logs import logger
from domain.operations.judge_aside import judge_aside
from domain.operations.team_redactors import TeamRedactors
from domain.rules.bodies import UnreadableBody, read_json
from domain.rules.conditions import explain, parse_conditions
from domain.rules.redaction import Redactor
from domain.rules.subjects import subject_of
from domain.rules.traces import Judgement, Result
from domain.store import history
from domain.store.database import Row

log = logger(__name__)

_RESULTS: dict[str, Result] = {"fired": "matched", "filtered": "not_matched"}


@dataclass(frozen=True, slots=True)
class Explained:
    """A decision judged again. `agrees` says that this came to the result that was stored, which
    it always should; where it does not, what was stored is what happened."""

    judgement: Judgement
    agrees: bool


async def explain_decisions(
    team_id: UUID, event_id: UUID, redactors: TeamRedactors
) -> Mapping[UUID, Explained]:
    """The decisions about an event that came from conditions, by id, each with the trace of every
    clause. Those that did not (paused, unreadable) are left out. Secrets are redacted."""
    rows = [row for row in await history.judged(team_id, event_id) if _came_from_conditions(row)]
    if not rows:
        return {}
    redactor = (await redactors.of([team_id]))[team_id]
    found = {}
    for row in rows:
        judged = partial(_judged_again, row, redactor)
        judgement = await judge_aside(judged, len(row["body"]))
        if judgement is not None:
            agrees = judgement.result == _stored_result(row)
            if not agrees:
                log.error("trace_disagrees", decision_id=str(row["decision_id"]))
            found[row["decision_id"]] = Explained(judgement, agrees)
    return found


def _came_from_conditions(row: Row) -> bool:
    return row["verdict"] in {"fired", "filtered", "duplicate"} or (
        row["verdict"] == "error" and row["reason"] == "condition_error"
    )


def _stored_result(row: Row) -> Result | None:
    if row["verdict"] == "duplicate":  # judged first, found to be a repeat afterwards
        return row["judged"]  # type: ignore[no-any-return]
    return _RESULTS.get(row["verdict"], "error")


def _judged_again(row: Row, redactor: Redactor) -> Judgement | None:
    try:
        stored = row["condition_config"]
        conditions = parse_conditions(None if stored is None else read_json(stored.encode()))
        subject = subject_of(row, row["trigger_version"])
        return explain(conditions, subject).without(redactor)
    except (InvalidInput, UnreadableBody):
        log.warning("cannot_explain", decision_id=str(row["decision_id"]))
        return None
