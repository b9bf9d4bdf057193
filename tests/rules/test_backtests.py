"""What an event of a backtest comes to, and which fields are looked for."""

import re
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any

from hypothesis import given

from domain.rules.backtests import (
    FILTERS,
    LETTERS,
    OUTCOMES,
    RESULTS,
    Chunk,
    compare,
    fields_of,
    outcome_of,
)
from domain.rules.conditions import judge, parse_conditions
from domain.rules.ids import derived_id, first_id_at
from domain.rules.json_values import JsonValue
from tests.rules.judging import subject
from tests.rules.strategies import documents
from tests.rules.test_conditions_algebra import groups

WORDS = ("matched", "not_matched", "error")


def test_every_pair_of_results_has_a_letter_of_its_own() -> None:
    assert set(LETTERS) == set(product(WORDS, WORDS))
    assert len(set(LETTERS.values())) == len(LETTERS) == len(RESULTS)


def test_every_letter_is_counted_and_found_as_what_it_is() -> None:
    for (live, edited), letter in LETTERS.items():
        outcome = outcome_of(letter)
        narrowed = [name for name, letters in FILTERS.items() if letter in letters]
        if "error" in {live, edited}:
            assert (outcome, narrowed) == ("errors", ["error"])
        elif live == edited:
            assert (outcome, narrowed) == (narrowed[1], ["same", outcome])
        else:
            wanted = "newly_fires" if edited == "matched" else "no_longer_fires"
            assert (outcome, narrowed) == (wanted, [wanted])


@given(groups, groups, documents)
def test_it_compares_what_judging_comes_to(
    live: dict[str, Any], edited: dict[str, Any], document: JsonValue
) -> None:
    one, other = parse_conditions(live), parse_conditions(edited)
    event = subject(document)

    pair = RESULTS[compare(one, other, event)]

    assert pair == (judge(one, event).result, judge(other, event).result)


def names_of(*clauses: dict[str, Any]) -> list[str]:
    return [field.name for field in fields_of(parse_conditions({"any": list(clauses)}))]


def test_fields_are_those_of_plain_paths_each_once() -> None:
    assert names_of(
        {"path": "$.a", "op": "eq", "value": 1},
        {"path": "$.a", "op": "gt", "value": 1},
        {"path": "$.b[*]", "op": "eq", "value": 1},
        {"path": "$.c", "op": "exists"},
        {"path": "$.d", "op": "not_exists"},
        {"path": "$.e", "op": "eq", "value_path": "$.f"},
        {"path": "$.x-kind", "source": "headers", "op": "eq", "value": "a"},
    ) == ["body $.a", "body $.e", "body $.f", "headers $.x-kind"]
    assert fields_of(parse_conditions(None)) == ()


def test_fields_of_expressions_are_what_they_read_without_asking() -> None:
    text = 'body.a.b > 1 && has( body.c.d ) && body.e["f g"] == 1 && headers["x-kind"] == "a" && trigger.version > 0'  # noqa: E501
    assert names_of({"op": "expr", "value": text}) == [
        "body $.a.b", 'body $.e["f g"]', 'headers $["x-kind"]'
    ]  # fmt: skip


def test_a_chunk_counts_days_outcomes_and_fields() -> None:
    conditions = parse_conditions({"all": [{"path": "$.a", "op": "eq", "value": 1}]})
    chunk, begin = Chunk(fields_of(conditions)), datetime(2026, 11, 2, 0, 0, 1, tzinfo=UTC)
    told: list[tuple[str, JsonValue]] = [
        ("n", {"a": 1}),
        ("e", None),
        ("b", {}),
        ("f", {"a": 2}),
        ("g", {}),
    ]
    ids = []
    for place, (letter, document) in enumerate(told):
        at = begin - timedelta(seconds=place)
        ids.append(derived_id(first_id_at(at), place))
        chunk.add(ids[-1], at, letter, None if document is None else subject(document))

    assert chunk.outcomes == "nebfg"
    assert chunk.days == {"2026-11-02": [1, 0, 0, 0, 1], "2026-11-01": [0, 1, 1, 0, 1]}
    assert [chunk.count(outcome) for outcome in OUTCOMES] == [1, 1, 1, 0, 2]
    assert chunk.counted == {"body $.a": (2, 2, ids[3], ids[2])}
    assert re.fullmatch("[a-z]+", "".join(RESULTS))
