"""Conditions that mean harm: rows A39 to A48 of the attack catalogue, and what costs the most.

`REFUSED` must be refused at save, at the field, at once. `COSTLY` is allowed, and bounded: over
these documents it must come to an end soon, whatever it comes to.
"""

import json
from collections.abc import Iterator
from functools import cache
from typing import Any

from domain.rules.bodies import read_json
from domain.rules.json_values import JsonValue

Clause = dict[str, Any]


def _expr(text: str) -> Clause:
    return {"op": "expr", "value": text}


def _path(text: str) -> Clause:
    return {"path": text, "op": "exists"}


def _regex(text: str) -> Clause:
    return {"path": "$.a", "op": "matches", "value": text}


REFUSED: dict[str, Clause] = {
    "A39 subclasses": _expr("().__class__.__mro__[1].__subclasses__()"),
    "A39 getattr": _expr('getattr(body, "__class__") == 1'),
    "A39 format": _expr('"{0.__class__}".format(body) == ""'),
    "A39 f-string": _expr('f"{body}" == ""'),
    "A39 import": _expr('__import__("os").system("id") == 0'),
    "A39 lambda": _expr("(lambda: 1)() == 1"),
    "A39 walrus": _expr("(x := 1) == 1"),
    "A39 comprehension": _expr("[x for x in body.a] == []"),
    "A39 unknown root": _expr("globals.secret == 1"),
    "A40 join": _expr('"".join(["a"*99999]*9999) == ""'),
    "A40 percent": _expr('"%999999999d" % 1 == ""'),
    "A40 format of a width": _expr('f"{9:999999999}" == ""'),
    "A40 ljust": _expr('"a".ljust(999999999) == ""'),
    "A41 powers": _expr("9**9**9 > 1"),
    "A41 shifts": _expr("1<<10**8 > 1"),
    "A41 loops in loops": _expr("body.a.all(x, body.a.all(y, body.a.all(z, x == z)))"),
    "A42 minus signs": _expr("-" * 3_000 + "1 == 1"),
    "A42 parentheses": _expr("(" * 10_000 + "1" + ")" * 10_000 + " == 1"),
    "A42 nested within the length": _expr("(" * 900 + "1" + ")" * 900 + " == 1"),
    "A42 a megabyte": _expr("1 == 1 || " * 100_000 + "true"),
    "A43 not a boolean": _expr("1 + 1"),
    "A44 descents": _path("$..*..*..*..*"),
    "A44 two descents": _path("$..a..b"),
    "A44 too long": _path("$" + ".a" * 300),
    "A45 regex in a filter": _path('$[?(@.a =~ "(a+)+$")]'),
    "A45 search": _path('$[?(search(@.a, "(a+)+$"))]'),
    "A45 sub": _path("$.a.`sub(/(a+)+$/, b)`"),
    "A46 script": _path("$[(@.length-1)]"),
    "A46 call in a filter": _path("$[?(@.constructor.constructor('return process')())]"),
    "A46 arithmetic": _path("$.s * 100000000"),
    "A47 back-reference": _regex(r"(a)\1"),
    "A47 look-behind": _regex("(?<=a)b"),
    "A47 repetitions": _regex("((a{1000}){1000})"),
    "A47 monstrous": _regex(r"\pL" * 300),
    "A47 monstrous, nested": _regex(r"(?i)(\pL{200}){3}"),
    "A47 a megabyte": _regex("a" * 1_000_000),
    "A47 in an expression": _expr(r'body.a.matches("(a)\\1")'),
    "A47 pattern from the event": _expr("body.a.matches(body.b)"),
    "A48 a half pair": {"path": "$.a", "op": "eq", "value": "\ud800"},
    "A51 secrets": _expr('secrets.token == "x"'),
}
"""By row and what it is."""

_PATHS = (
    "$..*", "$..a", "$..[?(@.a > 1)]", "$[?(@.a == @.b)]", "$[?(@.a > 5 && @.b == 'xx' || @.c)]",
    "$[?(@ == 'xxxxxxxxxxxxxxxxxx')]", "$[?(@ > 1.25)]", "$[?(@.a == $[0].a)]", "$..b[0:3]",
    "$..[?(@.a != @.b)]", "$..['a','b','c','d','e','f']", "$[*][*]", "$..a[*]",
)  # fmt: skip
_PATTERNS = (
    "(a+)+$", "(a|aa)+$", "(.*a){20}", "(a|b)*a(a|b){100}c", "(.{0,30}a.{0,30}b){8}c",
    "(a?){900}a{900}", ".{0,500}a.{0,500}b$", "(x+x+)+y", "(?i)(.*é.{30}){3}x$",
)  # fmt: skip
_EXPRESSIONS = (
    "body.a.all(x, body.a.all(y, x != y))", "body.a.map(x, body.a).size() > 1",
    "body.a.filter(x, x in body.a).size() > 1", "body.a.exists(x, body.s.contains('y'))",
    "body.a.all(x, !body.s.matches('(x+x+)+y'))", "body.a.map(x, body.s + body.s).size() > 1",
    "body.a.all(x, body.s + string(x) != body.s)", "body.n * body.n * body.n * body.n > 1",
    "body.a == body.a && body.o == body.o", "[body.o, body.o, body.o] == [body.o, body.o, body.o]",
    "body.a.all(x, body.a.exists(y, y == x && body.s != ''))", "(body.s + body.s).contains('yx')",
    "body.a.all(x, x in [1, 2, 3] || body.o != {'a': 1})", "string(body.n) + string(body.n) != ''",
)  # fmt: skip


@cache
def _documents() -> dict[str, JsonValue]:
    """Documents of up to 10 MB, the most that a door takes."""
    deep: JsonValue = 1
    for _ in range(60):
        deep = {"a": deep, "b": [1, 2, 3]}
    return {
        "a long list": list(range(1_000_000)),
        "many rows": [{"a": n, "b": "x" * 20, "c": [1, 2]} for n in range(60_000)],
        "deep": [deep] * 500,
        "texts": ["x" * 1_000] * 9_000,
        "long texts": [{"a": "x" * 900_000, "b": "x" * 900_000}] * 5,
        "lists of lists": [{"a": list(range(50)), "b": list(range(50))}] * 9_000,
        "fractions": read_json(json.dumps([n + 0.5 for n in range(500_000)]).encode()),
    }


def costly() -> Iterator[tuple[str, Clause, JsonValue]]:
    """What costs the most: a name, the clause, the document."""
    for name, document in _documents().items():
        for path in _PATHS:
            yield f"{path} over {name}", {"path": path, "op": "eq", "value": "none"}, document
    for text in ("ab" * 32_768, "a" * 65_536, "é1" * 22_000, "abba0é" * 10_000):
        for pattern in _PATTERNS:
            yield f"{pattern} over {text[:6]}…", _regex(pattern), {"a": text}
    body: JsonValue = {
        "a": list(range(50_000)),
        "s": "x" * 400_000,
        "n": 10**300,
        "o": {f"key {n}": [n, "y"] for n in range(9_000)},
    }
    for expression in _EXPRESSIONS:
        yield expression, _expr(expression), body
