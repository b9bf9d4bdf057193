"""Whatever goes wrong with a draft: decisions and executions are what they would be without."""

from typing import Any

import asyncpg
import pytest

from domain.operations import judge_shadows
from domain.operations.judge_in_passes import ShadowJudge
from domain.operations.run_executions import ExecutionRunner
from domain.operations.sweep import sweep_shadows
from domain.store import shadows
from domain.store.database import execute, fetch
from tests.pipeline.conftest import no_one_listens
from tests.shadows.conftest import OVER_200, Siding


class Broken(Exception):
    """What nobody foresaw."""


async def test_a_pass_that_raises_ends_as_errors_of_the_draft(
    siding: Siding, runner: ExecutionRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def break_down(*_: object) -> None:
        raise Broken

    monkeypatch.setattr(shadows, "add_disagreements", break_down)
    await siding.start(OVER_200)
    ids = await siding.decided({"id": 1, "total": 150}, {"id": 2, "total": 250})
    await siding.judge()
    runner.take(siding.line.asked_for)

    assert await siding.counts() == {"error": 2}
    assert await siding.waiting() == 0
    assert await siding.verdicts() == {"fired": 2}
    for event_id in ids:
        execution_id = (await siding.line.decision(event_id))["execution_id"]
        await siding.line.settled(execution_id, "succeeded")


async def test_one_event_that_cannot_be_recorded_does_not_take_others_with_it(
    siding: Siding, monkeypatch: pytest.MonkeyPatch
) -> None:
    await siding.start(OVER_200)
    _, poison, _ = await siding.decided({"total": 150}, {"total": 160}, {"total": 170})
    add = shadows.add_disagreements

    async def stumble(shadow: object, new: list[shadows.NewDisagreement]) -> None:
        if poison in {one.event_id for one in new}:
            await execute("SELECT 1 / 0")
        await add(shadow, new)  # type: ignore[arg-type]

    monkeypatch.setattr(shadows, "add_disagreements", stumble)
    await siding.judge()

    assert await siding.counts() == {"only_live": 2, "error": 1}


async def test_a_draft_that_nobody_can_read_any_more_is_counted(siding: Siding) -> None:
    shadow_id = await siding.start(OVER_200)
    await execute("UPDATE shadow SET conditions = '{\"all\": [7]}' WHERE id = $1", shadow_id)
    await siding.decided({"total": 150}, {"total": 50})
    await siding.judge()

    assert await siding.counts() == {"error": 2}
    assert await siding.verdicts() == {"fired": 1, "filtered": 1}


async def test_a_judgement_that_raises_is_an_error_of_the_draft(
    siding: Siding, monkeypatch: pytest.MonkeyPatch
) -> None:
    def break_down(*_: object) -> None:
        raise Broken

    monkeypatch.setattr(judge_shadows, "judge", break_down)
    await siding.start(OVER_200)
    await siding.decided({"total": 150})
    await siding.judge()

    assert await siding.counts() == {"error": 1}
    assert await siding.verdicts() == {"fired": 1}


async def test_while_the_database_is_away_nothing_is_given_up(
    siding: Siding, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object) -> None:
        raise asyncpg.PostgresConnectionError

    await siding.start(OVER_200)
    await siding.decided({"total": 150})
    with monkeypatch.context() as patched:
        patched.setattr(shadows, "add_counts", away)
        with pytest.raises(asyncpg.PostgresConnectionError):
            await ShadowJudge(no_one_listens).judge_round()
    await siding.judge()

    assert await siding.counts() == {"only_live": 1}


async def test_events_that_are_no_longer_kept_are_skipped(siding: Siding) -> None:
    shadow_id = await siding.start(OVER_200)
    (event_id,) = await siding.decided({"total": 150})
    await execute(
        "UPDATE pending_shadow SET event_id = $2 WHERE shadow_id = $1", shadow_id, shadow_id
    )
    await siding.judge()

    assert await siding.counts() == {"skipped": 1}
    assert not await fetch("SELECT 1 FROM shadow_disagreement WHERE event_id = $1", event_id)


async def test_what_waits_is_rung_for(siding: Siding) -> None:
    rung: list[Any] = []
    shadow_id = await siding.start(OVER_200)
    await siding.decided({"total": 150})

    await sweep_shadows(rung.extend)
    assert shadow_id in rung

    await siding.judge()
    rung.clear()
    await sweep_shadows(rung.extend)
    assert shadow_id not in rung
