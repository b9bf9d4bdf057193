"""Conditions in the trigger form: what its buttons answer, where mistakes are told, which paths."""

import html
from uuid import UUID

import pytest
from hypothesis import given

from domain.clock import utc_now
from domain.rules.bodies import read_json
from domain.rules.conditions import MAX_CLAUSES
from domain.rules.json_values import JsonValue, text_of, write_json
from domain.rules.paths import compile_path
from domain.rules.subjects import sample_event, subject_of
from tests.pages.browsing import Browser, Sent
from tests.pages.happenings import History
from tests.rules.strategies import documents
from tests.support.world import World
from web.presenters.condition_paths import LONGEST_SAMPLE, KnownPaths


@pytest.fixture
async def workflow_id(world: World) -> UUID:
    return await world.workflow()


def sent_with(rows: dict[str, str], act: str = "", **more: str) -> dict[str, str]:
    return {"name": "Kept", "scheme": "none", "enabled": "on", "act": act, **more, **rows}


ROWS = {
    "conditions.group": "all",
    "conditions.0.path": "$.action", "conditions.0.op": "eq", "conditions.0.kind": "text",
    "conditions.0.value": "opened",
    "conditions.1.group": "any",
    "conditions.1.0.path": "$.total", "conditions.1.0.op": "gte", "conditions.1.0.kind": "number",
    "conditions.1.0.value": "a hundred",
    "conditions.1.1.path": "total", "conditions.1.1.op": "exists",
}  # fmt: skip


async def test_a_button_draws_the_conditions_anew_and_saves_nothing(
    alice: Browser, world: World
) -> None:
    answer = await alice.press(
        "POST", "/triggers/new/form", sent_with(ROWS, "add:1"), "fieldset#conditions"
    )

    assert answer.status_code == 200
    assert answer.text.lstrip().startswith("<fieldset")
    sent = Sent(answer.text).fields
    assert sent["conditions.1.0.value"] == "a hundred"
    assert 'id="field-conditions.1.2.path"' in answer.text
    focused = answer.text.split(" autofocus")[0].rpartition("<input")[2]
    assert 'name="conditions.1.2.path"' in focused


async def test_without_scripts_a_button_answers_with_the_whole_form(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    saved = await world.trigger(workflow_id)
    for path in ("/triggers/new/form", f"/triggers/{saved.row.id}/form"):
        answer = await alice.post(path, sent_with(ROWS, "up:1", name="Still here"))

        assert answer.status_code == 200, path
        assert "<h1>" in answer.text
        sent = Sent(answer.text).fields
        assert sent["name"] == "Still here"
        assert sent["conditions.0.1.path"] == "total"
        assert sent["conditions.1.value"] == "opened"
        assert f'formaction="{path}"' in answer.text


async def test_a_mistake_in_a_nested_row_is_told_at_its_field(
    alice: Browser, workflow_id: UUID
) -> None:
    answer = await alice.post("/triggers", sent_with(ROWS, workflow_id=str(workflow_id)))

    assert answer.status_code == 422
    for field, message in (
        ("conditions.1.0.value", "Must be a number, such as 100 or 2.5."),
        ("conditions.1.1.path", "A path starts with $ (column 1)."),
    ):
        error = answer.text.partition(f'id="error-{field}"')[2].partition("</div>")[0]
        assert html.escape(message) in error, field
        assert f'<a href="#field-{field}">' in answer.text
    assert Sent(answer.text).fields.items() >= ROWS.items()


async def test_the_switch_to_json_waits_until_every_value_can_be_read(alice: Browser) -> None:
    path, target = "/triggers/new/form", "fieldset#conditions"
    wrong = await alice.press("POST", path, sent_with(ROWS, "json:"), target)
    assert wrong.status_code == 422
    assert 'id="error-conditions.1.0.value"' in wrong.text

    right = sent_with({**ROWS, "conditions.1.0.value": "100"}, "json:")
    shown = Sent((await alice.press("POST", path, right, target)).text).fields["conditions"]

    assert read_json(shown.encode()) == {
        "all": [
            {"path": "$.action", "op": "eq", "value": "opened"},
            {"any": [{"path": "$.total", "op": "gte", "value": 100},
                     {"path": "total", "op": "exists"}]},
        ]
    }  # fmt: skip
    back = await alice.press("POST", path, sent_with({"conditions": shown}, "rows:"), target)
    assert Sent(back.text).fields["conditions.1.0.value"] == "100"
    broken = await alice.press("POST", path, sent_with({"conditions": "{"}, "rows:"), target)
    assert broken.status_code == 422
    assert Sent(broken.text).fields["conditions"] == "{"


async def test_another_signature_brings_its_fields_and_keeps_the_others(alice: Browser) -> None:
    typed = sent_with({"scheme": "github", "header": "X-Mine", "prefix": "v9="})

    answer = await alice.press("POST", "/triggers/new/form", typed, "div#scheme-settings")

    assert answer.text.lstrip().startswith("<div")
    assert "Algorithm" not in answer.text
    assert Sent(answer.text).fields.items() >= {"header": "X-Mine", "prefix": "v9="}.items()


async def test_who_may_not_edit_draws_nothing(bob: Browser, charlie: Browser, world: World) -> None:
    saved = await world.trigger(await world.workflow())
    path = f"/triggers/{saved.row.id}/form"

    assert (await bob.post(path, sent_with(ROWS))).status_code == 403
    assert (await charlie.post(path, sent_with(ROWS))).status_code == 404
    assert (await bob.post("/triggers/new/form", sent_with(ROWS))).status_code == 403


# --- Paths to choose from ----------------------------------------------------------------------


@given(documents)
def test_every_path_that_is_offered_finds_the_value_beside_it(document: JsonValue) -> None:
    known = KnownPaths()
    known.add(subject_of(sample_event(write_json(document), utc_now()), 1))
    for path, sample in known.by_source["body"]:
        assert sample in {
            text_of(value)[:LONGEST_SAMPLE] for value in compile_path(path).find(document)
        }


async def test_the_paths_of_the_last_event_are_offered_or_else_the_samples(
    alice: Browser, history: History
) -> None:
    path = f"/triggers/{history.trigger_id}/edit"
    new = (await alice.get("/triggers/new?kind=webhook")).text
    assert '<option value="$.order.total" label="129.9">' in new
    assert 'value="$.basket' not in (await alice.get(path)).text

    await history.event(body=b'{"basket": {"items": [{"sku": "A-1"}, {"sku": "B-2"}]}}')

    page = (await alice.get(path)).text
    assert '<option value="$.basket.items[*].sku" label="A-1">' in page
    assert page.count('<option value="$.basket') == 1


async def test_as_many_clauses_as_there_may_be_fit_into_the_form(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    most = {"any": [{"path": f"$.a[{n}]", "op": "eq", "value": n} for n in range(MAX_CLAUSES)]}
    saved = await world.trigger(workflow_id, conditions=most)
    path = f"/triggers/{saved.row.id}"
    sent = Sent((await alice.get(f"{path}/edit")).text).fields

    assert (await alice.post(path, {**sent, "name": "Renamed"})).status_code == 303
    more = await alice.press("POST", f"{path}/form", {**sent, "act": "add:"}, "fieldset#conditions")
    answer = await alice.post(path, {**sent, **Sent(more.text).fields, "revision": "2"})

    assert answer.status_code == 422
    assert "Has more than 200 clauses." in answer.text
