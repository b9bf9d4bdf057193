"""Calendars: a team's named days, which schedules run only on, or not on."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

import msgspec

from domain.errors import InvalidInput
from domain.rules.schedules.calendars import DateRange, Dates
from domain.store.database import Row, UniqueViolation, execute, fetch, fetch_one
from domain.store.jsonb import json_text, plain_text


@dataclass(frozen=True, slots=True)
class CalendarListed:
    """A calendar of a list: what it is called, and the days that it holds."""

    id: UUID
    name: str
    source: str
    dates: Dates
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class CalendarRow:
    """A calendar; `content` is what was typed or uploaded, `dates` what it comes to."""

    id: UUID
    team_id: UUID
    name: str
    source: str
    content: str
    dates: Dates
    revision: int
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class CalendarText:
    """What people say of a calendar, read: its name, the text, and the days that it comes to."""

    name: str
    source: str
    content: str
    dates: Dates


@dataclass(frozen=True, slots=True)
class CalendarUser:
    """A trigger whose present version uses a calendar; `config` is JSON text."""

    id: UUID
    name: str
    enabled: bool
    config: str


_COLUMNS = """
SELECT id, team_id, name, source, content, days, revision, created_at, updated_at FROM calendar
"""
_read_days = msgspec.json.Decoder(list[tuple[date, date, str]]).decode


def _dates(days: str) -> Dates:
    return Dates(tuple(DateRange(*each) for each in _read_days(days)))


def _calendar(row: Row) -> CalendarRow:
    fields = dict(row)
    return CalendarRow(dates=_dates(fields.pop("days")), **fields)


async def list_calendars(team_id: UUID) -> list[CalendarListed]:
    """The team's calendars, by name; a team has at most 100."""
    rows = await fetch(
        "SELECT id, name, source, days, updated_at FROM calendar WHERE team_id = $1 "
        "ORDER BY lower(name), id",
        team_id,
    )
    return [
        CalendarListed(
            row["id"], row["name"], row["source"], _dates(row["days"]), row["updated_at"]
        )
        for row in rows
    ]


async def find_calendar(team_id: UUID, calendar_id: UUID) -> CalendarRow | None:
    """The team's calendar of this id."""
    row = await fetch_one(f"{_COLUMNS} WHERE team_id = $1 AND id = $2", team_id, calendar_id)
    return _calendar(row) if row else None


async def lock_calendar(team_id: UUID, calendar_id: UUID) -> CalendarRow | None:
    """Like `find_calendar`; nobody else changes, deletes or begins to use it until the transaction
    ends."""
    row = await fetch_one(
        f"{_COLUMNS} WHERE team_id = $1 AND id = $2 FOR UPDATE", team_id, calendar_id
    )
    return _calendar(row) if row else None


async def keep_calendars(team_id: UUID, ids: Iterable[UUID]) -> set[UUID]:
    """Those of the calendars that the team has; nobody deletes one of them until the transaction
    ends. Called before a trigger that uses them is saved."""
    rows = await fetch(
        "SELECT id FROM calendar WHERE team_id = $1 AND id = ANY ($2) ORDER BY id FOR SHARE",
        team_id,
        list(ids),
    )
    return {row["id"] for row in rows}


async def dates_of(team_id: UUID, ids: Iterable[UUID]) -> Mapping[UUID, Dates]:
    """The dates of these calendars of the team, by id. One that is not there is left out."""
    rows = await fetch(
        "SELECT id, days FROM calendar WHERE team_id = $1 AND id = ANY ($2)", team_id, list(ids)
    )
    return {row["id"]: _dates(row["days"]) for row in rows}


# PostgreSQL picks the days, since a pass may come by a hundred calendars of 5,000 of them, which
# would hold up this process for a second. Days are written so that their texts are in order.
_DATES_WITHIN = """
SELECT id, (SELECT coalesce(jsonb_agg(d), '[]') FROM jsonb_array_elements(days) AS d
    WHERE d ->> 1 >= $2 AND d ->> 0 <= $3) AS days
FROM calendar WHERE id = ANY ($1)
"""


async def dates_of_all(ids: Iterable[UUID], first: date, last: date) -> Mapping[UUID, Dates]:
    """What these calendars, whichever team's, hold from one day to another: for the clock, which
    acts for all teams. A trigger names none but its own team's, which is seen to when it is saved.
    """
    rows = await fetch(_DATES_WITHIN, list(ids), first.isoformat(), last.isoformat())
    return {row["id"]: _dates(row["days"]) for row in rows}


_USERS = """
SELECT t.id, t.name, t.enabled, v.config, u.calendar ->> 'id' AS calendar_id
FROM trigger t
JOIN trigger_version v ON v.team_id = t.team_id AND v.id = t.version_id
CROSS JOIN LATERAL jsonb_array_elements(v.config -> 'calendars') AS u (calendar)
WHERE t.team_id = $1 AND t.kind = 'schedule' AND t.deleted_at IS NULL
    AND ($2::text[] IS NULL OR u.calendar ->> 'id' = ANY ($2))
ORDER BY lower(t.name), t.id
"""


async def users_of_calendars(
    team_id: UUID, ids: Sequence[UUID] | None = None
) -> dict[UUID, list[CalendarUser]]:
    """The triggers whose present version uses each of these calendars (None: of all), by name."""
    rows = await fetch(_USERS, team_id, None if ids is None else [str(each) for each in ids])
    found: dict[UUID, list[CalendarUser]] = {}
    for row in rows:
        user = CalendarUser(row["id"], row["name"], row["enabled"], row["config"])
        users = found.setdefault(UUID(row["calendar_id"]), [])
        if user not in users:
            users.append(user)
    return found


async def count_calendars(team_id: UUID) -> int:
    """How many calendars the team has."""
    row = await fetch_one("SELECT count(*) AS amount FROM calendar WHERE team_id = $1", team_id)
    return int(row["amount"]) if row else 0


async def add_calendar(team_id: UUID, calendar_id: UUID, text: CalendarText) -> None:
    """Store it. Raises InvalidInput when the team has one of this name."""
    await _write(
        "INSERT INTO calendar (id, team_id, name, source, content, days) "
        "VALUES ($1, $2, $3, $4, $5, $6::jsonb)",
        calendar_id, team_id, text.name, text.source, plain_text(text.content),
        json_text(list(text.dates)),
    )  # fmt: skip


async def save_calendar(seen: CalendarRow, text: CalendarText) -> int:
    """Change it as it was seen; 0 when someone was faster. Raises InvalidInput when the team has
    another one of this name."""
    return await _write(
        "UPDATE calendar SET name = $4, source = $5, content = $6, days = $7::jsonb, "
        "revision = revision + 1, updated_at = now() "
        "WHERE team_id = $1 AND id = $2 AND revision = $3",
        seen.team_id, seen.id, seen.revision, text.name, text.source, plain_text(text.content),
        json_text(list(text.dates)),
    )  # fmt: skip


async def _write(sql: str, *arguments: object) -> int:
    try:
        return await execute(sql, *arguments)
    except UniqueViolation:
        raise InvalidInput.at("name", "is taken by another calendar of the team") from None


async def remove_calendar(seen: CalendarRow) -> int:
    """Delete it as it was seen; 0 when someone was faster."""
    return await execute(
        "DELETE FROM calendar WHERE team_id = $1 AND id = $2 AND revision = $3",
        seen.team_id,
        seen.id,
        seen.revision,
    )
