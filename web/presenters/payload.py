"""Bodies and other foreign JSON, made readable without being believed."""

from dataclasses import dataclass

import msgspec

from domain.rules.bodies import UnreadableBody, read_json
from domain.rules.json_values import write_json

MOST_SHOWN_OCTETS = 64 * 1024


@dataclass(frozen=True, slots=True)
class Payload:
    """A body as it is shown: `text`, what it is (`kind`), and whether there is more of it."""

    text: str
    kind: str
    cut: bool


def payload(body: bytes, size: int) -> Payload:
    """The beginning of a body of `size` octets: JSON laid out, other text as it is, and of
    anything else only how much there is."""
    cut = size > len(body)
    if size == 0:
        return Payload("", "empty", cut=False)
    if not cut:
        try:
            return Payload(_laid_out(body), "JSON", cut=False)
        except UnreadableBody:
            pass
    try:
        # The cut may go through the middle of a character.
        text = body.decode("utf-8", "ignore" if cut else "strict")
    except UnicodeDecodeError:
        return Payload("", "binary", cut=False)
    return Payload(text, "text", cut)


def _laid_out(body: bytes) -> str:
    return msgspec.json.format(write_json(read_json(body)), indent=2).decode()


def pretty(text: str) -> str:
    """Stored JSON laid out for reading."""
    return msgspec.json.format(text, indent=2)


def pretty_or_none(text: str | None) -> str | None:
    """The same, for JSON that may be absent."""
    return None if text is None or text == "null" else pretty(text)


def download_name(event_id: object, content_type: str) -> str:
    """The file name of a download: ours, never the sender's."""
    is_json = content_type.partition(";")[0].strip().lower().endswith("json")
    return f"event-{event_id}.{'json' if is_json else 'bin'}"
