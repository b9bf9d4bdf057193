"""Conditions and events made from a seed, many and quickly, for tests that need a million cases."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from random import Random
from typing import Any

from domain.errors import InvalidInput
from domain.rules.clause_parsing import QUANTIFIERS
from domain.rules.conditions import parse_conditions
from domain.rules.operators import OPERATORS
from domain.rules.subjects import META_FIELDS, sample_event

NAMES = ("a", "b", "c", "tags", "total", "at", "x-kind")
TEXTS = (
    "", "a", "A", "ab", "10", "9.5", "true", "null", "2026-03-01T11:59:00Z", "2026-03-01", "é",
    "secret", "x" * 300, "1772359200",
)  # fmt: skip
NUMBERS = (0, 1, -1, 10, 9.5, 2**53, 2**53 + 1, 1e30, 1_772_359_200, 10**25)
EXPRESSIONS = (
    "body.total > 5", "has(body.a) && body.a == 'a'", "body.tags.exists(t, t == 'a')", "body.a",
    "size(body.tags) > 1 || body.b", "headers['x-kind'] == 'a'", "query.a in ['a', 'ab']",
    "meta.size > 20 && trigger.version == 1", "body.total / body.a > 1",
    "timestamp(body.at) > timestamp('2026-01-01T00:00:00Z')",
)  # fmt: skip
PATHS = (
    "$", "$.a", "$.b.a", "$.tags", "$.tags[0]", "$.tags[-1]", "$.tags[*]", "$..a", "$.total",
    "$.at", "$.*", "$.b[?(@.a > 1)].c", "$.c['a','b']", "$.tags[0:2]", "$['x-kind']", "$.missing",
)  # fmt: skip
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
KINDS = ("all", "any", "none")


class Generator:
    """Everything that it makes follows from its seed."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)

    def event(self) -> dict[str, Any]:
        """An event that is not stored: JSON mostly, sometimes nothing or another type."""
        pick = self._random
        kind = pick.random()
        if kind < 0.05:
            body, content_type = b"", ""
        elif kind < 0.1:
            body, content_type = b"a=1&b=2", "application/x-www-form-urlencoded"
        else:
            body, content_type = json.dumps(self._document()).encode(), "application/json"
        headers = [(name, pick.choice(TEXTS[:6])) for name in pick.sample(NAMES, 2)]
        query = "&".join(f"{name}={pick.choice(('', 'a', 'ab', '10'))}" for name in NAMES[:2])
        return sample_event(body, NOON, content_type=content_type, headers=headers, query=query)

    def conditions(self) -> Iterator[Any]:
        """Valid conditions without end; those that would be refused are left out."""
        while True:
            raw = self._group(1)
            try:
                parse_conditions(raw)
            except InvalidInput:
                continue
            yield raw

    def _document(self) -> Any:
        return {name: self._value(2) for name in self._random.sample(NAMES, 4)}

    def _value(self, depth: int) -> Any:
        pick = self._random
        kind = pick.random()
        if depth and kind < 0.15:
            return [self._value(depth - 1) for _ in range(pick.randrange(4))]
        if depth and kind < 0.3:
            return {name: self._value(depth - 1) for name in pick.sample(NAMES, 2)}
        if kind < 0.4:
            return pick.choice((None, True, False))
        return pick.choice(NUMBERS) if kind < 0.65 else pick.choice(TEXTS)

    def _group(self, depth: int) -> dict[str, Any]:
        pick = self._random
        members = [
            self._group(depth + 1) if depth < 3 and pick.random() < 0.25 else self._clause()
            for _ in range(pick.randrange(1, 4))
        ]
        return {pick.choice(KINDS): members}

    def _clause(self) -> dict[str, Any]:
        pick = self._random
        op = pick.choice(tuple(OPERATORS))
        if op == "expr":
            return {"op": op, "value": pick.choice(EXPRESSIONS)}
        clause: dict[str, Any] = {"path": pick.choice(PATHS), "op": op}
        self._compare(clause, op)
        if pick.random() < 0.25:
            clause["source"] = pick.choice(("headers", "query", "meta"))
            if pick.random() < 0.7:
                clause["path"] = f"$['{pick.choice(NAMES + META_FIELDS)}']"
        self._maybe(clause, "quantifier", QUANTIFIERS)
        self._maybe(clause, "missing", ("no_match", "match", "error"))
        self._maybe(clause, "type", tuple(OPERATORS[op].types) or ("string",))
        self._maybe(clause, "case_insensitive", (True, False))
        return clause

    def _maybe(self, clause: dict[str, Any], key: str, choices: tuple[Any, ...]) -> None:
        if self._random.random() < 0.2:
            clause[key] = self._random.choice(choices)

    def _compare(self, clause: dict[str, Any], op: str) -> None:
        pick, operator = self._random, OPERATORS[op]
        if operator.compares and pick.random() < 0.15:
            clause["value_path"] = pick.choice(PATHS)
            return
        scalars = (*NUMBERS, *TEXTS, None, True)
        made: dict[str, Any] = {
            "anything": lambda: pick.choice(scalars),
            "orderable": lambda: pick.choice((*NUMBERS, *TEXTS)),
            "range": lambda: sorted(pick.sample(NUMBERS, 2)),
            "list": lambda: pick.sample(scalars, 3),
            "text": lambda: pick.choice(TEXTS),
            "regex": lambda: pick.choice(("^a", "[0-9]+$", "x{5}", "", "(a|b)*é")),
            "type": lambda: pick.choice(("null", "string", "array", "object", "number")),
            "length": lambda: pick.randrange(4),
            "time": lambda: pick.choice(("2026-03-01T12:00:00Z", 1_772_359_200)),
            "span": lambda: pick.choice(("15m", "7d", 60)),
        }
        if operator.takes != "nothing":
            clause["value"] = made[operator.takes]()
