"""The decide pass: judge waiting events, and start what they ask for.

One transaction: lock the events, judge them (pure, no waiting), write decisions and executions,
take the events out of the queue. Killed anywhere before the commit, nothing happened; after it,
everything has.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from domain import metrics
from domain.logs import logger
from domain.operations.compiled_versions import CompiledTrigger, CompiledVersions
from domain.pause_points import pause_at
from domain.rules.bodies import Body, UnreadableBody, read_body
from domain.rules.conditions import Judgement, judge
from domain.rules.dedupe import id_key
from domain.rules.ids import derived_id
from domain.rules.json_values import JsonValue, text_of
from domain.store import decisions, events
from domain.store.database import Row, transaction
from domain.store.decisions import NewDecision, NewExecution
from domain.store.events import NewEvent
from domain.store.executions import execution_id_for
from domain.store.jsonb import json_text

MOST_BYTES = 16 * 1024 * 1024

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Decided:
    """What a pass did: the executions to run, and what changed for whom."""

    execution_ids: list[UUID]
    changed: set[tuple[UUID, UUID, UUID]]
    """(team, trigger, event) of what was decided."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """An event with its verdict. `claim` is the sender's id found inside its body, if any."""

    row: Row
    verdict: str
    reason: str | None
    trace: Mapping[str, object]
    claim: NewEvent | None = None


async def decide_events(ids: Sequence[UUID], versions: CompiledVersions) -> Decided:
    """Decide those of `ids` that still wait and that no other pass holds."""
    async with transaction():
        rows = await events.take_pending(ids, MOST_BYTES)
        if not rows:
            return Decided([], set())
        triggers = await versions.triggers({row["trigger_version_id"] for row in rows})
        judged = [_judge(row, triggers.get(row["trigger_version_id"])) for row in rows]
        judged = await _filter_duplicates(judged)
        started = await decisions.record(
            [_decision(one) for one in judged],
            [_execution(one) for one in judged if one.verdict == "fired"],
        )
        await pause_at("decide.before_commit")
    await pause_at("decide.after_commit")
    for one in judged:
        metrics.DECISIONS.labels(one.verdict).inc()
    return Decided(started, {(row["team_id"], row["trigger_id"], row["id"]) for row in rows})


def _judge(row: Row, trigger: CompiledTrigger | None) -> _Judged:
    """Judge one event. Nothing about one event may stop its neighbours, so a fault of ours in
    judging it is a verdict too: `error`, with the reason `internal`, and a log line."""
    if not row["enabled"]:
        return _Judged(row, "paused", "trigger_disabled", {"result": "paused"})
    if row["workflow_version_id"] is None:
        return _Judged(row, "error", "workflow_not_published", {"result": "error"})
    if trigger is None:
        return _Judged(row, "error", "unreadable_version", {"result": "error"})
    try:
        body = read_body(row["body"], row["content_type"])
    except UnreadableBody as unreadable:
        trace: dict[str, object] = {
            "result": "error", "parse_error": unreadable.fault, "clauses": [],
        }  # fmt: skip
        return _Judged(row, "error", unreadable.fault, trace)
    try:
        judgement = judge(trigger.conditions, body.document, found=body.found)
        claim = _sender_id_in_body(row, trigger, body)
    except Exception:
        log.exception("judging_failed", event_id=str(row["id"]))
        return _Judged(row, "error", "internal", {"result": "error"})
    return _from_judgement(row, judgement, claim)


_VERDICTS = {"matched": "fired", "not_matched": "filtered", "error": "error"}


def _from_judgement(row: Row, judgement: Judgement, claim: NewEvent | None) -> _Judged:
    trace = {"result": judgement.result, "clauses": judgement.clauses}
    reason = "condition_error" if judgement.result == "error" else None
    return _Judged(row, _VERDICTS[judgement.result], reason, trace, claim)


def _sender_id_in_body(row: Row, trigger: CompiledTrigger, body: Body) -> NewEvent | None:
    """The sender's id at the trigger's JSONPath, for an event that came without one. It is looked
    for here and not at the door, because the door never parses a body."""
    if trigger.id_path is None or row["sender_id"] is not None or not body.found:
        return None
    found: list[JsonValue] = trigger.id_path.find(body.document)
    if len(found) != 1 or isinstance(found[0], dict | list) or found[0] is None:
        return None
    return NewEvent(
        id=row["id"], team_id=row["team_id"], trigger_id=row["trigger_id"], kind="", headers="",
        query="", content_type="", title="", sender_id=None,
        key_hash=id_key(row["trigger_id"], text_of(found[0])),
        body_hash=hashlib.sha256(row["body"]).digest(), body=b"", dedup_days=trigger.dedup_days,
    )  # fmt: skip


async def _filter_duplicates(judged: list[_Judged]) -> list[_Judged]:
    claims = [one.claim for one in judged if one.claim is not None]
    if not claims:
        return judged
    first = await events.claim_sender_ids(claims)
    return [
        one if one.claim is None or one.row["id"] in first else _as_duplicate(one) for one in judged
    ]


def _as_duplicate(one: _Judged) -> _Judged:
    trace = {**one.trace, "result": "duplicate"}
    return replace(one, verdict="duplicate", reason="sender_id_seen", trace=trace)


def _decision(one: _Judged) -> NewDecision:
    row = one.row
    return NewDecision(
        id=derived_id(row["id"], "decision", row["trigger_id"]),
        team_id=row["team_id"],
        event_id=row["id"],
        trigger_id=row["trigger_id"],
        trigger_version_id=row["trigger_version_id"],
        trigger_version=row["trigger_version"],
        verdict=one.verdict,
        reason=one.reason,
        trace=json_text(one.trace),
        execution_id=_execution(one).id if one.verdict == "fired" else None,
    )


def _execution(one: _Judged) -> NewExecution:
    row = one.row
    return NewExecution(
        id=execution_id_for(row["id"], row["workflow_id"]),
        team_id=row["team_id"],
        event_id=row["id"],
        trigger_id=row["trigger_id"],
        trigger_version_id=row["trigger_version_id"],
        workflow_id=row["workflow_id"],
        workflow_version_id=row["workflow_version_id"],
        workflow_version=row["workflow_version"],
    )


async def record_undecidable(event_id: UUID) -> None:
    """Give an event whose decision cannot be written the verdict `error`, with an empty trace, so
    that it neither waits for ever nor is lost from sight."""
    async with transaction():
        rows = await events.take_pending([event_id], MOST_BYTES)
        for row in rows:
            plain = _Judged(row, "error", "internal", {"result": "error", "clauses": []})
            await decisions.record([_decision(plain)], [])
