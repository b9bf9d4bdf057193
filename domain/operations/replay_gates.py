"""Replays on their way past gates and deadlines: what every execution has to keep to.

A replay meets no conditions and no rate limits, since a person asked for it. But it runs beside
everything else, so it takes its place among what must not run at once.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from domain.operations.compiled_versions import CompiledTrigger, CompiledVersions
from domain.operations.judged_events import Judged
from domain.operations.pass_gates import gates_for
from domain.operations.set_deadlines import with_deadlines
from domain.rules.bodies import UnreadableBody
from domain.rules.limits import Limits
from domain.rules.subjects import Subject, subject_of
from domain.store import replays
from domain.store.database import Row
from domain.store.replays import NewReplay


@dataclass(frozen=True, slots=True)
class Asked:
    """A replay that nothing speaks against; `body` is the edited one, if it was edited."""

    row: Row
    new: NewReplay
    body: bytes | None = None


async def pass_all(asked: Sequence[Asked], versions: CompiledVersions) -> list[Asked]:
    """Those that may be queued, with the gates that they have to pass and their deadlines. One that
    a singleton of its trigger keeps out is left out.

    The trigger's limits are those of now; a gate that depends on a key asks the event for it.
    """
    if not asked:
        return []
    triggers = await versions.triggers({one.row["live_version_id"] for one in asked})
    keyed = [one for one in asked if _has_gates(triggers.get(one.row["live_version_id"]))]
    events = await _events_of(keyed)
    judged = [_judged(one, triggers.get(one.row["live_version_id"]), events) for one in asked]
    passed = await with_deadlines(await gates_for(judged, versions), versions)
    by_id = {one.execution_id: one for one in passed if one.starts}
    return [_with_gates(one, by_id[one.new.id]) for one in asked if one.new.id in by_id]


def _has_gates(trigger: CompiledTrigger | None) -> bool:
    limits = trigger.limits if trigger is not None else Limits()
    return bool(limits.concurrency or limits.in_order or limits.singleton)


async def _events_of(asked: Sequence[Asked]) -> Mapping[UUID, Row]:
    if not asked:
        return {}
    ids = {one.row["id"] for one in asked}
    return await replays.events_to_judge(asked[0].row["team_id"], list(ids))


def _judged(one: Asked, trigger: CompiledTrigger | None, events: Mapping[UUID, Row]) -> Judged:
    """The replay as the stages of deciding know events. Its id stands for the event's: of one event
    there may be several replays at once."""
    row = {**one.row, "id": one.new.id}
    subject = _subject(one, events.get(one.row["id"]))
    return Judged(row, "fired", None, {}, trigger=trigger, subject=subject, execution_id=one.new.id)


def _subject(one: Asked, event: Row | None) -> Subject | None:
    if event is None:
        return None
    if one.body is not None:
        event = {**event, "body": one.body, "content_type": "application/json"}
    try:
        return subject_of(event, one.row["trigger_version"])
    except UnreadableBody:
        return None


def _with_gates(one: Asked, judged: Judged) -> Asked:
    return replace(one, new=replace(one.new, gates=judged.gates, deadline_s=judged.deadline_s))
