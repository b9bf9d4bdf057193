"""/api/v1/calendars: thin handlers; the guard has seen to the permission."""

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, FromQuery, JSONBody
from msgspec import UNSET

from domain.errors import NotFound
from domain.operations.delete_calendar import delete_calendar
from domain.operations.save_calendar import (
    CalendarDraft,
    CalendarEdit,
    create_calendar,
    edit_calendar,
)
from domain.rules.permissions import EDIT_TRIGGERS, SEE_TRIGGERS
from domain.store.calendars import (
    CalendarRow,
    find_calendar,
    list_calendars,
    users_of_calendars,
)
from web.controllers.api.bodies import Body
from web.controllers.api.calendar_shapes import (
    CalendarDetail,
    CalendarView,
    CreateCalendar,
    EditCalendar,
    calendar_detail,
    calendar_view,
)
from web.controllers.api.lists import DEFAULT_LIMIT, paging
from web.controllers.api.problems import PROBLEMS
from web.controllers.api.shapes import Page
from web.controllers.api.views import id_in_path
from web.controllers.calendars import nudge_calendar
from web.services import CurrentActor, OurServices


async def _detail(row: CalendarRow) -> CalendarDetail:
    users = await users_of_calendars(row.team_id, [row.id])
    return calendar_detail(row, users.get(row.id, []))


class CalendarController(Controller):
    """Calendars: named days that schedules run only on, or not on."""

    path = "/calendars"
    tags = ("Calendars",)

    @get(opt={"permission": SEE_TRIGGERS}, responses=PROBLEMS, summary="List calendars")
    async def list_all(
        self,
        actor: CurrentActor,
        services: OurServices,
        limit: FromQuery[int] = DEFAULT_LIMIT,
        cursor: FromQuery[str | None] = None,
    ) -> Page[CalendarView]:
        """Newest first; a team has 100 at most."""
        wanted = paging(services, actor, "calendars", limit, cursor)
        listed = sorted(await list_calendars(actor.team_id), key=lambda row: row.id, reverse=True)
        rows = [row for row in listed if wanted.before is None or row.id < wanted.before]
        return wanted.page(rows[: wanted.fetched], calendar_view, lambda row: row.id)

    @post(
        dto=Body[CreateCalendar],
        return_dto=None,
        opt={"permission": EDIT_TRIGGERS},
        responses=PROBLEMS,
        summary="Create a calendar",
    )
    async def create(
        self, data: JSONBody[CreateCalendar], actor: CurrentActor, services: OurServices
    ) -> CalendarDetail:
        """Events of an iCalendar file that repeat are written out for ten years."""
        draft = CalendarDraft(data.name, data.source, data.content)
        made = await create_calendar(actor, draft)
        nudge_calendar(services, actor, made.id)
        return await _detail(made)

    @get(
        "/{calendar_id:str}",
        opt={"permission": SEE_TRIGGERS},
        responses=PROBLEMS,
        summary="Show a calendar",
    )
    async def show(self, calendar_id: FromPath[str], actor: CurrentActor) -> CalendarDetail:
        """With its days, and the triggers that use it."""
        row = await find_calendar(actor.team_id, id_in_path(calendar_id))
        if row is None:
            raise NotFound
        return await _detail(row)

    @patch(
        "/{calendar_id:str}",
        dto=Body[EditCalendar],
        return_dto=None,
        opt={"permission": EDIT_TRIGGERS},
        responses=PROBLEMS,
        summary="Edit a calendar",
    )
    async def edit(
        self,
        calendar_id: FromPath[str],
        data: JSONBody[EditCalendar],
        actor: CurrentActor,
        services: OurServices,
    ) -> CalendarDetail:
        """Takes only the fields to change. Slots that are on record stay as they are."""
        names = data.__struct_fields__
        given = {name: getattr(data, name) for name in names if getattr(data, name) is not UNSET}
        saved = await edit_calendar(actor, id_in_path(calendar_id), CalendarEdit(**given))
        nudge_calendar(services, actor, saved.id)
        return await _detail(saved)

    @delete(
        "/{calendar_id:str}",
        opt={"permission": EDIT_TRIGGERS},
        responses=PROBLEMS,
        summary="Delete a calendar",
    )
    async def remove(
        self, calendar_id: FromPath[str], actor: CurrentActor, services: OurServices
    ) -> None:
        """One that a trigger uses stays (409)."""
        id_ = id_in_path(calendar_id)
        await delete_calendar(actor, id_)
        nudge_calendar(services, actor, id_)
