"""The answer while one types: each clause, the whole, in words, and what is wrong at its field."""

import json
from typing import Any

import pytest

from domain.rules.json_values import JsonValue
from tests.pages.browsing import Browser, Sent, words
from tests.pages.happenings import History
from tests.pages.trials import BODY, TOTAL, parts_of, problems_of, sent


async def tried(browser: Browser, trigger: object, fields: dict[str, str]) -> Any:
    path = f"/triggers/{trigger}/condition-trials"
    answer = await browser.press("POST", path, fields, "p#trial-verdict")
    assert answer.status_code == 200, answer.text
    return answer


@pytest.mark.parametrize(
    ("clause", "told"),
    [
        (TOTAL, "✗ does not match: found 40"),
        ({**TOTAL, "op": "lt"}, "✓ matches: found 40"),
        ({**TOTAL, "path": "$.order.amount"}, "✗ does not match: nothing found"),
        ({**TOTAL, "path": "$.order", "missing": "error"}, "! cannot be judged: a number is"),
        ({"path": "$.order.lines[*].sku", "op": "starts_with", "value": "A", "quantifier": "all"},
         '✗ does not match: found ["A-1","B-2"]'),
        ({"path": "$.order.lines[*]", "op": "eq", "value": 2, "quantifier": "count"},
         "✓ matches: their number is 2"),
        ({"path": "$['x-kind']", "source": "headers", "op": "eq", "value": "push"},
         '✓ matches: found "push"'),
        ({"path": "$.page", "source": "query", "op": "eq", "value": "7", "type": "number"},
         '✓ matches: found "7" (read as number)'),
        ({"path": "$.order.total", "op": "lte", "value_path": "$.order.total"},
         "✓ matches: found 40, compared with 40"),
        ({"op": "expr", "value": "body.order.total > 100"},
         "✗ does not match: body.order.total is 40"),
    ],
)  # fmt: skip
async def test_each_clause_tells_what_it_found(
    alice: Browser, history: History, clause: dict[str, JsonValue], told: str
) -> None:
    event_id = await history.event(body=BODY, headers=[("X-Kind", "push")], query="page=7")

    answer = await tried(alice, history.trigger_id, sent({"all": [clause]}, chosen=str(event_id)))

    assert parts_of(answer)["trial-row-0"].startswith(told)


async def test_the_whole_tells_its_verdict_and_says_itself_in_words(
    alice: Browser, history: History
) -> None:
    event_id = await history.event(body=BODY)
    conditions: JsonValue = {
        "all": [{**TOTAL, "value": 39}, {"any": [TOTAL, {"path": "$.vip", "op": "exists"}]}]
    }

    parts = parts_of(await tried(alice, history.trigger_id, sent(conditions, chosen=str(event_id))))

    assert parts["trial-verdict"] == "Would not fire"
    assert parts["trial-words"] == (
        "order.total is greater than 39 and (order.total is greater than 100 or vip exists)"
    )
    none = await tried(alice, history.trigger_id, sent(None, chosen=str(event_id)))
    assert parts_of(none)["trial-verdict"] == "Would fire there are no conditions"


async def test_no_field_and_no_row_is_drawn_anew(alice: Browser, history: History) -> None:
    answer = await tried(alice, "new", sent({"all": [TOTAL]}, chosen="sample"))

    assert "<input" not in answer.text
    assert "<select" not in answer.text
    assert words(answer.text.split("<hx-partial")[0]) == ""


async def test_what_is_wrong_is_told_at_its_field_and_the_others_are_judged(
    alice: Browser, history: History
) -> None:
    event_id = await history.event(body=BODY)
    fields = sent({"all": [TOTAL, TOTAL, TOTAL, {"op": "expr", "value": "body."}]})
    fields |= {"conditions.1.value": "a hundred", "conditions.2.path": "", "chosen": str(event_id)}

    answer = await tried(alice, history.trigger_id, fields)

    parts, problems = parts_of(answer), problems_of(answer)
    assert parts["trial-row-0"] == "✗ does not match: found 40"
    assert parts["trial-row-1"] == "! needs another look"
    assert parts["trial-row-2"] == "… not finished yet"
    assert parts["trial-verdict"] == "Cannot be judged yet something needs another look"
    assert parts["trial-words"] == ""
    assert problems.keys() == {"conditions.1.value", "conditions.3.value"}
    assert problems["conditions.1.value"] == "Must be a number, such as 100 or 2.5."
    assert "column" in problems["conditions.3.value"]


async def test_a_body_that_cannot_be_read_cannot_be_judged(
    alice: Browser, history: History
) -> None:
    event_id = await history.event(body=b'{"order": ')

    answer = await tried(alice, history.trigger_id, sent({"all": [TOTAL]}, chosen=str(event_id)))

    verdict = parts_of(answer)["trial-verdict"]
    assert verdict == "Cannot be judged The body is not valid JSON."


async def test_conditions_in_json_are_tried_likewise(alice: Browser, history: History) -> None:
    event_id = await history.event(body=BODY)
    text = json.dumps({"all": [TOTAL, {"none": [{**TOTAL, "op": "lt"}]}]})
    fields = {"conditions": text, "chosen": str(event_id)}

    parts = parts_of(await tried(alice, history.trigger_id, fields))
    assert parts["trial-verdict"] == "Would not fire"
    assert parts["trial-listed"] == (
        "order.total is greater than 100 ✗ does not match: found 40 "
        "order.total is less than 100 ✓ matches: found 40"
    )

    broken = await tried(alice, history.trigger_id, {**fields, "conditions": '{"all": [\n  {]}'})
    assert problems_of(broken) == {"conditions": "This is not valid JSON. See line 2, column 4."}


# --- The event beside them ---------------------------------------------------------------------


async def test_a_pasted_sample_is_tried_shown_as_a_tree_and_stored_nowhere(
    alice: Browser, history: History
) -> None:
    fields = sent({"all": [TOTAL]}, chosen="pasted", sample='{"order": {"total": 500}}')

    drawn = await tried(alice, "new", {**fields, "draw": "tree"})
    broken = await tried(alice, "new", {**fields, "sample": '{"order":\n nope}'})

    assert parts_of(drawn)["trial-verdict"] == "Would fire"
    assert 'data-pick="$.order.total" data-source="body" data-kind="number"' in drawn.text
    assert problems_of(broken)["sample"] == "This is not valid JSON. See line 2, column 2."
    assert parts_of(broken)["trial-verdict"].startswith("Not tried")
    saved = await alice.post(f"/triggers/{history.trigger_id}/form", fields)
    assert Sent(saved.text).fields["sample"] == fields["sample"]


async def test_the_newest_event_is_chosen_and_its_fields_can_be(
    alice: Browser, history: History
) -> None:
    await history.decision(await history.event(title="order.opened"), "filtered")
    newest = await history.event(body=BODY, title="order.paid", headers=[("X-Kind", "push")])

    page = (await alice.get(f"/triggers/{history.trigger_id}/edit")).text

    options = words(page.partition('id="field-chosen"')[2].partition("</select>")[0])
    assert "Filtered · order.opened" in options
    assert options.index("order.paid") < options.index("order.opened")
    assert Sent(page).fields["chosen"] == str(newest)
    for path, source, kind in (
        ("$.order.lines[0].sku", "body", "text"),
        ("$[&#39;x-kind&#39;]", "headers", "text"),
        ("$.size", "meta", "number"),
    ):
        assert f'data-pick="{path}" data-source="{source}" data-kind="{kind}"' in page
    assert '<option value="$[&#39;x-kind&#39;]" label="push">' in page
    assert '<option value="$.received_at"' in page


async def test_folded_rows_are_fetched_by_their_place(alice: Browser, history: History) -> None:
    event_id = await history.event(body=json.dumps({"many": list(range(500))}).encode())
    path = f"/triggers/{history.trigger_id}/condition-trials"

    rows = await alice.press("POST", path, {"chosen": str(event_id), "part": "0:100-200"})
    gone = await alice.press("POST", path, {"chosen": str(event_id), "part": "7:0-9"})

    assert 'data-pick="$.many[100]"' in rows.text
    assert rows.text.count("data-pick") == 100
    assert gone.status_code == 404


async def test_without_scripts_the_button_answers_with_the_whole_form(
    alice: Browser, history: History
) -> None:
    event_id = await history.event(body=BODY)
    path = f"/triggers/{history.trigger_id}"
    fields = sent({"all": [TOTAL, {**TOTAL, "path": "total"}]}, chosen=str(event_id), name="Kept")
    assert f'formaction="{path}/condition-trials">Check' in (await alice.get(f"{path}/edit")).text

    page = (await alice.post(f"{path}/condition-trials", fields)).text

    assert "does not match: found 40" in words(page)
    assert "Cannot be judged yet" in words(page)
    assert "A path starts with $ (column 1)." in page.partition('id="error-conditions.1.path"')[2]
    assert Sent(page).fields.items() >= fields.items()


async def test_what_a_sender_wrote_makes_no_element_of_the_answer(
    alice: Browser, history: History
) -> None:
    evil = '"><img src=x onerror=marker()><hx-partial hx-target="#form"></template>'
    body = json.dumps({evil: evil, "a": evil}).encode()
    event_id = await history.event(body=body, title=evil, headers=[("x-evil", evil)], query=evil)
    clause: JsonValue = {"path": "$.a", "op": "eq", "value": evil}
    fields = sent({"all": [clause]}, chosen=str(event_id), draw="tree")

    answer = await tried(alice, history.trigger_id, fields)

    assert "<img" not in answer.text
    assert parts_of(answer).keys() == {
        "trial-verdict", "trial-words", "trial-listed", "trial-problems", "trial-row-0",
        "event-tree",
    }  # fmt: skip
    page = (await alice.get(f"/triggers/{history.trigger_id}/edit")).text
    assert "<img" not in page
    assert "<hx-partial" not in page


# --- Who may, and what is refused ----------------------------------------------------------------


async def test_who_may_not_edit_tries_nothing(
    alice: Browser, bob: Browser, charlie: Browser, history: History
) -> None:
    event_id = await history.event(body=BODY)
    fields = sent({"all": [TOTAL]}, chosen=str(event_id))
    for what in ("condition-trials", "clause-rates"):
        path = f"/triggers/{history.trigger_id}/{what}"
        assert (await bob.press("POST", path, fields)).status_code == 403
        assert (await charlie.press("POST", path, fields)).status_code == 404
    assert (await bob.press("POST", "/triggers/new/condition-trials", fields)).status_code == 403


async def test_an_event_of_another_team_or_trigger_cannot_be_chosen(
    alice: Browser, charlie: Browser, history: History
) -> None:
    event_id = await history.event(body=BODY)
    theirs = await history.world.workflow(actor=history.world.charlie)
    their_trigger = await history.world.trigger(theirs, actor=history.world.charlie)
    other = await history.world.trigger(history.workflow_id)
    fields = sent({"all": [TOTAL]}, chosen=str(event_id), part=":0-9")

    for browser, trigger in ((charlie, their_trigger), (alice, other)):
        path = f"/triggers/{trigger.row.id}/condition-trials"
        assert (await browser.press("POST", path, fields)).status_code == 404
    new = await alice.press("POST", "/triggers/new/condition-trials", fields)
    assert "A-1" not in new.text


@pytest.mark.parametrize(
    ("fields", "status", "told"),
    [
        ({f"conditions.{n}.path": "$" for n in range(1000)}, 400, "not valid"),
        ({"conditions." + "0." * 8 + "group": "all"}, 200, "nested deeper than 8"),
        ({"conditions": '{"all":[' * 30 + "]}" * 30}, 200, "nested deeper than 8"),
        ({"conditions": "[" * 100_000}, 200, "deeper than 64 levels"),
        ({"chosen": "pasted", "sample": "[" * 100_000}, 200, "deeper than 64 levels"),
        ({"chosen": "pasted", "sample": '"' + "a" * 1_048_576 + '"'}, 422, "longer than 256 KiB"),
        ({"chosen": "pasted", "sample": "a" * 9_000_000}, 413, "too large"),
        ({"chosen": "../../etc"}, 200, "Would fire"),
    ],
)
async def test_what_no_form_of_ours_sends_is_refused_in_words(
    alice: Browser, fields: dict[str, str], status: int, told: str
) -> None:
    answer = await alice.press(
        "POST", "/triggers/new/condition-trials", {"scheme": "none", **fields}
    )

    assert answer.status_code == status
    assert told in words(answer.text)
