"""What an event of each kind looks like, for trying conditions before one has come."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from domain.errors import InvalidInput
from domain.rules.chains import end_body
from domain.rules.input_schemas import InputSchema
from domain.rules.input_values import InputNode
from domain.rules.instants import rfc3339
from domain.rules.json_values import JsonValue, write_json
from domain.rules.schedules.schedule import Schedule, parse_schedule
from domain.rules.subjects import NO_ID
from domain.senders import SENDERS


class SampleEvent(NamedTuple):
    """A body as the trigger's kind has it."""

    kind: str
    body: bytes


def webhook_sample(scheme: str) -> SampleEvent | None:
    """What the scheme's senders send; None for a scheme that nobody knows."""
    sender = SENDERS.get(scheme)
    return SampleEvent("webhook", sender.sample_body()) if sender else None


def schedule_sample(config: Mapping[str, Any], now: datetime) -> SampleEvent:
    """The event of the next slot; of this very minute while the schedule is not one yet."""
    now = now.replace(second=0, microsecond=0)
    at, local, zone = rfc3339(now), now.isoformat(), "UTC"
    try:
        schedule: Schedule = parse_schedule(config, now)
    except InvalidInput:
        pass
    else:
        due = schedule.after(now)
        instant = due.at if due else now
        at, local, zone = rfc3339(instant), schedule.local(instant).isoformat(), schedule.zone_name
    slot: JsonValue = {
        "slot": str(NO_ID), "scheduled_for": at, "local_time": local, "zone": zone,
        "catch_up": None,
    }  # fmt: skip
    return SampleEvent("schedule", write_json(slot))


def workflow_sample(workflow_id: str, state: str, now: datetime) -> SampleEvent:
    """The end of an execution of the workflow, in `state`."""
    failed = state not in ("succeeded", "any")
    ended = {
        "id": NO_ID, "state": state if failed else "succeeded",
        "reason": "bad_status" if failed else None, "workflow_id": workflow_id or NO_ID,
        "workflow_name": "Reserve an order", "workflow_version": 1, "trigger_id": NO_ID,
        "event_id": NO_ID, "attempt": 1, "started_at": now, "finished_at": now,
        "body": b'{"order": {"id": 1042}}', "content_type": "application/json",
    }  # fmt: skip
    step = {
        "key": "notify", "status": 500 if failed else 200, "content_type": "application/json",
        "body": '{"ok": false}' if failed else '{"ok": true}',
    }  # fmt: skip
    message = {"reason": "bad_status", "message": "The target answered 500."}
    return SampleEvent("workflow", end_body(ended, message if failed else None, [step]))


_PLAIN: Mapping[str, JsonValue] = {
    "string": "text", "number": 1, "integer": 1, "boolean": True, "null": None,
}  # fmt: skip
_BY_FORMAT = {
    "date": "2026-11-27", "date-time": "2026-11-27T09:00:00Z", "email": "alice@example.org",
    "uri": "https://example.org/", "uuid": str(NO_ID),
}  # fmt: skip


def manual_sample(schema: InputSchema | None) -> SampleEvent:
    """An input as the schema describes it; an empty one where the workflow has no schema."""
    return SampleEvent("manual", write_json(_input(schema.root) if schema else {}))


def _input(node: InputNode) -> JsonValue:
    for given in (node.default, node.const, node.enum):
        if given:
            return given[0]
    kind = node.types[0] if node.types else ("object" if node.properties else "string")
    if kind == "object":
        return {name: _input(each) for name, each in node.properties.items()}
    if kind == "array":
        return [_input(node.items)] if node.items else []
    return _BY_FORMAT.get(node.format, _PLAIN[kind]) if kind == "string" else _PLAIN[kind]
