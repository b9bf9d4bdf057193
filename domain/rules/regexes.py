"""Regular expressions: RE2 only, which takes time in proportion to pattern times text, and no more.

Back-references and look-around, which no automaton can do, are refused with a sentence (row A47 of
the attack catalogue). A pattern matches anywhere in the text unless it is anchored by `^` and `$`;
`.` is any character but a newline. Syntax: https://github.com/google/re2/wiki/Syntax
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import re2

from domain.errors import SignalboxError

MAX_PATTERN = 1_024
MAX_TEXT_BYTES = 64 * 1024
MAX_MEMORY = 8 * 1024 * 1024
COMPILE_MEMORY = 640 * 1024
"""With so little RE2 gives up on a monstrous pattern within 25 ms; with 8 MiB it takes ten times as
long to find out. What compiles within `MAX_PROGRAM` instructions needs less."""

MAX_PROGRAM = 10_000
"""Instructions that a pattern may compile to: `[a-z]{1,64}` has some 130, `.{0,500}` some 4,500."""

COST = 6_000_000
"""Instructions times bytes that one clause may spend. RE2's worst (an automaton that needs a new
state a byte) was seen to take 7 ns for each, so this is about 40 ms."""

_SENTENCES = {
    "invalid escape sequence": "back-references and unknown escapes are not supported",
    "invalid perl operator": "look-ahead, look-behind and other Perl groups are not supported",
    "invalid repetition size": "a repetition is at most 1,000, also when nested",
    "pattern too large": "the pattern is too large",
}


class InvalidRegex(SignalboxError):
    """A regular expression that cannot be used here."""

    code = "invalid_regex"


@dataclass(frozen=True, slots=True)
class Regex:
    """A compiled pattern. `longest` is how many bytes of a text it searches at most (cut at
    a character's border)."""

    text: str
    size: int
    longest: int
    _program: Any

    def search(self, text: str) -> bool:
        """Whether the pattern matches somewhere in the part of `text` that is searched."""
        searched = self._head(text) if self.cuts(text) else text
        return self._program.search(searched) is not None

    def cuts(self, text: str) -> bool:
        """Whether `text` is longer than what is searched of it."""
        # A character takes one byte at least and four at most: few texts are encoded to tell.
        size = len(text)
        return size > self.longest or (
            size * 4 > self.longest and len(_encoded(text)) > self.longest
        )

    def cost(self, text: str) -> int:
        """What searching `text` may take, in the unit of `COST`."""
        return self.size * min(len(text) + 1, self.longest)

    def _head(self, text: str) -> str:
        return _encoded(text[: self.longest])[: self.longest].decode(errors="ignore")


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


@lru_cache(maxsize=4096)
def compile_regex(text: str, *, case_insensitive: bool = False) -> Regex:
    """The pattern that `text` spells. Raises InvalidRegex with a sentence."""
    if len(text) > MAX_PATTERN:
        raise InvalidRegex(f"the pattern is longer than {MAX_PATTERN:,} characters")
    _compiled(text, COMPILE_MEMORY, case_insensitive=case_insensitive)
    program = _compiled(text, MAX_MEMORY, case_insensitive=case_insensitive)
    size: int = program.programsize
    if size > MAX_PROGRAM:
        raise InvalidRegex("the pattern is too large")
    return Regex(text, size, min(MAX_TEXT_BYTES, COST // size), program)


def _compiled(text: str, memory: int, *, case_insensitive: bool) -> Any:
    options = re2.Options()
    options.max_mem = memory
    options.never_capture = True
    options.log_errors = False
    options.case_sensitive = not case_insensitive
    try:
        return re2.compile(text, options)
    except (re2.error, UnicodeEncodeError) as error:
        raise InvalidRegex(_sentence(error)) from None


def _sentence(error: Exception) -> str:
    told = error.args[0] if error.args else ""
    told = told.decode(errors="replace") if isinstance(told, bytes) else str(error)
    for beginning, sentence in _SENTENCES.items():
        if told.startswith(beginning):
            return f"{sentence} ({told})"
    return f"the pattern is not valid: {told}"
