"""/calendars: a team's named days, which schedules run only on, or not on."""

from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Template

from domain.clock import utc_now
from domain.errors import Conflict, InvalidInput, NotFound
from domain.operations.delete_calendar import delete_calendar
from domain.operations.foresee_calendar import Touched, foresee_calendar
from domain.operations.save_calendar import (
    CalendarEdit,
    create_calendar,
    edit_calendar,
    read_calendar,
)
from domain.rules.permissions import EDIT_TRIGGERS, SEE_TRIGGERS, Actor
from domain.store.calendars import (
    CalendarRow,
    find_calendar,
    list_calendars,
    users_of_calendars,
)
from web.controllers.api.views import id_in_path
from web.forms.calendar import FIELDS, CalendarForm, read_calendar_form
from web.forms.reading import FORM, Errors, errors_by_field
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, page_or_partial
from web.presenters import calendars as shown
from web.services import Services

_STALE = (
    "Someone else changed this calendar after you opened the page. What you typed is kept below; "
    "open the calendar in another tab to see what it is now."
)
_NAMES = {"source": "content"}


async def _calendar(actor: Actor, calendar_id: str) -> CalendarRow:
    found = await find_calendar(actor.team_id, id_in_path(calendar_id))
    if found is None:
        raise NotFound
    return found


def _today(request: HtmxRequest) -> date:
    return utc_now().astimezone(ZoneInfo(request.auth["zone"] or "UTC")).date()


def _form(
    request: HtmxRequest, form: CalendarForm, errors: Errors, status: int = 200, **more: Any
) -> Template:
    """The form of a calendar that is new, or (`row`) there already."""
    context = {"form": form, "errors": errors, "row": None, "touched": [], **more}
    whole = "calendars/edit.html" if context["row"] else "calendars/new.html"
    return page_or_partial(request, whole, "calendars/_form.html", context, status=status)


def _wrong(refused: InvalidInput) -> Errors:
    return errors_by_field(refused.problems, FIELDS, _NAMES)


def nudge_calendar(services: Services, actor: Actor, calendar_id: UUID) -> None:
    """Tell the team's open pages that a calendar changed."""
    services.feed.nudge(actor.team_id, "calendars", f"calendar:{calendar_id}")


class CalendarPages(Controller):
    """/calendars."""

    path = "/calendars"

    @get(opt={"permission": SEE_TRIGGERS})
    async def index(self, request: HtmxRequest, actor: CurrentActor) -> Template:
        """By name, with the next day of each and the triggers that use it."""
        listed = await list_calendars(actor.team_id)
        users = await users_of_calendars(actor.team_id)
        context = {"calendars": shown.calendar_rows(listed, users, _today(request))}
        return page_or_partial(request, "calendars/index.html", "calendars/_table.html", context)

    @get("/new", opt={"permission": EDIT_TRIGGERS})
    async def new(self, request: HtmxRequest) -> Template:
        """An empty form."""
        return _form(request, CalendarForm(), {})

    @post(status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def create(
        self, request: HtmxRequest, actor: CurrentActor, services: OurServices
    ) -> Response[Any]:
        """On to the new calendar, or the form again with everything that was typed."""
        form = CalendarForm()
        try:
            form = await read_calendar_form(request)
            made = await create_calendar(actor, form.draft)
        except InvalidInput as refused:
            return _form(request, form, _wrong(refused), 422)
        nudge_calendar(services, actor, made.id)
        return go_to(request, f"/calendars/{made.id}")

    @get("/{calendar_id:str}", opt={"permission": SEE_TRIGGERS})
    async def show(
        self,
        request: HtmxRequest,
        calendar_id: FromPath[str],
        actor: CurrentActor,
        year: FromQuery[str | None] = None,
    ) -> Template:
        """A year of it, and the triggers that use it."""
        return await _shown(request, await _calendar(actor, calendar_id), year)

    @get("/{calendar_id:str}/edit", opt={"permission": EDIT_TRIGGERS})
    async def edit(
        self, request: HtmxRequest, calendar_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """Its form."""
        row = await _calendar(actor, calendar_id)
        return _form(request, CalendarForm.of(row), {}, row=row)

    @post("/{calendar_id:str}", status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def update(
        self,
        request: HtmxRequest,
        calendar_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Saved; or first, where coming slots change by it, the form with what would."""
        row, form = await _calendar(actor, calendar_id), CalendarForm()
        try:
            form = await read_calendar_form(request)
            if touched := await _not_agreed(row, form):
                return _form(request, form, {}, row=row, touched=touched)
            draft = form.draft
            edit = CalendarEdit(draft.name, draft.source, draft.content, form.revision)
            await edit_calendar(actor, row.id, edit)
        except InvalidInput as refused:
            kept = form if form.name or form.content else CalendarForm.of(row)
            return _form(request, kept, _wrong(refused), 422, row=row)
        except Conflict:
            return _form(request, form, {FORM: [_STALE]}, 409, row=row)
        nudge_calendar(services, actor, row.id)
        return go_to(request, f"/calendars/{row.id}")

    @delete("/{calendar_id:str}", status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def remove(
        self,
        request: HtmxRequest,
        calendar_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Gone, unless a trigger uses it."""
        row = await _calendar(actor, calendar_id)
        try:
            await delete_calendar(actor, row.id)
        except Conflict as refused:
            return await _shown(request, row, trouble=refused.message, status=409)
        nudge_calendar(services, actor, row.id)
        return go_to(request, "/calendars")


async def _not_agreed(row: CalendarRow, form: CalendarForm) -> list[Touched]:
    """What changes by it and was not shown yet to who sends it."""
    now = utc_now()
    text = read_calendar(form.draft, now.date())
    if form.agreed == form.mark:
        return []
    return await foresee_calendar(row, text.dates, now)


async def _shown(
    request: HtmxRequest,
    row: CalendarRow,
    year: str | None = None,
    *,
    trouble: str = "",
    status: int = 200,
) -> Template:
    today = _today(request)
    users = await users_of_calendars(row.team_id, [row.id])
    context = {
        "row": row,
        "year": shown.year_of(row.dates, shown.year_in(year, row.dates, today), today),
        "weekdays": shown.WEEKDAYS,
        "covers": shown.covers_years(row.dates),
        "users": users.get(row.id, []),
        "trouble": trouble,
    }
    whole, part = "calendars/show.html", "calendars/_show.html"
    return page_or_partial(request, whole, part, context, status=status)
