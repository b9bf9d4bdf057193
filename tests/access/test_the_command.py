"""`signalbox`: what an operator does on the server."""

import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from litestar import Litestar

from domain.settings import Settings
from tests.conftest import fresh_installation
from tests.support.installation import ROOT, Installation
from tests.support.servers import TestServers
from tests.support.web_fixtures import Api, Person, client_of, sign_in
from tests.support.world import World


@pytest.fixture(scope="module")
def machine(servers: TestServers, settings: Settings) -> Installation:
    """A machine with the settings of the application under test; nothing runs on it."""
    installation = fresh_installation(servers)
    installation.env["DATABASE_URL"] = settings.database_url
    return installation


def run(
    machine: Installation, *arguments: str, stdin: str = ""
) -> subprocess.CompletedProcess[str]:
    # The installed command, from a folder that is not the project's.
    return subprocess.run(
        [Path(sys.executable).with_name("signalbox"), *arguments],
        cwd=machine.folder, env=machine.env, input=stdin, check=False,
        capture_output=True, text=True,
    )  # fmt: skip


@pytest.fixture
def team(machine: Installation, world: World) -> str:
    slug = f"team-{world.alice.team_id.hex[-12:]}"
    assert run(machine, "teams", "create", slug).returncode == 0
    return slug


async def test_a_key_is_all_that_is_printed(
    machine: Installation, team: str, client: httpx.AsyncClient
) -> None:
    finished = run(machine, "keys", "create", "--team", team, "--role", "admin")

    assert finished.returncode == 0
    assert re.fullmatch(r"sbx_[0-9a-f]{8}_[A-Za-z0-9_-]{43}\n", finished.stdout)
    assert finished.stderr == ""
    api = Api(client, finished.stdout.strip())
    assert (await api.get("/keys")).status_code == 200


async def test_keys_are_listed_and_revoked_by_how_they_begin(
    machine: Installation, team: str, client: httpx.AsyncClient
) -> None:
    made = run(machine, "keys", "create", "--team", team, "--role", "viewer", "--name", "CI")
    key, prefix = made.stdout.strip(), made.stdout[:12]

    listed = run(machine, "keys", "list", "--team", team).stdout
    assert listed == f"{prefix}\tviewer\tlive\tnever\tCI\n"
    assert run(machine, "keys", "revoke", "--team", team, prefix).returncode == 0

    assert (await Api(client, key).get("/workflows")).status_code == 401
    assert "revoked" in run(machine, "keys", "list", "--team", team).stdout
    again = run(machine, "keys", "revoke", "--team", team, prefix)
    assert (again.returncode, again.stdout) == (1, "")
    assert "no live key" in again.stderr


async def test_a_user_with_a_given_password_can_sign_in(
    machine: Installation, team: str, app: Litestar, world: World
) -> None:
    email = f"{team}@example.org"
    arguments = ("users", "create", "--team", team, "--email", email.upper(), "--role", "editor")

    finished = run(machine, *arguments, "--password-stdin", stdin="a password from stdin\n")

    assert finished.returncode == 0
    assert "a password from stdin" not in finished.stdout + finished.stderr
    async with client_of(app) as client:
        person = Person(email, "a password from stdin", world.alice)
        assert (await sign_in(client, person)).status_code == 303


async def test_a_user_without_a_password_is_told_a_new_one(
    machine: Installation, team: str, app: Litestar, world: World
) -> None:
    email = f"{team}@example.org"

    finished = run(machine, "users", "create", "--team", team, "--email", email, "--role", "viewer")

    password = finished.stdout.removeprefix("password: ").strip()
    async with client_of(app) as client:
        assert (await sign_in(client, Person(email, password, world.alice))).status_code == 303


async def test_a_link_for_a_new_password_is_all_that_is_printed(
    machine: Installation, team: str, app: Litestar, world: World
) -> None:
    email = f"{team}@example.org"
    run(machine, "users", "create", "--team", team, "--email", email, "--role", "viewer")

    finished = run(machine, "users", "reset-link", "--email", email)

    address, _, token = finished.stdout.strip().partition("?token=")
    assert address == f"{machine.base_url}/password-reset"
    async with client_of(app) as client:
        form = {"token": token, "password": "a password of their own"}
        assert (await client.post("/password-reset", data=form)).status_code == 303
        person = Person(email, "a password of their own", world.alice)
        assert (await sign_in(client, person)).status_code == 303


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (("users", "reset-link", "--email", "nobody@example.org"), 1, "email: is nobody's"),
        (("keys", "create", "--team", "nowhere", "--role", "admin"), 1, "There is no team"),
        (("keys", "create", "--team", "nowhere", "--role", "owner"), 2, "invalid choice"),
        (("teams", "create", "Not A Slug"), 1, "slug: must have"),
        ((), 2, "required"),
    ],
)
def test_what_goes_wrong_is_said_in_a_sentence(
    machine: Installation, arguments: tuple[str, ...], status: int, sentence: str
) -> None:
    finished = run(machine, *arguments)

    assert finished.returncode == status
    assert finished.stdout == ""
    assert sentence in finished.stderr
    assert "Traceback" not in finished.stderr


def test_a_team_is_not_made_twice(machine: Installation, team: str) -> None:
    finished = run(machine, "teams", "create", team)

    assert finished.returncode == 1
    assert "exists" in finished.stderr


def test_a_weak_password_is_refused(machine: Installation, team: str) -> None:
    arguments = ("users", "create", "--team", team, "--email", "a@b.c", "--role", "viewer")

    finished = run(machine, *arguments, "--password-stdin", stdin="short\n")

    assert finished.returncode == 1
    assert "password: must have at least 12 characters" in finished.stderr


@pytest.mark.parametrize(
    "command",
    [
        [sys.executable, "-m", "cli", "release"],
        [sys.executable, "-m", "uvicorn", "web.app:app", "--port", "1"],
        [sys.executable, "-m", "cli.demo"],
    ],
)
def test_bad_settings_stop_the_start_with_a_list(machine: Installation, command: list[str]) -> None:
    env = {**machine.env, "SECRET_KEY": "short", "SIGNALBOX_DEMO": "yes", "BASE_URL": "nonsense"}

    finished = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=60
    )

    assert finished.returncode == 1
    for name in ("SECRET_KEY", "SIGNALBOX_DEMO", "BASE_URL"):
        assert name in finished.stderr
    assert "Traceback" not in finished.stderr


def test_quotas_are_said_and_changed(machine: Installation, team: str) -> None:
    said = run(machine, "teams", "quota", "--team", team, "--schedules", "5")
    assert said.stdout == f"{team}: at most 5 schedules, at least 60 s between two slots of one.\n"

    refused = run(machine, "teams", "quota", "--team", team, "--interval", "0")

    assert (refused.returncode, refused.stdout) == (1, "")
    assert "must be a number from 1 to 86,400" in refused.stderr
