"""What a step's inputs can refer to, for the list beside the form."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from domain.errors import InvalidInput
from domain.rules.bodies import UnreadableBody, read_json
from domain.rules.json_values import JsonValue, text_of
from domain.rules.templates import parts_of
from web.presenters.payload_tree import Step, path_of

MOST_PATHS = 24
_MOST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A text to insert, and what stands there when the step runs."""

    text: str
    meaning: str


@dataclass(frozen=True, slots=True)
class PlaceholderGroup:
    """Placeholders that belong together."""

    title: str
    placeholders: tuple[Placeholder, ...]


_EVENT = PlaceholderGroup(
    "The event",
    (
        Placeholder("{{ $.order.id }}", "what the body holds at a path of yours"),
        Placeholder("{{ $ }}", "the whole body"),
        Placeholder("{{ event.id }}", "its id"),
        Placeholder("{{ event.received_at }}", "when it arrived"),
        Placeholder("{{ event.headers.content-type }}", "one of its headers"),
        Placeholder("{{ event.query.page }}", "a parameter of its address"),
    ),
)
_TRIGGER = PlaceholderGroup(
    "The trigger",
    (
        Placeholder("{{ trigger.name }}", "its name"),
        Placeholder("{{ trigger.id }}", "its id"),
        Placeholder("{{ trigger.kind }}", "its kind"),
    ),
)
_TEXT = PlaceholderGroup("Plain text", (Placeholder("{{ '{{' }}", "two braces, literally"),))


def placeholder_groups(
    step_keys: Sequence[str], secret_names: Sequence[str], body: bytes | None = None
) -> tuple[PlaceholderGroup, ...]:
    """Everything that can be referred to, with this workflow's steps and this team's secrets, and
    with what the newest event's `body` held."""
    steps = tuple(each for key in step_keys if key for each in _answer_of(key))
    secrets = tuple(
        Placeholder(f"{{{{ secrets.{name} }}}}", "a secret of the team") for name in secret_names
    )
    groups = (
        PlaceholderGroup("In the newest event's body", tuple(_seen_in(body))),
        _EVENT,
        _TRIGGER,
        PlaceholderGroup("Answers of earlier steps", steps),
        PlaceholderGroup("Secrets", secrets),
        _TEXT,
    )
    return tuple(group for group in groups if group.placeholders)


def _answer_of(key: str) -> tuple[Placeholder, ...]:
    return (
        Placeholder(f"{{{{ steps.{key}.response.body.id }}}}", f"from the answer to {key}"),
        Placeholder(f"{{{{ steps.{key}.response.status }}}}", f"the status that {key} got"),
    )


def _seen_in(body: bytes | None) -> Iterator[Placeholder]:
    """The first paths to values of a JSON body, what lies high before what lies deep."""
    try:
        document = None if body is None else read_json(body)
    except UnreadableBody:
        return
    found = 0
    for path, value in _leaves(document):
        text = f"{{{{ {path} }}}}"
        if found == MOST_PATHS:
            return
        if _means_something(text):
            found += 1
            yield Placeholder(text, _shortened(text_of(value)))


def _leaves(document: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    """Paths and values, level by level; of a list its first item only."""
    waiting: deque[tuple[list[Step], JsonValue]] = deque([([], document)])
    while waiting:
        steps, value = waiting.popleft()
        if isinstance(value, dict):
            waiting.extend(([*steps, name], child) for name, child in value.items())
        elif isinstance(value, list):
            waiting.extend(([*steps, 0], child) for child in value[:1])
        elif steps:
            yield path_of(steps), value


def _means_something(text: str) -> bool:
    """Whether it is a placeholder: a name may hold what no path can."""
    try:
        return len(parts_of(text, "")) == 1
    except InvalidInput:
        return False


def _shortened(text: str) -> str:
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 1]}…"
