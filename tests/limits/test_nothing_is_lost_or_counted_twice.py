"""Several deciders and clocks at once, a kill between the limiter and the commit, Redis away: every
event that matched ends in one of fired, rate limited, or waiting."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from domain.coordination.limiter import RateLimiter
from domain.operations import decide_events as deciding
from domain.operations import release_lanes as releasing
from domain.operations.decide_events import decide_events
from domain.operations.hold_back import HoldBack
from domain.rules.ids import new_id
from domain.store.database import fetch
from tests.limits.conftest import Lanes, new_releaser

ENDS = {"fired", "rate_limited"}


class Killed(BaseException):
    """What a process dies of here."""


async def kinds_of(lanes: Lanes, ids: list[UUID]) -> dict[UUID, str]:
    """What every event has come to: its last verdict, or that it waits (and then has no end)."""
    found = {}
    for event_id in ids:
        story = await lanes.story(event_id)
        waits = await fetch("SELECT FROM waiting_event WHERE event_id = $1", event_id)
        assert len(story) in {1, 2}
        assert (story[-1][0] in ENDS) is not bool(waits), (story, waits)
        found[event_id] = "waiting" if waits else story[-1][0]
    return found


async def test_deciders_and_clocks_at_once_lose_nothing_and_double_nothing(lanes: Lanes) -> None:
    hook = await lanes.hook(
        {"most": 15, "per_s": 3600}, {"most": 4, "per_s": 3600, "key": "$.k"}, max_wait_s=3600
    )
    line = lanes.line
    ids = [(await line.send(hook, {"k": number % 5})).event_id for number in range(60)]
    clocks = [lanes.releaser, new_releaser(line, lanes.limiter)]
    passes = [decide_events(ids[part::6], line.versions, line.redactors, line.limits)
              for part in range(6)]  # fmt: skip
    await asyncio.gather(*passes, *(clock.release() for clock in clocks))
    kinds = await kinds_of(lanes, ids)
    assert list(kinds.values()).count("fired") == 15
    rounds = 0
    while await lanes.waiting(hook.trigger_id) and (rounds := rounds + 1) < 10:
        await lanes.empty_windows()
        await asyncio.gather(*(clock.release() for clock in clocks * 2))
    kinds = await kinds_of(lanes, ids)
    assert list(kinds.values()) == ["fired"] * 60
    runs = await fetch("SELECT event_id FROM execution WHERE trigger_id = $1", hook.trigger_id)
    assert sorted(row["event_id"] for row in runs) == sorted(ids)
    assert not await fetch("SELECT FROM lane WHERE trigger_id = $1", hook.trigger_id)


@pytest.mark.parametrize("point", ["decide.after_limits", "decide.before_commit"])
async def test_who_is_killed_after_the_limiter_answered_is_counted_once(
    lanes: Lanes, monkeypatch: pytest.MonkeyPatch, point: str
) -> None:
    hook = await lanes.hook({"most": 2, "per_s": 3600})
    line = lanes.line
    ids = [(await line.send(hook, {})).event_id for _ in range(3)]

    async def die(at: str) -> None:
        if at == point:
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(deciding, "pause_at", die)
        with pytest.raises(Killed):
            await decide_events(ids, line.versions, line.redactors, line.limits)
    assert not await fetch("SELECT FROM waiting_event")
    await decide_events(ids, line.versions, line.redactors, line.limits)
    assert list((await kinds_of(lanes, ids)).values()) == ["fired", "fired", "waiting"]


async def test_a_clock_that_is_killed_before_its_commit_has_done_nothing(
    lanes: Lanes, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = await lanes.hook({"most": 2, "per_s": 3600})
    ids = await lanes.send(hook, {}, {}, {}, {}, {})
    await lanes.empty_windows()

    async def die(at: str) -> None:
        if at == "release.before_commit":
            raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(releasing, "pause_at", die)
        with pytest.raises(Killed):
            await lanes.release()
    assert await lanes.waiting(hook.trigger_id) == ids[2:]
    await lanes.release()
    assert await lanes.waiting(hook.trigger_id) == ids[4:]


@pytest.mark.parametrize("why", ["limit", "batch"])
async def test_an_event_that_breaks_a_pass_does_not_stand_in_the_way_of_others(
    lanes: Lanes, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    """A fault of ours: the event ends as an error, and of a batch all wait for another try."""
    ours = {"rate": [{"most": 1, "per_s": 3600}], "debounce": {"quiet_s": 1, "key": "$.n"}}
    if why == "batch":
        ours = {"batch": {"most": 2, "within_s": 60}}
    hook, other = await lanes.line.hook(limits=ours), await lanes.hook({"most": 1, "per_s": 3600})
    ids = await lanes.send(hook, {"n": 1}, {"n": 2})
    (_, theirs) = await lanes.send(other, {}, {})
    await lanes.pass_time(61)
    if why == "limit":
        await lanes.release()  # out of the debounce: one fires, one waits for room
        ids = await lanes.waiting(hook.trigger_id)
    await lanes.empty_windows()
    judge = deciding.judge_event

    def break_on_ours(row: Any, trigger: Any) -> Any:
        if row["id"] == ids[0]:
            raise RuntimeError("a fault of ours")
        return judge(row, trigger)

    with monkeypatch.context() as patched:
        patched.setattr(releasing, "judge_event", break_on_ours)
        await lanes.release()
    assert (await lanes.story(theirs))[-1] == ("fired", None)
    if why == "limit":
        assert (await lanes.story(ids[0]))[-1] == ("error", "internal")
        return
    assert await lanes.waiting(hook.trigger_id) == ids
    await lanes.pass_time(301)
    await lanes.release()
    assert [story[-1] for story in await lanes.stories(ids)] == [("fired", "batched")] * 2


@pytest.mark.parametrize(
    ("when", "over", "ends"),
    [
        ("open", "defer", "fired"),
        ("closed", "defer", "waiting"),
        ("closed", "drop", "rate_limited"),
    ],
)
async def test_with_redis_away_each_window_says_what_is_done(
    lanes: Lanes, when: str, over: str, ends: str
) -> None:
    away = RateLimiter("redis://127.0.0.1:9/0")
    line = lanes.line
    hook = await lanes.hook({"most": 1, "per_s": 60, "when_unavailable": when}, over=over)
    ids = [(await line.send(hook, {})).event_id for _ in range(2)]
    await decide_events(ids, line.versions, line.redactors, HoldBack(away, ()))
    assert list((await kinds_of(lanes, ids)).values()) == [ends, ends]
    (decision,) = await lanes.decisions(ids[0])
    assert decision["trace"]["limits"][0]["limiter"] == "away"
    await away.close()


async def test_a_tick_reads_only_the_beginning_of_a_long_lane(lanes: Lanes) -> None:
    hook = await lanes.hook({"most": 1, "per_s": 3600})
    (_, waits) = await lanes.send(hook, {}, {})
    await fetch(
        "INSERT INTO waiting_event (event_id, team_id, trigger_id, lane_id, why, size) "
        "SELECT gen_random_uuid(), w.team_id, w.trigger_id, w.lane_id, w.why, 2 "
        "FROM waiting_event w, generate_series(1, 20000) WHERE w.event_id = $1",
        waits,
    )
    await fetch("ANALYZE waiting_event")
    plan = await fetch(
        "EXPLAIN SELECT * FROM waiting_event w WHERE w.lane_id = (SELECT id FROM lane LIMIT 1) "
        "ORDER BY w.event_id LIMIT 500"
    )
    text = "\n".join(row["QUERY PLAN"] for row in plan)
    assert "waiting_event_of_lane" in text
    assert "Seq Scan on waiting_event" not in text


async def test_a_test_event_may_skip_limits_and_says_so(lanes: Lanes) -> None:
    hook = await lanes.hook({"most": 1, "per_s": 3600}, debounce={"quiet_s": 9})
    line = lanes.line
    receipt = await line.send(hook, {})
    await fetch(
        "INSERT INTO event (id, team_id, trigger_id, kind, headers, query, content_type, title, "
        "body) SELECT $2, team_id, trigger_id, kind, "
        '\'[["signalbox-test", "1"], ["signalbox-unlimited", "1"]]\', query, content_type, title, '
        "body FROM event WHERE id = $1",
        receipt.event_id,
        new_id(),
    )
    (row,) = await fetch(
        "INSERT INTO pending_event (event_id, team_id, trigger_id, size) SELECT id, team_id, "
        "trigger_id, 2 FROM event WHERE trigger_id = $1 AND id <> $2 RETURNING event_id",
        hook.trigger_id,
        receipt.event_id,
    )
    line.rung_events.append(row["event_id"])
    await line.decide()
    (decision,) = await lanes.decisions(row["event_id"])
    assert (decision["verdict"], decision["trace"]["limits_skipped"]) == ("fired", "test")
