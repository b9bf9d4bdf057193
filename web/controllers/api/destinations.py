"""/api/v1/destinations: thin handlers; the guard has seen to the permission."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from litestar import Controller, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET, Meta, Struct, UnsetType, structs

from domain.operations.edit_destination import edit_destination
from domain.operations.reset_breaker import reset_breaker
from domain.rules.breakers import BOUNDS
from domain.rules.permissions import EDIT_TRIGGERS, SEE_TRIGGERS
from domain.store.destinations import DestinationRow
from domain.store.pages_destinations import (
    DestinationListed,
    listed_destinations,
    page_of_destinations,
)
from web.controllers.api.bodies import Body
from web.controllers.api.lists import DEFAULT_LIMIT, paging
from web.controllers.api.problems import PROBLEMS
from web.controllers.api.shapes import Page
from web.controllers.destinations import find_or_404, nudge_destination
from web.services import CurrentActor, OurServices


class BreakerSettingsView(Struct):
    """What a breaker goes by. Times are in seconds; `most_at_once` null: any number of calls."""

    failure_rate: float
    window_s: int
    min_calls: int
    in_a_row: int
    cool_down_s: int
    longest_s: int
    most_at_once: int | None


class DestinationView(Struct):
    """A host and port that the team's steps call. `state` of its breaker is `closed`, `open` or
    `half_open`; `waiting` executions wait for it, counted up to 1,001."""

    id: UUID
    host: str
    state: str
    reason: str | None
    state_since: datetime
    probe_at: datetime | None
    waiting: int
    settings: BreakerSettingsView


class DestinationDetail(DestinationView, kw_only=True):
    """The same, with the revision that an edit may name."""

    revision: int


class EditDestination(Struct, forbid_unknown_fields=True):
    """The settings to change. With `revision`, only if that is the present one."""

    failure_rate: Annotated[float, Meta(description="0.01 to 1.")] | UnsetType = UNSET
    window_s: int | UnsetType = UNSET
    min_calls: int | UnsetType = UNSET
    in_a_row: int | UnsetType = UNSET
    cool_down_s: int | UnsetType = UNSET
    longest_s: int | UnsetType = UNSET
    most_at_once: int | UnsetType | None = UNSET
    revision: int | UnsetType = UNSET


def _view(row: DestinationListed) -> DestinationView:
    settings = BreakerSettingsView(**{name: getattr(row.settings, name) for name in BOUNDS})
    return DestinationView(
        row.id, row.host, row.state, row.reason, row.state_since, row.probe_at, row.waiting,
        settings,
    )  # fmt: skip


async def _detail(row: DestinationRow) -> DestinationDetail:
    (listed,) = await listed_destinations(row.team_id, [row.id])
    return DestinationDetail(**structs.asdict(_view(listed)), revision=row.revision)


def _edited(row: DestinationRow, data: EditDestination) -> dict[str, Any]:
    """The settings as they are to be: what was not given stays."""
    given = {name: getattr(data, name) for name in BOUNDS if getattr(data, name) is not UNSET}
    return {**{name: getattr(row.settings, name) for name in BOUNDS}, **given}


class DestinationController(Controller):
    """Destinations: where steps call, each with a breaker."""

    path = "/destinations"
    tags = ("Destinations",)

    @get(opt={"permission": SEE_TRIGGERS}, responses=PROBLEMS, summary="List destinations")
    async def list_all(
        self,
        actor: CurrentActor,
        services: OurServices,
        limit: FromQuery[int] = DEFAULT_LIMIT,
        cursor: FromQuery[str | None] = None,
    ) -> Page[DestinationView]:
        """Newest first."""
        wanted = paging(services, actor, "destinations", limit, cursor)
        found = await page_of_destinations(actor.team_id, wanted.position, size=wanted.limit)
        return wanted.found(found, _view)

    @get(
        "/{destination_id:str}",
        opt={"permission": SEE_TRIGGERS},
        responses=PROBLEMS,
        summary="Show a destination",
    )
    async def show(self, destination_id: FromPath[str], actor: CurrentActor) -> DestinationDetail:
        """With how its breaker stands and what it goes by."""
        return await _detail(await find_or_404(actor, destination_id))

    @patch(
        "/{destination_id:str}",
        dto=Body[EditDestination],
        return_dto=None,
        opt={"permission": EDIT_TRIGGERS},
        responses=PROBLEMS,
        summary="Edit a destination's breaker",
    )
    async def edit(
        self,
        destination_id: FromPath[str],
        data: JSONBody[EditDestination],
        actor: CurrentActor,
        services: OurServices,
    ) -> DestinationDetail:
        """Takes only the settings to change; workers go by them within two seconds."""
        row = await find_or_404(actor, destination_id)
        revision = row.revision if data.revision is UNSET else data.revision
        saved = await edit_destination(actor, row.id, _edited(row, data), revision)
        nudge_destination(services, actor, row.id)
        return await _detail(saved)

    @post(
        "/{destination_id:str}/reset",
        status_code=200,
        opt={"permission": EDIT_TRIGGERS},
        responses=PROBLEMS,
        summary="Reset a breaker",
    )
    async def reset(
        self, destination_id: FromPath[str], actor: CurrentActor, services: OurServices
    ) -> DestinationDetail:
        """Closes it, whatever it was; executions that wait for it go on at once."""
        row = await find_or_404(actor, destination_id)
        saved = await reset_breaker(actor, row.id, services.breakers)
        nudge_destination(services, actor, row.id)
        return await _detail(saved)
