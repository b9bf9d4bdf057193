"""/api/v1/executions/{id}/resolution: what follows where nobody knows what a call did."""

from litestar import Controller, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET

from domain.errors import NotFound
from domain.operations.resolve_unknown import resolve_unknown
from domain.rules.permissions import RUN_TRIGGERS
from domain.rules.resolutions import resolution
from domain.store import history
from web.controllers.api.bodies import Body
from web.controllers.api.problems import PROBLEMS
from web.controllers.api.shapes import ExecutionDetail, ResolveUnknown
from web.controllers.api.views import execution_detail, id_in_path
from web.controllers.resolutions import tell
from web.services import CurrentActor, OurServices


class ResolutionController(Controller):
    """A person's word on an execution that waits for it."""

    path = "/executions/{execution_id:str}/resolution"
    tags = ("Executions",)

    @post(
        dto=Body[ResolveUnknown],
        return_dto=None,
        status_code=200,
        opt={"permission": RUN_TRIGGERS},
        responses=PROBLEMS,
        summary="Resolve an unknown outcome",
    )
    async def create(
        self,
        execution_id: FromPath[str],
        data: JSONBody[ResolveUnknown],
        actor: CurrentActor,
        services: OurServices,
    ) -> ExecutionDetail:
        """Refused (409) where the execution does not wait for this."""
        id_ = id_in_path(execution_id)
        attempt = None if data.attempt is UNSET else data.attempt
        held = await resolve_unknown(actor, id_, resolution(data.resolution), attempt)
        tell(services, actor, held)
        row = await history.find_execution(actor.team_id, id_)
        if row is None:
            raise NotFound
        attempts = await history.attempts_of(actor.team_id, id_)
        return execution_detail(row, attempts, await history.step_runs_of(actor.team_id, id_))
