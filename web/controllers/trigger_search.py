"""Finding triggers, with the health that their rows show."""

from uuid import UUID

from domain.clock import utc_now
from domain.rules.ids import instant_of
from domain.rules.list_filters import TriggerFilters
from domain.store.pages import PAGE_SIZE, Looked, Page, Position
from domain.store.pages_destinations import with_open_breakers
from domain.store.pages_triggers import hours_of_triggers, list_triggers
from web.presenters.charts import hours_of
from web.presenters.health import TriggerRowShown, trigger_rows

MOST_LOOKED_AT = 200
_CHUNK = 100


async def find_triggers(
    team_id: UUID,
    filters: TriggerFilters,
    position: Position,
    *,
    size: int = PAGE_SIZE,
    most: int = MOST_LOOKED_AT,
) -> Page[TriggerRowShown]:
    """The team's triggers, newest first. Health is no column: when it is asked for, at most `most`
    triggers are looked at for one page."""
    if filters.health is None:
        return await _rows(team_id, filters, position, size)
    matched: list[TriggerRowShown] = []
    looked, here = 0, Position(after=position.after)
    while True:
        page = await _rows(team_id, filters, here, _CHUNK)
        looked += len(page.rows)
        matched += [row for row in page.rows if row.health.word.lower() == filters.health]
        if len(matched) > size:
            return Page(tuple(matched[:size]), older=matched[size - 1].id)
        if page.older is None:
            return Page(tuple(matched))
        if looked >= most:
            ended = Looked(looked, page.older, instant_of(page.older))
            return Page(tuple(matched), page.older, None, ended)
        here = Position(after=page.older)


async def _rows(
    team_id: UUID, filters: TriggerFilters, position: Position, size: int
) -> Page[TriggerRowShown]:
    found, now = await list_triggers(team_id, filters, position, size=size), utc_now()
    ids = [trigger.id for trigger in found.rows]
    counts = await hours_of_triggers(team_id, ids, hours_of(now)[0])
    away = await with_open_breakers(team_id, ids)
    rows = tuple(trigger_rows(found.rows, counts, now, away))
    return Page(rows, found.older, found.newer)
