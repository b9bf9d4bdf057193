"""Replay an execution: run it again because a person asked for it, marked as what it is."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.errors import Conflict, InvalidInput, NotFound
from domain.operations.compiled_versions import CompiledVersions
from domain.operations.make_replays import Edited, make_replays
from domain.rules.checking import Problems, clean_json
from domain.rules.ids import new_id
from domain.rules.json_values import JsonValue, write_json
from domain.rules.permissions import RUN_TRIGGERS, SEE_PAYLOADS, Actor
from domain.rules.replays import ReplayOptions
from domain.store import audit, replays, tallies
from domain.store.database import Row, transaction
from domain.store.decisions import decision_id_for
from domain.store.executions import execution_id_for
from domain.store.jsonb import json_text

MOST_PAYLOAD_BYTES = 512 * 1024


class CannotReplay(Conflict):
    """This execution cannot be replayed so."""

    code = "cannot_replay"


class ReplayedMeanwhile(Conflict):
    """It was replayed after you looked. See what became of that, then replay it once more if you
    still mean it."""

    code = "replayed_meanwhile"


@dataclass(frozen=True, slots=True)
class Payload:
    """A body to run with instead of the event's own."""

    document: JsonValue


@dataclass(frozen=True, slots=True)
class Replay:
    """What is asked for. `seen` is how often the execution had been replayed when it was looked at:
    another number now is a conflict, so that pressing a button twice makes one replay."""

    options: ReplayOptions = field(default_factory=ReplayOptions)
    payload: Payload | None = None
    seen: int | None = None


async def replay_execution(
    actor: Actor, versions: CompiledVersions, execution_id: UUID, replay: Replay
) -> UUID:
    """The new execution, which is due at once; ring for it.

    It runs although its trigger is switched off, or was deleted: a person asked. Raises
    InvalidInput (at `payload`), NotFound, ReplayedMeanwhile, and CannotReplay with the reason.
    """
    actor.require(RUN_TRIGGERS)
    if replay.payload is not None:
        actor.require(SEE_PAYLOADS)
    body = None if replay.payload is None else _body(replay.payload)
    newest = replay.options.version == "newest"
    async with transaction():
        rows = await replays.lock_originals(actor.team_id, [execution_id], newest=newest)
        if not rows:
            raise NotFound
        if replay.seen is not None and rows[0]["replays"] != replay.seen:
            raise ReplayedMeanwhile
        edited = None if body is None else _edited(rows[0], body)
        made = await make_replays(rows, replay.options, versions, edited=edited)
        if execution_id not in made.replays:
            raise CannotReplay(made.refused.get(execution_id, ""))
        if edited is not None:
            await _store_edited(actor, rows[0], edited)
        replayed = made.replays[execution_id]
        facts = _facts(replay, replayed, edited)
        await audit.record(actor, "replay", "execution", execution_id, after=facts)
    return replayed


def _body(payload: Payload) -> bytes:
    problems = Problems()
    document = clean_json(payload.document, "payload", problems)
    problems.raise_any()
    body = write_json(document)
    if len(body) > MOST_PAYLOAD_BYTES:
        raise InvalidInput.at("payload", f"has more than {MOST_PAYLOAD_BYTES // 1024} KiB")
    return body


def _edited(row: Row, body: bytes) -> Edited:
    event_id = new_id()
    return Edited(event_id, execution_id_for(event_id, row["workflow_id"]), body)


async def _store_edited(actor: Actor, row: Row, edited: Edited) -> None:
    if not await replays.add_edited_event(row["team_id"], row["id"], edited.event_id, edited.body):
        raise CannotReplay("Its event is past its retention: nothing is left to run it with.")
    trace = {"result": "replayed", "replay_of": row["execution_id"], "by": actor.name}
    await replays.add_decision(
        row,
        edited.event_id,
        decision_id_for(edited.event_id, row["trigger_id"]),
        edited.execution_id,
        json_text(trace),
    )
    await tallies.add({(row["team_id"], row["trigger_id"], "fired"): 1})


def _facts(replay: Replay, replayed: UUID, edited: Edited | None) -> dict[str, Any]:
    return {
        "execution_id": replayed,
        "version": replay.options.version,
        "start": replay.options.start,
        "event_id": edited.event_id if edited else None,
    }
