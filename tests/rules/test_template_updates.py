"""What a newer version of a template does to a workflow that was made from an older one."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from domain.rules.template_updates import SCHEMA, Side, merged, updates


def side(*steps: str, schema: Any = None) -> Side:
    """Steps such as `a1`: the key `a` and something in it."""
    return Side([{"key": each[0], "at": each[1:]} for each in steps], schema)


def spelled(result: Side) -> str:
    return " ".join(f"{step['key']}{step['at']}" for step in result.steps)


def outcomes(base: Side, theirs: Side, mine: Side) -> dict[str, str]:
    return {part.name: f"{part.change} {part.outcome}" for part in updates(base, theirs, mine)}


def test_what_only_the_template_changed_is_taken() -> None:
    base, theirs, mine = side("a1", "b1", "c1"), side("a2", "x1", "c1"), side("a1", "b1", "c9")

    assert outcomes(base, theirs, mine) == {
        "steps.a": "changed taken",
        "steps.x": "added taken",
        "steps.b": "removed taken",
    }
    assert spelled(merged(base, theirs, mine)) == "a2 x1 c9"


def test_what_both_changed_stays_here_unless_the_template_is_to_win() -> None:
    base, theirs, mine = side("a1", "b1", "c1"), side("a2", "c2"), side("a3", "b3", "c2")

    assert outcomes(base, theirs, mine) == {
        "steps.a": "changed conflict",
        "steps.b": "removed conflict",
        "steps.c": "changed here_already",
    }
    assert spelled(merged(base, theirs, mine)) == "a3 b3 c2"
    assert spelled(merged(base, theirs, mine, ["steps.a", "steps.b"])) == "a2 c2"


def test_a_step_that_was_removed_here_comes_back_only_when_asked_for() -> None:
    base, theirs, mine = side("a1", "b1"), side("a1", "b2"), side("a1")

    assert outcomes(base, theirs, mine) == {"steps.b": "changed conflict"}
    assert spelled(merged(base, theirs, mine)) == "a1"
    assert spelled(merged(base, theirs, mine, ["steps.b"])) == "a1 b2"


def test_a_new_order_is_taken_where_the_old_one_was_kept() -> None:
    base, theirs = side("a1", "b1", "c1"), side("c1", "a1", "b1")

    assert spelled(merged(base, theirs, side("a1", "m1", "b1", "c1"))) == "c1 m1 a1 b1"
    assert spelled(merged(base, theirs, side("b1", "a1", "c1"))) == "b1 a1 c1"


def test_the_input_schema_is_a_part_of_its_own() -> None:
    base, theirs = side("a1", schema={"v": 1}), side("a1", schema={"v": 2})

    assert outcomes(base, theirs, side("a1", schema={"v": 1})) == {SCHEMA: "changed taken"}
    assert merged(base, theirs, side("a1", schema={"v": 1})).input_schema == {"v": 2}
    assert outcomes(base, theirs, side("a1")) == {SCHEMA: "changed conflict"}
    assert merged(base, theirs, side("a1")).input_schema is None
    assert merged(base, theirs, side("a1"), [SCHEMA]).input_schema == {"v": 2}


steps = st.lists(
    st.sampled_from(["a1", "a2", "b1", "b2", "c1", "d1"]),
    unique_by=lambda step: step[0],
    max_size=4,
)


@given(steps, steps, steps)
def test_an_untouched_workflow_becomes_the_template_and_nothing_gets_lost(
    base: list[str], theirs: list[str], mine: list[str]
) -> None:
    old, new = side(*base), side(*theirs)
    assert sorted(spelled(merged(old, new, old)).split()) == sorted(theirs)
    assert spelled(merged(old, old, side(*mine))) == " ".join(mine)
    conflicts = [part.name for part in updates(old, new, side(*mine)) if part.outcome == "conflict"]
    won = spelled(merged(old, new, side(*mine), conflicts)).split()
    assert len(won) == len({step[0] for step in won})
    assert {part.name for part in updates(old, new, merged(old, new, side(*mine), conflicts))
            if part.outcome != "here_already"} == set()  # fmt: skip
