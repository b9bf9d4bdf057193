"""Row A18 of the attack catalogue."""

import pytest

from tests.attacks.raw import exchange, request
from tests.attacks.stored import Stored
from tests.support.installation import Hook, Installation

OVERRIDES = [
    ("X-HTTP-Method-Override", "POST"),
    ("X-HTTP-Method", "POST"),
    ("X-Method-Override", "POST"),
]


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"])
@pytest.mark.parametrize("headers", [[], OVERRIDES], ids=["plain", "override"])
def test_a18_a_hook_takes_nothing_but_post(
    signalbox: Installation,
    hook: Hook,
    stored: Stored,
    method: str,
    headers: list[tuple[str, str]],
) -> None:
    before = stored.events_of(hook.id)
    attack = request(method, f"{hook.path}?_method=POST", [*headers, ("X-Canary", "sent-by-me")])
    answer = exchange(signalbox.port, attack, head_only=method == "HEAD")
    assert answer.status == 405
    assert answer.headers["allow"] == "POST"
    assert b"sent-by-me" not in answer.body
    assert stored.events_of(hook.id) == before


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/v1/triggers", "/metrics"])
def test_a18_trace_is_answered_nowhere(signalbox: Installation, path: str) -> None:
    attack = request("TRACE", path, [("X-Canary", "sent-by-me")], None)
    answer = exchange(signalbox.port, attack)
    assert answer.status in {401, 404, 405}
    assert b"sent-by-me" not in answer.body


def test_a18_an_override_makes_no_write_of_a_read(signalbox: Installation, hook: Hook) -> None:
    path = f"/api/v1/triggers/{hook.id}"
    attack = request("GET", path, [("X-HTTP-Method-Override", "DELETE")], None)
    assert exchange(signalbox.port, attack).status == 401
    alive = exchange(signalbox.port, request("POST", hook.path))
    assert alive.status == 202
