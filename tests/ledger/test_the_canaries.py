"""The canaries: what they do shows whether Signalbox works, and they are in nobody's way."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import asyncpg
import pytest

from domain.operations.make_canaries import make_canaries
from domain.rules.canaries import Outcome, Seen, outcome_of
from domain.store import canaries
from domain.store.canaries import find_flock
from domain.store.database import execute, fetch, fetch_one
from domain.store.teams import team_by_slug
from tests.conftest import fresh_installation
from tests.support.installation import Installation, wait_until
from tests.support.servers import TestServers
from tests.support.world import World

NOON = datetime(2026, 11, 27, 12, tzinfo=UTC)


def ran(after_s: int) -> Seen:
    return Seen("fired", True, "succeeded", NOON + timedelta(seconds=after_s))


@pytest.mark.parametrize(
    ("kind", "seen", "after_s", "outcome"),
    [
        ("schedule", ran(1), 2, Outcome("on_time")),
        ("webhook", ran(60), 90, Outcome("on_time")),
        ("webhook", ran(61), 90, Outcome("late")),
        ("chain", Seen("fired", True, "dead"), 2, Outcome("missed", "failed")),
        ("schedule", Seen("skipped"), 2, Outcome("missed", "not_fired")),
        ("chain", Seen("missed"), 2, Outcome("missed", "not_fired")),
        ("webhook", Seen(), 120, None),
        ("webhook", Seen(), 121, Outcome("missed", "not_sent")),
        ("schedule", Seen(), 600, None),
        ("schedule", Seen(), 601, Outcome("missed", "not_fired")),
        ("webhook", Seen(None, True, "queued"), 600, None),
        ("webhook", Seen(None, True, "queued"), 601, Outcome("missed", "not_started")),
    ],
)  # fmt: skip
def test_when_a_probe_has_ended(
    kind: str, seen: Seen, after_s: int, outcome: Outcome | None
) -> None:
    assert outcome_of(kind, NOON, seen, NOON + timedelta(seconds=after_s)) == outcome


async def test_many_clocks_make_them_once(world: World) -> None:
    made = await asyncio.gather(*(make_canaries(world.vault) for _ in range(5)))

    assert {kind for flock in made for kind in flock} == {"schedule", "webhook", "chain"}
    assert len({flock["webhook"].id for flock in made}) == 1
    (row,) = await fetch("SELECT count(*) AS n FROM team WHERE system")
    assert row["n"] == 1
    assert await team_by_slug(canaries.SLUG) is None


async def test_each_minute_is_expected_once_also_those_without_a_clock(world: World) -> None:
    flock = await make_canaries(world.vault)
    team_id, since = flock["schedule"].team_id, datetime.now(UTC) - timedelta(minutes=5)
    await execute("DELETE FROM canary_probe")

    found = await asyncio.gather(
        *(canaries.expect(team_id, ("schedule", "webhook"), since) for _ in range(3))
    )

    rows = [(row["kind"], row["minute"]) for some in found for row in some]
    assert len(rows) == len(set(rows)) == 10
    assert sum(row["present"] for some in found for row in some) == 2


@pytest.fixture
def installation(servers: TestServers) -> Iterator[Installation]:
    with fresh_installation(servers, SIGNALBOX_CANARIES="1") as running:
        yield running


def query(installation: Installation, sql: str) -> list[dict[str, Any]]:
    async def ask() -> list[dict[str, Any]]:
        connection = await asyncpg.connect(installation.env["DATABASE_URL"])
        try:
            return [dict(row) for row in await connection.fetch(sql)]
        finally:
            await connection.close()

    return asyncio.run(ask())


def test_they_sing_in_a_running_installation(installation: Installation) -> None:
    made = "SELECT t.id FROM trigger t JOIN team m ON m.id = t.team_id WHERE m.system"
    wait_until(lambda: len(query(installation, made)) == 3, what="canaries")
    # As if they had been there since before this minute began.
    query(
        installation,
        "UPDATE trigger SET updated_at = date_trunc('minute', now()) - interval '1 second' "
        f"WHERE id IN ({made})",
    )
    query(
        installation,
        "UPDATE schedule SET from_at = date_trunc('minute', now()) - interval '1 second', "
        "last_slot = date_trunc('minute', now()) - interval '1 second', "
        "next_slot = date_trunc('minute', now()), next_due_at = date_trunc('minute', now())",
    )  # fmt: skip

    def settled() -> dict[str, tuple[str, str | None]]:
        rows = query(
            installation,
            "SELECT DISTINCT ON (kind) kind, state, reason FROM canary_probe "
            "WHERE state <> 'expected' ORDER BY kind, minute",
        )
        return {row["kind"]: (row["state"], row["reason"]) for row in rows}

    states = wait_until(lambda: len(found := settled()) == 3 and found, 60, "three outcomes")

    assert states.keys() == {"schedule", "webhook", "chain"}
    assert not any(state == "missed" for state, _ in states.values()), states
    team = installation.team("people")
    assert team.api.get("/triggers").json()["items"] == []
    assert team.api.get("/events").json()["items"] == []


async def test_they_are_found_by_nobody_who_acts_for_a_team(world: World) -> None:
    await make_canaries(world.vault)
    flock = await find_flock()
    row = await fetch_one(
        "SELECT count(*) AS n FROM membership WHERE team_id = $1", flock["schedule"].team_id
    )
    assert row is not None
    assert row["n"] == 0
