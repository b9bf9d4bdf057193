"""/api/v1/triggers: thin handlers; the guard has seen to the permission."""

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET

from domain.errors import InvalidInput, NotFound
from domain.operations.create_trigger import TriggerDraft, create_trigger
from domain.operations.delete_trigger import delete_trigger
from domain.operations.edit_trigger import TriggerEdit, edit_trigger
from domain.rules.holding import held_choice
from domain.rules.ids import parse_id
from domain.rules.permissions import EDIT_TRIGGERS, SEE_TRIGGERS
from domain.rules.resuming import resume_choice
from domain.store import triggers
from domain.store.triggers import TriggerFilters
from web.controllers.api.bodies import Body
from web.controllers.api.lists import DEFAULT_LIMIT, paging
from web.controllers.api.problems import PROBLEMS
from web.controllers.api.shapes import Page
from web.controllers.api.trigger_shapes import CreateTrigger, EditTrigger, TriggerView
from web.controllers.api.views import id_in_field, id_in_path, trigger_view
from web.services import CurrentActor, OurServices


class TriggerController(Controller):
    """Triggers: source, conditions, and the workflow to run."""

    path = "/triggers"
    tags = ("Triggers",)

    @get(opt={"permission": SEE_TRIGGERS}, responses=PROBLEMS, summary="List triggers")
    async def list_triggers(
        self,
        *,
        actor: CurrentActor,
        services: OurServices,
        limit: FromQuery[int] = DEFAULT_LIMIT,
        cursor: FromQuery[str | None] = None,
        name: FromQuery[str | None] = None,
        kind: FromQuery[str | None] = None,
        workflow_id: FromQuery[str | None] = None,
        enabled: FromQuery[bool | None] = None,
    ) -> Page[TriggerView]:
        """Newest first."""
        wanted = paging(services, actor, "triggers", limit, cursor)
        filters = TriggerFilters(name, kind, id_in_field(workflow_id, "workflow_id"), enabled)
        rows = await triggers.list_triggers(
            actor.team_id, filters, before=wanted.before, limit=wanted.fetched
        )
        return wanted.page(
            rows, lambda row: trigger_view(row, services.settings, actor), lambda row: row.id
        )

    @post(
        dto=Body[CreateTrigger],
        return_dto=None,
        opt={"permission": EDIT_TRIGGERS},
        responses=PROBLEMS,
        summary="Create a trigger",
    )
    async def create(
        self, data: JSONBody[CreateTrigger], actor: CurrentActor, services: OurServices
    ) -> TriggerView:
        """Answers with the address to send to, and once with the secret if one was made."""
        workflow_id = parse_id(data.workflow_id)
        if workflow_id is None:
            raise InvalidInput.at("workflow_id", "there is no such workflow")
        draft = TriggerDraft(
            name=data.name,
            kind=data.kind,
            workflow_id=workflow_id,
            config=data.config,
            conditions=data.conditions,
            limits=data.limits,
            retry=data.retry,
            enabled=data.enabled,
            pinned_version=data.pinned_version,
            expected_by=data.expected_by,
            disable_after=data.disable_after,
        )
        saved = await create_trigger(actor, services.vault, draft)
        services.feed.nudge(actor.team_id, "triggers")
        return trigger_view(saved.row, services.settings, actor, saved.secret)

    @get(
        "/{trigger_id:str}",
        opt={"permission": SEE_TRIGGERS},
        responses=PROBLEMS,
        summary="Show a trigger",
    )
    async def show(
        self, trigger_id: FromPath[str], actor: CurrentActor, services: OurServices
    ) -> TriggerView:
        """With its present version."""
        row = await triggers.find_trigger(actor.team_id, id_in_path(trigger_id))
        if row is None:
            raise NotFound
        return trigger_view(row, services.settings, actor)

    @patch(
        "/{trigger_id:str}",
        dto=Body[EditTrigger],
        return_dto=None,
        opt={"permission": EDIT_TRIGGERS},
        responses=PROBLEMS,
        summary="Edit a trigger",
    )
    async def edit(
        self,
        trigger_id: FromPath[str],
        data: JSONBody[EditTrigger],
        actor: CurrentActor,
        services: OurServices,
    ) -> TriggerView:
        """Takes only the fields to change. What events are judged by becomes a new version."""
        given = {
            name: value
            for name in data.__struct_fields__
            if (value := getattr(data, name)) is not UNSET
        }
        if "workflow_id" in given:
            workflow_id = parse_id(given["workflow_id"])
            if workflow_id is None:
                raise InvalidInput.at("workflow_id", "there is no such workflow")
            given["workflow_id"] = workflow_id
        if "catch_up" in given:
            given["catch_up"] = resume_choice(given["catch_up"])
        if "held" in given:
            given["held"] = held_choice(given["held"])
        saved = await edit_trigger(
            actor, services.vault, id_in_path(trigger_id), TriggerEdit(**given)
        )
        services.ring_events(saved.event_ids)
        services.feed.nudge(actor.team_id, "triggers", f"trigger:{saved.row.id}")
        return trigger_view(saved.row, services.settings, actor, saved.secret)

    @delete(
        "/{trigger_id:str}",
        opt={"permission": EDIT_TRIGGERS},
        responses=PROBLEMS,
        summary="Delete a trigger",
    )
    async def remove(
        self, trigger_id: FromPath[str], actor: CurrentActor, services: OurServices
    ) -> None:
        """Its address answers 404 from now on; its events and executions stay."""
        id_ = id_in_path(trigger_id)
        await delete_trigger(actor, id_)
        services.feed.nudge(actor.team_id, "triggers", f"trigger:{id_}")
