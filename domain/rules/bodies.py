"""Reading a body that came from outside, for any bytes at all, without surprise.

Stricter than most parsers, because two readers of one body must not see two things: duplicate
keys, lone surrogates, NaN and numbers beyond bounds are refused, each under its own word (rows
A5-A14 of the attack catalogue). Nothing here recurses on the depth of the input, and the only
exception that leaves is `UnreadableBody`.
"""

import json
import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Literal, Never

from domain.errors import SignalboxError
from domain.rules.checking import is_in_range
from domain.rules.json_values import MAX_DEPTH, MAX_NUMBER_DIGITS, Container, JsonValue, write_json

BodyFault = Literal[
    "invalid_utf8",
    "invalid_json",
    "json_too_deep",
    "duplicate_key",
    "lone_surrogate",
    "number_out_of_range",
    "too_many_keys",
]
BodyKind = Literal["empty", "json", "opaque"]

MAX_KEYS = 10_000

_BOM = b"\xef\xbb\xbf"
_SENTENCES: dict[BodyFault, str] = {
    "invalid_utf8": "The body is not valid UTF-8.",
    "invalid_json": "The body is not valid JSON.",
    "json_too_deep": f"The body nests lists and objects deeper than {MAX_DEPTH} levels.",
    "duplicate_key": "An object in the body has the same key twice.",
    "lone_surrogate": "A text in the body holds half of a surrogate pair.",
    "number_out_of_range": (
        f"A number in the body is not finite, has more than {MAX_NUMBER_DIGITS} digits, "
        "or is out of range."
    ),
    "too_many_keys": f"An object in the body has more than {MAX_KEYS:,} keys.",
}
_LONGEST_FRACTION = 2 * MAX_NUMBER_DIGITS + len("-0.e-399")
_DIGITS_TO_ZERO = bytes.maketrans(b"123456789", b"0" * 9)
_TOO_MANY_DIGITS = b"0" * (MAX_NUMBER_DIGITS + 1)
_SURROGATE_ESCAPE = re.compile(rb"\\u[dD][89a-fA-F]")
_NOT_JSON_AT_ALL: frozenset[BodyFault] = frozenset({"invalid_json", "invalid_utf8"})


class UnreadableBody(SignalboxError):
    """The body cannot be read as JSON."""

    def __init__(self, code: BodyFault) -> None:
        self.fault: BodyFault = code
        self.code = code
        super().__init__(_SENTENCES[code])


@dataclass(frozen=True, slots=True)
class Body:
    """What a body turned out to be.

    `document` means something only when `kind` is `json`; an empty or opaque body has no document,
    so every path into it finds nothing. `fault` says why an opaque body is not JSON.
    """

    kind: BodyKind
    document: JsonValue = None
    fault: BodyFault | None = None

    @property
    def found(self) -> bool:
        """Whether there is a document to look into."""
        return self.kind == "json"


def read_body(body: bytes, content_type: str | None) -> Body:
    """Decide what `body` is. JSON counts as JSON whatever its sender called it (curl calls all it
    sends a form).

    Raises `UnreadableBody` for what claims to be JSON and cannot be read: because its content type
    says so or is absent, or because it opens like a JSON object or list and breaks a limit. What
    another type explains (a form, XML, plain text) is opaque instead, which is no error.
    """
    if not body or body.isspace():
        return Body("empty")
    try:
        return Body("json", read_json(body))
    except UnreadableBody as error:
        if _claims_json(content_type) or _breaks_a_limit(body, error.fault):
            raise
        return Body("opaque", fault=error.fault)


def _claims_json(content_type: str | None) -> bool:
    media_type = (content_type or "").partition(";")[0].strip().lower()
    return not media_type or media_type.endswith(("/json", "+json"))


def _breaks_a_limit(body: bytes, fault: BodyFault) -> bool:
    opening = body.removeprefix(_BOM).lstrip()[:1]
    return fault not in _NOT_JSON_AT_ALL and opening in {b"{", b"["}


def read_json(body: bytes) -> JsonValue:
    """The JSON document in `body`, with whole numbers exact and fractions as `Decimal`.

    One leading byte order mark is skipped, as RFC 8259 §8.1 allows a reader (signatures are checked
    on the raw bytes, mark included). Raises `UnreadableBody` for everything else.
    """
    text = _decoded(body)
    scanner = _CAREFUL if _may_hold_a_long_number(body) else _FAST
    try:
        document: JsonValue = scanner.decode(text)
    except RecursionError:
        raise UnreadableBody("json_too_deep") from None
    except ValueError:
        raise UnreadableBody("invalid_json") from None
    _check_depth(body, document)
    _check_surrogates(body, document)
    return document


def read_stored(text: str | None) -> JsonValue:
    """Stored JSON with exact numbers; None where nothing is stored. Raises `UnreadableBody`."""
    return None if text is None else read_json(text.encode())


def _decoded(body: bytes) -> str:
    try:
        return body.removeprefix(_BOM).decode()
    except UnicodeDecodeError:
        raise UnreadableBody("invalid_utf8") from None


def _may_hold_a_long_number(body: bytes) -> bool:
    # Asking for every number's length costs more than the numbers: ask only where some run of
    # digits is too long (it may yet stand inside a text).
    return len(body) > MAX_NUMBER_DIGITS and _TOO_MANY_DIGITS in body.translate(_DIGITS_TO_ZERO)


def _object(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    if len(pairs) > MAX_KEYS:
        raise UnreadableBody("too_many_keys")
    members = dict(pairs)
    if len(members) != len(pairs):
        raise UnreadableBody("duplicate_key")
    return members


def _whole(text: str) -> int:
    if len(text.lstrip("-")) > MAX_NUMBER_DIGITS:
        raise UnreadableBody("number_out_of_range")
    return int(text)


def _fraction(text: str) -> Decimal:
    # An unbounded exponent would make a number that explodes when anyone expands it.
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise UnreadableBody("number_out_of_range") from None
    # Zeros in front are no digits of it: PostgreSQL writes 1e-399 with all of them.
    if len(text) > _LONGEST_FRACTION or not is_in_range(number):
        raise UnreadableBody("number_out_of_range")
    return number


def _not_a_number(_text: str) -> Never:
    raise UnreadableBody("number_out_of_range")


_FAST = json.JSONDecoder(
    object_pairs_hook=_object, parse_float=_fraction, parse_constant=_not_a_number
)
_CAREFUL = json.JSONDecoder(
    object_pairs_hook=_object,
    parse_float=_fraction,
    parse_int=_whole,
    parse_constant=_not_a_number,
)


def _check_depth(body: bytes, document: JsonValue) -> None:
    if body.count(b"[") + body.count(b"{") <= MAX_DEPTH:
        return
    level: list[Container] = [document] if isinstance(document, list | dict) else []
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, list | dict)
        ]
        if not level:
            return
    raise UnreadableBody("json_too_deep")


def _check_surrogates(body: bytes, document: JsonValue) -> None:
    # Only an escape can bring one in, and only writing the values again tells a half from a pair.
    if b"\\u" not in body or not _SURROGATE_ESCAPE.search(body):
        return
    try:
        write_json(document)
    except UnicodeEncodeError:
        raise UnreadableBody("lone_surrogate") from None
