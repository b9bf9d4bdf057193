"""A trigger as its row of the list shows it: what was stored, with its health and its 24 hours."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from domain.store.pages_triggers import HourCount, TriggerListed
from web.presenters.charts import HoursChart, hours_chart
from web.presenters.words import Lamp, health_lamp


@dataclass(frozen=True, slots=True)
class TriggerRowShown:
    """A row of the list of triggers. `held_up`: a breaker of where it calls is not closed."""

    trigger: TriggerListed
    health: Lamp
    chart: HoursChart
    held_up: bool = False

    @property
    def id(self) -> UUID:
        """The trigger's."""
        return self.trigger.id


def trigger_row(
    trigger: TriggerListed,
    counts: Sequence[HourCount],
    now: datetime,
    held_up: Collection[UUID] = (),
) -> TriggerRowShown:
    """The row of one trigger with its counts by hour. `held_up`: the triggers that call where a
    breaker is not closed."""
    chart = hours_chart(counts, now)
    lamp = health_lamp(
        enabled=trigger.enabled,
        seen=trigger.last_event_at is not None,
        last_verdict=trigger.last_verdict,
        last_finished=trigger.last_finished,
        failed=chart.failed,
        late=trigger.late_since is not None,
    )
    return TriggerRowShown(trigger, lamp, chart, trigger.id in held_up)


def trigger_rows(
    triggers: Sequence[TriggerListed],
    counts: Mapping[UUID, Sequence[HourCount]],
    now: datetime,
    held_up: Collection[UUID] = (),
) -> list[TriggerRowShown]:
    """The rows of a list."""
    return [trigger_row(trigger, counts[trigger.id], now, held_up) for trigger in triggers]
