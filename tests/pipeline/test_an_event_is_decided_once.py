"""Decide: one decision an event and trigger, with its execution, in one transaction."""

import asyncio

import pytest

from domain.operations import decide_events as deciding
from domain.operations.decide_events import decide_events
from domain.rules.conditions import Conditions, judge
from domain.rules.subjects import Subject
from domain.rules.traces import Judgement
from domain.store.database import fetch
from tests.pipeline.conftest import Line

OVER_100 = {"all": [{"path": "$.total", "op": "gt", "value": 100}]}


async def test_a_matching_event_fires_and_queues_one_execution(line: Line) -> None:
    receipt = await line.send(await line.hook(conditions=OVER_100), {"id": 1, "total": 250})
    await line.decide()
    decision = await line.decision(receipt.event_id)
    assert decision["verdict"] == "fired"
    assert decision["trace"] == {"result": "matched", "clauses": []}
    assert line.asked_for == [decision["execution_id"]]
    assert (await line.execution(decision["execution_id"]))["state"] == "queued"
    assert not await fetch("SELECT 1 FROM pending_event WHERE event_id = $1", receipt.event_id)


async def test_an_event_that_does_not_match_is_filtered_with_the_reason(line: Line) -> None:
    receipt = await line.send(await line.hook(conditions=OVER_100), {"total": 99})
    await line.decide()
    decision = await line.decision(receipt.event_id)
    assert (decision["verdict"], decision["execution_id"]) == ("filtered", None)
    clause = decision["trace"]["clauses"][0]
    assert (clause["expected"], clause["actual"], clause["passed"]) == (100, 99, False)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"total": "many"}', "condition_error"),
        (b"{", "invalid_json"),
        (b'"\xff"', "invalid_utf8"),
    ],
)
async def test_what_cannot_be_judged_is_an_error_and_starts_nothing(
    line: Line, body: bytes, reason: str
) -> None:
    receipt = await line.send(await line.hook(conditions=OVER_100), body)
    await line.decide()
    decision = await line.decision(receipt.event_id)
    assert (decision["verdict"], decision["reason"]) == ("error", reason)
    assert line.asked_for == []


async def test_many_passes_over_the_same_events_decide_each_once(line: Line) -> None:
    hook = await line.hook()
    ids = [(await line.send(hook, {"id": number})).event_id for number in range(30)]
    passes = await asyncio.gather(
        *(decide_events(ids, line.versions, line.redactors, line.limits) for _ in range(6))
    )
    started = [execution for one in passes for execution in one.execution_ids]
    assert len(started) == len(set(started)) == 30
    for event_id in ids:
        assert (await line.decision(event_id))["verdict"] == "fired"


async def test_an_event_that_breaks_its_pass_does_not_stop_its_neighbours(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = await line.hook()
    ids = [(await line.send(hook, {"id": number})).event_id for number in range(5)]
    raised = 0

    def judge_or_break(conditions: Conditions, subject: Subject) -> Judgement:
        nonlocal raised
        if subject.body["id"] == 2:
            raised += 1
            raise RuntimeError("a fault of ours")
        return judge(conditions, subject)

    monkeypatch.setattr(deciding, "judge", judge_or_break)
    await line.decide()
    verdicts = [(await line.decision(event_id))["verdict"] for event_id in ids]
    assert verdicts == ["fired", "fired", "error", "fired", "fired"]
    assert raised == 1


async def test_a_body_with_nul_is_judged_and_its_trace_is_stored(line: Line) -> None:
    """Row A7: PostgreSQL's jsonb knows no NUL, the raw body keeps it."""
    hook = await line.hook(conditions={"all": [{"path": "$.a", "op": "starts_with", "value": "x"}]})
    receipt = await line.send(hook, b'{"a": "x\\u0000", "k\\u0000": 1}')
    await line.decide()
    assert (await line.decision(receipt.event_id))["verdict"] == "fired"


async def test_a_senders_id_inside_the_body_makes_the_second_event_a_duplicate(line: Line) -> None:
    hook = await line.hook(id_path="$.order.number")
    first, second = [await line.send(hook, {"order": {"number": 7}}) for _ in range(2)]
    await line.decide()
    verdicts = {(await line.decision(r.event_id))["verdict"] for r in (first, second)}
    assert verdicts == {"fired", "duplicate"}
    assert len(line.asked_for) == 1


async def test_an_event_of_a_trigger_that_was_disabled_meanwhile_is_paused(line: Line) -> None:
    hook = await line.hook()
    receipt = await line.send(hook, {})
    await fetch("UPDATE trigger SET enabled = false WHERE id = $1", hook.trigger_id)
    await line.decide()
    assert (await line.decision(receipt.event_id))["verdict"] == "paused"
