"""Workflows that start workflows: what a workflow trigger watches, and how far a chain may go.

A trigger of kind `workflow` makes an event of each end of another workflow's executions. Two
guards keep this from going on for ever: what would close a circle is refused when it is saved,
and each event carries how many stand before it, up to a limit.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, get_args
from uuid import UUID

from domain.rules.bodies import UnreadableBody, read_body
from domain.rules.checking import Problems
from domain.rules.execution_states import TERMINAL
from domain.rules.ids import parse_id
from domain.rules.instants import rfc3339
from domain.rules.json_values import MAX_DEPTH, JsonValue, write_json

End = Literal["succeeded", "failed", "dead", "any"]
ENDS: tuple[End, ...] = get_args(End)

MOST_DEPTH = 10
DEEPEST_CHAIN = 50
TOO_DEEP = "chain_too_deep"
"""Why an event that comes at the end of too long a chain starts nothing."""
MOST_OCTETS = 65_536
"""Octets of a step's answer, and of the event before, that the next event repeats."""

# Below what a body may nest, by the levels that stand around a document inside of the event.
_MOST_LEVELS = MAX_DEPTH - 4
_SETTINGS = frozenset({"source_workflow_id", "on", "most_depth"})


@dataclass(frozen=True, slots=True)
class Watch:
    """What a workflow trigger waits for: the ends of one workflow's executions. Events with more
    than `most_depth` before them start nothing."""

    source_workflow_id: UUID
    on: End
    most_depth: int


def parse_watch(config: Mapping[str, Any], field: str = "config") -> Watch:
    """The config of a workflow trigger. Raises InvalidInput with every problem at its field."""
    problems = Problems()
    problems.refuse_unknown(config, _SETTINGS, field)
    source = config.get("source_workflow_id")
    source_id = parse_id(source) if isinstance(source, str) else None
    if source_id is None:
        problems.add(f"{field}.source_workflow_id", "must be the id of a workflow")
    on = config.get("on", "succeeded")
    if on not in ENDS:
        problems.add(f"{field}.on", f"must be one of {', '.join(ENDS)}")
    most_depth = config.get("most_depth", MOST_DEPTH)
    if type(most_depth) is not int or not 1 <= most_depth <= DEEPEST_CHAIN:
        problems.add(f"{field}.most_depth", f"must be a whole number from 1 to {DEEPEST_CHAIN}")
    problems.raise_any()
    assert source_id is not None  # or its problem was raised
    return Watch(source_id, on, most_depth)


def complete_watch(config: Mapping[str, Any]) -> dict[str, Any]:
    """A checked config as it is stored: with the defaults that were in force when it was saved."""
    return {"on": "succeeded", "most_depth": MOST_DEPTH, **config}


def waits_for(watched_end: str, state: str) -> bool:
    """Whether a trigger that waits for `watched_end` takes an execution that ended in `state`;
    `any` is every end there is, a cancellation too."""
    return watched_end == state or (watched_end == "any" and state in TERMINAL)


Node = TypeVar("Node")


def find_cycle(edges: Iterable[tuple[Node, Node]], new: tuple[Node, Node]) -> list[Node] | None:
    """The circle that `new` would close among `edges`, from its own beginning round to it again;
    None: none. An edge leads from the watched workflow to the one that is started. The shortest
    circle is found, so that people can follow it.
    """
    start, first = new
    onward: dict[Node, list[Node]] = {}
    for source, started in edges:
        onward.setdefault(source, []).append(started)
    came_from: dict[Node, Node] = {}
    row: Sequence[Node] = [first]
    reached = {first}
    while row and start not in reached:
        following = []
        for node in row:
            for nearest in onward.get(node, ()):
                if nearest not in reached:
                    reached.add(nearest)
                    came_from[nearest] = node
                    following.append(nearest)
        row = following
    return _round(start, first, came_from) if start in reached else None


def _round(start: Node, first: Node, came_from: Mapping[Node, Node]) -> list[Node]:
    back = [start]
    while back[-1] != first:
        back.append(came_from[back[-1]])
    return [start, *reversed(back)]


def end_title(workflow_name: str, state: str) -> str:
    """What the event of an end is called."""
    return f"{workflow_name}: {_STATE_WORDS.get(state, state)}"


_STATE_WORDS = {"dead": "dead letter"}


def end_body(
    ended: Mapping[str, Any], attempt: Mapping[str, Any] | None, steps: Iterable[Mapping[str, Any]]
) -> bytes:
    """The body of the event that tells of an execution's end: what became of it, the answer to the
    last try of each step (as it is on record, secrets redacted), and the body of the event that had
    started it.

    `ended` has the execution's columns and `body`, `content_type` of its event; `attempt` the
    `reason` and `message` of the last one; a step its `key`, and `status`, `content_type`, `body`
    of the answer.
    """
    return write_json(
        {
            "execution": _execution(ended, attempt),
            "steps": {
                step["key"]: {"status": step["status"], "body": _answer(step)} for step in steps
            },
            "event": _document(ended["body"] or b"", ended["content_type"] or ""),
        }
    )


def _execution(ended: Mapping[str, Any], attempt: Mapping[str, Any] | None) -> JsonValue:
    error: JsonValue = None
    if ended["state"] != "succeeded" and ended["reason"]:
        error = {"reason": ended["reason"], "message": attempt["message"] if attempt else None}
    return {
        "id": str(ended["id"]),
        "state": ended["state"],
        "reason": ended["reason"],
        "workflow_id": str(ended["workflow_id"]),
        "workflow_name": ended["workflow_name"],
        "workflow_version": ended["workflow_version"],
        "trigger_id": str(ended["trigger_id"]),
        "event_id": str(ended["event_id"]),
        "attempts": ended["attempt"],
        "started_at": rfc3339(ended["started_at"]) if ended["started_at"] else None,
        "finished_at": rfc3339(ended["finished_at"]),
        "error": error,
    }


def _answer(step: Mapping[str, Any]) -> JsonValue:
    """An answer's document, or its text; of a long one the beginning."""
    text: str | None = step["body"]
    if not text:
        return None
    raw = text.encode("utf-8", "replace")
    if len(raw) > MOST_OCTETS:
        return raw[:MOST_OCTETS].decode("utf-8", "ignore")
    document = _document(raw, step["content_type"] or "")
    return text if document is None else document


def _document(raw: bytes, content_type: str) -> JsonValue:
    """The JSON in a body; None where there is none, or where it nests too deep to stand inside
    another one."""
    try:
        read = read_body(raw, content_type)
    except UnreadableBody:
        return None
    return read.document if read.found and _nests_within(read.document, _MOST_LEVELS) else None


def _nests_within(document: JsonValue, levels: int) -> bool:
    level = [document] if isinstance(document, list | dict) else []
    for _ in range(levels):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, list | dict)
        ]
        if not level:
            return True
    return not level
