"""Run a manual trigger: what somebody gives it becomes an event, with a note that says why."""

import hashlib
from dataclasses import dataclass
from uuid import UUID

from domain.errors import Conflict, InvalidInput, KeyReused, NotFound, Problem
from domain.rules.checking import Problems, clean_json
from domain.rules.dedupe import id_key, sender_id
from domain.rules.ids import new_id
from domain.rules.input_schemas import check_input, read_input_schema
from domain.rules.json_values import JsonValue, write_json
from domain.rules.permissions import RUN_TRIGGERS, Actor
from domain.store import audit, events, manual_runs
from domain.store.database import transaction
from domain.store.events import NewEvent
from domain.store.jsonb import json_text
from domain.store.manual_runs import Runnable

NOTE_HEADER = "signalbox-note"
ACTOR_HEADER = "signalbox-actor"
LONGEST_NOTE = 500
MOST_INPUT_BYTES = 512 * 1024


class SwitchedOff(Conflict):
    """The trigger is switched off: switch it on, then run it."""

    code = "switched_off"


class NotManual(Conflict):
    """Only manual triggers are run by hand."""

    code = "not_manual"


@dataclass(frozen=True, slots=True)
class ManualRun:
    """What somebody runs a trigger with. Two with the same `key` are one, for 7 days."""

    input: JsonValue
    note: str
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Ran:
    """The event of a run. A duplicate names the one that came first with its key."""

    event_id: UUID
    duplicate: bool


async def run_manually(actor: Actor, trigger_id: UUID, run: ManualRun) -> Ran:
    """The event, which waits for its decision; ring for it unless it is a duplicate.

    Raises InvalidInput (at `input.…`, `note`, `idempotency-key`), NotFound, Conflict when the
    trigger is not a manual one or is switched off, and KeyReused.
    """
    actor.require(RUN_TRIGGERS)
    async with transaction():
        trigger = await manual_runs.find_runnable(actor.team_id, trigger_id)
        if trigger is None:
            raise NotFound
        event = _event(actor, trigger, run)
        if event.id in await events.store([event]):
            facts = {"event_id": event.id, "note": run.note}
            await audit.record(actor, "run", "trigger", trigger.id, after=facts)
            return Ran(event.id, duplicate=False)
    return await _repeated(event)


def _event(actor: Actor, trigger: Runnable, run: ManualRun) -> NewEvent:
    if trigger.kind != "manual":
        raise NotManual
    if not trigger.enabled:
        raise SwitchedOff
    given = check_run(trigger, run)
    headers = [(NOTE_HEADER, run.note), (ACTOR_HEADER, actor.name)]
    # A repeat is one of all that was given, the note among it.
    told = hashlib.sha256(write_json([run.note, given])).digest()
    return NewEvent(
        id=new_id(), team_id=actor.team_id, trigger_id=trigger.id, kind="manual",
        headers=json_text(headers), query="", content_type="application/json",
        title=f"By {actor.name}", sender_id=run.key,
        key_hash=None if run.key is None else id_key(trigger.id, run.key),
        body_hash=told, body=write_json(given),
    )  # fmt: skip


def check_run(trigger: Runnable, run: ManualRun) -> JsonValue:
    """The input as it is stored. Raises InvalidInput with everything that is wrong."""
    problems = Problems()
    clean_json(run.note, "note", problems)
    for problem in _note_problems(run.note):
        problems.add(problem.field, problem.message)
    problems.attempt(lambda: _check_key(run.key))
    before = problems.count
    given = clean_json(run.input, "input", problems)
    if problems.count == before:
        problems.attempt(lambda: _check_input(trigger, given))
    problems.raise_any()
    return given


def _note_problems(note: str) -> list[Problem]:
    if not note.strip():
        return [Problem("note", "is missing: say why it is run")]
    if len(note) > LONGEST_NOTE:
        return [Problem("note", f"must have at most {LONGEST_NOTE} characters")]
    if any(ord(character) < 32 and character not in "\n\t" for character in note):  # noqa: PLR2004 - C0
        return [Problem("note", "must not contain control characters")]
    return []


def _check_key(key: str | None) -> None:
    if key is not None:
        sender_id({"idempotency-key": key}, None)


def _check_input(trigger: Runnable, given: JsonValue) -> None:
    if len(write_json(given)) > MOST_INPUT_BYTES:
        raise InvalidInput.at("input", f"has more than {MOST_INPUT_BYTES // 1024} KiB")
    schema = read_input_schema(trigger.input_schema)
    if schema is not None:
        check_input(schema, given)


async def _repeated(event: NewEvent) -> Ran:
    """What came first with the key of an event that was not new. Counted outside of the first
    transaction: what another one is just storing can be waited for there, but not seen."""
    first = await events.count_repeats([event])
    key = event.key_hash or b""
    known = await manual_runs.remembered(event.team_id, key)
    if known is None or key not in first:
        raise Conflict
    if known.body_hash != event.body_hash:
        raise KeyReused
    return Ran(known.event_id, duplicate=True)
