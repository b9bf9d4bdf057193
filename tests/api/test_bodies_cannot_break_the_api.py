"""Whatever is sent as a body gets an answer below 500 (rows A5 to A14, A100, A107)."""

import pytest

from tests.support.web_fixtures import Api
from tests.support.world import World

HOSTILE = {
    "nothing": b"",
    "not JSON": b"{",
    "a list": b"[]",
    "null": b"null",
    "a number": b"7",
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "deep inside a field": b'{"name":"n","steps":' + b"[" * 500 + b"]" * 500 + b"}",
    "invalid UTF-8": b'{"name":"\xff\xfe"}',
    "half a surrogate": b'{"name":"\\ud800","steps":[]}',
    "NaN": b'{"name":NaN}',
    "infinity": b'{"name":"n","steps":[1e999]}',
    "5,000 digits": b'{"name":"n","steps":[' + b"9" * 5_000 + b"]}",
    "an exploding exponent": b'{"name":"n","steps":[1e131072]}',
    "the same key twice": b'{"name":"a","name":"b","steps":[]}',
    "NUL in a text": b'{"name":"a\\u0000b","steps":[]}',
    "NUL in a key": b'{"name":"a","steps":[{"\\u0000":1}]}',
    "text where a list belongs": b'{"name":"n","steps":"all"}',
    "a number where text belongs": b'{"name":7,"steps":[]}',
}


@pytest.mark.parametrize("what", HOSTILE)
async def test_a_hostile_body_is_a_bad_request(alice: Api, what: str) -> None:
    answer = await alice.raw("POST", "/workflows", HOSTILE[what])

    assert answer.status_code == 400, answer.text
    problem = answer.json()
    assert problem.keys() == {"error", "id", "message", "problems"}
    assert problem["id"] == answer.headers["x-request-id"]


@pytest.mark.parametrize(
    "field", ["team_id", "role", "is_admin", "id", "created_by", "version", "status", "secret"]
)
async def test_an_unknown_field_is_refused_by_its_name(alice: Api, field: str) -> None:
    answer = await alice.post("/workflows", {"name": "n", "steps": [], field: "x"})

    assert answer.status_code == 400
    assert answer.json()["problems"] == [{"field": field, "message": "is not known here"}]


async def test_a_missing_field_is_named(alice: Api) -> None:
    answer = await alice.post("/workflows", {"name": "n"})

    assert answer.json()["problems"] == [{"field": "steps", "message": "is missing"}]


async def test_a_body_over_the_limit_is_refused(alice: Api) -> None:
    answer = await alice.raw("POST", "/workflows", b'{"name":"' + b"a" * 1_100_000 + b'"}')

    assert answer.status_code == 413
    assert answer.json()["error"] == "too_large"


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "line\nbreak", "bell\x07", "😀" * 101])
async def test_a_name_that_cannot_be_shown_is_refused(alice: Api, name: str) -> None:
    answer = await alice.post("/workflows", {"name": name, "steps": []})

    assert answer.status_code == 400
    assert answer.json()["problems"][0]["field"] == "name"


@pytest.mark.parametrize("name", ["Ünïcødé", "注文", "<img src=x onerror=alert(1)>", "'; DROP--"])
async def test_any_other_name_is_only_data(alice: Api, world: World, name: str) -> None:
    workflow_id = str(await world.workflow())

    answer = await alice.patch(f"/workflows/{workflow_id}", {"name": name})

    assert answer.status_code == 200
    assert answer.json()["name"] == name
    listed = (await alice.get("/workflows", name=name)).json()["items"]
    assert [item["id"] for item in listed] == [workflow_id]
