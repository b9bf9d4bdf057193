"""However much comes: what waits, what is kept and what a pass takes have an end."""

import time

import pytest

from domain.operations import judge_shadows
from domain.operations.judge_shadows import MOST_A_PASS, judge_shadow
from domain.store import shadows
from domain.store.database import fetch
from tests.shadows.conftest import OVER_100, OVER_200, Siding


async def kept(shadow_id: object) -> list[object]:
    rows = await fetch(
        "SELECT event_id FROM shadow_disagreement WHERE shadow_id = $1 ORDER BY event_id", shadow_id
    )
    return [row["event_id"] for row in rows]


async def test_a_flood_is_judged_as_far_as_it_goes_and_the_oldest_are_skipped(
    siding: Siding,
) -> None:
    shadow_id = await siding.start(OVER_200)
    await siding.flood(20_000, shadow_id)

    judged = await judge_shadow(shadow_id)

    assert judged.events == MOST_A_PASS
    assert await siding.counts() == {"skipped": 10_000, "only_live": MOST_A_PASS}
    assert await siding.waiting() == 10_000 - MOST_A_PASS
    while await siding.waiting():
        await judge_shadow(shadow_id)
    assert await siding.counts() == {"skipped": 10_000, "only_live": 10_000}


async def test_the_newest_thousand_disagreements_are_kept(siding: Siding) -> None:
    shadow_id = await siding.start(OVER_200)
    await siding.flood(1_200, shadow_id)
    rows = await fetch("SELECT event_id FROM pending_shadow WHERE shadow_id = $1 "
                       "ORDER BY event_id DESC LIMIT 1000", shadow_id)  # fmt: skip

    await siding.judge()

    assert await siding.counts() == {"only_live": 1_200}
    assert await kept(shadow_id) == sorted(row["event_id"] for row in rows)


async def test_a_pass_reads_so_many_bytes_of_bodies_and_leaves_the_rest(
    siding: Siding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge_shadows, "MOST_BYTES", 30)
    shadow_id = await siding.start(OVER_200)
    await siding.decided(*({"total": 150, "n": "x" * 20} for _ in range(3)))

    assert (await judge_shadow(shadow_id)).events == 1
    await siding.judge()
    assert await siding.counts() == {"only_live": 3}


async def test_a_slow_draft_ends_its_pass_and_goes_on_in_the_next(
    siding: Siding, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(judge_shadows, "PASS_S", 0.0)
    shadow_id = await siding.start(OVER_200)
    await siding.decided(*({"total": 150} for _ in range(3)))

    assert (await judge_shadow(shadow_id)).events == 1
    await siding.judge()
    assert await siding.counts() == {"only_live": 3}


async def test_after_a_pass_it_rests_three_times_as_long(
    siding: Siding, monkeypatch: pytest.MonkeyPatch
) -> None:
    shadow_id = await siding.start(OVER_200)
    await siding.flood(3 * MOST_A_PASS, shadow_id)
    passes: list[float] = []

    async def timed(shadow_id: object) -> judge_shadows.Judged:
        begun = time.monotonic()
        judged = await judge_shadow(shadow_id)  # type: ignore[arg-type]
        passes.append(time.monotonic() - begun)
        return judged

    monkeypatch.setattr("domain.operations.judge_in_passes.judge_shadow", timed)
    begun = time.monotonic()
    await siding.judge()

    assert time.monotonic() - begun >= 3.9 * sum(passes)


async def test_what_waits_for_a_draft_that_ended_is_let_go_of(siding: Siding) -> None:
    await siding.start(OVER_200)
    await siding.decided({"total": 150}, {"total": 250})
    await siding.start(OVER_100)
    await siding.judge()

    assert await siding.waiting() == 0
    assert await siding.counts() == {}


async def test_ended_shadows_beyond_the_newest_are_forgotten(siding: Siding) -> None:
    first = await siding.start(OVER_200)
    await siding.decided({"total": 150})
    await siding.judge()
    assert await kept(first)
    for _ in range(shadows.MOST_KEPT + 1):
        await siding.start(OVER_200)

    rows = await fetch("SELECT state FROM shadow WHERE trigger_id = $1", siding.hook.trigger_id)
    states = [row["state"] for row in rows]
    assert (states.count("discarded"), states.count("running")) == (shadows.MOST_KEPT, 1)
    assert await kept(first) == []
