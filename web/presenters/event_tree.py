"""An event as the tree that conditions are built from: body, headers, query and details."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.rules.json_values import JsonValue
from domain.rules.subjects import NOTHING, Subject
from web.presenters.payload_tree import Node, tree

NAMES = (("headers", "Headers"), ("query", "Query"), ("meta", "Event details"))


@dataclass(frozen=True, slots=True)
class Branch:
    """A further source with its fields."""

    source: str
    name: str
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class EventTree:
    """The body's root (None: it is no JSON), and the other sources."""

    body: Node | None
    branches: tuple[Branch, ...]


def event_tree(subject: Subject) -> EventTree:
    """What paths may name of an event."""
    body = None if subject.body is NOTHING else tree(subject.body)
    branches = (Branch(source, name, _leaves(getattr(subject, source))) for source, name in NAMES)
    return EventTree(body, tuple(branches))


def _leaves(document: Mapping[str, JsonValue]) -> tuple[Node, ...]:
    return tree(dict(document)).rows or ()


def kind_of_node(node: Node) -> str:
    """The kind of value, as a clause's form has it, that a node holds; of a container none."""
    return {"figure": "number", "text": "text", "word": node.text}.get(node.kind, "")
