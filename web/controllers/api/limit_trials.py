"""/api/v1/triggers/{id}/limit-trials: thin handlers; the guard has seen to the permission."""

from litestar import Controller, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from domain.operations.cancel_limit_trial import cancel_limit_trial
from domain.operations.start_limit_trial import LimitTrialDraft, start_limit_trial
from domain.rules.permissions import EDIT_TRIGGERS, SEE_PAYLOADS, SEE_TRIGGERS, Actor
from domain.store.limit_trials import page_of_limit_trials
from domain.store.triggers import TriggerRow
from web.controllers.api.bodies import Body
from web.controllers.api.limit_trial_shapes import (
    LimitTrialView,
    StartLimitTrial,
    limit_trial_view,
)
from web.controllers.api.lists import DEFAULT_LIMIT, paging
from web.controllers.api.problems import PROBLEMS
from web.controllers.api.shapes import Page
from web.controllers.api.views import id_in_path
from web.controllers.limit_trials import limit_trial_or_404, nudge_limit_trial
from web.controllers.trigger_parts import find_or_404
from web.services import CurrentActor, OurServices


async def _view(actor: Actor, row: TriggerRow, trial_id: str) -> LimitTrialView:
    found = await limit_trial_or_404(row, trial_id)
    return limit_trial_view(found, values=actor.may(SEE_PAYLOADS))


class LimitTrialController(Controller):
    """Trials of limits: what they would have done to a trigger's past events. Nothing is started
    by them."""

    path = "/triggers/{trigger_id:str}/limit-trials"
    tags = ("Trials of limits",)

    @get(opt={"permission": SEE_TRIGGERS}, responses=PROBLEMS, summary="List trials of limits")
    async def list_trials(
        self,
        *,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
        limit: FromQuery[int] = DEFAULT_LIMIT,
        cursor: FromQuery[str | None] = None,
    ) -> Page[LimitTrialView]:
        """Newest first; the newest 20 are kept."""
        row, values = await find_or_404(actor, trigger_id), actor.may(SEE_PAYLOADS)
        wanted = paging(services, actor, f"limit-trials/{row.id}", limit, cursor)
        found = await page_of_limit_trials(
            actor.team_id, row.id, wanted.position, size=wanted.limit
        )
        return wanted.found(found, lambda each: limit_trial_view(each, values=values))

    @post(
        dto=Body[StartLimitTrial],
        return_dto=None,
        opt={"permission": EDIT_TRIGGERS},
        responses=PROBLEMS,
        summary="Start a trial of limits",
    )
    async def start(
        self,
        trigger_id: FromPath[str],
        data: JSONBody[StartLimitTrial],
        actor: CurrentActor,
        services: OurServices,
    ) -> LimitTrialView:
        """The conditions that are live now say which events match. A worker takes it up at once."""
        row = await find_or_404(actor, trigger_id)
        draft = LimitTrialDraft(data.limits, data.days)
        started = await start_limit_trial(actor, row.id, draft)
        services.ring_backtests([started])
        nudge_limit_trial(services, row, started)
        return await _view(actor, row, str(started))

    @get(
        "/{limit_trial_id:str}",
        opt={"permission": SEE_TRIGGERS},
        responses=PROBLEMS,
        summary="Show a trial of limits",
    )
    async def show(
        self, trigger_id: FromPath[str], limit_trial_id: FromPath[str], actor: CurrentActor
    ) -> LimitTrialView:
        """How far it is, and once it is done what came of it."""
        return await _view(actor, await find_or_404(actor, trigger_id), limit_trial_id)

    @post(
        "/{limit_trial_id:str}/cancellation",
        status_code=200,
        opt={"permission": EDIT_TRIGGERS},
        responses=PROBLEMS,
        summary="Cancel a trial of limits",
    )
    async def cancel(
        self,
        trigger_id: FromPath[str],
        limit_trial_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> LimitTrialView:
        """It stops within a chunk of events."""
        row, id_ = await find_or_404(actor, trigger_id), id_in_path(limit_trial_id)
        await cancel_limit_trial(actor, row.id, id_)
        nudge_limit_trial(services, row, id_)
        return await _view(actor, row, limit_trial_id)
