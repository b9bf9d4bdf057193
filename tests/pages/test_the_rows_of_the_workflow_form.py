"""The rows of the workflow form: drawn again by its buttons, turned into JSON and back."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.operations.create_workflow import create_workflow
from domain.rules.failures import KINDS
from domain.rules.json_values import JsonValue, same
from domain.rules.placeholders import STEP_KEY
from domain.rules.workflow_steps import HEADER_NAME, METHODS
from domain.store.database import fetch_one
from tests.pages.browsing import Browser, words
from tests.pages.workflow_forms import ROWS, STORED, fields_of, stored_steps
from tests.rules.strategies import documents
from tests.support.world import CALL, World
from web.forms.steps import read_rows, rows_of


async def test_rows_become_steps_and_steps_become_the_same_rows(
    alice: Browser, world: World
) -> None:
    await alice.post("/workflows", {**ROWS, "save_as": "published"})
    assert await stored_steps(world) == STORED
    made = await fetch_one("SELECT id FROM workflow WHERE team_id = $1", world.alice.team_id)
    assert made is not None

    shown = fields_of((await alice.get(f"/workflows/{made['id']}/edit")).text)

    typed = {
        name: value for name, value in ROWS.items() if not name.startswith("steps.0.headers.1")
    }
    typed["steps.0.body"] = json.dumps({"order": "{{ $.order }}", "amount": 1.5}, indent=2)
    shown["steps.0.body"] = shown["steps.0.body"].replace("1.50", "1.5")
    assert {name: shown[name] for name in typed} == typed


async def test_saving_a_form_that_was_only_opened_changes_nothing(
    alice: Browser, world: World
) -> None:
    made = await create_workflow(world.alice, "Notify", [{**CALL, "timeout_s": 3}])

    form = fields_of((await alice.get(f"/workflows/{made.id}/edit")).text)
    await alice.post(f"/workflows/{made.id}", {**form, "save_as": "draft"})

    assert await stored_steps(world) == [{**CALL, "timeout_s": 3}]
    assert "The draft is the same as what runs." in await alice.read(f"/workflows/{made.id}")


@pytest.mark.parametrize(
    ("act", "keys", "focus"),
    [
        ("add", ["first", "second", "step_2"], "field-steps.2.key"),
        ("remove:0", ["second"], "act-remove-0"),
        ("up:1", ["second", "first"], "act-down-0"),
        ("down:0", ["second", "first"], "act-up-1"),
        ("duplicate:0", ["first", "first_2", "second"], "field-steps.1.key"),
        ("up:0", ["first", "second"], None),
        ("remove:7", ["first", "second"], None),
        ("explode", ["first", "second"], None),
    ],
)
async def test_a_button_redraws_the_rows_and_saves_nothing(
    alice: Browser, world: World, act: str, keys: list[str], focus: str | None
) -> None:
    answer = await alice.press("POST", "/workflows/form", {**ROWS, "act": act})

    assert answer.status_code == 200
    drawn = fields_of(answer.text)
    assert [drawn[f"steps.{index}.key"] for index in range(len(keys))] == keys
    assert f"steps.{len(keys)}.key" not in drawn
    if focus:
        assert re.search(rf'id="{focus}"[^>]*\sautofocus', answer.text)
    assert "Notify" in answer.text
    team = await fetch_one(
        "SELECT count(*) AS n FROM workflow WHERE team_id = $1", world.alice.team_id
    )
    assert team is not None
    assert team["n"] == 0


async def test_headers_come_and_go_with_everything_typed(alice: Browser) -> None:
    more = await alice.press("POST", "/workflows/form", {**ROWS, "act": "add_header:0"})
    assert fields_of(more.text)["steps.0.headers.2.name"] == ""

    less = await alice.press("POST", "/workflows/form", {**ROWS, "act": "remove_header:0:0"})
    assert fields_of(less.text)["steps.0.headers.0.name"] == ""
    assert fields_of(less.text)["steps.0.url"] == ROWS["steps.0.url"]


async def test_the_buttons_work_without_scripts(alice: Browser) -> None:
    answer = await alice.post("/workflows/form", {**ROWS, "act": "add"})

    assert answer.status_code == 200
    assert answer.text.startswith("<!DOCTYPE html>")
    assert 'formaction="/workflows/form"' in answer.text


async def test_rows_turn_into_json_and_back_without_a_loss(alice: Browser) -> None:
    async def shown(form: dict[str, str], act: str) -> dict[str, str]:
        answer = await alice.press("POST", "/workflows/form", {**form, "act": act})
        return fields_of(answer.text)

    as_json = await shown(ROWS, "show_json")
    assert json.loads(as_json["steps"]) == STORED

    again = await shown(await shown(as_json, "show_rows"), "show_json")

    assert again["steps"] == as_json["steps"]


@pytest.mark.parametrize(
    ("form", "message"),
    [
        ({**ROWS, "steps.0.body": "{", "act": "show_json"}, "Step 1 (first), Body"),
        (
            {"mode": "json", "steps": '[{"key": "a", "colour": 1}]', "act": "show_rows"},
            "0.colour: has no place in the form.",
        ),
        ({"mode": "json", "steps": "[", "act": "show_rows"}, "This is not valid JSON."),
        ({"mode": "json", "steps": '{"a": 1}', "act": "show_rows"}, "must be a list of steps"),
    ],
)
async def test_what_the_other_view_could_not_show_stays_where_it_is(
    alice: Browser, form: dict[str, str], message: str
) -> None:
    answer = await alice.press("POST", "/workflows/form", form)

    assert answer.status_code == 422
    assert message.lower() in words(answer.text).lower()
    drawn = fields_of(answer.text)
    assert all(drawn[name] == form[name] for name in form if name in ("steps", "steps.0.body"))


async def test_each_mistake_is_told_at_its_field_and_in_a_summary_that_leads_there(
    alice: Browser,
) -> None:
    wrong = {
        **ROWS,
        "name": " ",
        "steps.0.key": "Not a key",
        "steps.0.headers.1.name": "a b",
        "steps.0.headers.1.value": "x",
        "steps.1.url": "ftp://example.org",
        "steps.1.timeout_s": "soon",
    }

    answer = await alice.press("POST", "/workflows", {**wrong, "save_as": "draft"})

    assert answer.status_code == 422
    for field in ("name", "steps.0.key", "steps.0.headers.1.name", "steps.1.url",
                  "steps.1.timeout_s"):  # fmt: skip
        assert f'id="error-{field}"' in answer.text, field
        assert f'href="#field-{field}"' in answer.text, field
        assert f'id="field-{field}"' in answer.text, field
    drawn = fields_of(answer.text)
    assert all(drawn[name] == value for name, value in wrong.items())


async def test_a_reference_to_a_later_step_is_told_at_the_step(alice: Browser) -> None:
    drawn = await alice.press("POST", "/workflows/form", {**ROWS, "act": "up:1"})

    answer = await alice.press("POST", "/workflows", {**fields_of(drawn.text), "save_as": "draft"})

    assert answer.status_code == 422
    assert 'id="error-steps.0"' in answer.text
    assert "Step 1 (second) : Refers to the step first, which is not an earlier one." in words(
        answer.text
    )


_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
_seconds = st.integers(0, 3600) | st.decimals("0.1", "60", places=2)
_retries = st.fixed_dictionaries(
    {"attempts": st.integers(1, 50)},
    optional={
        "base_s": _seconds, "factor": st.integers(1, 10), "cap_s": _seconds,
        "on": st.sets(st.sampled_from(KINDS), max_size=len(KINDS) - 1).map(
            lambda chosen: [kind for kind in KINDS if kind in chosen]
        ),
    },
)  # fmt: skip
_steps = st.lists(
    st.fixed_dictionaries(
        {"key": st.from_regex(STEP_KEY, fullmatch=True), "kind": st.just("http"),
         "method": st.sampled_from(METHODS), "url": _texts.map(str.strip)},
        optional={
            "headers": st.dictionaries(
                st.from_regex(HEADER_NAME, fullmatch=True), _texts, min_size=1, max_size=3
            ),
            "body": documents.filter(lambda body: body is not None),
            "timeout_s": st.integers(1, 60) | st.decimals("0.1", "60", places=2),
            "on_unknown": st.sampled_from(["hold", "give_up"]),
            "retry": _retries,
        },
    ),
    max_size=4,
)  # fmt: skip


@given(_steps)
def test_whatever_the_steps_hold_rows_spell_the_same_again(steps: list[JsonValue]) -> None:
    read = read_rows(rows_of(steps))

    assert read.problems == []
    assert same(read.steps, steps)
