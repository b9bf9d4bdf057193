"""The body of the event that stands for a batch: its members with their bodies, in their order.

    {"events": [{"id": "…", "received_at": "…", "body": …}], "count": 2}

A body that is JSON is there as what it is, any other text as text, and what is neither as an object
with the octets in base64 (`{"base64": "…"}`); none at all is null.
"""

from base64 import b64encode
from collections.abc import Iterable, Mapping
from typing import Any

from domain.rules.bodies import UnreadableBody, read_body
from domain.rules.instants import rfc3339
from domain.rules.json_values import MAX_DEPTH, JsonValue, write_json

MOST_OCTETS = 10 * 1024 * 1024
"""What a batch's body has at most. A single event that is as large as that is a batch alone."""

_AROUND = len(b'{"events":[],"count":1000}')
# The members stand three levels deep in the batch's body, which is to be read like any other.
_DEEPEST = MAX_DEPTH - 3


def member_text(event: Mapping[str, Any]) -> bytes:
    """A stored event (id, received_at, body, content_type) as a member of a batch."""
    return write_json(
        {
            "id": str(event["id"]),
            "received_at": rfc3339(event["received_at"]),
            "body": _value_of(event["body"], event["content_type"]),
        }
    )


def _value_of(body: bytes, content_type: str) -> JsonValue:
    try:
        read = read_body(body, content_type)
    except UnreadableBody:
        return _text_or_octets(body)
    if read.kind == "empty":
        return None
    if read.kind == "json" and not _is_deep(read.document):
        return read.document
    return _text_or_octets(body)


def _text_or_octets(body: bytes) -> JsonValue:
    try:
        return body.decode()
    except UnicodeDecodeError:
        return {"base64": b64encode(body).decode()}


def _is_deep(document: JsonValue) -> bool:
    level = [document]
    for _ in range(_DEEPEST + 1):
        level = [
            child
            for node in level
            if isinstance(node, list | dict)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return False
    return True


def how_many_fit(members: Iterable[bytes]) -> int:
    """How many of the members, from the first on, one body has room for: at least one."""
    octets, count = _AROUND, 0
    for member in members:
        octets += len(member) + 1
        if count and octets > MOST_OCTETS:
            break
        count += 1
    return count


def batch_body(members: list[bytes]) -> bytes:
    """The body of a batch of these members."""
    return b'{"events":[%b],"count":%d}' % (b",".join(members), len(members))
