"""The pages of destinations, and the API's side of them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from litestar import Litestar

from domain.coordination.breakers import SharedBreakers
from domain.engines.plan import Waits
from domain.operations.create_workflow import create_workflow
from domain.operations.guard_destinations import DestinationGuard
from domain.outbound import OutboundRequest
from domain.settings import Settings
from domain.store.database import fetch
from domain.store.destinations import destination_id, find_destination
from tests.pages.browsing import Browser, open_browser, rows, words
from tests.support.web_fixtures import Api, client_of, key_of
from tests.support.world import CALL, World

HOST = "shop.example:443"
CALLS_IT = {**CALL, "url": "https://Shop.Example/orders/{{ $.order.id }}"}


@pytest.fixture
async def erin(app: Litestar, world: World) -> AsyncIterator[Browser]:
    """An editor of Alice's team."""
    async with open_browser(app, world.alice, "editor") as browser:
        yield browser


@pytest.fixture
async def api(app: Litestar, world: World) -> AsyncIterator[Api]:
    """An editor's key."""
    async with client_of(app) as client:
        yield Api(client, await key_of(world.alice, "editor"))


@pytest.fixture
async def guard(app: Litestar, settings: Settings) -> AsyncIterator[DestinationGuard]:
    """A worker's guard."""
    made = DestinationGuard(SharedBreakers(settings.redis_url), lambda *_: None, lambda _: None)
    await made.start()
    yield made
    await made.close()


async def until(happened: Callable[[], Awaitable[Any]]) -> Any:
    """What it answers as soon as that is true."""
    async with asyncio.timeout(30):
        while not (answer := await happened()):  # noqa: ASYNC110 - for a row of the database
            await asyncio.sleep(0.02)
        return answer


async def call(guard: DestinationGuard, world: World, *ends: str) -> UUID:
    """Calls of Alice's team that end so; the destination's id."""
    request = OutboundRequest("POST", "https://shop.example/orders")
    for how in ends:
        passage = await guard.enter(world.alice.team_id, request)
        assert not isinstance(passage, Waits)
        passage.leave(how)  # type: ignore[arg-type]
    return destination_id(world.alice.team_id, HOST)


async def opened(guard: DestinationGuard, world: World) -> UUID:
    """A destination whose breaker is open."""
    id_ = await call(guard, world, *["failed"] * 10)

    async def is_open() -> bool:
        row = await find_destination(world.alice.team_id, id_)
        return row is not None and row.state == "open"

    await until(is_open)
    return id_


async def trigger_that_calls_it(world: World) -> UUID:
    """A trigger whose workflow calls the destination."""
    workflow = await create_workflow(world.alice, "Tell the shop", [CALLS_IT])
    return (await world.trigger(workflow.id)).row.id


async def test_a_destination_is_listed_with_its_first_call(
    guard: DestinationGuard, world: World, bob: Browser
) -> None:
    assert "No destination yet" in await bob.read("/destinations")
    await call(guard, world, "answered", "failed", "answered")

    async def told() -> bool:
        return "1 of 3 calls failed" in words((await bob.get("/destinations")).text)

    await until(told)
    (row,) = rows((await bob.get("/destinations")).text)
    assert row.startswith(f"{HOST} Closed")
    assert "No destination's host holds" in await bob.read("/destinations?q=other")
    assert HOST in await bob.read("/destinations?q=SHOP")


async def test_an_open_breaker_shows_on_every_trigger_that_calls_it(
    guard: DestinationGuard, world: World, bob: Browser
) -> None:
    trigger_id = await trigger_that_calls_it(world)
    other = (await world.trigger(await world.workflow())).row.id
    assert f"{HOST} not called yet" in await bob.read(f"/triggers/{trigger_id}")
    id_ = await opened(guard, world)

    page = await bob.read(f"/triggers/{trigger_id}")
    assert f"{HOST} Open" in page
    assert "breaker open" in page
    listed = rows((await bob.get("/triggers")).text)
    assert [("breaker open" in row) for row in listed] == [False, True]
    assert HOST not in await bob.read(f"/triggers/{other}")
    shown = await bob.read(f"/destinations/{id_}")
    assert "Orders by Tell the shop" in shown
    assert "Too many calls in a row failed. 10 of 10 calls failed, cool-down 10 s" in shown
    assert "1 destination not available" in await bob.read("/destinations")


async def test_an_editor_resets_a_breaker_and_it_is_audited(
    guard: DestinationGuard, world: World, erin: Browser
) -> None:
    id_ = await opened(guard, world)
    answer = await erin.press("POST", f"/destinations/{id_}/reset", {})
    assert answer.status_code == 200
    assert "Closed since" in words(answer.text)
    assert "reset it." in words(answer.text)
    (entry,) = await fetch(
        "SELECT action, before FROM audit_entry WHERE team_id = $1 AND object_id = $2",
        world.alice.team_id,
        id_,
    )
    assert entry["action"] == "reset_breaker"
    assert '"state":"open"' in entry["before"].replace(" ", "")

    async def hears_of_it() -> bool:
        request = OutboundRequest("POST", "https://shop.example/orders")
        return not isinstance(await guard.enter(world.alice.team_id, request), Waits)

    await until(hears_of_it)


async def test_settings_are_edited_and_workers_go_by_them(
    guard: DestinationGuard, world: World, erin: Browser
) -> None:
    id_ = await call(guard, world, "answered")
    form = {"revision": "1", "in_a_row": "2", "failure_rate": "12.5", "most_at_once": ""}
    answer = await erin.post(f"/destinations/{id_}", form)
    assert answer.status_code == 303
    page = await erin.read(f"/destinations/{id_}")
    assert "2 calls in a row fail" in page
    assert "12.5 % of the calls within 60 s fail, of 20 at least" in page
    assert 'value="12.5"' in (await erin.get(f"/destinations/{id_}/edit")).text

    async def opens() -> bool:
        request = OutboundRequest("POST", "https://shop.example/orders")
        passage = await guard.enter(world.alice.team_id, request)
        if isinstance(passage, Waits):
            return True
        passage.leave("failed")
        return False

    await until(opens)
    stale = await erin.press("POST", f"/destinations/{id_}", {**form, "in_a_row": "7"})
    assert stale.status_code == 409
    assert 'value="7"' in stale.text


@pytest.mark.parametrize(
    ("field", "typed", "told"),
    [
        ("in_a_row", "0", "from 1 to 1000"),
        ("failure_rate", "101", "from 1 to 100."),
        ("window_s", "soon", "from 10 to 3600"),
        ("longest_s", "1", "not be shorter than the cool-down"),
    ],
)
async def test_a_mistake_stands_at_its_field_and_is_kept(
    guard: DestinationGuard, world: World, erin: Browser, *, field: str, typed: str, told: str
) -> None:
    id_ = await call(guard, world, "answered")
    answer = await erin.press("POST", f"/destinations/{id_}", {"revision": "1", field: typed})
    assert answer.status_code == 422
    assert f'id="error-{field}"' in answer.text
    assert told in answer.text
    assert f'value="{typed}"' in answer.text


async def test_the_api_lists_edits_and_resets(
    guard: DestinationGuard, world: World, api: Api
) -> None:
    id_ = await opened(guard, world)
    (listed,) = (await api.get("/destinations")).json()["items"]
    assert (listed["id"], listed["host"], listed["state"]) == (str(id_), HOST, "open")
    assert listed["settings"]["cool_down_s"] == 10

    edited = await api.patch(f"/destinations/{id_}", {"most_at_once": 3, "revision": 1})
    assert edited.status_code == 200
    assert edited.json()["settings"]["most_at_once"] == 3
    assert edited.json()["settings"]["in_a_row"] == 10
    stale = await api.patch(f"/destinations/{id_}", {"most_at_once": None, "revision": 1})
    assert stale.status_code == 409
    wrong = await api.patch(f"/destinations/{id_}", {"cool_down_s": 0})
    assert wrong.status_code == 400
    assert wrong.json()["problems"][0]["field"] == "cool_down_s"

    reset = await api.post(f"/destinations/{id_}/reset", None)
    assert (reset.status_code, reset.json()["state"]) == (200, "closed")


async def test_outsiders_viewers_and_missing_ones_are_told_apart(
    guard: DestinationGuard, world: World, bob: Browser, charlie: Browser, erin: Browser
) -> None:
    id_ = await call(guard, world, "answered")
    address = f"/destinations/{id_}"
    assert (await charlie.get(address)).status_code == 404
    assert (await charlie.press("POST", f"{address}/reset", {})).status_code == 404
    assert (await bob.get(f"{address}/edit")).status_code == 403
    assert (await bob.press("POST", f"{address}/reset", {})).status_code == 403
    assert "Reset breaker" not in (await bob.get(address)).text
    assert (await erin.get(f"/destinations/{uuid4()}")).status_code == 404
    assert (await erin.get("/destinations/nonsense")).status_code == 404
    without = await erin.client.post(f"{address}/reset", data={})
    assert without.status_code == 403
