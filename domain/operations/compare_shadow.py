"""Compare a draft with the live conditions on one event, every clause of both explained."""

from dataclasses import dataclass
from uuid import UUID

from domain.errors import NotFound
from domain.operations.explain_event import explain_event
from domain.operations.team_redactors import TeamRedactors
from domain.rules.shadows import Outcome, compared
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
    both = await explain_event(
        shadow.team_id, event, [event["live_conditions"], shadow.conditions],
        event["trigger_version"], redactors,
    )  # fmt: skip
    # Without clauses: the body cannot be read, or conditions that nobody can read any more.
    live, draft = (each if isinstance(each, Judgement) else _UNREADABLE for each in both)
    fault = next((each for each in both if isinstance(each, str)), None)
    return Comparison(event, live, draft, compared(live.result, draft.result), fault)
