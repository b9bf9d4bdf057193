"""The form of a replay: which version, from where, and with which payload."""

from dataclasses import dataclass, replace

from domain.errors import InvalidInput
from domain.operations.replay_execution import MOST_PAYLOAD_BYTES, Payload, Replay
from domain.rules.bodies import UnreadableBody, read_body
from domain.rules.json_values import JsonValue, same
from domain.rules.replays import replay_options
from domain.store.pages_events import EventBody
from web.forms.reading import Errors, Fields, errors_by_field, json_in, whole_number_in
from web.presenters.payload import pretty

_FIELDS = ("version", "start", "payload")
_NO_JSON = "The body is not JSON, so it cannot be edited here."


@dataclass(frozen=True, slots=True)
class Editable:
    """The body that an event came with, to be edited; or, in `why_not`, why it cannot be."""

    document: JsonValue = None
    text: str = ""
    why_not: str = ""


def editable(found: EventBody | None) -> Editable:
    """What the form offers for editing."""
    if found is None:
        return Editable(why_not="The event is past its retention.")
    try:
        body = read_body(found.body, found.content_type)
    except UnreadableBody:
        return Editable(why_not=_NO_JSON)
    if not body.found:
        return Editable(why_not=_NO_JSON)
    if len(found.body) > MOST_PAYLOAD_BYTES:
        most = MOST_PAYLOAD_BYTES // 1024
        return Editable(why_not=f"The body is larger than {most} KiB, too large to edit here.")
    return Editable(body.document, pretty(found.body.decode("utf-8-sig")))


@dataclass(frozen=True, slots=True)
class ReplayForm:
    """What someone typed. `seen` is how often the execution had been replayed by then, so that
    sending the form twice makes one replay."""

    version: str = "same"
    start: str = "beginning"
    payload: str = ""
    seen: str = ""

    @classmethod
    def typed(cls, given: Fields) -> "ReplayForm":
        """Out of what the browser sent."""
        return cls(
            given.get("version", "same"),
            given.get("start", "beginning"),
            given.get("payload", ""),
            given.get("seen", ""),
        )

    def once_more(self, replays: int) -> "ReplayForm":
        """The same, to be sent although it was replayed meanwhile."""
        return replace(self, seen=str(replays))

    def replay(self, original: Editable) -> Replay:
        """What is asked for. A payload that says the same as the original's is none. Raises
        InvalidInput."""
        options = replay_options(self.version, self.start)
        seen = whole_number_in(self.seen)
        if not self.payload.strip():
            return Replay(options, None, seen)
        if original.why_not:
            raise InvalidInput.at("payload", original.why_not)
        document = json_in(self.payload, "payload")
        unchanged = same(document, original.document)
        return Replay(options, None if unchanged else Payload(document), seen)


def replay_errors(refused: InvalidInput) -> Errors:
    """What is wrong, by form field."""
    return errors_by_field(refused.problems, _FIELDS, {})
