from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from domain.rules.ids import new_id
from domain.store.database import fetch_one
from tests.pages.browsing import Browser, open_browser
from tests.pages.happenings import History
from tests.support.world import World

LISTS = ("/", "/triggers", "/events", "/executions", "/workflows")
FORMS = ("/triggers/new", "/workflows/new")


@pytest.fixture
async def erin(app: Litestar, world: World) -> AsyncIterator[Browser]:
    """An editor of Alice's team."""
    async with open_browser(app, world.alice, "editor") as browser:
        yield browser


@pytest.fixture
async def paths(history: History) -> dict[str, str]:
    """A page of each kind of object that Alice's team has."""
    execution_id = await history.execution()
    row = await fetch_one("SELECT event_id FROM execution WHERE id = $1", execution_id)
    assert row is not None
    return {
        "trigger": f"/triggers/{history.trigger_id}",
        "event": f"/events/{row['event_id']}",
        "execution": f"/executions/{execution_id}",
        "workflow": f"/workflows/{history.workflow_id}",
    }


@pytest.mark.parametrize("path", [*LISTS, *FORMS])
async def test_pages_open_for_an_admin_without_anything_in_them(
    charlie: Browser, path: str
) -> None:
    assert (await charlie.get(path)).status_code == 200


@pytest.mark.parametrize("path", LISTS)
async def test_lists_open_for_a_viewer(bob: Browser, path: str, history: History) -> None:
    await history.execution()

    assert (await bob.get(path)).status_code == 200


async def test_objects_open_for_every_member(
    alice: Browser, erin: Browser, bob: Browser, paths: dict[str, str]
) -> None:
    for person in (alice, erin, bob):
        for path in paths.values():
            assert (await person.get(path)).status_code == 200, path


@pytest.mark.parametrize(
    "path", [*LISTS, *FORMS, "/live", "/events/01939f5e-0000-7000-8000-000000000001"]
)
async def test_strangers_are_sent_to_the_sign_in_form(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)

    assert answer.status_code == 303
    assert answer.headers["location"] == f"/sign-in?next={path}"


async def test_a_strangers_refresh_is_told_to_go_to_the_sign_in_form(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/events", headers={"hx-request": "true"})

    assert answer.status_code == 401
    assert answer.headers["hx-redirect"] == "/sign-in?next=/events"


async def test_another_teams_objects_are_answered_like_unknown_ones(
    charlie: Browser, paths: dict[str, str]
) -> None:
    for path in paths.values():
        theirs = await charlie.get(path)
        nobodys = await charlie.get(f"{path.rpartition('/')[0]}/{new_id()}")
        assert theirs.status_code == nobodys.status_code == 404, path
        strip = "Request "
        assert theirs.text.partition(strip)[0] == nobodys.text.partition(strip)[0]


@pytest.mark.parametrize("noun", ["triggers", "events", "executions", "workflows"])
@pytest.mark.parametrize("id_", ["1", "not-an-id", "%00", "00000000-0000-0000-0000-00000000000g"])
async def test_what_is_not_an_id_is_not_found(alice: Browser, noun: str, id_: str) -> None:
    assert (await alice.get(f"/{noun}/{id_}")).status_code == 404


async def test_another_teams_rows_are_in_no_list(
    charlie: Browser, alice: Browser, history: History
) -> None:
    await history.execution()
    for path in LISTS:
        assert "Orders" not in await charlie.read(path), path
        assert "order.created" not in await charlie.read(path), path
    assert "Orders" in await alice.read("/triggers")


async def _state_of(trigger_id: UUID) -> tuple[bool, int, bool]:
    row = await fetch_one(
        "SELECT enabled, revision, deleted_at IS NULL AS there FROM trigger WHERE id = $1",
        trigger_id,
    )
    assert row is not None
    return row["enabled"], row["revision"], row["there"]


MUTATIONS = (
    ("POST", "/triggers"),
    ("POST", "/triggers/{trigger}"),
    ("DELETE", "/triggers/{trigger}"),
    ("POST", "/triggers/{trigger}/activation"),
    ("DELETE", "/triggers/{trigger}/activation"),
    ("POST", "/workflows"),
    ("POST", "/workflows/{workflow}"),
    ("DELETE", "/workflows/{workflow}"),
    ("POST", "/workflows/{workflow}/publication"),
)


@pytest.mark.parametrize(("method", "path"), MUTATIONS)
async def test_a_viewer_changes_nothing(
    bob: Browser, history: History, method: str, path: str
) -> None:
    before = await _state_of(history.trigger_id)
    path = path.format(trigger=history.trigger_id, workflow=history.workflow_id)

    answer = await bob.press(method, path, {"name": "mine now", "workflow_id": "x"})

    assert answer.status_code == 403
    assert await _state_of(history.trigger_id) == before


@pytest.mark.parametrize(("method", "path"), MUTATIONS)
async def test_nothing_changes_without_the_forms_token(
    alice: Browser, history: History, method: str, path: str
) -> None:
    before = await _state_of(history.trigger_id)
    path = path.format(trigger=history.trigger_id, workflow=history.workflow_id)

    answer = await Browser(alice.client, "0" * 64).press(method, path, {"name": "mine now"})

    assert answer.status_code == 403
    assert await _state_of(history.trigger_id) == before


@pytest.mark.parametrize(("method", "path"), [m for m in MUTATIONS if "{" in m[1]])
async def test_another_team_changes_nothing(
    charlie: Browser, history: History, method: str, path: str
) -> None:
    before = await _state_of(history.trigger_id)
    path = path.format(trigger=history.trigger_id, workflow=history.workflow_id)

    answer = await charlie.press(method, path, {"name": "mine now"})

    assert answer.status_code == 404
    assert await _state_of(history.trigger_id) == before


async def test_a_viewer_sees_no_button_that_would_refuse_them(
    bob: Browser, history: History
) -> None:
    for path in (
        "/triggers",
        f"/triggers/{history.trigger_id}",
        f"/workflows/{history.workflow_id}",
    ):
        page = (await bob.get(path)).text
        for attribute in ("hx-post", "hx-delete", 'role="switch"', "/edit", "/new"):
            assert attribute not in page, f"{path}: {attribute}"
