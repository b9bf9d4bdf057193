"""CORS at the door: which sites' pages may deliver, and read what they are answered."""

import httpx
import pytest

from tests.support.installation import Team

SHOP = "https://shop.example.org"
PREFLIGHT = {
    "origin": SHOP,
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type,x-shop",
}


def test_a_page_of_an_allowed_origin_may_deliver_and_read_the_answer(alice: Team) -> None:
    hook = alice.hook(cors_origins=["https://SHOP.example.org:443"], methods=["POST", "PUT"])
    asked = httpx.options(hook.url, headers=PREFLIGHT)
    assert (asked.status_code, asked.content) == (204, b"")
    assert asked.headers["access-control-allow-origin"] == SHOP
    assert asked.headers["access-control-allow-methods"] == "POST, PUT"
    assert asked.headers["access-control-allow-headers"] == "content-type,x-shop"
    assert asked.headers["vary"] == "origin"
    assert "access-control-allow-credentials" not in asked.headers
    for content in (b"{}", b"x" * (1024 * 1024 + 1)):  # also what is refused can be read
        answer = httpx.post(hook.url, content=content, headers={"origin": SHOP})
        assert answer.headers["access-control-allow-origin"] == SHOP


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://shop.example.org", f"{SHOP}.evil.example", ""],
)
def test_a_page_of_another_origin_is_told_nothing(alice: Team, origin: str) -> None:
    hook = alice.hook(cors_origins=[SHOP])
    asked = httpx.options(hook.url, headers={**PREFLIGHT, "origin": origin})
    assert asked.status_code == 204
    answer = httpx.post(hook.url, json={}, headers={"origin": origin})
    for headers in (asked.headers, answer.headers):
        assert [name for name in headers if name.startswith("access-control")] == []


def test_any_origin_may_be_allowed(alice: Team) -> None:
    hook = alice.hook(cors_origins=["*"])
    assert httpx.options(hook.url, headers=PREFLIGHT).headers["access-control-allow-origin"] == "*"
    assert httpx.post(hook.url, json={}).headers["access-control-allow-origin"] == "*"


def test_without_origins_there_is_no_preflight(alice: Team) -> None:
    answer = httpx.options(alice.hook().url, headers=PREFLIGHT)
    assert answer.status_code == 405
    assert [name for name in answer.headers if name.startswith("access-control")] == []


@pytest.mark.parametrize(
    "origin",
    ["shop.example.org", f"{SHOP}/", f"{SHOP}/a", "ftp://a", "https://", "https://u@a", ""],
)
def test_what_is_no_origin_is_refused_at_save(alice: Team, origin: str) -> None:
    assert refused_fields(alice, origin) == ["config.cors_origins.0"]


def refused_fields(alice: Team, origin: str) -> list[str]:
    draft = {
        "name": "Orders",
        "kind": "webhook",
        "workflow_id": alice.workflow(alice.step()),
        "config": {"scheme": "none", "cors_origins": [origin]},
    }
    answer = alice.api.post("/triggers", json=draft)
    assert answer.status_code == 400, answer.text
    return [problem["field"] for problem in answer.json()["problems"]]
