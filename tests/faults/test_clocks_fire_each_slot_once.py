"""Clocks that are killed, frozen, and several: each slot fires once. Rows of the fault catalogue:

| row | what happens | pause point |
|-----|--------------|-------------|
| F10 | the clock is killed between slot and event, and before it rings | `slots.before_commit`, `slots.after_commit` |
| F12 | three clocks at the same slots | |
| F13 | a clock is frozen in its transaction while others go on, and continued | `slots.before_commit` |
"""  # noqa: E501

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from tests.conftest import fresh_installation
from tests.faults.rig import Rig
from tests.support.installation import wait_until
from tests.support.servers import TestServers
from tests.support.target import read_ledger

NUMBER = 20
_STORED = """
SELECT s.id, s.state, s.scheduled_for, e.id AS event_id, e.received_at
FROM slot s LEFT JOIN event e ON e.id = s.event_id WHERE s.trigger_id = ANY ($1::uuid[])
"""


@pytest.fixture(scope="module")
def timed_rig(servers: TestServers) -> Iterator[Rig]:
    """An installation whose events nobody sent."""
    with fresh_installation(servers) as installation:
        rig = Rig(installation)
        yield rig
        rig.sender.close()


@pytest.fixture
def rig(timed_rig: Rig) -> Rig:
    timed_rig.mend()
    return timed_rig


def fetch(rig: Rig, sql: str, *arguments: object) -> list[Any]:
    async def ask() -> list[Any]:
        connection = await asyncpg.connect(rig.database_url)
        try:
            return list(await connection.fetch(sql, *arguments))
        finally:
            await connection.close()

    return asyncio.run(ask())


def schedules(rig: Rig, number: int, path: str, in_s: float = 2.0) -> list[str]:
    """So many triggers that are due once, at the same second; each calls `path` of the target."""
    workflow_id = rig.team.workflow(rig.team.step(path, body={}))
    at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1 + in_s)
    config = {"form": "once", "at": at.isoformat()}
    made = []
    for _ in range(number):
        draft = {"name": "Once", "kind": "schedule", "workflow_id": workflow_id, "config": config}
        answer = rig.team.api.post("/triggers", json=draft)
        assert answer.status_code == 201, answer.text
        made.append(answer.json()["id"])
    assert datetime.now(UTC) < at, "too slow: they are due already"
    return made


def stored(rig: Rig, trigger_ids: list[str]) -> list[Any]:
    """The slots of these triggers with their events."""
    return fetch(rig, _STORED, trigger_ids)


def check(rig: Rig, trigger_ids: list[str], path: str) -> None:
    """Each of them fired once, and its call reached the target once."""

    def calls() -> int:
        return sum(each.request == f"POST {path}" for each in read_ledger(rig.installation.ledger))

    wait_until(lambda: calls() >= len(trigger_ids), what="the calls")
    rows = stored(rig, trigger_ids)
    assert len(rows) == len(trigger_ids)
    assert all(row["state"] == "fired" and row["event_id"] for row in rows)
    assert calls() == len(trigger_ids)
    events = "SELECT count(*) AS n FROM event WHERE trigger_id = ANY ($1::uuid[])"
    assert fetch(rig, events, trigger_ids)[0]["n"] == len(trigger_ids)


@pytest.mark.parametrize(
    ("point", "then"), [("slots.before_commit", 0), ("slots.after_commit", NUMBER)]
)
def test_f10_a_clock_killed_there_leaves_slots_with_their_events_or_neither(
    rig: Rig, point: str, then: int
) -> None:
    path = f"/f10/{point}"
    with rig.trapped("clock", point) as trap:
        made = schedules(rig, NUMBER, path)
        trap.wait()
    rows = stored(rig, made)
    assert len(rows) == then
    assert all(row["event_id"] for row in rows)
    rig.start("clock")
    check(rig, made, path)


def test_f12_three_clocks_fire_each_slot_once(rig: Rig) -> None:
    for name in ("clock-2", "clock-3"):
        rig.start(name)
    made = schedules(rig, NUMBER * 2, "/f12")
    check(rig, made, "/f12")
    assert all(process.poll() is None for process in rig.installation.processes.values())


def test_f13_a_clock_frozen_in_its_transaction_holds_up_nobody_for_long(rig: Rig) -> None:
    """It has written its slots, and neither commits nor gives up; another one waits for nothing,
    and fires them as soon as the database has thrown out the first."""
    with rig.trapped("clock", "slots.before_commit") as trap:
        made = schedules(rig, NUMBER, "/f13")
        trap.wait()
        with rig.frozen("clock"):
            rig.start("clock-2")
            wait_until(lambda: len(stored(rig, made)) == NUMBER, 9.0, "the slots")
        check(rig, made, "/f13")
    rig.start("clock")
    check(rig, made, "/f13")


def test_f13_a_clock_that_was_frozen_goes_on_and_fires_nothing_again(rig: Rig) -> None:
    rig.start("clock-2")
    made = schedules(rig, NUMBER, "/f13-idle")
    with rig.frozen("clock"):
        check(rig, made, "/f13-idle")
    more = schedules(rig, NUMBER, "/f13-more")
    rig.kill("clock-2")
    check(rig, more, "/f13-more")
    check(rig, made, "/f13-idle")
