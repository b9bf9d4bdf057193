"""What the page of an execution shows, for all who answer with it."""

from typing import Any

from litestar.response import Template

from domain.clock import utc_now
from domain.errors import NotFound
from domain.rules.execution_states import CANCELABLE, TERMINAL
from domain.rules.permissions import SEE_PAYLOADS, Actor
from domain.store.destinations import DestinationRow, find_destination
from domain.store.pages_executions import ExecutionShown, attempts_of, execution_shown, steps_of
from domain.store.replays import replay_facts, replays_of
from domain.store.waiting_executions import waited
from web.controllers.api.views import id_in_path
from web.htmx import HtmxRequest, page_or_partial
from web.presenters.attempts import all_attempts, steps_by_attempt
from web.presenters.outcomes import outcome_of
from web.presenters.timeline import timeline
from web.presenters.waits import before_the_queue, wait_shown


async def execution_answer(
    request: HtmxRequest, actor: Actor, execution_id: str, *, trouble: str = "", status: int = 200
) -> Template:
    """The page, or its part, as the database has it now; `trouble` says why an act was refused.
    Raises NotFound."""
    context = {**await _shown(actor, execution_id), "trouble": trouble}
    return page_or_partial(
        request, "executions/show.html", "executions/_show.html", context, status=status
    )


async def _destination(actor: Actor, execution: ExecutionShown) -> DestinationRow | None:
    """Where it calls, if that is what it waits for."""
    if execution.waits_on is None or execution.waits_for not in {"breaker", "destination"}:
        return None
    return await find_destination(actor.team_id, execution.waits_on)


async def _shown(actor: Actor, execution_id: str) -> dict[str, Any]:
    """The timeline, and below it every step with its request and response."""
    execution = await execution_shown(actor.team_id, id_in_path(execution_id))
    if execution is None:
        raise NotFound
    attempts = all_attempts(execution, await attempts_of(actor.team_id, execution.id))
    steps, now = await steps_of(actor.team_id, execution.id), utc_now()
    # What a replay took over happened before it began.
    own = [step for step in steps if step.attempt]
    waits = await waited(actor.team_id, execution.id)
    replay = await replay_facts(actor.team_id, execution.id)
    replayed = replay is not None and replay.replays
    return {
        "execution": execution,
        "attempts": attempts,
        "steps": steps_by_attempt(steps),
        "timeline": timeline(
            execution.created_at,
            execution.due_at,
            attempts,
            own,
            now,
            before=before_the_queue(waits, execution.created_at, now),
        ),
        "wait": wait_shown(waits),
        "outcome": outcome_of(execution, attempts, steps),
        "waits_at": await _destination(actor, execution),
        "may_see_payload": actor.may(SEE_PAYLOADS),
        "replay": replay,
        "replays": await replays_of(actor.team_id, execution.id) if replayed else [],
        "cancelable": execution.state in CANCELABLE,
        "has_ended": execution.state in TERMINAL,
        "now": now,
    }
