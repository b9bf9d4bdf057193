"""Bodies and other foreign JSON, made readable without being believed."""

from dataclasses import dataclass

import msgspec

from domain.rules.bodies import UnreadableBody, read_body
from domain.rules.json_values import JsonValue
from web.presenters.payload_tree import Node, tree

# Reading a body takes 40 ms a mebibyte: above this only its beginning is shown.
MOST_TREE_OCTETS = 4 * 1024 * 1024
MOST_TEXT_OCTETS = 64 * 1024
MOST_HEX_OCTETS = 512
_HEX_LINE = 16


@dataclass(frozen=True, slots=True)
class Payload:
    """A body as it is shown.

    `kind` is JSON (then `root` is its tree), text, binary (`text` is its beginning in hex) or
    empty; `left_out` octets follow what is shown; `fault` says why it is not the JSON it claims.
    """

    kind: str
    text: str = ""
    root: Node | None = None
    left_out: int = 0
    fault: str = ""


def payload(body: bytes, size: int, content_type: str) -> Payload:
    """What to show of a body of `size` octets, of which `body` is the beginning."""
    if size == 0:
        return Payload("empty")
    fault = ""
    if size == len(body):
        try:
            read = read_body(body, content_type)
        except UnreadableBody as error:
            fault = str(error)
        else:
            if read.found:
                return Payload("JSON", root=tree(read.document))
    return _text(body[:MOST_TEXT_OCTETS], size, fault)


def document_in(body: bytes, content_type: str) -> JsonValue:
    """The JSON document of a body as conditions see it; null where there is none."""
    try:
        return read_body(body, content_type).document
    except UnreadableBody:
        return None


def _text(body: bytes, size: int, fault: str) -> Payload:
    cut = size > len(body)
    try:
        # The cut may go through the middle of a character.
        text = body.decode("utf-8", "ignore" if cut else "strict")
    except UnicodeDecodeError:
        text = ""
    if text and "\0" not in text:
        return Payload("text", text, left_out=size - len(body), fault=fault)
    shown = body[:MOST_HEX_OCTETS]
    return Payload("binary", hex_lines(shown), left_out=size - len(shown), fault=fault)


def hex_lines(octets: bytes) -> str:
    """`00000000  89 50 4e 47 …  |.PNG…|`, sixteen octets a line."""
    lines = []
    for start in range(0, len(octets), _HEX_LINE):
        part = octets[start : start + _HEX_LINE]
        letters = "".join(chr(o) if 0x20 <= o < 0x7F else "." for o in part)  # noqa: PLR2004 - ASCII
        lines.append(f"{start:08x}  {part.hex(' '):<47}  |{letters}|")
    return "\n".join(lines)


def pretty(text: str) -> str:
    """Stored JSON laid out for reading."""
    return msgspec.json.format(text, indent=2)


def download_name(event_id: object, content_type: str) -> str:
    """The file name of a download: ours, never the sender's."""
    is_json = content_type.partition(";")[0].strip().lower().endswith("json")
    return f"event-{event_id}.{'json' if is_json else 'bin'}"
