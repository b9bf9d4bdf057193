"""The key of a limit: a JSONPath into the event's body, and what it finds as a short text.

Events whose key finds the same JSON value count together, whatever they look like (`1.0` is `1`,
the order of an object's names does not matter). Events where it finds nothing count together, too.
"""

import hashlib
from dataclasses import dataclass, field
from decimal import Context, Decimal
from typing import Any

from domain.rules.json_values import MAX_NUMBER_DIGITS, JsonValue, write_json
from domain.rules.path_walk import PathTooCostly
from domain.rules.paths import InvalidPath, Path, compile_path
from domain.rules.setting_reader import Fault
from domain.rules.subjects import NOTHING, Subject

MOST_CHARACTERS = 200
NONE = "(none)"
"""What a key is called where it finds nothing. No JSON text, so no value is ever taken for it."""
TOO_COSTLY = "(too costly)"
"""What a key is called where finding it would cost too much: such bodies count together."""
_DIGEST = 32
_EXACTLY = Context(prec=MAX_NUMBER_DIGITS)
"""As many digits as a number of a body may have: rounded, two would be one key."""


@dataclass(frozen=True, slots=True)
class Key:
    """What a limit tells events apart by. Two keys of the same text are the same."""

    text: str
    path: Path = field(compare=False)

    def value_of(self, subject: Subject) -> str:
        """What the key finds in the event's body, as canonical JSON text of at most
        `MOST_CHARACTERS`; of several values a list, of none `NONE`."""
        return self.value_in(subject.body)

    def value_in(self, body: Any) -> str:
        """The same for a document, or `NOTHING`."""
        if body is NOTHING:
            return NONE
        try:
            found: list[JsonValue] = self.path.find(body)
        except PathTooCostly:
            return TOO_COSTLY
        if not found:
            return NONE
        return _short(canonical_text(found[0] if len(found) == 1 else found))


def read_key(value: object) -> Key:
    """The key that somebody wrote. Raises Fault."""
    if not isinstance(value, str):
        raise Fault("must be a JSONPath into the body, such as $.customer.id")
    try:
        return Key(value, compile_path(value))
    except InvalidPath as invalid:
        raise Fault(str(invalid)) from None


def canonical_text(value: JsonValue) -> str:
    """The one text of a JSON value: equal values, equal texts."""
    return write_json(_canonical(value)).decode()


def _canonical(value: JsonValue) -> JsonValue:
    if isinstance(value, dict):
        return {name: _canonical(value[name]) for name in sorted(value)}
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    if isinstance(value, Decimal):
        # One of 400 digits at most: see MAX_NUMBER_DIGITS.
        whole = value == value.to_integral_value()
        return int(value) if whole else value.normalize(_EXACTLY)
    return value


def _short(text: str) -> str:
    """The text, or where it is long its beginning with a hash of the whole: two that are not equal
    stay so."""
    if len(text) <= MOST_CHARACTERS:
        return text
    digest = hashlib.sha256(text.encode()).hexdigest()[:_DIGEST]
    return f"{text[: MOST_CHARACTERS - _DIGEST - 1]}…{digest}"
