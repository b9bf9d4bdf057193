"""Row A19 of the attack catalogue: access hangs on the route that answers, never on how the path is
written."""

from collections.abc import Callable

import httpx
import pytest

from tests.attacks.raw import exchange, request
from tests.attacks.stored import Stored
from tests.support.installation import Hook, Installation, Team

SUFFIXES = [
    "/configs", "/", "//", "/.", "/..", "/..;/", ".", "..", ".json", ";x", ";.css",
    "%2f..", "%2F", "%2e%2e%2f", "%00", "%00.css", "%0d%0a", "%20", "%5c..", "\\", "%", "%zz",
    "/%2e%2e/healthz", "/healthz", "/../healthz",
]  # fmt: skip
PREFIXES = ["/", "//", "/.", "/%2e", "/x/..", "/healthz/..", "/static/..", "/static/%2e%2e"]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a19_a_hook_with_something_behind_it_is_no_hook(
    signalbox: Installation, hook: Hook, stored: Stored, suffix: str
) -> None:
    before = stored.events_of(hook.id)
    answer = exchange(signalbox.port, request("POST", hook.path + suffix))
    assert answer.status == 404
    assert stored.events_of(hook.id) == before


@pytest.mark.parametrize("prefix", PREFIXES)
def test_a19_a_hook_with_something_before_it_is_no_hook(
    signalbox: Installation, hook: Hook, stored: Stored, prefix: str
) -> None:
    before = stored.events_of(hook.id)
    answer = exchange(signalbox.port, request("POST", prefix + hook.path))
    assert answer.status in {400, 404, 405}
    assert stored.events_of(hook.id) == before


@pytest.mark.parametrize(
    "spell",
    [
        pytest.param(lambda path: path.replace("hooks", "h%6foks"), id="encoded letter"),
        pytest.param(lambda path: path.replace("hooks", "HOOKS"), id="capitals"),
        pytest.param(lambda path: path.replace("hooks/", "hooks//"), id="two slashes"),
        pytest.param(lambda path: path.replace("hooks/", "hooks%2f"), id="encoded slash"),
        pytest.param(lambda path: path[:-1] + f"%{ord(path[-1]):02x}", id="encoded token"),
    ],
)
def test_a19_a_hook_spelt_in_another_way_is_no_hook(
    signalbox: Installation, hook: Hook, spell: Callable[[str], str]
) -> None:
    assert exchange(signalbox.port, request("POST", spell(hook.path))).status == 404


def test_a19_no_spelling_opens_a_guarded_route(
    signalbox: Installation, alice: Team, hook: Hook
) -> None:
    """Every route of the API, with every suffix and prefix, and without a key."""
    opened = []
    for method, path in guarded_routes(alice, hook):
        spellings = [path + suffix for suffix in ["", *SUFFIXES]]
        spellings += [prefix + path for prefix in PREFIXES]
        for spelling in spellings:
            answer = exchange(signalbox.port, request(method, spelling))
            if answer.status not in {400, 401, 404, 405}:
                opened.append((method, spelling, answer.status))
    assert opened == []


def guarded_routes(alice: Team, hook: Hook) -> list[tuple[str, str]]:
    """Every route of the API, as its own description lists them; an id stands for each."""
    document = httpx.get(f"{alice.installation.base_url}/api/openapi.json").json()
    found = [
        (method.upper(), path.replace("{trigger_id}", hook.id))
        for path, methods in document["paths"].items()
        for method in methods
        if path.startswith("/api/v1/")
    ]
    assert len(found) > 15
    return found
