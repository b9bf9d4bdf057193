"""/api/v1/triggers/{id}/shadow: thin handlers; the guard has seen to the permission."""

from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET

from domain.errors import InvalidInput, NotFound
from domain.operations.discard_shadow import discard_shadow
from domain.operations.promote_shadow import promote_shadow
from domain.operations.start_shadow import start_shadow
from domain.rules.permissions import EDIT_TRIGGERS, SEE_EVENTS, SEE_TRIGGERS
from domain.rules.shadows import KINDS
from domain.store.pages_shadows import page_of_disagreements
from domain.store.shadows import newest_shadow, running_shadow
from web.controllers.api.bodies import Body
from web.controllers.api.lists import DEFAULT_LIMIT, paging
from web.controllers.api.problems import PROBLEMS
from web.controllers.api.shadow_shapes import (
    DisagreementView,
    PromoteShadow,
    ShadowView,
    StartShadow,
    disagreement_view,
    shadow_view,
)
from web.controllers.api.shapes import Page
from web.controllers.api.trigger_shapes import TriggerView
from web.controllers.api.views import id_in_field, id_in_path, trigger_view
from web.controllers.shadows import nudge_shadow
from web.services import CurrentActor, OurServices


class ShadowController(Controller):
    """A draft of the conditions that is judged beside the live ones; only those act."""

    path = "/triggers/{trigger_id:str}/shadow"
    tags = ("Triggers",)

    @get(opt={"permission": SEE_TRIGGERS}, responses=PROBLEMS, summary="Show a trigger's shadow")
    async def show(self, trigger_id: FromPath[str], actor: CurrentActor) -> ShadowView:
        """The draft that runs, with its counts so far; 404 while none does."""
        row = await running_shadow(actor.team_id, id_in_path(trigger_id))
        if row is None:
            raise NotFound
        return shadow_view(row)

    @put(
        dto=Body[StartShadow],
        return_dto=None,
        opt={"permission": EDIT_TRIGGERS},
        responses=PROBLEMS,
        summary="Run a draft in shadow",
    )
    async def start(
        self,
        trigger_id: FromPath[str],
        data: JSONBody[StartShadow],
        actor: CurrentActor,
        services: OurServices,
    ) -> ShadowView:
        """It judges each event that is decided from now on. One that runs already is discarded."""
        row = await start_shadow(actor, id_in_path(trigger_id), data.conditions)
        nudge_shadow(services, actor, row.trigger_id)
        return shadow_view(row)

    @delete(opt={"permission": EDIT_TRIGGERS}, responses=PROBLEMS, summary="Discard the draft")
    async def discard(
        self, trigger_id: FromPath[str], actor: CurrentActor, services: OurServices
    ) -> None:
        """The live conditions stay as they are."""
        row = await discard_shadow(actor, id_in_path(trigger_id))
        nudge_shadow(services, actor, row.trigger_id)

    @post(
        "/promotion",
        dto=Body[PromoteShadow],
        return_dto=None,
        opt={"permission": EDIT_TRIGGERS},
        responses=PROBLEMS,
        summary="Promote the draft",
    )
    async def promote(
        self,
        trigger_id: FromPath[str],
        data: JSONBody[PromoteShadow],
        actor: CurrentActor,
        services: OurServices,
    ) -> TriggerView:
        """The draft's conditions become the trigger's next version; its other parts stay."""
        seen = None if data.shadow_id is UNSET else id_in_field(data.shadow_id, "shadow_id")
        revision = None if data.revision is UNSET else data.revision
        saved = await promote_shadow(
            actor, services.vault, id_in_path(trigger_id), shadow_id=seen, revision=revision
        )
        nudge_shadow(services, actor, saved.row.id)
        return trigger_view(saved.row, services.settings, actor)

    @get(
        "/disagreements",
        opt={"permission": SEE_EVENTS},
        responses=PROBLEMS,
        summary="List what draft and live conditions disagree about",
    )
    async def disagreements(
        self,
        *,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
        limit: FromQuery[int] = DEFAULT_LIMIT,
        cursor: FromQuery[str | None] = None,
        kind: FromQuery[str | None] = None,
    ) -> Page[DisagreementView]:
        """Of the draft that runs, or else of the last one that did; the newest 1,000, newest
        first."""
        shadow = await newest_shadow(actor.team_id, id_in_path(trigger_id))
        if shadow is None:
            raise NotFound
        if kind is not None and kind not in KINDS:
            raise InvalidInput.at("kind", f"must be one of {', '.join(KINDS)}")
        wanted = paging(services, actor, f"shadows/{shadow.id}", limit, cursor)
        found = await page_of_disagreements(
            actor.team_id, shadow.id, kind, wanted.position, size=limit
        )
        return wanted.found(found, disagreement_view)
