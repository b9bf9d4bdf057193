"""Texts that stand in an expression, from how they are written to what they say."""

import re

_ESCAPE = re.compile(
    r"""\\(?:([abfnrtv\\?"'`])|[xX]([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})"""
    r"""|([0-3][0-7]{2})|[\s\S])|\r\n?"""
)
_NAMED_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_NEWLINE = re.compile(r"\r\n?")
_LAST_CHARACTER = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


class Fault(Exception):
    """What is wrong with an expression, and at which character."""

    def __init__(self, message: str, position: int) -> None:
        self.position = position
        super().__init__(message)


def read_text(written: str, start: int) -> str:
    """What `"…"` says, which stands at `start`. Raises Fault for an escape that is none."""
    quotes = _quotes(written)
    return _ESCAPE.sub(lambda found: _said(found, start + quotes), written[quotes:-quotes])


def read_raw_text(written: str) -> str:
    """What `r"…"` says."""
    quotes = _quotes(written[1:])
    return _NEWLINE.sub("\n", written[1 + quotes : -quotes])


def _quotes(written: str) -> int:
    return 3 if written[:3] in {'"""', "'''"} else 1


def _said(found: re.Match[str], start: int) -> str:
    if found[0].startswith("\r"):  # A form sends CR LF for the end of a line; CEL reads LF.
        return "\n"
    named, two, four, eight, octal = found.groups()
    if named is not None:
        return _NAMED_ESCAPES.get(named, named)
    digits = two or four or eight
    if digits is None and octal is None:
        raise Fault(f"`{found[0]}` is not known here; write `\\\\` for `\\`", start + found.start())
    code = int(octal, 8) if digits is None else int(digits, 16)
    if code > _LAST_CHARACTER or code in _SURROGATES:
        raise Fault(f"`{found[0]}` is no character", start + found.start())
    return chr(code)
