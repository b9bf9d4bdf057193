import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.rules.ids import new_id
from domain.rules.json_values import JsonValue
from domain.rules.paths import compile_path
from tests.pages.browsing import Browser, words
from tests.pages.happenings import History
from web.presenters.payload_search import MOST_MATCHES, search
from web.presenters.payload_tree import CHUNK, ROWS_AT_FIRST, Node, branch, path_of, tree

names = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12)
documents: Any = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | names,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(names, inner, max_size=6),
    max_leaves=40,
)


def unfolded(document: JsonValue, node: Node) -> list[Node]:
    """The node and everything below it, asked for like a browser does."""
    rows = node.rows
    if rows is None and node.folds:
        rows = branch(document, node.part)
        assert rows is not None
    return [node, *(each for row in rows or () for each in unfolded(document, row))]


def size_of(document: JsonValue) -> int:
    inner = document.values() if isinstance(document, dict) else document
    return 1 + sum(map(size_of, inner)) if isinstance(inner, list | type({}.values())) else 1


@given(documents)
def test_every_value_has_its_row_and_nothing_is_drawn_twice(document: JsonValue) -> None:
    assert len(unfolded(document, tree(document))) == size_of(document)


@given(documents)
def test_a_rows_path_finds_its_value_as_conditions_do(document: JsonValue) -> None:
    for node in unfolded(document, tree(document)):
        if (
            node.kind in {"text", "figure", "word"}
            and len(node.path) < 500
            and node.path.isprintable()
        ):
            assert compile_path(node.path).find(document) == [json.loads(node.text)]


def test_a_path_is_written_as_plainly_as_it_can_be() -> None:
    assert path_of(["order", 0, "unit price", "it's", "_id"]) == (
        "$.order[0]['unit price']['it\\'s']._id"
    )


@pytest.mark.parametrize("length", [1, CHUNK, CHUNK + 1, 25_000])
def test_a_long_list_is_folded_into_ranges(length: int) -> None:
    document: JsonValue = [{"id": number} for number in range(length)]
    root = tree(document)

    drawn = _drawn(root)
    last = root
    while last.kind in {"list", "range"}:
        rows = last.rows or branch(document, last.part)
        assert rows
        assert len(rows) <= CHUNK
        last = rows[-1]

    assert drawn <= ROWS_AT_FIRST + CHUNK
    assert last.path == f"$[{length - 1}]"


def _drawn(node: Node) -> int:
    return 1 + sum(map(_drawn, node.rows or ()))


@pytest.mark.parametrize(
    "part",
    ["9:0-1", "0.0.0.0:0-1", "1:0-1", "x", "", "-1:0-1", f"{'9' * 400}:0-1", "½:0-1", "0.:0-1",
     "0." * 5000],
)  # fmt: skip
def test_a_part_that_does_not_exist_is_not_found(part: str) -> None:
    assert branch([[1], 2], part) is None


def test_a_part_beyond_the_end_is_cut_to_what_there_is() -> None:
    rows = branch([[1], 2], ":0-999999999")

    assert rows is not None
    assert len(rows) == 2


def test_a_search_finds_keys_and_values_in_order_whatever_their_case() -> None:
    document: JsonValue = {"Name": "x", "list": ["NAME", {"surname": {"a": 1}}], "n": 12, "t": True}

    found = search(document, "name")

    assert [match.path for match in found.rows] == ["$.Name", "$.list[0]", "$.list[1].surname"]
    assert [match.path for match in search(document, "12").rows] == ["$.n"]
    assert [match.path for match in search(document, "true").rows] == ["$.t"]


def test_a_search_counts_all_and_shows_some() -> None:
    found = search(["same"] * 500, "same")

    assert (found.total, len(found.rows)) == (500, MOST_MATCHES)


async def test_what_is_folded_is_answered_as_a_part(alice: Browser, history: History) -> None:
    body = json.dumps({"orders": [{"id": number} for number in range(300)]}).encode()
    event_id = await history.event(body)

    page = await alice.get(f"/events/{event_id}")
    part = await alice.get(f"/events/{event_id}/payload/rows?part=0:100-200", htmx=True)
    found = await alice.get(f"/events/{event_id}/payload/matches?q=299", htmx=True)

    assert f"/events/{event_id}/payload/rows?part=0:100-200" in page.text
    assert 'data-path="$.orders[150]"' in part.text
    assert "1 match of “299” $.orders[299].id 299" in words(found.text)
    assert "1 match of “299”" in await alice.read(f"/events/{event_id}?q=299")


async def test_parts_are_for_those_who_may_see_payloads_of_this_team(
    bob: Browser, charlie: Browser, alice: Browser, history: History
) -> None:
    event_id = await history.event()
    path = f"/events/{event_id}/payload/rows?part=:0-9"

    assert (await bob.get(path)).status_code == 403
    theirs, nobodys = (
        await charlie.get(path),
        await charlie.get(f"/events/{new_id()}/payload/rows?part=:0-9"),
    )
    assert theirs.status_code == nobodys.status_code == 404
    assert (await alice.get(path)).status_code == 200
    assert (await alice.get(f"/events/{event_id}/payload/rows?part=7.7:0-9")).status_code == 404


async def test_a_mebibyte_is_quick(alice: Browser, history: History) -> None:
    """At most 300 ms on the server, with 20,000 values and more; the machine may be busy."""
    items = [
        {"id": n, "name": f"item {n}", "tags": ["a", "b"], "price": n * 1.1} for n in range(13_500)
    ]
    body = json.dumps({"items": items}).encode()
    assert len(body) > 1_000_000
    event_id = await history.event(body)

    async def took(path: str) -> float:
        best = float("inf")
        for _ in range(3):
            begin = time.perf_counter()
            assert (await alice.get(path)).status_code == 200
            best = min(best, time.perf_counter() - begin)
        return best

    assert await took(f"/events/{event_id}") < 0.3
    assert await took(f"/events/{event_id}/payload/rows?part=0:500-600") < 0.3
    assert await took(f"/events/{event_id}/payload/matches?q=item+12499") < 0.6
