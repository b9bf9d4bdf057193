"""Real processes: what waits is let out by the clock, survives it, and is told by the API."""

import secrets
import signal
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.conftest import fresh_installation
from tests.faults.trap import trap_at
from tests.support.installation import Hook, Installation, Team, wait_until
from tests.support.servers import TestServers
from tests.support.target import read_ledger

TEN = 10


@pytest.fixture(scope="module")
def installation(servers: TestServers) -> Iterator[Installation]:
    """An installation of its own: its clock is killed."""
    with fresh_installation(servers) as running:
        yield running


@pytest.fixture
def team(installation: Installation) -> Team:
    """A new team."""
    return installation.team(f"team-{secrets.token_hex(4)}")


def limited(team: Team, limits: dict[str, Any]) -> Hook:
    """A hook of a new trigger with these limits."""
    draft = {
        "name": "Orders", "kind": "webhook", "config": {"scheme": "none"}, "limits": limits,
        "workflow_id": team.workflow(team.step()),
    }  # fmt: skip
    made = team.api.post("/triggers", json=draft)
    assert made.status_code == 201, made.text
    return Hook(made.json()["id"], made.json()["hook_url"], "")


def send(hook: Hook, number: int) -> list[str]:
    """Deliver so many events; their ids."""
    answers = [httpx.post(hook.url, json={"id": name}) for name in names(hook, number)]
    assert {answer.status_code for answer in answers} == {202}
    return [answer.json()["event_id"] for answer in answers]


def names(hook: Hook, number: int) -> list[str]:
    """What the deliveries are called."""
    return [f"{hook.token}-{n}" for n in range(number)]


def called(installation: Installation, hook: Hook) -> list[str]:
    """The names of those that reached the target, in order."""
    lines = read_ledger(installation.ledger)
    return [line.id for line in lines if line.id and line.id.startswith(hook.token)]


def story(team: Team, event_id: str) -> list[str]:
    """The verdicts about an event in their order."""
    return [decision["verdict"] for decision in team.event(event_id)["decisions"]]


def all_ran(team: Team, ids: list[str]) -> bool:
    """Whether every event's execution succeeded."""
    shown = [team.event(event_id) for event_id in ids]
    return all([each["state"] for each in event["executions"]] == ["succeeded"] for event in shown)


def test_a_flood_is_let_through_in_order_as_its_window_allows(
    installation: Installation, team: Team
) -> None:
    hook = limited(team, {"rate": [{"most": 4, "per_s": 1}]})
    ids = send(hook, TEN)
    wait_until(lambda: all_ran(team, ids), 20, "all to run")
    stories = [story(team, event_id) for event_id in ids]
    assert stories[0] == ["fired"]
    assert stories.count(["deferred", "fired"]) >= TEN - 8
    assert sorted(called(installation, hook)) == names(hook, TEN)


def test_a_paused_trigger_keeps_its_events_and_lists_find_them(team: Team) -> None:
    hook = limited(team, {})
    off = team.api.patch(f"/triggers/{hook.id}", json={"enabled": False, "hold": True})
    assert off.status_code == 200, off.text
    ids = send(hook, 3)
    wait_until(lambda: all(story(team, each) == ["paused"] for each in ids), 10, "decisions")

    def listed(**filters: str) -> list[str]:
        found = team.api.get("/events", params=filters).json()["items"]
        return [event["id"] for event in found]

    assert sorted(listed(verdict="paused")) == sorted(ids)
    assert sorted(listed(verdict="paused", trigger_id=hook.id)) == sorted(ids)
    assert team.api.patch(f"/triggers/{hook.id}", json={"enabled": True}).status_code == 200
    wait_until(lambda: all_ran(team, ids), 10, "what was held to run")
    assert listed(verdict="paused") == listed(verdict="paused", trigger_id=hook.id) == []
    assert sorted(listed(verdict="fired", trigger_id=hook.id)) == sorted(ids)


def test_lists_of_what_is_deferred_show_only_what_waits(team: Team) -> None:
    hook = limited(team, {"batch": {"most": 2, "within_s": 3600}})
    ids = send(hook, 3)
    wait_until(lambda: story(team, ids[1]) == ["deferred", "fired"], 10, "a batch")
    wait_until(lambda: story(team, ids[2]) == ["deferred"], 10, "the third")
    for more in ({}, {"trigger_id": hook.id}):
        found = {
            verdict: [
                event["id"]
                for event in team.api.get("/events", params={"verdict": verdict, **more}).json()[
                    "items"
                ]
            ]
            for verdict in ("deferred", "fired")
        }
        assert found["deferred"] == [ids[2]]
        assert set(ids[:2]) < set(found["fired"])  # and the event that stands for them


@pytest.mark.parametrize("point", ["release.before_commit", "release.after_commit"])
def test_a_clock_that_is_killed_while_it_releases_loses_and_doubles_nothing(
    installation: Installation, team: Team, point: str
) -> None:
    hook = limited(team, {"debounce": {"quiet_s": 1, "key": "$.id"}})
    installation.kill("clock", signal.SIGKILL)
    with trap_at(point) as trap:
        ids = send(hook, TEN)
        installation.env.update(trap.env)
        installation.start("clock")
        trap.wait()
        installation.kill("clock", signal.SIGKILL)
        for name in trap.env:
            installation.env.pop(name)
    installation.start("clock")
    wait_until(lambda: all_ran(team, ids), 20, "all to run")
    assert {tuple(story(team, event_id)) for event_id in ids} == {("deferred", "fired")}
    assert sorted(called(installation, hook)) == names(hook, TEN)
