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


def test_a19_no_spelling_opens_a_route_of_the_api(
    signalbox: Installation, alice: Team, hook: Hook
) -> None:
    """Every route, in every spelling, without a key."""
    opened = []
    for method, path in routes_of_the_api(alice, hook):
        for spelling in spellings(path):
            answer = exchange(signalbox.port, request(method, spelling))
            expected = {401} if spelling == path else {400, 401, 404, 405}
            if answer.status not in expected:
                opened.append((method, spelling, answer.status))
    assert opened == []


@pytest.mark.parametrize(
    "path",
    ["/", "/triggers", "/triggers/new", "/triggers/{id}", "/triggers/{id}/edit", "/events",
     "/executions", "/workflows", "/workflows/new", "/live"],
)  # fmt: skip
def test_a19_no_spelling_opens_a_page(signalbox: Installation, hook: Hook, path: str) -> None:
    """Whoever has not signed in is sent to sign in, or nowhere."""
    opened = []
    for spelling in spellings(path.replace("{id}", hook.id)):
        answer = exchange(signalbox.port, request("GET", spelling, body=None))
        sent_to_sign_in = answer.headers.get("location", "").startswith("/sign-in")
        public = spelling.strip("/") == "healthz"  # the root with that suffix
        if answer.status not in {400, 401, 404, 405} and not sent_to_sign_in and not public:
            opened.append((spelling, answer.status))
    assert opened == []


@pytest.mark.parametrize("up", ["..", "%2e%2e", "%2e.", "..%2f..", "..%5c..", "....//", "..;"])
def test_a19_static_files_end_at_their_folder(signalbox: Installation, up: str) -> None:
    for beyond in ("README.md", "etc/passwd", "pyproject.toml"):
        path = f"/static/{'/'.join([up] * 8)}/{beyond}"
        answer = exchange(signalbox.port, request("GET", path, body=None))
        assert answer.status in {400, 404}, path
        assert b"root:" not in answer.body


def spellings(path: str) -> list[str]:
    return [*(path + suffix for suffix in ["", *SUFFIXES]), *(prefix + path for prefix in PREFIXES)]


def routes_of_the_api(alice: Team, hook: Hook) -> list[tuple[str, str]]:
    """Every route, as the API's own description lists them."""
    document = httpx.get(f"{alice.installation.base_url}/api/openapi.json").json()
    found = [
        (method.upper(), path.replace("{trigger_id}", hook.id))
        for path, methods in document["paths"].items()
        for method in methods
        if path.startswith("/api/v1/")
    ]
    assert len(found) > 15
    return found
