"""/api/v1/triggers/{id}/secrets: thin handlers; the guard has seen to the permission."""

from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET

from domain.errors import NotFound
from domain.operations.retire_trigger_secret import retire_trigger_secret
from domain.operations.rotate_trigger_secret import rotate_trigger_secret
from domain.rules.permissions import EDIT_TRIGGERS
from domain.store import secrets, triggers
from web.controllers.api.bodies import Body
from web.controllers.api.problems import PROBLEMS
from web.controllers.api.shapes import Page
from web.controllers.api.trigger_shapes import RotatedSecretView, RotateSecret, TriggerSecretView
from web.controllers.api.views import id_in_path, trigger_secret_view
from web.services import CurrentActor, OurServices


class TriggerSecretController(Controller):
    """What a trigger's sender signs with. The values never come out again."""

    path = "/triggers/{trigger_id:str}/secrets"
    tags = ("Triggers",)

    @get(
        opt={"permission": EDIT_TRIGGERS},
        responses=PROBLEMS,
        summary="List a trigger's signing secrets",
    )
    async def list_trigger_secrets(
        self, trigger_id: FromPath[str], actor: CurrentActor
    ) -> Page[TriggerSecretView]:
        """The live ones, newest first, with when each last verified a delivery."""
        id_ = id_in_path(trigger_id)
        if await triggers.find_trigger(actor.team_id, id_) is None:
            raise NotFound
        shown = await secrets.trigger_secrets_shown(actor.team_id, id_)
        return Page([trigger_secret_view(one) for one in shown], None)

    @post(
        dto=Body[RotateSecret],
        return_dto=None,
        opt={"permission": EDIT_TRIGGERS},
        responses=PROBLEMS,
        summary="Rotate a trigger's signing secret",
    )
    async def rotate(
        self,
        trigger_id: FromPath[str],
        data: JSONBody[RotateSecret],
        actor: CurrentActor,
        services: OurServices,
    ) -> RotatedSecretView:
        """The new one works at once, the present ones until the overlap ends."""
        id_ = id_in_path(trigger_id)
        made = await rotate_trigger_secret(
            actor, services.vault, id_, secret=data.secret, overlap_s=data.overlap_s
        )
        services.feed.nudge(actor.team_id, "triggers", f"trigger:{id_}")
        return RotatedSecretView(made.secret_id, UNSET if made.secret is None else made.secret)

    @delete(
        "/{secret_id:str}",
        opt={"permission": EDIT_TRIGGERS},
        responses=PROBLEMS,
        summary="End a signing secret",
    )
    async def retire(
        self,
        trigger_id: FromPath[str],
        secret_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> None:
        """What it signed is refused from now on. A trigger's only secret cannot be ended."""
        id_ = id_in_path(trigger_id)
        await retire_trigger_secret(actor, id_, id_in_path(secret_id))
        services.feed.nudge(actor.team_id, "triggers", f"trigger:{id_}")
