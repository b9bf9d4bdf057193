import json
from typing import Any, get_args
from uuid import UUID

import pytest
from litestar import Litestar

from domain.coordination.limiter import Ask
from domain.operations.edit_trigger import TriggerEdit, edit_trigger
from domain.operations.read_limit_usage import limit_usage
from domain.rules.gates import Gate, Scope
from domain.rules.ids import derived_id, new_id
from domain.rules.limit_windows import keyed_window
from domain.rules.limits import parse_limits
from domain.store.database import execute, fetch, transaction
from domain.store.gates import keep
from domain.store.triggers import find_trigger
from tests.pages.browsing import Browser, words
from tests.pages.happenings import History
from tests.support.world import World

LIMITS = {
    "rate": [{"most": 4, "per_s": 3600}, {"most": 2, "per_s": 3600, "key": "$.shop"}],
    "concurrency": [{"most": 3}],
    "over": "drop",
}


@pytest.fixture
async def limited(history: History, world: World) -> UUID:
    """A trigger with limits."""
    edit = TriggerEdit(limits=LIMITS)
    await edit_trigger(world.alice, world.vault, history.trigger_id, edit)
    return history.trigger_id


async def count(app: Litestar, world: World, trigger_id: UUID, *shops: str) -> None:
    """Let an event of each of these shops pass the trigger's windows."""
    limiter = app.state["services"].limiter
    row = await find_trigger(world.alice.team_id, trigger_id)
    assert row is not None
    own, _ = (await limit_usage(limiter, row, ())).windows
    keyed = parse_limits(LIMITS).rates[1]
    assert keyed.key is not None
    for shop in shops:
        of_shop = keyed_window(keyed, keyed.key, trigger_id, json.dumps(shop))
        await limiter.admit([Ask(str(new_id()), (own, of_shop))])


async def wait_in_lane(world: World, trigger_id: UUID, why: str, *event_ids: UUID) -> None:
    lane_id, team_id = derived_id(trigger_id, "lane", why), world.alice.team_id
    await execute(
        "INSERT INTO lane (id, team_id, trigger_id, why, waiting, due_at) "
        "VALUES ($1, $2, $3, $4, $5, 'infinity')",
        lane_id, team_id, trigger_id, why, len(event_ids),
    )  # fmt: skip
    for event_id in event_ids:
        await execute(
            "INSERT INTO waiting_event (event_id, team_id, trigger_id, lane_id, why, size) "
            "VALUES ($1, $2, $3, $4, $5, 2)",
            event_id, team_id, trigger_id, lane_id, why,
        )  # fmt: skip


async def audited(object_id: UUID, *actions: str) -> list[tuple[str, str, Any]]:
    found = await fetch(
        "SELECT action, actor_name, after FROM audit_entry WHERE object_id = $1 "
        "AND action = ANY ($2) ORDER BY created_at",
        object_id,
        list(actions),
    )
    return [(row["action"], row["actor_name"], json.loads(row["after"])) for row in found]


async def test_each_window_is_a_bar_with_the_fullest_keys(
    alice: Browser, app: Litestar, world: World, limited: UUID
) -> None:
    await count(app, world, limited, "north", "north", "south")

    page = await alice.get(f"/triggers/{limited}")
    target = {"hx-target": "div#limit-usage"}
    part = await alice.get(f"/triggers/{limited}/limits", htmx=True, **target)

    assert part.text.strip().startswith('<div class="limit-usage" id="limit-usage"')
    for told in (words(page.text), words(part.text)):
        assert "4 events in 1 h 3 of 4" in told
        assert "2 events in 1 h of each $.shop 2 of 2" in told
        assert '2 keys in the window; the fullest: "north" 2 of 2' in told
    assert 'value="75"' in part.text
    assert 'data-live-every="2"' in part.text
    assert "At most 3 executions at once." in words(page.text)
    assert "Above that, events start nothing." in words(page.text)


async def test_a_viewer_sees_the_bars_and_no_values_of_keys(
    bob: Browser, app: Litestar, world: World, limited: UUID
) -> None:
    await count(app, world, limited, "north")

    page = await bob.get(f"/triggers/{limited}/limits")

    assert "key 1 1 of 2" in words(page.text)
    assert "north" not in page.text
    assert "Lift" not in words(page.text)


async def test_what_waits_is_counted_by_what_it_waits_for(
    alice: Browser, world: World, history: History, limited: UUID
) -> None:
    await wait_in_lane(world, limited, "limit", await history.event(), await history.event())

    page = await alice.read(f"/triggers/{limited}/limits")

    assert "Deferred : 2 events wait for room, the oldest since" in page


async def test_every_kind_of_gate_has_its_words(
    alice: Browser, world: World, history: History
) -> None:
    async with transaction():
        for scope in get_args(Scope):
            key = None if scope in {"trigger", "workflow"} else '$.shop = "north"'
            gate = Gate(new_id(), scope, history.trigger_id, key, 1)
            await keep([(world.alice.team_id, gate)])

    page = words((await alice.get(f"/triggers/{history.trigger_id}")).text)

    # At a singleton's nothing waits: it decides what starts.
    assert page.count("0 of 1 running") == 2 * (len(get_args(Scope)) - 1)


async def test_what_is_not_limited_is_said_to_be_so_and_not_asked_for_all_the_time(
    alice: Browser, history: History
) -> None:
    page = await alice.get(f"/triggers/{history.trigger_id}/limits")

    assert "None: every event that matches starts the workflow at once." in words(page.text)
    assert "data-live-every" not in page.text


async def test_an_admin_lifts_limits_for_a_while_and_ends_it(
    alice: Browser, world: World, history: History, limited: UUID
) -> None:
    await wait_in_lane(world, limited, "limit", await history.event())
    path = f"/triggers/{limited}/limit-lift"

    lifted = await alice.press("POST", path, {"minutes": "30"}, "section#limits-panel")
    due = await fetch("SELECT due_at <= now() AS due FROM lane WHERE trigger_id = $1", limited)
    ended = await alice.press("DELETE", path, target="section#limits-panel")

    assert "Lifted until" in words(lifted.text)
    assert "by Alice" in words(lifted.text)
    assert [row["due"] for row in due] == [True], "what waits is let through"
    assert "Lifted until" not in words(ended.text)
    assert [entry[:2] for entry in await audited(limited, "lift_limits", "end_limit_lift")] == [
        ("lift_limits", "Alice"),
        ("end_limit_lift", "Alice"),
    ]


@pytest.mark.parametrize("minutes", ["0", "61", "", "many", "-5", "1.5"])
async def test_it_is_for_an_hour_at_most(alice: Browser, limited: UUID, minutes: str) -> None:
    path = f"/triggers/{limited}/limit-lift"

    answer = await alice.press("POST", path, {"minutes": minutes}, "section#limits-panel")

    assert answer.status_code == 422
    assert "from 1 to 60" in words(answer.text)
    assert await audited(limited, "lift_limits") == []


async def test_all_of_a_team_are_lifted_on_the_teams_page(
    alice: Browser, bob: Browser, limited: UUID
) -> None:
    lifted = await alice.post("/team/limit-lift", {"minutes": "5"})

    assert lifted.headers["location"] == "/team/limits"
    assert "Lifted until" in await bob.read("/team/limits")
    assert "for the whole team" in await alice.read(f"/triggers/{limited}/limits")
    await alice.press("DELETE", "/team/limit-lift")
    assert "Lifted until" not in await bob.read("/team/limits")


async def test_viewers_and_others_lift_nothing(
    bob: Browser, charlie: Browser, limited: UUID
) -> None:
    path = f"/triggers/{limited}/limit-lift"

    assert (await bob.press("POST", path, {"minutes": "5"})).status_code == 403
    assert (await bob.press("POST", "/team/limit-lift", {"minutes": "5"})).status_code == 403
    assert (await charlie.press("POST", path, {"minutes": "5"})).status_code == 404
    assert (await charlie.press("DELETE", path)).status_code == 404
    assert await audited(limited, "lift_limits") == []
