"""A schedule whose time is moved instead of waited for."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, TypeAlias
from uuid import UUID

import pytest

from domain.operations.create_trigger import TriggerDraft, create_trigger
from domain.operations.edit_trigger import TriggerEdit, edit_trigger
from domain.operations.fire_slots import fire_due
from domain.operations.measure_slots import measure_slots
from domain.operations.record_slots import Recorded, record_slots
from domain.store import schedules, slots
from domain.store.database import execute, fetch, transaction
from domain.store.schedules import Key
from domain.store.slots import SlotRow
from tests.pipeline.conftest import Line, line, runner

__all__ = ["line", "runner"]

EVERY_MINUTE = {"form": "cron", "cron": "* * * * *", "zone": "UTC"}
MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)


def last_minutes(minute: datetime, number: int) -> str:
    """A cron of the last so many minutes: so none comes due while a test runs."""
    minutes = [(minute - back * MINUTE).minute for back in range(number)]
    return f"{','.join(map(str, sorted(minutes)))} * * * *"


class Timetable:
    """A schedule trigger of Alice's."""

    def __init__(self, line: Line, trigger_id: UUID) -> None:
        self.line = line
        self.id = trigger_id
        self.team_id = line.world.alice.team_id

    async def begin_at(self, instant: datetime) -> None:
        """As if the newest epoch had begun then, and nobody had fired anything since."""
        await execute(
            "UPDATE schedule SET from_at = $2, last_slot = $2, audited_until = $2, "
            "next_slot = $2, next_due_at = $2 WHERE trigger_id = $1 AND until_at IS NULL",
            self.id,
            instant,
        )

    async def fire(self, now: datetime, epoch: int = 1) -> Recorded:
        """One pass over this schedule, as a clock would do it at `now`."""
        async with transaction():
            recorded = await record_slots(await schedules.rows_of([Key(self.id, epoch)]), now)
        self.line.rung_events += recorded.event_ids
        return recorded

    async def fire_all(self) -> None:
        """Passes of a clock until nothing of this schedule is due."""
        due = "SELECT 1 FROM schedule WHERE trigger_id = $1 AND next_due_at <= now()"
        while await fetch(due, self.id):
            self.line.rung_events += (await fire_due()).event_ids

    async def look(self) -> None:
        """Measuring passes, when it is time for each slot of this schedule."""
        await execute(
            "UPDATE slot SET check_at = now() WHERE trigger_id = $1 AND check_at IS NOT NULL",
            self.id,
        )
        # Other tests leave slots, too, and a pass takes only so many.
        while (seen := await measure_slots()).slots:
            self.line.rung_events += seen.event_ids

    async def slots(self) -> list[SlotRow]:
        """Everything on record, oldest first."""
        now = await schedules.now()
        since = now - timedelta(days=60)
        return await slots.slots_of_trigger(self.team_id, self.id, since, now, most=100_000)

    async def states(self) -> list[str]:
        """What became of each slot, oldest first: `skipped: overlap`."""
        return [
            f"{slot.state}: {slot.reason}" if slot.reason else slot.state
            for slot in await self.slots()
        ]

    async def events(self) -> list[Any]:
        """What is stored of the trigger's events, oldest first."""
        return list(
            await fetch(
                "SELECT id, kind, title, body, received_at FROM event "
                "WHERE trigger_id = $1 ORDER BY id",
                self.id,
            )
        )

    async def edit(self, **changes: Any) -> None:
        """Alice edits it."""
        world = self.line.world
        await edit_trigger(world.alice, world.vault, self.id, TriggerEdit(**changes))

    async def epochs(self) -> list[Any]:
        """Its epochs."""
        return list(
            await fetch("SELECT * FROM schedule WHERE trigger_id = $1 ORDER BY epoch", self.id)
        )


Makes: TypeAlias = Callable[..., Awaitable[Timetable]]


@pytest.fixture
def make(line: Line) -> Makes:
    """Makes schedules, each minute unless told otherwise."""

    async def make(steps: list[Any] | None = None, **config: Any) -> Timetable:
        draft = TriggerDraft(
            name="Each minute",
            kind="schedule",
            workflow_id=await line.world.workflow(*(steps or [line.call(body={})])),
            config={**EVERY_MINUTE, **config},
        )
        saved = await create_trigger(line.world.alice, line.world.vault, draft)
        return Timetable(line, saved.row.id)

    return make


@pytest.fixture
async def minute(store: None) -> datetime:
    """The last whole minute, by the database's clock."""
    return (await schedules.now()).replace(second=0, microsecond=0)
