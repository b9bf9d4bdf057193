import contextlib
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import InvalidInput
from domain.rules.ids import new_id
from domain.rules.list_addresses import (
    READERS,
    pairs_of,
    read_event_filters,
    read_execution_filters,
    read_trigger_filters,
)
from domain.rules.list_filters import EventFilters, ExecutionFilters, TriggerFilters

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ID = new_id()


def fields_of(error: InvalidInput) -> set[str]:
    return {problem.field for problem in error.problems}


def test_nothing_given_narrows_nothing_and_has_the_shortest_address() -> None:
    assert read_execution_filters({"state": [""], "trigger": [" "]}) == ExecutionFilters()
    assert read_event_filters({}) == EventFilters()
    assert read_trigger_filters({"after": ["x"]}) == TriggerFilters()
    assert pairs_of(EventFilters()) == ()


def test_an_address_and_what_it_asks_for_are_the_same() -> None:
    for page, given_ in (
        ("executions", {"state": ["dead", "failed"], "trigger": [str(ID)], "within": ["24h"]}),
        ("events", {"verdict": ["pending", "error"], "from": ["2026-11-01"], "zone": ["Asia/Tokyo"],
                    "path": ["$.order.id"], "equals": ["7"], "title": ["ping"]}),
        ("triggers", {"enabled": ["off"], "health": ["failing"], "name": ["Ä"]}),
    ):  # fmt: skip
        again: dict[str, list[str]] = {}
        for name, value in pairs_of(READERS[page](given_)):
            again.setdefault(name, []).append(value)
        assert READERS[page](again) == READERS[page](given_)
        assert {name: set(values) for name, values in again.items()} == {
            name: set(values) for name, values in given_.items()
        }


@pytest.mark.parametrize(
    ("page", "given_", "field"),
    [
        ("executions", {"state": ["exploded"]}, "state"),
        ("executions", {"trigger": ["x"]}, "trigger"),
        ("executions", {"trigger": [str(ID), str(ID)]}, "trigger"),
        ("executions", {"colour": ["red"]}, "colour"),
        ("executions", {"team_id": [str(ID)]}, "team_id"),
        ("events", {"verdict": ["fired", "lost"]}, "verdict"),
        ("events", {"within": ["1y"]}, "within"),
        ("events", {"from": ["yesterday"]}, "from"),
        ("events", {"from": ["0001-01-01"]}, "from"),
        ("events", {"to": ["9999-12-31T23:59:59-12:00"]}, "to"),
        ("events", {"from": ["2026-11-02"], "to": ["2026-11-01"]}, "to"),
        ("events", {"from": ["2026-11-02"], "zone": ["../etc/passwd"]}, "zone"),
        ("events", {"from": ["2026-11-02"], "within": ["1h"]}, "within"),
        ("events", {"path": ["$.a"]}, "equals"),
        ("events", {"equals": ["1"]}, "path"),
        ("events", {"path": ["order.id"], "equals": ["1"]}, "path"),
        ("events", {"title": ["x" * 256]}, "title"),
        ("triggers", {"enabled": ["maybe"]}, "enabled"),
        ("triggers", {"kind": ["carrier pigeon"]}, "kind"),
        ("triggers", {"state": ["dead"]}, "state"),
    ],
)
def test_what_means_nothing_is_told_at_its_name(
    page: str, given_: dict[str, list[str]], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        READERS[page](given_)

    assert fields_of(refused.value) == {field}


@given(st.dictionaries(st.text(max_size=9), st.lists(st.text(max_size=40), max_size=2), max_size=4))
def test_any_address_is_read_or_refused(given_: dict[str, list[str]]) -> None:
    for read in READERS.values():
        with contextlib.suppress(InvalidInput):
            assert read(given_) is not None


def test_a_span_is_counted_back_from_now_or_lies_between_two_instants_of_a_zone() -> None:
    lately = read_event_filters({"within": ["24h"]}).span
    october = read_event_filters(
        {"from": ["2026-10-25T02:30"], "to": ["2026-10-25T03:30:00Z"], "zone": ["Europe/Berlin"]}
    ).span

    assert lately.bounds(NOW) == (NOW - timedelta(hours=24), None)
    # The first of the two half past twos of that night, which summer time ends.
    assert october.bounds(NOW) == (
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 25, 3, 30, tzinfo=UTC),
    )


BODY = {"order": {"id": 1234, "total": Decimal("10.50"), "tags": ["new", None, True], "note": "7"}}


@pytest.mark.parametrize(
    ("path", "equals", "matches"),
    [
        ("$.order.id", "1234", True),
        ("$.order.id", "1234.0", True),
        ("$.order.id", "12.34e2", True),
        ("$.order.id", '"1234"', False),
        ("$.order.id", "1235", False),
        ("$.order.total", "10.5", True),
        ("$.order.note", "7", True),
        ("$.order.note", '"7"', True),
        ("$.order.note", "7.0", False),
        ("$.order.tags[*]", "new", True),
        ("$.order.tags[*]", "null", True),
        ("$.order.tags[*]", "true", True),
        ("$.order.tags[*]", "False", False),
        ("$.order.tags", '["new", null, true]', True),
        ("$.order.missing", "null", False),
        ("$.order.missing", "", False),
    ],
)
def test_a_typed_value_stands_for_its_text_and_for_the_value_that_it_spells(
    path: str,
    equals: str,
    matches: bool,  # noqa: FBT001 - a row of a table
) -> None:
    given_ = {"path": [path], "equals": [equals]}
    if not equals:
        with pytest.raises(InvalidInput):
            read_event_filters(given_)
        return
    clause = read_event_filters(given_).payload

    assert clause is not None
    assert clause.matches(BODY) is matches  # type: ignore[arg-type]
