"""Make a calendar, or change one."""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from domain.clock import utc_now
from domain.errors import InvalidInput, NotFound
from domain.operations.saving import check, check_revision, won
from domain.rules.ids import new_id
from domain.rules.names import name_problems
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.rules.schedules.calendar_texts import read_dates, read_ics
from domain.rules.schedules.calendars import Dates
from domain.store import audit, calendars, teams
from domain.store.calendars import CalendarRow, CalendarText
from domain.store.database import transaction

MOST_CALENDARS = 100
SOURCES = ("dates", "ics")


@dataclass(frozen=True, slots=True)
class CalendarDraft:
    """A calendar as people describe it: dates one a line, or an ICS file."""

    name: str
    source: str
    content: str


@dataclass(frozen=True, slots=True)
class CalendarEdit:
    """What to change; None: as it was."""

    name: str | None = None
    source: str | None = None
    content: str | None = None
    revision: int | None = None

    def of(self, seen: CalendarRow) -> CalendarDraft:
        """The calendar as it is to be."""
        return CalendarDraft(
            seen.name if self.name is None else self.name,
            seen.source if self.source is None else self.source,
            seen.content if self.content is None else self.content,
        )


def read_calendar(draft: CalendarDraft, today: date) -> CalendarText:
    """The days that a draft comes to: events that repeat, until ten years from `today`. Raises
    InvalidInput (at `name`, `source`, `content`)."""
    problems, dates = name_problems(draft.name), Dates()
    try:
        dates = _dates(draft, today)
    except InvalidInput as refused:
        problems += refused.problems
    check(problems)
    return CalendarText(draft.name, draft.source, draft.content, dates)


def _dates(draft: CalendarDraft, today: date) -> Dates:
    if draft.source == "ics":
        return read_ics(draft.content, today)
    if draft.source == "dates":
        return read_dates(draft.content)
    raise InvalidInput.at("source", f"must be one of {', '.join(SOURCES)}")


async def create_calendar(actor: Actor, draft: CalendarDraft) -> CalendarRow:
    """The new calendar. Raises InvalidInput, also for a name that is taken and for more than 100
    calendars of a team."""
    actor.require(EDIT_TRIGGERS)
    text, id_ = read_calendar(draft, utc_now().date()), new_id()
    async with transaction():
        # Of two who make one at the same moment one counts what the other made.
        await teams.lock_team(actor.team_id)
        if await calendars.count_calendars(actor.team_id) >= MOST_CALENDARS:
            raise InvalidInput.at("name", f"there are {MOST_CALENDARS} already: delete one first")
        await calendars.add_calendar(actor.team_id, id_, text)
        await audit.record(actor, "create", "calendar", id_, after=_facts(text))
        return await _present(actor, id_)


async def edit_calendar(actor: Actor, calendar_id: UUID, edit: CalendarEdit) -> CalendarRow:
    """The calendar as it is now. Only slots that are still to come are measured by it: what is on
    record stays as it is.

    Raises NotFound, InvalidInput, and Conflict when `edit.revision` is not the present one.
    """
    actor.require(EDIT_TRIGGERS)
    async with transaction():
        seen = await calendars.lock_calendar(actor.team_id, calendar_id)
        if seen is None:
            raise NotFound
        check_revision(seen.revision, edit.revision)
        text = read_calendar(edit.of(seen), utc_now().date())
        won(await calendars.save_calendar(seen, text))
        before, after = calendar_facts(seen), _facts(text)
        await audit.record(actor, "edit", "calendar", calendar_id, before=before, after=after)
        return await _present(actor, calendar_id)


async def _present(actor: Actor, calendar_id: UUID) -> CalendarRow:
    row = await calendars.find_calendar(actor.team_id, calendar_id)
    if row is None:
        raise NotFound
    return row


def calendar_facts(row: CalendarRow) -> dict[str, Any]:
    """A calendar for the audit trail: not the text, which may be a megabyte."""
    return _facts(CalendarText(row.name, row.source, row.content, row.dates))


def _facts(text: CalendarText) -> dict[str, Any]:
    days = [[f"{each.first}", f"{each.last}", each.name] for each in text.dates]
    return {"name": text.name, "source": text.source, "days": days}
