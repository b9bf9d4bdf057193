"""Executions whose destination is not available wait: no attempt is used up, none is lost."""

import asyncio
from typing import Any
from uuid import UUID

from domain.store.database import execute, fetch
from tests.breakers.conftest import GuardedLine, settings_of

PATIENT = {"attempts": 2, "base_s": 0.0}
# So large that a test never comes to it by failures in a row.
NEVER = 1_000


async def until_waiting(guarded: GuardedLine, ids: list[UUID]) -> list[dict[str, Any]]:
    """The executions as soon as all of them wait for the breaker."""

    async def arrived() -> list[dict[str, Any]] | None:
        rows = [await guarded.line.execution(id_) for id_ in ids]
        return rows if all(row["waits_for"] == "breaker" for row in rows) else None

    rows: list[dict[str, Any]] = await guarded.line.until(arrived)
    return rows


async def open_it(guarded: GuardedLine, **settings: int) -> UUID:
    """Have the target's breaker open by two executions that fail."""
    team_id = guarded.line.world.alice.team_id
    id_ = await settings_of(team_id, guarded.host, in_a_row=2, cool_down_s=1, **settings)
    guarded.line.target.behave("/notify", "status/503")
    hook = await guarded.line.hook(retry={"attempts": 1})
    for first in await guarded.run(hook, {"id": "a"}, {"id": "b"}):
        await guarded.line.settled(first, "dead")
    return id_


async def test_an_execution_waits_for_an_open_breaker_and_its_attempts_are_not_used_up(
    guarded: GuardedLine,
) -> None:
    destination = await open_it(guarded, longest_s=60)
    hook = await guarded.line.hook(retry=PATIENT)
    ids = await guarded.run(hook, *({"id": n} for n in range(1, 6)))
    rows = await until_waiting(guarded, ids)
    for row in rows:
        assert (row["state"], row["waits_on"], row["attempt"]) == ("retrying", destination, 0)
        assert (row["waits"], row["due_at"] > row["created_at"]) == (1, True)
    assert len(guarded.line.target.received) == 2


async def test_when_the_probe_is_answered_all_who_wait_go_on_at_once(
    guarded: GuardedLine,
) -> None:
    await open_it(guarded)
    hook = await guarded.line.hook(retry=PATIENT)
    ids = await guarded.run(hook, *({"id": n} for n in range(1, 9)))
    await until_waiting(guarded, ids)
    guarded.line.target.behave("/notify", "ok")
    await asyncio.sleep(1.1)
    # As the sweep does: ring for what is due, which is the one that came first.
    due = await fetch("SELECT id FROM execution WHERE id = ANY ($1) AND due_at <= now()", ids)
    assert len(due) == 1
    guarded.runner.take([due[0]["id"]])
    for id_ in ids:
        row = await guarded.line.settled(id_, "succeeded")
        assert (row["attempt"], row["waits_for"]) == (1, None)
    attempts = await fetch("SELECT state FROM attempt WHERE execution_id = ANY ($1)", ids)
    assert [row["state"] for row in attempts] == ["succeeded"] * 8


async def test_steps_done_before_the_wait_are_not_done_again(guarded: GuardedLine) -> None:
    destination = await open_it(guarded)
    # The same target under another name has a breaker of its own, which is closed.
    first = guarded.line.call("/first", key="first")
    first["url"] = first["url"].replace("127.0.0.1", "localhost")
    hook = await guarded.line.hook(steps=[first, guarded.line.call()], retry=PATIENT)
    ids = await guarded.run(hook, {"id": 1})
    (row,) = await until_waiting(guarded, ids)
    assert (row["waits_on"], row["attempt"]) == (destination, 1)
    guarded.line.target.behave("/notify", "ok")
    await asyncio.sleep(1.1)
    await execute("UPDATE execution SET due_at = now() WHERE id = $1", ids[0])
    guarded.runner.take(ids)
    row = await guarded.line.settled(ids[0], "succeeded")
    paths = [each.path for each in guarded.line.target.received]
    assert paths.count("/first") == 1
    attempts = await fetch(
        "SELECT number, state FROM attempt WHERE execution_id = $1 ORDER BY number", ids[0]
    )
    assert [tuple(each.values()) for each in attempts] == [(1, "waited"), (2, "succeeded")]


async def test_answers_such_as_404_say_nothing_against_a_destination(
    guarded: GuardedLine,
) -> None:
    team_id = guarded.line.world.alice.team_id
    await settings_of(team_id, guarded.host, in_a_row=2)
    guarded.line.target.behave("/notify", "status/404")
    hook = await guarded.line.hook(retry={"attempts": 1})
    for id_ in await guarded.run(hook, *({"id": n} for n in range(8))):
        assert (await guarded.line.settled(id_, "dead", "failed"))["waits"] == 0
    assert len(guarded.line.target.received) == 8


async def test_a_target_that_hangs_leaves_places_for_the_others(guarded: GuardedLine) -> None:
    team_id = guarded.line.world.alice.team_id
    await settings_of(team_id, guarded.host, in_a_row=NEVER, min_calls=NEVER)
    guarded.line.target.behave("/notify", "hang")
    other = guarded.line.call("/other", key="other")
    other["url"] = other["url"].replace("127.0.0.1", "localhost")
    quick = await guarded.line.hook(steps=[other])
    (before,) = await guarded.run(quick, {"id": 0})
    await guarded.line.settled(before, "succeeded")
    slow = await guarded.line.hook(steps=[guarded.line.call(timeout_s=60)], retry=PATIENT)
    await guarded.run(slow, *({"id": n} for n in range(150)))

    async def turned_away() -> bool:
        rows = await fetch(
            "SELECT count(*) AS n FROM execution WHERE team_id = $1 AND waits_for = 'destination'",
            team_id,
        )
        return int(rows[0]["n"]) >= 150 - 32

    await guarded.line.until(turned_away)
    for id_ in await guarded.run(quick, *({"id": n} for n in range(1, 20))):
        await guarded.line.settled(id_, "succeeded")
    hanging = [each for each in guarded.line.target.received if each.path == "/notify"]
    assert len(hanging) == 32
