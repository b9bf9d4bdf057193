"""The request and the response of a step, as they were recorded: secrets are redacted already."""

from dataclasses import dataclass
from typing import Any

import msgspec

from web.presenters.payload import hex_lines, pretty
from web.presenters.samples import stored_json
from web.presenters.words import duration_words_of_ms, size_words

_KNOWN = frozenset(
    {"method", "url", "headers", "body", "size", "hex", "status", "content_type", "truncated",
     "elapsed_ms"}
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Message:
    """A request (`line` is its method and address) or a response (`line` is its status).

    `body` is laid out when it is JSON, in hex when `binary`; `note` says what is not shown. `rest`
    is what else was recorded, as JSON.
    """

    line: str
    facts: tuple[str, ...]
    headers: tuple[tuple[str, str], ...]
    body: str
    binary: bool
    note: str
    rest: str


def message(stored: str | None) -> Message | None:
    """The message recorded as the JSON text `stored`, or None when there was none."""
    document = None if stored is None else stored_json(stored)
    if document is None:
        return None
    if not isinstance(document, dict):
        return Message("", (), (), "", binary=False, note="", rest=pretty(stored or ""))
    binary = bool(document.get("hex"))
    return Message(
        line=_line(document),
        facts=_facts(document),
        headers=_headers(document.get("headers")),
        body=_hex(document) if binary else _laid_out(str(document.get("body") or "")),
        binary=binary,
        note=_note(document),
        rest=_rest(document),
    )


def _line(document: dict[str, Any]) -> str:
    if "status" in document:
        return str(document["status"])
    return " ".join(str(document[name]) for name in ("method", "url") if name in document)


def _facts(document: dict[str, Any]) -> tuple[str, ...]:
    facts = []
    if document.get("content_type"):
        facts.append(str(document["content_type"]))
    if _is_number(document.get("size")):
        facts.append(size_words(int(document["size"])))
    if _is_number(document.get("elapsed_ms")):
        facts.append(duration_words_of_ms(int(document["elapsed_ms"])))
    return tuple(facts)


def _is_number(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _headers(value: object) -> tuple[tuple[str, str], ...]:
    pairs = list(value.items()) if isinstance(value, dict) else value
    if not isinstance(pairs, list):
        return ()
    return tuple(
        (str(pair[0]), str(pair[1]))
        for pair in pairs
        if isinstance(pair, list | tuple) and len(pair) == 2  # noqa: PLR2004 - name and value
    )


def _laid_out(body: str) -> str:
    if body[:1] not in {"{", "["}:
        return body
    try:
        return msgspec.json.format(body, indent=2)
    except msgspec.DecodeError:  # it was cut, or never was JSON
        return body


def _hex(document: dict[str, Any]) -> str:
    try:
        return hex_lines(bytes.fromhex(str(document["hex"])))
    except ValueError:  # a secret within it was redacted
        return str(document["hex"])


def _note(document: dict[str, Any]) -> str:
    size, body = document.get("size"), str(document.get("body") or "")
    shown = len(str(document["hex"])) // 2 if document.get("hex") else len(body.encode())
    if document.get("truncated"):
        return "The answer was longer than Signalbox reads; this is its beginning."
    if _is_number(size) and shown < int(size or 0):
        return f"Cut: {size_words(shown)} of {size_words(int(size or 0))} are shown."
    return ""


def _rest(document: dict[str, Any]) -> str:
    rest = {name: value for name, value in document.items() if name not in _KNOWN}
    return msgspec.json.format(msgspec.json.encode(rest), indent=2).decode() if rest else ""
