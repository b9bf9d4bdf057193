"""/api/v1/executions/{id}/replays and …/cancellation: run an execution again, or end it."""

from typing import Annotated, Any

from litestar import Controller, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType

from domain.errors import NotFound
from domain.operations.cancel_execution import cancel_execution
from domain.operations.replay_execution import Payload, Replay, replay_execution
from domain.rules.permissions import RUN_TRIGGERS, Actor
from domain.rules.replays import replay_options
from domain.store import history
from web.controllers.api.bodies import Body
from web.controllers.api.problems import PROBLEMS
from web.controllers.api.shapes import ExecutionDetail
from web.controllers.api.views import execution_detail, id_in_path
from web.services import CurrentActor, OurServices

Version = Annotated[
    str,
    Meta(
        description="`same`: the workflow version that the execution ran; `newest`: the newest "
        "published one.",
        examples=["same", "newest"],
    ),
]
Start = Annotated[
    str,
    Meta(
        description="`beginning`, or `failed_step`: steps that were carried out are taken over. "
        "Another version must have the same steps before the one that failed.",
        examples=["beginning", "failed_step"],
    ),
]


class StartReplay(Struct, forbid_unknown_fields=True):
    """How to run it again. With a `payload` it runs with a new event, which is like the
    execution's own but for its body. `replays` is how often it had been replayed when you looked:
    another number now is a conflict (409), so that a call that is repeated makes one replay."""

    version: Version = "same"
    start: Start = "beginning"
    payload: Annotated[Any, Meta(description="Any JSON, at most 512 KiB.")] | UnsetType = UNSET
    replays: Annotated[int, Meta(ge=0)] | None = None


async def _detail(actor: Actor, execution_id: str) -> ExecutionDetail:
    id_ = id_in_path(execution_id)
    row = await history.find_execution(actor.team_id, id_)
    if row is None:
        raise NotFound
    attempts = await history.attempts_of(actor.team_id, id_)
    return execution_detail(row, attempts, await history.step_runs_of(actor.team_id, id_))


class ReplayController(Controller):
    """Replays: executions that repeat others because a person asked for it."""

    path = "/executions/{execution_id:str}"
    tags = ("Executions",)

    @post(
        "/replays",
        dto=Body[StartReplay],
        return_dto=None,
        opt={"permission": RUN_TRIGGERS},
        responses=PROBLEMS,
        summary="Replay an execution",
    )
    async def replay(
        self,
        execution_id: FromPath[str],
        data: JSONBody[StartReplay],
        actor: CurrentActor,
        services: OurServices,
    ) -> ExecutionDetail:
        """Answers with the new execution. It meets no conditions and no rate limits, but waits
        where only so many may run at once. One that has not ended is refused (409)."""
        payload = None if data.payload is UNSET else Payload(data.payload)
        asked = Replay(replay_options(data.version, data.start), payload, data.replays)
        id_ = id_in_path(execution_id)
        made = await replay_execution(actor, services.versions, id_, asked)
        services.ring_executions([made])
        services.feed.nudge(actor.team_id, "executions", f"execution:{id_}")
        return await _detail(actor, str(made))

    @post(
        "/cancellation",
        status_code=200,
        opt={"permission": RUN_TRIGGERS},
        responses=PROBLEMS,
        summary="Cancel an execution",
    )
    async def cancel(
        self, execution_id: FromPath[str], actor: CurrentActor, services: OurServices
    ) -> ExecutionDetail:
        """Queued, running, retrying or held: it ends now. A call that is under way may reach its
        target all the same. One that has ended cannot be canceled (409)."""
        id_ = id_in_path(execution_id)
        services.ring_executions(await cancel_execution(actor, id_))
        services.feed.nudge(actor.team_id, "executions", f"execution:{id_}")
        return await _detail(actor, execution_id)
