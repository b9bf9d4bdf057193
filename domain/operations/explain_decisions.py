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
from domain.store.decisions import later_decision_id_for

log = logger(__name__)

_RESULTS: dict[str, Result] = {
    "fired": "matched",
    "deferred": "matched",
    "rate_limited": "matched",
    "paused": "matched",
    "filtered": "not_matched",
}
# A batch and what stands for many were not asked themselves; and of what waited and was not taken
# nobody asked whether it matches by now.
_UNASKED = frozenset({"batch_made", "replayed"})


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
    verdict, reason = row["verdict"], row["reason"]
    if reason in _UNASKED or (reason == "debounced" and _is_later(row)):
        return False
    if verdict in {"error", "paused"}:
        return reason in {"condition_error", "held"}
    return bool(verdict != "loop")


def _is_later(row: Row) -> bool:
    decision_id: UUID = row["decision_id"]
    return decision_id == later_decision_id_for(row["id"], row["trigger_id"])


def _stored_result(row: Row) -> Result | None:
    if row["verdict"] == "duplicate":  # judged first, found to be a repeat afterwards
        return row["judged"]  # type: ignore[no-any-return]
    return _RESULTS.get(row["verdict"], "error")
