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
from domain.operations.team_redactors import TeamRedactors
from domain.pause_points import pause_at
from domain.rules.bodies import UnreadableBody
from domain.rules.chains import TOO_DEEP
from domain.rules.conditions import judge
from domain.rules.dedupe import id_key
from domain.rules.json_values import JsonValue, text_of
from domain.rules.redaction import Redactor
from domain.rules.subjects import NOTHING, Subject, subject_of
from domain.rules.traces import Judgement
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
    """An event with its verdict, and the judgement that it comes from (or else what the trace
    says). `claim` is the sender's id found inside its body, if any."""

    row: Row
    verdict: str
    reason: str | None
    trace: Mapping[str, object]
    judgement: Judgement | None = None
    claim: NewEvent | None = None


async def decide_events(
    ids: Sequence[UUID], versions: CompiledVersions, redactors: TeamRedactors
) -> Decided:
    """Decide those of `ids` that still wait and that no other pass holds."""
    async with transaction():
        rows = await events.take_pending(ids, MOST_BYTES)
        if not rows:
            return Decided([], set())
        triggers = await versions.triggers({row["trigger_version_id"] for row in rows})
        judged = [_judge(row, triggers.get(row["trigger_version_id"])) for row in rows]
        judged = await _without_secrets(await _filter_duplicates(judged), redactors)
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
    told = _without_conditions(row, trigger)
    if told is not None or trigger is None:
        return told or _Judged(row, "error", "unreadable_version", {"result": "error"})
    try:
        subject = subject_of(row, row["trigger_version"])
        judgement = judge(trigger.conditions, subject)
        claim = _sender_id_in_body(row, trigger, subject)
    except UnreadableBody as unreadable:
        trace: dict[str, object] = {"result": "error", "parse_error": unreadable.fault}
        return _Judged(row, "error", unreadable.fault, trace)
    except Exception:
        log.exception("judging_failed", event_id=str(row["id"]))
        return _Judged(row, "error", "internal", {"result": "error"})
    reason = "condition_error" if judgement.result == "error" else None
    return _Judged(row, _VERDICTS[judgement.result], reason, {}, judgement, claim)


def _without_conditions(row: Row, trigger: CompiledTrigger | None) -> _Judged | None:
    """The verdict on an event whose conditions are not asked at all; None: they are."""
    if not row["enabled"]:
        return _Judged(row, "paused", "trigger_disabled", {"result": "paused"})
    if row["workflow_version_id"] is None:
        return _Judged(row, "error", "workflow_not_published", {"result": "error"})
    if trigger is not None and row["chain_depth"] > trigger.most_depth:
        depths = {"depth": row["chain_depth"], "most": trigger.most_depth}
        return _Judged(row, "loop", TOO_DEEP, {"result": "loop", **depths})
    return None


_VERDICTS = {"matched": "fired", "not_matched": "filtered", "error": "error"}


def _sender_id_in_body(row: Row, trigger: CompiledTrigger, subject: Subject) -> NewEvent | None:
    """The sender's id at the trigger's JSONPath, for an event that came without one. It is looked
    for here and not at the door, because the door never parses a body."""
    if trigger.id_path is None or row["sender_id"] is not None or subject.body is NOTHING:
        return None
    found: list[JsonValue] = trigger.id_path.find(subject.body)
    if len(found) != 1 or isinstance(found[0], dict | list) or found[0] is None:
        return None
    return NewEvent(
        id=row["id"], team_id=row["team_id"], trigger_id=row["trigger_id"], kind="", headers="",
        query="", content_type="", title="", sender_id=None,
        key_hash=id_key(row["trigger_id"], text_of(found[0])),
        body_hash=hashlib.sha256(row["body"]).digest(), body=b"", dedup_days=trigger.dedup_days,
    )  # fmt: skip


async def _without_secrets(judged: list[_Judged], redactors: TeamRedactors) -> list[_Judged]:
    """The same with traces as they are stored. Values that look harmless to a sender may hold what
    the team keeps secret, and a trace outlives the body that it quotes."""
    quoting = {one.row["team_id"] for one in judged if one.judgement and one.judgement.clauses}
    known = await redactors.of(quoting) if quoting else {}
    return [_with_trace(one, known.get(one.row["team_id"])) for one in judged]


def _with_trace(one: _Judged, redactor: Redactor | None) -> _Judged:
    if one.judgement is None:
        return one
    return replace(one, trace={**one.judgement.compact(redactor), **one.trace})


async def _filter_duplicates(judged: list[_Judged]) -> list[_Judged]:
    claims = [one.claim for one in judged if one.claim is not None]
    if not claims:
        return judged
    first = await events.claim_sender_ids(claims)
    repeats = [claim.key_hash for claim in claims if claim.id not in first]
    if not repeats:
        return judged
    firsts = await events.first_events(repeats)
    return [
        one
        if one.claim is None or one.claim.id in first
        else _as_duplicate(one, firsts.get(one.claim.key_hash))
        for one in judged
    ]


def _as_duplicate(one: _Judged, first: UUID | None) -> _Judged:
    judged = one.judgement.result if one.judgement else None
    trace = {"result": "duplicate", "judged": judged, "first_event_id": first}
    return replace(one, verdict="duplicate", reason="sender_id_seen", trace=trace)


def _decision(one: _Judged) -> NewDecision:
    row = one.row
    return NewDecision(
        id=decisions.decision_id_for(row["id"], row["trigger_id"]),
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
