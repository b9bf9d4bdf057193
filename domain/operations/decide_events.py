"""The decide pass: judge waiting events, and start what they ask for.

One transaction: lock the events, judge them (pure, no waiting), write decisions and executions,
take the events out of the queue. Killed anywhere before the commit, nothing happened; after it,
everything has.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from domain import metrics
from domain.logs import logger
from domain.operations.compiled_versions import CompiledTrigger, CompiledVersions
from domain.operations.hold_back import HoldBack
from domain.operations.judged_events import Judged, execution_id_of, new_decision, new_execution
from domain.operations.pass_gates import gates_for, skip_running
from domain.operations.set_deadlines import with_deadlines
from domain.operations.team_redactors import TeamRedactors
from domain.pause_points import pause_at
from domain.rules.bodies import UnreadableBody
from domain.rules.chains import TOO_DEEP
from domain.rules.conditions import judge
from domain.rules.dedupe import id_key
from domain.rules.json_values import JsonValue, text_of
from domain.rules.redaction import Redactor
from domain.rules.subjects import NOTHING, Subject, subject_of
from domain.store import decisions, events
from domain.store.database import Row, transaction
from domain.store.events import NewEvent

MOST_BYTES = 16 * 1024 * 1024

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Decided:
    """What a pass did: the executions to run, each with its team, and what changed for whom."""

    execution_ids: dict[UUID, UUID]
    changed: set[tuple[UUID, UUID, UUID]]
    """(team, trigger, event) of what was decided."""


async def decide_events(
    ids: Sequence[UUID], versions: CompiledVersions, redactors: TeamRedactors, limits: HoldBack
) -> Decided:
    """Decide those of `ids` that still wait and that no other pass holds."""
    async with transaction():
        rows = await events.take_pending(ids, MOST_BYTES)
        if not rows:
            return Decided({}, set())
        triggers = await versions.triggers({row["trigger_version_id"] for row in rows})
        judged = [judge_event(row, triggers.get(row["trigger_version_id"])) for row in rows]
        judged = await skip_running(await _filter_duplicates(judged))
        judged = await gates_for(await limits.hold_back(judged), versions)
        await pause_at("decide.after_limits")
        judged = await without_secrets(judged, redactors)
        judged = await with_deadlines(judged, versions)
        started = await decisions.record(
            [new_decision(one) for one in judged],
            [new_execution(one) for one in judged if one.starts],
        )
        await pause_at("decide.before_commit")
    await pause_at("decide.after_commit")
    for one in judged:
        metrics.DECISIONS.labels(one.verdict).inc()
    teams = {execution_id_of(one): one.row["team_id"] for one in judged if one.starts}
    return Decided(
        {each: teams[each] for each in started},
        {(row["team_id"], row["trigger_id"], row["id"]) for row in rows},
    )


def judge_event(row: Row, trigger: CompiledTrigger | None) -> Judged:
    """Judge one event. Nothing about one event may stop its neighbours, so a fault of ours in
    judging it is a verdict too: `error`, with the reason `internal`, and a log line."""
    told = _without_conditions(row, trigger)
    if told is not None or trigger is None:
        return told or Judged(row, "error", "unreadable_version", {"result": "error"})
    try:
        subject = subject_of(row, row["trigger_version"])
        judgement = judge(trigger.conditions, subject)
        claim = _sender_id_in_body(row, trigger, subject)
    except UnreadableBody as unreadable:
        trace: dict[str, object] = {"result": "error", "parse_error": unreadable.fault}
        return Judged(row, "error", unreadable.fault, trace)
    except Exception:
        log.exception("judging_failed", event_id=str(row["id"]))
        return Judged(row, "error", "internal", {"result": "error"})
    reason = "condition_error" if judgement.result == "error" else None
    verdict = _VERDICTS[judgement.result]
    return Judged(row, verdict, reason, {}, judgement, claim, trigger, subject)


def _without_conditions(row: Row, trigger: CompiledTrigger | None) -> Judged | None:
    """The verdict on an event whose conditions are not asked at all; None: they are."""
    if not row["enabled"] and not row["holds"]:
        return Judged(row, "paused", "trigger_disabled", {"result": "paused"})
    if row["workflow_version_id"] is None:
        return Judged(row, "error", "workflow_not_published", {"result": "error"})
    if trigger is not None and row["chain_depth"] > trigger.most_depth:
        depths = {"depth": row["chain_depth"], "most": trigger.most_depth}
        return Judged(row, "loop", TOO_DEEP, {"result": "loop", **depths})
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


async def without_secrets(judged: list[Judged], redactors: TeamRedactors) -> list[Judged]:
    """The same with traces as they are stored. Values that look harmless to a sender may hold what
    the team keeps secret, and a trace outlives the body that it quotes."""
    quoting = {one.row["team_id"] for one in judged if _quotes(one)}
    known = await redactors.of(quoting) if quoting else {}
    return [_with_trace(one, known.get(one.row["team_id"])) for one in judged]


def _quotes(one: Judged) -> bool:
    clauses = one.judgement is not None and one.judgement.clauses
    return bool(clauses) or not _QUOTING.isdisjoint(one.trace)


_QUOTING = frozenset({"limits", "waits", "singleton"})
"""Parts of a trace that hold the values of keys."""


def _with_trace(one: Judged, redactor: Redactor | None) -> Judged:
    trace: dict[str, Any] = dict(one.trace)
    if redactor is not None:
        trace |= {name: redactor.json(trace[name]) for name in _QUOTING & trace.keys()}
    if one.judgement is not None:
        trace = {**one.judgement.compact(redactor), **trace}
    return replace(one, trace=trace)


async def _filter_duplicates(judged: list[Judged]) -> list[Judged]:
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


def _as_duplicate(one: Judged, first: UUID | None) -> Judged:
    judged = one.judgement.result if one.judgement else None
    trace = {"result": "duplicate", "judged": judged, "first_event_id": first}
    return replace(one, verdict="duplicate", reason="sender_id_seen", trace=trace)


async def record_undecidable(event_id: UUID) -> None:
    """Give an event whose decision cannot be written the verdict `error`, with an empty trace, so
    that it neither waits for ever nor is lost from sight."""
    async with transaction():
        rows = await events.take_pending([event_id], MOST_BYTES)
        for row in rows:
            plain = Judged(row, "error", "internal", {"result": "error", "clauses": []})
            await decisions.record([new_decision(plain)], [])
