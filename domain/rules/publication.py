"""What a new version of a workflow would do to the triggers that run it.

A version asks things of the events that start it: its input schema names what must be in the body,
and its steps read fields; a step is never sent with a hole, so a field that is not there fails it.
Whether a trigger's events have what is asked is told from the latest of them, or, where none has
come yet, from the shape that all events of its kind have.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from domain.rules.input_schemas import InputSchema
from domain.rules.json_values import JsonValue
from domain.rules.paths import Path, compile_path
from domain.rules.placeholders import (
    Content,
    EventFacts,
    RenderContext,
    TriggerFacts,
    parse_reference,
)
from domain.rules.workflow_steps import HttpStep

Need = Literal["input", "field"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that a version asks of events. `name` is a required input (`order.id`) or what
    stands in a placeholder (`$.order.id`); `step` is the first step that reads it."""

    need: Need
    name: str
    step: str = ""


@dataclass(frozen=True, slots=True)
class Breakage:
    """What a version asks and none of a trigger's events has. `already`: the version that runs now
    asks it, too, so publishing makes nothing worse."""

    wanted: Wanted
    already: bool


def wanted_by(steps: Iterable[HttpStep], schema: InputSchema | None) -> tuple[Wanted, ...]:
    """All that a version asks of events, each once."""
    found: dict[tuple[Need, str], Wanted] = {}
    for names in schema.required if schema else ():
        found.setdefault(("input", ".".join(names)), Wanted("input", ".".join(names)))
    for step in steps:
        for name in sorted(step.references.event):
            found.setdefault(("field", name), Wanted("field", name, step.key))
    return tuple(found.values())


class Seen:
    """What events of one trigger have of what is `wanted`. `events` is how many were looked at."""

    def __init__(self, wanted: Iterable[Wanted], schema: InputSchema | None) -> None:
        inputs = {".".join(names): names for names in schema.required} if schema else {}
        self._looks: dict[Wanted, _Look] = {
            each: _input(inputs[each.name]) if each.need == "input" else _field(each.name)
            for each in wanted
        }
        self._had: set[Wanted] = set()
        self.events = 0

    def add(self, event: EventFacts) -> int:
        """Look at one more event; how often that was."""
        self.events += 1
        lacking = self.lacking
        self._had.update(each for each in lacking if self._looks[each](event))
        return len(lacking)

    def suppose(self, shape: "Shape") -> None:
        """Take `shape` for what the events will be like."""
        for each, has in self._looks.items():
            if shape.leaves_open(each.name) or has(shape.event):
                self._had.add(each)

    @property
    def lacking(self) -> tuple[Wanted, ...]:
        """What none of them has."""
        return tuple(each for each in self._looks if each not in self._had)


def breakages(lacking: Iterable[Wanted], before: Iterable[Wanted]) -> tuple[Breakage, ...]:
    """What is `lacking`, told apart by whether the version that runs now wants it as well."""
    known = {(each.need, each.name) for each in before}
    return tuple(Breakage(each, (each.need, each.name) in known) for each in lacking)


_Look = Callable[[EventFacts], bool]
_NO_TRIGGER: Final = TriggerFacts("", "", "")


def _input(names: tuple[str, ...]) -> _Look:
    def has(event: EventFacts) -> bool:
        place: Any = event.body.document if event.body.found else None
        for name in names:
            if not isinstance(place, dict) or name not in place:
                return False
            place = place[name]
        return True

    return has


def _field(text: str) -> _Look:
    reference, path = parse_reference(text), _path_in(text)
    if path is not None and not path.singular:
        # A list, if only an empty one: any document has it, and looking for it could take long.
        return lambda event: event.body.found
    return lambda event: bool(reference.lookup(RenderContext(event, _NO_TRIGGER)))


def _path_in(text: str) -> Path | None:
    """The path into the body that stands in a placeholder, if one does."""
    body = text.removeprefix("event.body")
    if body == text and not text.startswith("$"):
        return None
    return compile_path(text if body == text else f"${body}")


@dataclass(frozen=True, slots=True)
class Shape:
    """What is known of a kind's events before any has come. What lies under `open_paths` differs
    from event to event, and nothing is said of it."""

    event: EventFacts
    open_paths: tuple[str, ...] = ()

    def leaves_open(self, name: str) -> bool:
        """Whether the shape does not say if `name` is there."""
        plain = name.removeprefix("event.body").removeprefix("$").lstrip(".")
        return any(plain == path or plain.startswith((f"{path}.", f"{path}[")) for path in
                   self.open_paths)  # fmt: skip


def shape_of(kind: str, event: EventFacts, schema: InputSchema | None) -> Shape | None:
    """What events of a trigger's `kind` are like, with `event` for all but the body; None where
    that cannot be said. The body of a manual run is what the new version's `schema` takes."""
    if kind == "manual":
        return None if schema is None else _shape(event, _fullest(schema.document))
    if kind in _BODIES:
        return _shape(event, _BODIES[kind], _OPEN.get(kind, ()))
    return None


def _shape(event: EventFacts, body: JsonValue, open_paths: tuple[str, ...] = ()) -> Shape:
    content = Content(document=body, found=True)
    facts = EventFacts(event.id, event.received_at, content, event.headers, event.query)
    return Shape(facts, open_paths)


def _fullest(schema: Mapping[str, Any]) -> JsonValue:
    """A document with everything that the schema names."""
    if schema.get("properties"):
        return {name: _fullest(inner) for name, inner in schema["properties"].items()}
    return [_fullest(schema["items"])] if "items" in schema else None


_BODIES: Mapping[str, JsonValue] = {
    "schedule": dict.fromkeys(("slot", "scheduled_for", "local_time", "zone", "catch_up")),
    "workflow": {
        "execution": {
            **dict.fromkeys(("id", "state", "reason", "workflow_id", "workflow_name")),
            **dict.fromkeys(("workflow_version", "trigger_id", "event_id", "attempts")),
            **dict.fromkeys(("started_at", "finished_at", "error")),
        },
        "steps": {},
        "event": None,
    },
}
_OPEN: Mapping[str, tuple[str, ...]] = {"workflow": ("execution.error", "steps", "event")}
