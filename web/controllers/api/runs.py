"""/api/v1/triggers/{id}/runs: run a manual trigger."""

from typing import Annotated, Any

from litestar import Controller, post
from litestar.params import FromPath, HeaderParameter, JSONBody
from msgspec import Meta, Struct

from domain.operations.run_manually import ManualRun, run_manually
from domain.rules.permissions import RUN_TRIGGERS
from web.controllers.api.bodies import Body
from web.controllers.api.problems import PROBLEMS, refusal_spec
from web.controllers.api.views import id_in_path
from web.services import CurrentActor, OurServices

_KEY = HeaderParameter(
    name="idempotency-key",
    description="1 to 255 visible ASCII characters. A repeat within 7 days starts nothing: it is "
    "answered with the first run's event.",
)


class StartRun(Struct, forbid_unknown_fields=True):
    """What a run is given, and why it is made."""

    note: Annotated[
        str, Meta(description="Why; 1 to 500 characters.", examples=["The sender lost an order"])
    ]
    input: Annotated[
        Any,
        Meta(
            description="What the workflow's input schema asks for; anything without one. It is "
            "stored as it is given: defaults of the schema are not filled in.",
            examples=[{"order": {"id": 1042}}],
        ),
    ] = {}


class RunView(Struct):
    """A run that was accepted: its event is on disk, and will be judged like any other."""

    event_id: str
    duplicate: bool


class RunController(Controller):
    """Runs of manual triggers."""

    path = "/triggers/{trigger_id:str}/runs"
    tags = ("Triggers",)

    @post(
        status_code=202,
        dto=Body[StartRun],
        return_dto=None,
        opt={"permission": RUN_TRIGGERS},
        responses={**PROBLEMS, 422: refusal_spec("The key came before, with another body.")},
        summary="Run a manual trigger",
    )
    async def create(
        self,
        trigger_id: FromPath[str],
        data: JSONBody[StartRun],
        actor: CurrentActor,
        services: OurServices,
        key: Annotated[str | None, _KEY] = None,
    ) -> RunView:
        """Answers with the event; what became of it is at `/events/{id}`. A trigger that is
        switched off is refused (409)."""
        ran = await run_manually(
            actor, id_in_path(trigger_id), ManualRun(data.input, data.note, key)
        )
        if not ran.duplicate:
            services.ring_events([ran.event_id])
            services.feed.nudge(actor.team_id, "events")
        return RunView(str(ran.event_id), ran.duplicate)
