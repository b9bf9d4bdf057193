"""What conditions look at: one stored event, as the documents `body`, `headers`, `query`, `meta`.

All of it is made from what is stored with the event and its trigger version, and none of it changes
later: so a judgement made again from the raw event, years on, is the same.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import parse_qsl
from uuid import UUID

import msgspec

from domain.rules.bodies import read_body
from domain.rules.instants import rfc3339, seconds_of
from domain.rules.json_values import JsonValue, write_json

Source = Literal["body", "headers", "query", "meta"]
SOURCES: tuple[Source, ...] = ("body", "headers", "query", "meta")

META_FIELDS = ("event_id", "received_at", "kind", "content_type", "title", "sender_id", "size")
"""What `meta` knows: the event's id, when it arrived (RFC 3339, UTC), its trigger's kind, the
body's type and size in bytes, what the sender calls it, and the sender's id (null: it gave none).
"""

NOTHING: Final[Any] = object()
"""The body that is no document (empty or opaque): every path into it finds nothing."""


class Subject:
    """One event, ready to be judged. What no condition asks for is never read.

    `at` is the event's own instant, in seconds since 1970 (UTC), which times are compared with.
    """

    __slots__ = ("_event", "_headers", "_meta", "_query", "_version", "at", "body")

    def __init__(self, event: Mapping[str, Any], body: JsonValue, trigger_version: int) -> None:
        self._event = event
        self._version = trigger_version
        self.body: Any = body
        self.at = seconds_of(event["received_at"])
        self._headers: dict[str, JsonValue] | None = None
        self._query: dict[str, JsonValue] | None = None
        self._meta: dict[str, JsonValue] | None = None

    @property
    def headers(self) -> dict[str, JsonValue]:
        """The stored headers by name in lower case; of a repeated one the last."""
        if self._headers is None:
            self._headers = headers_document(self._event["headers"])
        return self._headers

    @property
    def query(self) -> dict[str, JsonValue]:
        """The query's parameters as texts; of a repeated one the last."""
        if self._query is None:
            self._query = dict(parse_qsl(self._event["query"], keep_blank_values=True))
        return self._query

    @property
    def meta(self) -> dict[str, JsonValue]:
        """The fields of `META_FIELDS`."""
        if self._meta is None:
            event = self._event
            known = (
                str(event["id"]), rfc3339(event["received_at"]), event["kind"],
                event["content_type"], event["title"], event["sender_id"], len(event["body"]),
            )  # fmt: skip
            self._meta = dict(zip(META_FIELDS, known, strict=True))
        return self._meta

    @property
    def trigger(self) -> dict[str, JsonValue]:
        """What never changes of the trigger: its id and kind, and the version that judges."""
        event = self._event
        return {"id": str(event["trigger_id"]), "kind": event["kind"], "version": self._version}


def subject_of(event: Mapping[str, Any], trigger_version: int) -> Subject:
    """The subject of a stored event: `event` has the columns id, trigger_id, kind, received_at,
    headers (JSON text), query, content_type, title, sender_id and body.

    Raises UnreadableBody when the body claims to be JSON and cannot be read.
    """
    body = read_body(event["body"], event["content_type"])
    return Subject(event, body.document if body.found else NOTHING, trigger_version)


def headers_document(stored: str) -> dict[str, JsonValue]:
    """Stored headers (JSON text of a list of pairs) as an object."""
    pairs: list[tuple[str, str]] = msgspec.json.decode(stored)
    return {name.lower(): value for name, value in pairs}


NO_ID = UUID(int=0)


def sample_event(
    body: bytes,
    received_at: datetime,
    *,
    content_type: str = "application/json",
    headers: Iterable[tuple[str, str]] = (),
    query: str = "",
    kind: str = "webhook",
    title: str = "",
) -> dict[str, Any]:
    """An event that is not stored, for `subject_of`: a sample, or what somebody pasted. Its ids
    are nil."""
    return {
        "id": NO_ID, "trigger_id": NO_ID, "kind": kind, "received_at": received_at,
        "headers": write_json([list(pair) for pair in headers]).decode(), "query": query,
        "content_type": content_type, "title": title, "sender_id": None, "body": body,
    }  # fmt: skip
