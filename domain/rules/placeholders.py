"""What may stand between `{{` and `}}` in the input of a step, and where its value comes from.

| placeholder | value |
|---|---|
| `$.order.id` | a JSONPath into the event's body; a path that can find several gives the list |
| `event.id`, `event.received_at`, `event.body`, `event.body.order.id` | the event; opaque bodies as text |
| `event.headers.<name>`, `event.query.<name>` | one of its stored headers, one query parameter |
| `trigger.id`, `trigger.name`, `trigger.kind` | the trigger |
| `steps.<key>.response.status`, `steps.<key>.response.body.…` | an earlier step's answer |
| `secrets.<name>` | a secret of the team |

Nothing else is understood: no expressions, no calls, no attributes (rows A49-A51).
"""  # noqa: E501  # A table row is one line.

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Literal

from domain.errors import SignalboxError
from domain.rules.json_values import JsonValue
from domain.rules.path_walk import PathTooCostly
from domain.rules.paths import InvalidPath, Path, compile_path

RenderFault = Literal[
    "missing_value",
    "path_too_costly",
    "too_large",
    "not_a_scalar",
    "unsafe_url",
    "bad_header_value",
]

STEP_KEY = r"[a-z][a-z0-9_]{0,39}"
SECRET_NAME = r"[a-z][a-z0-9_]{0,63}"  # noqa: S105  # The form of a name.

_SENTENCES: dict[RenderFault, str] = {
    "missing_value": "There is no value for {}.",
    "path_too_costly": "{} would visit too many parts of this event.",
    "too_large": "With {} the result grows too large.",
    "not_a_scalar": "{} is null, a list or an object, which cannot stand in a URL.",
    "unsafe_url": "{} would change which URL is called.",
    "bad_header_value": "{} holds characters that a header cannot carry.",
}


class RenderFailed(SignalboxError):
    """A step's input cannot be made from this event. Names the placeholder, never its value."""

    def __init__(self, reason: RenderFault, placeholder: str) -> None:
        self.reason: RenderFault = reason
        self.code = reason
        super().__init__(_SENTENCES[reason].format("{{ " + placeholder + " }}"))


class InvalidPlaceholder(ValueError):
    """The placeholder means nothing; the text says why."""


@dataclass(frozen=True, slots=True)
class Content:
    """A body: its JSON document if it has one (`found`), else its text if it is text."""

    document: JsonValue = None
    found: bool = False
    text: str | None = None


@dataclass(frozen=True, slots=True)
class EventFacts:
    """What placeholders may know of the event. Header names are in lower case."""

    id: str
    received_at: datetime
    body: Content
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TriggerFacts:
    """What placeholders may know of the trigger."""

    id: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class StepFacts:
    """The answer that an earlier step got."""

    status: int
    body: Content


@dataclass(frozen=True, slots=True)
class RenderContext:
    """All that placeholders can refer to; `steps` by key, `secrets` by name (this team's only)."""

    event: EventFacts
    trigger: TriggerFacts
    steps: Mapping[str, StepFacts] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


Lookup = Callable[[RenderContext], list[JsonValue]]


@dataclass(frozen=True, slots=True)
class Reference:
    """A placeholder, understood: its text, what it needs, and how its value is found."""

    text: str
    lookup: Lookup
    secret: str | None = None
    step: str | None = None

    def value(self, context: RenderContext) -> JsonValue:
        """The value. Raises RenderFailed when there is none: a step is never sent with a hole."""
        try:
            found = self.lookup(context)
        except PathTooCostly:
            raise RenderFailed("path_too_costly", self.text) from None
        if not found:
            raise RenderFailed("missing_value", self.text)
        return found[0]


def parse_reference(text: str) -> Reference:
    """The reference that `text`, without its braces, spells. Raises InvalidPlaceholder."""
    text = text.strip()
    if text.startswith("$"):
        return Reference(text, _event_path(_path(text)))
    for pattern, make in _GRAMMAR:
        if found := pattern.fullmatch(text):
            return make(text, *found.groups())
    raise InvalidPlaceholder(
        f"`{text[:80]}` is not known: write a path such as $.order.id, or event.…, trigger.…, "
        "steps.<key>.response.…, secrets.<name>"
    )


def _path(text: str) -> Path:
    try:
        return compile_path(text)
    except InvalidPath as error:
        raise InvalidPlaceholder(f"`{text[:80]}`: {error.message}") from None


def _found_in(content: Content, path: Path) -> list[JsonValue]:
    if not path.steps and path.singular:
        return _whole(content)
    if not content.found:
        return []
    found = path.find(content.document)
    return found if path.singular else [found]


def _whole(content: Content) -> list[JsonValue]:
    if content.found:
        return [content.document]
    return [] if content.text is None else [content.text]


def _optional(value: str | None) -> list[JsonValue]:
    return [] if value is None else [value]


def _event_path(path: Path) -> Lookup:
    return lambda context: _found_in(context.event.body, path)


def _event_body(text: str, tail: str) -> Reference:
    return Reference(text, _event_path(_path("$" + tail)))


def _event_id(text: str) -> Reference:
    return Reference(text, lambda context: [context.event.id])


def _event_received_at(text: str) -> Reference:
    return Reference(text, lambda context: [_rfc3339(context.event.received_at)])


def _rfc3339(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _event_header(text: str, name: str) -> Reference:
    return Reference(text, lambda context: _optional(context.event.headers.get(name.lower())))


def _event_query(text: str, name: str) -> Reference:
    return Reference(text, lambda context: _optional(context.event.query.get(name)))


def _trigger(text: str, name: str) -> Reference:
    return Reference(text, lambda context: [getattr(context.trigger, name)])


def _step_status(text: str, key: str) -> Reference:
    def lookup(context: RenderContext) -> list[JsonValue]:
        return [context.steps[key].status] if key in context.steps else []

    return Reference(text, lookup, step=key)


def _step_body(text: str, key: str, tail: str) -> Reference:
    path = _path("$" + tail)

    def lookup(context: RenderContext) -> list[JsonValue]:
        return _found_in(context.steps[key].body, path) if key in context.steps else []

    return Reference(text, lookup, step=key)


def _secret(text: str, name: str) -> Reference:
    return Reference(text, lambda context: _optional(context.secrets.get(name)), secret=name)


_GRAMMAR: tuple[tuple[re.Pattern[str], Callable[..., Reference]], ...] = (
    (re.compile(r"event\.id"), _event_id),
    (re.compile(r"event\.received_at"), _event_received_at),
    (re.compile(r"event\.body((?:[.\[].*)?)"), _event_body),
    (re.compile(r"event\.headers\.([A-Za-z0-9_-]{1,100})"), _event_header),
    (re.compile(r"event\.query\.([A-Za-z0-9_.~-]{1,100})"), _event_query),
    (re.compile(r"trigger\.(id|name|kind)"), _trigger),
    (re.compile(rf"steps\.({STEP_KEY})\.response\.status"), _step_status),
    (re.compile(rf"steps\.({STEP_KEY})\.response\.body((?:[.\[].*)?)"), _step_body),
    (re.compile(rf"secrets\.({SECRET_NAME})"), _secret),
)
