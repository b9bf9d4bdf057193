"""The paths into a body, to choose from where a condition asks for one."""

import re
from collections.abc import Iterator

from domain.rules.json_values import JsonValue, text_of
from domain.rules.paths import InvalidPath, compile_path

MOST_PATHS = 100
MOST_LOOKED_AT = 2_000
LONGEST_PATH = 200
LONGEST_SAMPLE = 40

_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def known_paths(document: JsonValue) -> list[tuple[str, str]]:
    """Paths to the texts, numbers and other plain values of `document`, each with a value that it
    finds there. Of a list's items one path stands for all."""
    found: dict[str, str] = {}
    for looked_at, (path, value) in enumerate(_leaves(document)):
        if len(found) >= MOST_PATHS or looked_at >= MOST_LOOKED_AT:
            break
        if path not in found and _can_be_asked_for(path):
            found[path] = text_of(value)[:LONGEST_SAMPLE]
    return list(found.items())


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
