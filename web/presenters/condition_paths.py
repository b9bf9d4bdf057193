"""The paths into events, to choose from where a condition asks for one."""

import re
from collections.abc import Iterator, Mapping

from domain.rules.json_values import JsonValue, text_of
from domain.rules.paths import InvalidPath, compile_path
from domain.rules.subjects import NOTHING, SOURCES, Subject

MOST_PATHS = 100
MOST_LOOKED_AT = 2_000
LONGEST_PATH = 200
LONGEST_SAMPLE = 40

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


Paths = Mapping[str, list[tuple[str, str]]]
"""Paths by source, each with a value that it finds."""


class KnownPaths:
    """The paths that some event has, each with the value that the first of them has there."""

    def __init__(self) -> None:
        self._found: dict[str, dict[str, str]] = {source: {} for source in SOURCES}

    def add(self, subject: Subject) -> None:
        """The paths of one more event."""
        for source, found in self._found.items():
            document = getattr(subject, source)
            if document is not NOTHING and len(found) < MOST_PATHS:
                self._add(found, document)

    @staticmethod
    def _add(found: dict[str, str], document: JsonValue) -> None:
        for looked_at, (path, value) in enumerate(_leaves(document)):
            if len(found) >= MOST_PATHS or looked_at >= MOST_LOOKED_AT:
                break
            if path not in found and _can_be_asked_for(path):
                found[path] = text_of(value)[:LONGEST_SAMPLE]

    @property
    def by_source(self) -> Paths:
        """All of them."""
        return {source: list(found.items()) for source, found in self._found.items()}


def _leaves(document: JsonValue) -> Iterator[tuple[str, JsonValue]]:
    """In the order of the document; without recursion, since a body may be as deep as it likes."""
    waiting: list[tuple[str, JsonValue]] = [("$", document)]
    while waiting:
        path, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(path + _step(name), inner) for name, inner in reversed(value.items())]
        elif isinstance(value, list):
            waiting += [(f"{path}[*]", inner) for inner in reversed(value[:3])]
        else:
            yield path, value


def _step(name: str) -> str:
    if _PLAIN_NAME.fullmatch(name):
        return f".{name}"
    quoted = name.replace("\\", "\\\\").replace("'", "\\'")
    return f"['{quoted}']"


def _can_be_asked_for(path: str) -> bool:
    if len(path) > LONGEST_PATH or not path.isprintable():
        return False
    try:
        compile_path(path)
    except InvalidPath:
        return False
    return True
