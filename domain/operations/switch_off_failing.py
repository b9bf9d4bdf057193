"""Switch off triggers whose executions fail time after time, where their owner chose that."""

from collections.abc import Callable, Sequence
from uuid import UUID

from domain.logs import logger
from domain.operations.switch_schedule import before_switch
from domain.operations.trigger_parts import trigger_facts
from domain.rules.permissions import Actor
from domain.store import audit, expectations, failing_triggers, triggers
from domain.store.database import transaction
from domain.store.failing_triggers import Failing

MOST_A_PASS = 100

log = logger(__name__)


async def switch_off_failing(
    ring_events: Callable[[Sequence[UUID]], None], announce: Callable[..., None]
) -> int:
    """How many were. Each in a transaction of its own: whatever goes wrong with one, the others
    are switched off. `announce(team_id, *topics)` neither blocks nor fails."""
    switched = 0
    for failing in await failing_triggers.failing_triggers(MOST_A_PASS):
        try:
            switched += await _switch_off(failing, ring_events, announce)
        except Exception:
            log.exception("switch_off_failed", trigger_id=str(failing.id))
    return switched


async def _switch_off(
    failing: Failing,
    ring_events: Callable[[Sequence[UUID]], None],
    announce: Callable[..., None],
) -> bool:
    async with transaction():
        seen = await triggers.lock_trigger(failing.team_id, failing.id)
        # Somebody may have switched it on again, or off, while we waited for the lock.
        now_failing = await failing_triggers.still_failing(failing.team_id, failing.id)
        if seen is None or now_failing is None:
            return False
        event_ids: Sequence[UUID] = ()
        if seen.kind == "schedule":
            event_ids = await before_switch(seen.team_id, seen.id, enabled=False, catch_up="none")
        await failing_triggers.switch_off(now_failing, _because(now_failing.disable_after))
        await expectations.look_again(seen.team_id, [seen.id])
        now = await triggers.find_trigger(seen.team_id, seen.id)
        after = {**(trigger_facts(now) if now else {}), "because": _because(failing.disable_after)}
        actor = Actor(seen.team_id, "system", None, "Signalbox", "admin")
        before = trigger_facts(seen)
        await audit.record(actor, "disable", "trigger", seen.id, before=before, after=after)
    log.warning("trigger_switched_off", trigger_id=str(failing.id))
    ring_events(event_ids)
    topics = "triggers", f"trigger:{failing.id}", f"config:{failing.id}"
    announce(failing.team_id, *topics)
    return True


def _because(failures: int) -> str:
    if failures == 1:
        return "Its last execution failed."
    return f"Its last {failures:,} executions failed, one after the other."
