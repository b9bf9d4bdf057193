"""/api/v1/…/limits and …/limit-lift: thin handlers; the guard has seen to the permission."""

from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, JSONBody

from domain.errors import NotFound
from domain.operations.lift_limits import end_lift, lift_limits
from domain.operations.read_limit_usage import limit_usage, team_limit_usage
from domain.operations.set_team_limits import set_team_limits
from domain.rules.permissions import (
    LIFT_LIMITS,
    MANAGE_TEAM_LIMITS,
    SEE_PAYLOADS,
    SEE_TEAM,
    SEE_TRIGGERS,
)
from domain.store import triggers
from web.controllers.api.bodies import Body
from web.controllers.api.limit_shapes import (
    LiftLimits,
    LiftView,
    LimitUsageView,
    SetTeamLimits,
    TeamLimitsView,
    limit_usage_view,
    team_limits_view,
)
from web.controllers.api.problems import PROBLEMS
from web.controllers.api.views import id_in_path
from web.controllers.trigger_parts import nudge
from web.services import CurrentActor, OurServices


class TriggerLimitController(Controller):
    """The limits of a trigger as they are now, and lifting them."""

    path = "/triggers/{trigger_id:str}"
    tags = ("Triggers",)

    @get(
        "/limits",
        opt={"permission": SEE_TRIGGERS},
        responses=PROBLEMS,
        summary="Show how full a trigger's limits are",
    )
    async def show(
        self, trigger_id: FromPath[str], actor: CurrentActor, services: OurServices
    ) -> LimitUsageView:
        """Its windows, what waits for them, and the executions at its caps."""
        row = await triggers.find_trigger(actor.team_id, id_in_path(trigger_id))
        if row is None:
            raise NotFound
        usage = await limit_usage(services.limiter, row, services.settings.rate_limits)
        may_see = actor.may(SEE_PAYLOADS)
        return limit_usage_view(usage, row.limits_lifted_until, values=may_see)

    @post(
        "/limit-lift",
        dto=Body[LiftLimits],
        return_dto=None,
        opt={"permission": LIFT_LIMITS},
        responses=PROBLEMS,
        summary="Lift a trigger's limits for a while",
    )
    async def lift(
        self,
        trigger_id: FromPath[str],
        data: JSONBody[LiftLimits],
        actor: CurrentActor,
        services: OurServices,
    ) -> LiftView:
        """It ends by itself. Lifted again, it lasts from now on."""
        id_ = id_in_path(trigger_id)
        until = await lift_limits(actor, id_, data.minutes)
        nudge(services, actor, id_)
        return LiftView(until)

    @delete(
        "/limit-lift",
        opt={"permission": LIFT_LIMITS},
        responses=PROBLEMS,
        summary="Put a trigger's limits in force again",
    )
    async def end(
        self, trigger_id: FromPath[str], actor: CurrentActor, services: OurServices
    ) -> None:
        """At once; they may be already."""
        id_ = id_in_path(trigger_id)
        await end_lift(actor, id_)
        nudge(services, actor, id_)


class TeamLimitController(Controller):
    """The windows that all triggers of the team share."""

    path = "/team"
    tags = ("Team",)

    @get(
        "/limits",
        opt={"permission": SEE_TEAM},
        responses=PROBLEMS,
        summary="Show the team's limits",
    )
    async def show(self, actor: CurrentActor, services: OurServices) -> TeamLimitsView:
        """With what is in each window now."""
        everybody = services.settings.rate_limits
        return team_limits_view(await team_limit_usage(services.limiter, actor.team_id, everybody))

    @put(
        "/limits",
        dto=Body[SetTeamLimits],
        return_dto=None,
        opt={"permission": MANAGE_TEAM_LIMITS},
        responses=PROBLEMS,
        summary="Set the team's limits",
    )
    async def save(
        self, data: JSONBody[SetTeamLimits], actor: CurrentActor, services: OurServices
    ) -> TeamLimitsView:
        """Replaces all of its windows; each goes on with what it has counted."""
        await set_team_limits(actor, data.rate)
        services.feed.nudge(actor.team_id, "team")
        everybody = services.settings.rate_limits
        return team_limits_view(await team_limit_usage(services.limiter, actor.team_id, everybody))

    @post(
        "/limit-lift",
        dto=Body[LiftLimits],
        return_dto=None,
        opt={"permission": LIFT_LIMITS},
        responses=PROBLEMS,
        summary="Lift all limits of the team's triggers for a while",
    )
    async def lift(
        self, data: JSONBody[LiftLimits], actor: CurrentActor, services: OurServices
    ) -> LiftView:
        """It ends by itself. Lifted again, it lasts from now on."""
        until = await lift_limits(actor, None, data.minutes)
        services.feed.nudge(actor.team_id, "team", "triggers")
        return LiftView(until)

    @delete(
        "/limit-lift",
        opt={"permission": LIFT_LIMITS},
        responses=PROBLEMS,
        summary="Put the limits of the team's triggers in force again",
    )
    async def end(self, actor: CurrentActor, services: OurServices) -> None:
        """At once; they may be already."""
        await end_lift(actor, None)
        services.feed.nudge(actor.team_id, "team", "triggers")
