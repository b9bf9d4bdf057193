"""The first admin of a new installation: whoever reads the server's console, once (row A116)."""

import asyncio
import subprocess
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from cli.main import SETUP_LINE
from tests.conftest import fresh_installation
from tests.support.installation import Installation
from tests.support.servers import TestServers

PASSWORD = "a long enough password"


@pytest.fixture
def signalbox(servers: TestServers) -> Iterator[Installation]:
    """A new installation of which only the web process runs."""
    installation = fresh_installation(servers)
    installation.run("release")
    installation.start("web")
    installation.wait_ready()
    yield installation
    installation.kill("web")


def link_of(signalbox: Installation) -> str:
    return signalbox.cli("setup-link")


def form_for(link: str, name: str = "Alice") -> dict[str, str]:
    token = parse_qs(urlsplit(link).query)["token"][0]
    email = f"{name.lower()}@example.org"
    return {"token": token, "team": "North", "name": name, "email": email, "password": PASSWORD}


async def test_set_up_is_for_whoever_reads_the_console_and_for_one_only(
    signalbox: Installation,
) -> None:
    released = signalbox.cli("release").splitlines()[-1]
    assert released.startswith(f"{SETUP_LINE}{signalbox.base_url}/setup?token=")
    links = [released.removeprefix(SETUP_LINE), link_of(signalbox)]
    async with httpx.AsyncClient(base_url=signalbox.base_url) as client:
        # 1. Without the token nobody gets anywhere, and the door says how to go on.
        assert "Nobody can sign in yet" in (await client.get("/sign-in")).text
        for token in ("", "0" * 43, "é", "x" * 9_000):
            assert (await client.get("/setup", params={"token": token})).status_code == 403
            form = {**form_for(links[0]), "token": token}
            assert (await client.post("/setup", data=form)).status_code == 403
        # 2. Nor by another site's form; and a mistake uses nothing up.
        elsewhere = {"origin": "https://evil.example"}
        forged = await client.post("/setup", data=form_for(links[0]), headers=elsewhere)
        weak = await client.post("/setup", data={**form_for(links[0]), "password": "short"})
        assert (forged.status_code, weak.status_code) == (403, 422)
        assert "Must have at least 12 characters." in weak.text
        # 3. Many at once, with good tokens, make one admin.
        names = ("Alice", "Mallory", "Eve", "Trudy", "Oscar", "Peggy")
        answers = await asyncio.gather(
            *(_set_up(signalbox, form_for(links[n % 2], name)) for n, name in enumerate(names))
        )
        assert sorted(answer.status_code for answer in answers) == [303, *[404] * 5]
        winner = next(answer for answer in answers if answer.status_code == 303)
        assert "session=" in winner.headers["set-cookie"]
        # 4. From now on it is too late for ever, also with a token that nobody used.
        for link in links:
            assert (await client.get(link)).status_code == 404
            assert (await client.post("/setup", data=form_for(link))).status_code == 404
        assert "Nobody can sign in yet" not in (await client.get("/sign-in")).text
    assert SETUP_LINE not in signalbox.cli("release")
    with pytest.raises(subprocess.CalledProcessError):
        link_of(signalbox)


async def _set_up(signalbox: Installation, form: dict[str, str]) -> httpx.Response:
    async with httpx.AsyncClient(base_url=signalbox.base_url, timeout=30) as client:
        answer = await client.post("/setup", data=form)
        if answer.status_code == 303:
            assert (await client.get("/")).status_code == 200
            assert "Alice" in (await client.get("/team")).text or form["name"] != "Alice"
        return answer
