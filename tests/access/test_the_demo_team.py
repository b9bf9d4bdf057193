"""`python -m cli.demo`: made once, kept, and alive."""

import stat
import subprocess
import sys
from collections.abc import Iterator

import httpx
import pytest

from tests.support.installation import ROOT, Installation, wait_until


def make_demo(signalbox: Installation) -> dict[str, str]:
    env = {**signalbox.env, "DEMO_TARGET_PORT": str(signalbox.target_port)}
    finished = subprocess.run(
        [sys.executable, "-m", "cli.demo"],
        cwd=ROOT, env=env, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return dict(line.split(": ", 1) for line in finished.stdout.splitlines())


@pytest.fixture(scope="module")
def printed(signalbox: Installation) -> dict[str, str]:
    return make_demo(signalbox)


@pytest.fixture(scope="module")
def api(signalbox: Installation, printed: dict[str, str]) -> Iterator[httpx.Client]:
    assert printed.keys() == {"email", "password"}
    key = signalbox.cli("keys", "create", "--team", "demo", "--role", "admin")
    headers = {"authorization": f"Bearer {key}"}
    with httpx.Client(base_url=f"{signalbox.base_url}/api/v1", headers=headers) as client:
        yield client


def count(api: httpx.Client, path: str, **filters: str) -> int:
    return len(api.get(path, params={"limit": "200", **filters}).json()["items"])


def test_the_demo_is_alive(api: httpx.Client) -> None:
    assert (count(api, "/workflows"), count(api, "/triggers")) == (3, 8)
    triggers = api.get("/triggers").json()["items"]
    schemes = {t["config"]["scheme"] for t in triggers if t["kind"] == "webhook"}
    assert schemes == {"github", "hmac", "standard", "none"}
    assert {t["kind"] for t in triggers} == {"webhook", "schedule", "workflow", "manual"}

    wait_until(
        lambda: api.get("/executions", params={"state": "succeeded"}).json()["items"],
        what="an execution of the demo",
    )


def test_what_was_printed_signs_in(
    signalbox: Installation, api: httpx.Client, printed: dict[str, str]
) -> None:
    answer = httpx.post(f"{signalbox.base_url}/sign-in", data=printed)

    assert answer.status_code == 303


def test_made_again_it_only_sends_new_traffic(
    signalbox: Installation, api: httpx.Client, printed: dict[str, str]
) -> None:
    before = count(api, "/events", kind="webhook")

    assert make_demo(signalbox) == printed

    assert (count(api, "/workflows"), count(api, "/triggers")) == (3, 8)
    assert count(api, "/events", kind="webhook") == 2 * before


def test_the_password_is_kept_for_its_owner_only(
    signalbox: Installation, printed: dict[str, str]
) -> None:
    kept = signalbox.folder / "demo.json"

    assert printed["password"] in kept.read_text()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600


def test_a_lost_password_is_made_anew(
    signalbox: Installation, api: httpx.Client, printed: dict[str, str]
) -> None:
    (signalbox.folder / "demo.json").unlink()

    again = make_demo(signalbox)

    assert again["password"] != printed["password"]
    sign_in = f"{signalbox.base_url}/sign-in"
    assert httpx.post(sign_in, data=again).status_code == 303
    assert httpx.post(sign_in, data=printed).status_code == 401
