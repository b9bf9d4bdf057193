"""Explain decisions in full: judge the stored event again, by the version that judged it.

What is stored of a trace is the verdict and the clauses that decided it. All the rest follows from
the raw event and the immutable trigger version, so it is worked out when somebody looks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from domain.logs import logger
from domain.operations.explain_event import explain_event
from domain.operations.team_redactors import TeamRedactors
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
    found = {}
    for row in rows:
        (judgement,) = await explain_event(
            team_id, row, [row["condition_config"]], row["trigger_version"], redactors
        )
        if not isinstance(judgement, Judgement):
            log.warning("cannot_explain", decision_id=str(row["decision_id"]))
            continue
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
