"""How often each clause passes over the trigger's latest events, and what is dead weight."""

import json
from uuid import UUID

from domain.operations.rate_clauses import LATELY
from domain.rules.json_values import JsonValue
from tests.pages.browsing import Browser
from tests.pages.happenings import History
from tests.pages.trials import BODY, TOTAL, parts_of, sent


async def rates(browser: Browser, trigger_id: UUID, conditions: JsonValue) -> dict[str, str]:
    path = f"/triggers/{trigger_id}/clause-rates"
    return parts_of(await browser.press("POST", path, sent(conditions)))


async def test_each_clause_says_how_often_it_passes_and_which_decide_nothing(
    alice: Browser, history: History
) -> None:
    for total in (20, 40, 200, 300):
        await history.event(body=json.dumps({"total": total, "kind": "order"}).encode())
    of = {"path": "$.total", "op": "gt"}

    parts = await rates(
        alice, history.trigger_id,
        {"any": [{**of, "value": 100}, {**of, "value": 0}, {**of, "value": 999},
                 {**of, "path": "$.totl", "value": 1}, {**of, "path": "$.kind", "value": 1},
                 {"none": [{"op": "expr", "value": "body.total > 30"}]}]},
    )  # fmt: skip

    assert parts["rate-row-0"] == "passes 50 % (2 of 4)"
    assert parts["rate-row-1"] == "always true passes 100 % (4 of 4)"
    assert parts["rate-row-2"] == "never true passes 0 % (0 of 4)"
    assert parts["rate-row-3"] == "never seen passes 0 % (0 of 4)"
    assert parts["rate-row-4"] == "always an error passes 0 % (0 of 4)"
    assert parts["rate-row-5-0"] == "passes 75 % (3 of 4)"
    assert parts["rates-whole"] == "Would have fired for 4 of the last 4 events (100 %)."


async def test_a_path_that_no_event_of_late_has_is_warned_of(
    alice: Browser, history: History
) -> None:
    await history.event(body=b'{"old": 1}')
    for _ in range(LATELY):
        await history.event(body=BODY)

    parts = await rates(alice, history.trigger_id, {"all": [{"path": "$.old", "op": "exists"}]})

    assert parts["rate-row-0"] == ("passes < 1 % (1 of 201) never seen in the last 200 events")


async def test_rates_wait_for_no_clause_and_tell_of_bodies_that_cannot_be_read(
    alice: Browser, history: History
) -> None:
    assert (
        "no events yet" in (await rates(alice, history.trigger_id, {"all": [TOTAL]}))["rates-whole"]
    )
    await history.event(body=BODY)
    await history.event(body=b"{")

    parts = await rates(
        alice, history.trigger_id, {"all": [{**TOTAL, "op": "lt"}, {**TOTAL, "path": ""}]}
    )

    assert parts["rate-row-0"] == "passes 50 % (1 of 2)"
    assert parts["rate-row-1"] == ""
    assert parts["rates-whole"] == "Counted over the last 2 events. 1 body could not be read."
