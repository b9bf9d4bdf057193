"""One problem, three readers: the API, a webhook's sender, a person; and no bug is shown (A110)."""

import httpx
import pytest

from domain.store import workflows
from tests.support.web_fixtures import Api
from tests.support.world import World

HTML = {"accept": "text/html,application/xhtml+xml"}


async def test_an_unknown_address_is_told_in_the_readers_form(client: httpx.AsyncClient) -> None:
    machine = await client.get("/nowhere")
    api = await client.get("/api/v1/nowhere")
    person = await client.get("/nowhere", headers=HTML)

    assert machine.json().keys() == {"error", "id"}
    assert api.json().keys() == {"error", "id", "message", "problems"}
    assert person.headers["content-type"].startswith("text/html")
    assert {answer.status_code for answer in (machine, api, person)} == {404}


async def test_a_wrong_method_says_which_are_right(client: httpx.AsyncClient) -> None:
    answer = await client.put("/api/v1/workflows")

    assert answer.status_code == 405
    assert answer.headers["allow"] == "GET, POST"
    assert answer.json()["error"] == "method_not_allowed"


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "BREW"])
async def test_odd_methods_are_refused(client: httpx.AsyncClient, method: str) -> None:
    for path in ("/api/v1/workflows", "/sign-in", "/healthz"):
        assert (await client.request(method, path)).status_code == 405


async def test_a_bug_is_noted_but_not_shown(
    alice: Api, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("SELECT secret_thing FROM inner_table")

    monkeypatch.setattr(workflows, "list_workflows", fail)

    answer = await alice.get("/workflows")

    assert answer.status_code == 500
    assert answer.json().keys() == {"error", "id", "message", "problems"}
    assert "secret_thing" not in answer.text
    assert "Traceback" not in answer.text
    noted = capsys.readouterr().out
    assert answer.json()["id"] in noted
    assert "secret_thing" in noted


async def test_a_database_that_is_away_is_told_as_such(
    alice: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(workflows, "list_workflows", fail)

    answer = await alice.get("/workflows")

    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "2"
    assert answer.json()["error"] == "overloaded"


async def test_who_is_not_signed_in_is_led_to_the_form(client: httpx.AsyncClient) -> None:
    whole = await client.get("/triggers")
    part = await client.get("/triggers", headers={"hx-request": "true"})

    assert (whole.status_code, whole.headers["location"]) == (303, "/sign-in?next=/triggers")
    assert part.headers["hx-redirect"] == "/sign-in?next=/triggers"


async def test_nothing_that_was_sent_is_echoed_as_markup(
    client: httpx.AsyncClient, world: World
) -> None:
    answer = await client.get("/<script>alert(1)</script>", headers=HTML)

    assert answer.status_code == 404
    assert "<script>alert" not in answer.text
