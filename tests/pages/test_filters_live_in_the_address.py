from datetime import timedelta

import pytest

from domain.clock import utc_now
from domain.rules.dedupe import id_key
from domain.rules.ids import derived_id, first_id_at, new_id
from domain.store import scans
from domain.store.database import execute
from domain.store.partitions import make_partitions
from tests.pages.browsing import Browser, rows
from tests.pages.happenings import History
from tests.support.world import World


async def count(browser: Browser, path: str) -> int:
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    return len(rows(answer.text))


async def test_executions_are_narrowed_by_one_status_or_several(
    alice: Browser, history: History
) -> None:
    for state in ("succeeded", "dead", "succeeded", "failed", "running"):
        await history.execution(state)

    dead = rows((await alice.get("/executions?state=dead")).text)
    several = rows((await alice.get("/executions?state=dead&state=running&state=failed")).text)

    assert [row.split()[:2] for row in dead] == [["Dead", "letter"]]
    assert [row.split()[0] for row in several] == ["Running", "Failed", "Dead"]


async def test_executions_are_narrowed_by_trigger_workflow_kind_and_id(
    alice: Browser, history: History, world: World
) -> None:
    other = History(world, await world.trigger(history.workflow_id), history.workflow_id)
    third_workflow = await world.workflow()
    third = History(world, await world.trigger(third_workflow), third_workflow)
    ids = [await one.execution() for one in (history, other, third)]

    assert await count(alice, "/executions") == 3
    assert await count(alice, f"/executions?trigger={other.trigger_id}") == 1
    assert await count(alice, f"/executions?workflow={history.workflow_id}") == 2
    assert await count(alice, f"/executions?workflow={third_workflow}&state=succeeded") == 1
    assert (
        await count(alice, f"/executions?workflow={third_workflow}&trigger={other.trigger_id}") == 0
    )
    assert await count(alice, "/executions?kind=webhook") == 3
    assert await count(alice, "/executions?kind=schedule") == 0
    assert await count(alice, f"/executions?id={ids[1]}") == 1
    assert await count(alice, f"/executions?id={new_id()}") == 0


async def test_executions_are_found_by_the_id_of_their_event(
    alice: Browser, history: History
) -> None:
    event_id = await history.event()
    await history.execution(event_id=event_id)
    await history.execution()

    assert await count(alice, f"/executions?id={event_id}") == 1


async def test_events_are_narrowed_by_trigger_title_and_senders_id(
    alice: Browser, history: History, world: World
) -> None:
    other = History(world, await world.trigger(history.workflow_id), history.workflow_id)
    await history.event(title="Order.Created", sender_id="delivery-7")
    await other.event(title="the other's 100%")

    assert "the other's" in rows((await alice.get(f"/events?trigger={other.trigger_id}")).text)[0]
    assert await count(alice, "/events?title=order.cre") == 1
    assert await count(alice, "/events?title=%25") == 1
    assert await count(alice, "/events?title=_") == 0
    assert await count(alice, "/events?sender_id=delivery-7") == 1
    assert await count(alice, "/events?sender_id=delivery-") == 0
    assert await count(alice, f"/events?title=order&trigger={other.trigger_id}") == 0


async def test_an_event_is_found_by_its_senders_id_however_many_came_after_it(
    alice: Browser, history: History, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scans, "MOST_LOOKED_AT", 3)
    older = await history.event(title="older", sender_id="delivery-7")
    wanted = await history.event(title="wanted", sender_id="delivery-7")
    await execute(
        "INSERT INTO sender_id (key_hash, team_id, trigger_id, event_id, body_hash, expires_at) "
        "VALUES ($1, $2, $3, $4, '', now() + interval '1 day')",
        id_key(history.trigger_id, "delivery-7"), history.team_id, history.trigger_id, wanted,
    )  # fmt: skip
    for _ in range(5):
        await history.event(sender_id="another")

    for narrowed in ("", f"&trigger={history.trigger_id}"):
        page = (await alice.get(f"/events?sender_id=delivery-7{narrowed}")).text
        on = page.split('">Look further')[0].rpartition('href="')[2].replace("&amp;", "&")

        assert [row for row in rows(page) if " wanted " in row] == rows(page) != []
        assert f"event-{older}" in (await alice.get(on)).text
    assert await count(alice, "/events?sender_id=delivery-8") == 0


async def test_events_are_narrowed_by_verdicts_also_those_without_one(
    alice: Browser, history: History
) -> None:
    fired = await history.event(title="fired")
    await history.execution(event_id=fired)
    for verdict in ("filtered", "error", "duplicate"):
        await history.decision(await history.event(title=verdict), verdict)
    waiting = await history.event(title="waiting")
    await execute(
        "INSERT INTO pending_event (event_id, team_id, trigger_id, size) VALUES ($1, $2, $3, 1)",
        waiting, history.team_id, history.trigger_id,
    )  # fmt: skip

    async def titles(query: str) -> list[str]:
        shown = rows((await alice.get(f"/events?{query}")).text)
        return [
            title
            for row in shown
            for title in ("fired", "filtered", "error", "duplicate", "waiting")
            if f" {title} " in row
        ]

    for narrowed in ("", f"&trigger={history.trigger_id}"):
        assert await titles(f"verdict=error{narrowed}") == ["error"]
        assert await titles(f"verdict=fired&verdict=filtered{narrowed}") == ["filtered", "fired"]
        assert await titles(f"verdict=pending&verdict=duplicate{narrowed}") == [
            "waiting",
            "duplicate",
        ]
        assert await titles(f"verdict=loop{narrowed}") == []


async def test_lists_are_narrowed_to_a_time(alice: Browser, history: History) -> None:
    now = utc_now()
    await make_partitions(now - timedelta(days=3))  # the default ones must stay empty
    for ago in (timedelta(minutes=5), timedelta(hours=5), timedelta(days=3)):
        event_id = derived_id(first_id_at(now - ago), new_id())
        await execute(
            "INSERT INTO event (id, team_id, trigger_id, kind, received_at, headers, query, "
            "content_type, title, body) VALUES ($1, $2, $3, 'webhook', $4, '[]', '', '', 'x', '')",
            event_id, history.team_id, history.trigger_id, now - ago,
        )  # fmt: skip
    since, until = (
        f"{now - timedelta(days=4):%Y-%m-%dT%H:%M}",
        f"{now - timedelta(hours=4):%FT%H:%M}",
    )

    assert await count(alice, "/events?within=1h") == 1
    assert await count(alice, "/events?within=24h") == 2
    assert await count(alice, "/events?within=7d") == 3
    assert await count(alice, f"/events?from={since}&to={until}") == 2
    assert await count(alice, f"/events?to={until}&trigger={history.trigger_id}") == 2
    assert await count(alice, "/events?to=2026-01-01") == 0


async def test_triggers_are_narrowed_by_switch_kind_workflow_health_and_name(
    alice: Browser, history: History, world: World
) -> None:
    workflow_id = await world.workflow()
    other = await world.trigger(workflow_id)
    await execute("UPDATE trigger SET name = 'Ärger', enabled = false WHERE id = $1", other.row.id)
    await history.execution("dead")

    for query, expected in (
        ("", 2),
        (f"workflow={workflow_id}", 1),
        ("enabled=off", 1),
        ("enabled=on", 1),
        ("kind=webhook", 2),
        ("kind=email", 0),
        ("health=failing", 1),
        ("health=paused", 1),
        ("health=healthy", 0),
        ("name=är", 1),
        ("name=r&health=failing", 1),
    ):
        assert await count(alice, f"/triggers?{query}") == expected, query


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/executions?state=exploded", "Status: must be one of queued, running"),
        ("/executions?trigger=x", "Trigger: is not an id"),
        ("/executions?after=x", "Page: is not a place in this list"),
        ("/events?colour=red", "colour: is not a filter of this list"),
        ("/events?from=soon", "From: is not a time"),
        ("/events?path=order&equals=1", "Payload: a path starts with $"),
        ("/triggers?health=ill", "Health: must be one of healthy"),
        ("/triggers?name=a&name=b", "Name: is given more than once"),
    ],
)
async def test_a_filter_that_means_nothing_is_told_and_nothing_is_shown(
    alice: Browser, history: History, path: str, told: str
) -> None:
    await history.execution()

    answer = await alice.get(path)
    part = await alice.get(path, htmx=True, **{"hx-target": "div#results"})

    assert answer.status_code == part.status_code == 400
    for markup in (answer.text, part.text):
        assert told in markup.replace("&#39;", "'")
        assert "These filters cannot be used" in markup
        assert rows(markup) == []


async def test_the_chosen_filters_stay_chosen_and_each_can_be_taken_away(
    alice: Browser, history: History
) -> None:
    trigger = f"trigger={history.trigger_id}"

    page = (await alice.get(f"/executions?state=dead&state=failed&{trigger}&within=7d")).text

    assert 'value="dead" checked' in page
    assert 'value="failed" checked' in page
    assert 'value="queued" checked' not in page
    assert f'<option value="{history.trigger_id}" selected>' in page
    assert '<option value="7d" selected>' in page
    for without in (
        f"state=failed&amp;{trigger}&amp;within=7d",
        f"state=dead&amp;{trigger}&amp;within=7d",
        "state=failed&amp;state=dead&amp;within=7d",
        f"state=failed&amp;state=dead&amp;{trigger}",
    ):
        assert f'href="/executions?{without}"' in page


async def test_a_payload_filter_is_taken_away_as_a_whole(alice: Browser, history: History) -> None:
    page = (await alice.get("/events?title=x&path=%24.a&equals=1")).text

    assert 'href="/events?title=x"' in page
    assert "$.a = 1" in page


async def test_the_address_follows_the_filters_and_leaves_defaults_out(
    alice: Browser, history: History
) -> None:
    path = f"/executions?state=&trigger={history.trigger_id}&workflow=&within=&from=&to=&zone=UTC"

    by_filters = await alice.get(path, htmx=True, **{"hx-target": "div#results"})
    by_refresh = await alice.get(path, htmx=True, **{"hx-target": "section#list"})
    by_a_form = await alice.get(path)

    assert by_filters.headers["hx-push-url"] == f"/executions?trigger={history.trigger_id}"
    assert 'id="results"' in by_filters.text
    assert "hx-push-url" not in by_refresh.headers
    assert by_refresh.text.lstrip().startswith('<section class="panel" id="list"')
    assert by_a_form.status_code == 303
    assert by_a_form.headers["location"] == f"/executions?trigger={history.trigger_id}"


async def test_nothing_matches_is_not_nothing_there(alice: Browser, history: History) -> None:
    empty = await alice.read("/executions")
    await history.execution()
    no_match = await alice.read(f"/executions?trigger={new_id()}")

    assert "Nothing has been run yet" in empty
    assert "No execution matches" in no_match
    assert "No execution matches" not in empty


async def test_a_filter_by_what_another_team_has_finds_nothing(
    charlie: Browser, history: History
) -> None:
    """Row A97: filters open no way around the team."""
    execution_id = await history.execution()

    for query in (f"trigger={history.trigger_id}", f"workflow={history.workflow_id}",
                  f"id={execution_id}", "state=succeeded"):  # fmt: skip
        assert await count(charlie, f"/executions?{query}") == 0
    assert await count(charlie, "/events?verdict=fired") == 0
    assert await count(charlie, f"/events?trigger={history.trigger_id}") == 0
