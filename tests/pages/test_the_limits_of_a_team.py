import json
from typing import Any

from domain.store.database import fetch_one
from tests.pages.browsing import Browser, Sent, words
from tests.support.world import World

PATH = "/team/limits"
WINDOW = {"limits.rate.0.most": "500", "limits.rate.0.per": "1", "limits.rate.0.unit": "minutes"}


async def stored(world: World) -> Any:
    row = await fetch_one("SELECT rate_limits FROM team WHERE id = $1", world.alice.team_id)
    assert row is not None
    return json.loads(row["rate_limits"])


async def test_an_admin_sets_windows_that_everybody_sees(
    alice: Browser, bob: Browser, world: World
) -> None:
    form = Sent((await alice.get(PATH)).text).fields

    saved = await alice.post(PATH, {**form, **WINDOW})

    assert saved.headers["location"] == PATH
    assert await stored(world) == [{"most": 500, "per_s": 60}]
    seen = await bob.get(PATH)
    assert "Team: 500 events in 1 min 0 of 500" in words(seen.text)
    assert 'id="save-limits"' not in seen.text
    row = await fetch_one(
        "SELECT actor_name, before, after FROM audit_entry WHERE object_id = $1 "
        "AND action = 'set_limits'",
        world.alice.team_id,
    )
    assert row is not None
    assert json.loads(row["after"]) == {"rate": [{"most": 500, "per_s": 60}]}


async def test_a_mistake_is_told_at_its_field(alice: Browser, world: World) -> None:
    form = Sent((await alice.get(PATH)).text).fields

    answer = await alice.press("POST", PATH, {**form, **WINDOW, "limits.rate.0.most": "0"})

    assert answer.status_code == 422
    told = answer.text.partition('id="error-limits.rate.0.most"')[2].partition("</div>")[0]
    assert "from 1 to 100,000" in words(told)
    assert Sent(answer.text).fields["limits.rate.0.per"] == "1"
    assert await stored(world) == []


async def test_a_key_is_refused_since_triggers_have_different_events(
    alice: Browser, world: World
) -> None:
    form = Sent((await alice.get(PATH)).text).fields

    answer = await alice.post(PATH, {**form, **WINDOW, "limits.rate.0.key": "$.shop"})

    assert answer.status_code == 422
    assert await stored(world) == []


async def test_who_looked_at_other_windows_is_told_so(alice: Browser, world: World) -> None:
    form = Sent((await alice.get(PATH)).text).fields
    await alice.post(PATH, {**form, **WINDOW})

    answer = await alice.press("POST", PATH, {**form, **WINDOW, "limits.rate.0.most": "7"})

    assert answer.status_code == 409
    assert "Someone else changed this" in words(answer.text)
    assert await stored(world) == [{"most": 500, "per_s": 60}]


async def test_rows_come_and_go_by_buttons(alice: Browser) -> None:
    act = {"act": "limits:add:rate"}

    rows = await alice.press("POST", f"{PATH}/form", {**WINDOW, **act}, "div#limits-rate")
    whole = await alice.post(f"{PATH}/form", {**WINDOW, **act})

    for answer in (rows, whole):
        assert Sent(answer.text).fields["limits.rate.0.most"] == "500"
        assert 'id="field-limits.rate.1.most"' in answer.text
        assert "limits.rate.0.key" not in answer.text


async def test_a_viewer_changes_nothing(bob: Browser, world: World) -> None:
    for path in (PATH, f"{PATH}/form"):
        assert (await bob.post(path, WINDOW)).status_code == 403
    assert await stored(world) == []
