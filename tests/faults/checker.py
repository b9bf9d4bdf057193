"""The independent checker: compares what the sender was promised, what the database says, and what
reached the target. It knows the tables, and none of the product's code.

The invariants are those of the fault catalogue: every accepted delivery is one event (I1), every
matching event is one execution (I2), nothing waits for ever (I4), the target sees every action at
least once and all its repeats under one `Idempotency-Key` (I5), what could not be done lies in the
dead letters with its last error (I6), and no window of a limited trigger lets more through than it
may (I7).
"""

import asyncio
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg

from tests.faults.sender import Sender, Sent
from tests.faults.windows import Limited, Row, Span, admissions_of, of_windows
from tests.support.target import LedgerLine, read_ledger

# What becomes of a delivery, where that is no execution.
VERDICTS = {"filtered": "filtered", "dropped": "rate_limited"}
# Dead, as no call could be made.
UNREACHED = "unreached"
TERMINAL = ("succeeded", "failed", "dead", "canceled")
PARTITIONED = ("event", "decision", "execution", "attempt", "step_run")
SHOWN = 20

# Of the sender's team, where the installation has others, too.
_OURS = "($1::uuid IS NULL OR team_id = $1)"
_WAITING = f"""
SELECT (SELECT count(*) FROM pending_event WHERE {_OURS}) AS events,
    (SELECT count(*) FROM waiting_event WHERE {_OURS}) AS held_back,
    (SELECT count(*) FROM execution WHERE {_OURS} AND NOT state = ANY ($2)) AS executions
"""


@dataclass(slots=True)
class Facts:
    """All that the checker looks at."""

    sent: Sequence[Sent]
    events: Sequence[Row]
    decisions: Sequence[Row]
    executions: Sequence[Row]
    attempts: Sequence[Row]
    pending: int
    strays: int
    """Rows in default partitions, which must stay empty."""
    calls: Sequence[LedgerLine]
    limited: Limited | None = None
    admissions: Sequence[Row] = ()
    """What the limited trigger let through: when that came, was counted, and began."""
    forgotten: Sequence[Span] = ()

    def event_of(self, sent: Sent) -> Row:
        """The event that a delivery became."""
        (event,) = [event for event in self.events if event["sender_id"] == sent.id]
        return event

    def decision_of(self, sent: Sent) -> Row:
        """What was decided about a delivery, in the end."""
        event_id = self.event_of(sent)["id"]
        return [each for each in self.decisions if each["event_id"] == event_id][-1]

    def decided_after_s(self, sent: Sent) -> float:
        """How many seconds an event waited for its decision."""
        waited = self.decision_of(sent)["decided_at"] - self.event_of(sent)["received_at"]
        seconds: float = waited.total_seconds()
        return seconds

    def execution_of(self, sent: Sent) -> Row:
        """The execution that a delivery started."""
        event_id = self.event_of(sent)["id"]
        (execution,) = [each for each in self.executions if each["event_id"] == event_id]
        return execution

    def attempts_of(self, sent: Sent) -> list[Row]:
        """The attempts that were made for a delivery, in order."""
        execution_id = self.execution_of(sent)["id"]
        return [each for each in self.attempts if each["execution_id"] == execution_id]

    def calls_of(self, sent: Sent) -> list[LedgerLine]:
        """What reached the target for a delivery, in order."""
        return [line for line in self.calls if line.id == sent.id]


class Checker:
    """Looks at one installation through its sender, its database and its target."""

    def __init__(
        self,
        sender: Sender,
        database_url: str,
        target_ledger: Path,
        team_id: UUID | None = None,
        others: tuple[str, ...] = (),
    ) -> None:
        """With a `team_id` only what is that team's counts; `others` are requests of other teams
        ("POST /path") that reach the same target."""
        self._sender = sender
        self._team_id = team_id
        self._not_ours = (*others, " /_")
        self._database_url = database_url
        self._target_ledger = target_ledger
        self.limited: Limited | None = None
        self.forgotten: Sequence[Span] = ()
        """When Redis lost what it had counted: after that windows begin anew."""

    def check(self, within_s: float = 15.0) -> Facts:
        """Wait until nothing waits any more, and hold everything against the invariants."""
        facts = asyncio.run(self._read(within_s))
        found = list(violations(facts))
        assert not found, "\n".join([f"{len(found)} violations:", *found[:SHOWN]])
        return facts

    async def _read(self, within_s: float) -> Facts:
        connection = await asyncpg.connect(self._database_url)
        try:
            await _until_nothing_waits(connection, within_s, self._team_id)
            ours = self._team_id
            return Facts(
                sent=list(self._sender.ledger.values()),
                events=await connection.fetch(
                    f"SELECT id, sender_id, received_at FROM event WHERE {_OURS}", ours
                ),
                decisions=await connection.fetch(
                    "SELECT event_id, verdict, execution_id, decided_at FROM decision "
                    f"WHERE {_OURS} ORDER BY decided_at, id",
                    ours,
                ),
                executions=await connection.fetch(
                    "SELECT id, event_id, state, reason, attempt, last_error FROM execution "
                    f"WHERE {_OURS}",
                    ours,
                ),
                attempts=await connection.fetch(
                    "SELECT execution_id, number, state, reason, message, started_at, finished_at "
                    f"FROM attempt WHERE {_OURS} ORDER BY number",
                    ours,
                ),
                pending=await connection.fetchval(
                    f"SELECT count(*) FROM pending_event WHERE {_OURS}", ours
                ),
                strays=sum([await _strays(connection, table) for table in PARTITIONED]),
                calls=[
                    line
                    for line in read_ledger(self._target_ledger)
                    if not any(part in line.request for part in self._not_ours)
                ],
                limited=self.limited,
                admissions=await admissions_of(connection, self.limited),
                forgotten=self.forgotten,
            )
        finally:
            await connection.close()


async def _until_nothing_waits(connection: Any, within_s: float, ours: UUID | None) -> None:
    """Fails when something still waits after so many seconds (I4)."""
    end = asyncio.get_running_loop().time() + within_s
    while True:
        waiting = await connection.fetchrow(_WAITING, ours, TERMINAL)
        if not any(waiting.values()):
            return
        if asyncio.get_running_loop().time() > end:
            rows = await connection.fetch(
                "SELECT state, reason, attempt, lease_until - now() AS lease, due_at - now() AS due"
                f" FROM execution WHERE {_OURS} AND NOT state = ANY ($2) LIMIT $3",
                ours, TERMINAL, SHOWN,
            )  # fmt: skip
            raise AssertionError(f"I4: after {within_s} s {dict(waiting)} still wait: {rows}")
        await asyncio.sleep(0.05)  # a poll of other processes' work, bounded by `within_s`


async def _strays(connection: Any, table: str) -> int:
    number: int = await connection.fetchval(f"SELECT count(*) FROM {table}_default")
    return number


def violations(facts: Facts) -> Iterator[str]:
    """Every way in which the facts break an invariant, as a sentence."""
    yield from _of_acceptance(facts)
    yield from _of_decisions(facts)
    yield from _of_rest(facts)
    yield from _of_calls(facts)
    yield from _of_endings(facts)
    if facts.limited is not None:
        yield from of_windows(facts.limited, facts.admissions, facts.forgotten)


def _of_acceptance(facts: Facts) -> Iterator[str]:
    """I1: one event for every accepted delivery, named by every answer that promised it."""
    events = _grouped(facts.events, "sender_id")
    for sent in facts.sent:
        ids = [str(event["id"]) for event in events.pop(sent.id, [])]
        if len(ids) > 1:
            yield f"I1: {sent.id} is {len(ids)} events"
        if sent.accepted and not ids:
            yield f"I1: {sent.id} was accepted and is no event"
        promised = [answer for answer in sent.answers if answer.accepted]
        if any(answer.event_id not in ids for answer in promised):
            yield f"I1: {sent.id} is the event {ids}, and was promised as {promised}"
        if sum(not answer.duplicate for answer in promised) > 1:
            yield f"I1: {sent.id} was accepted as new more than once"
    for unknown in events:
        yield f"I1: nobody sent {unknown}"


def _of_decisions(facts: Facts) -> Iterator[str]:
    """I2: one decision an event, after a first one if it had to wait, and one execution for each
    that matches and is let through."""
    fates = {sent.id: sent.fate for sent in facts.sent}
    decisions = _grouped(facts.decisions, "event_id")
    executions = _grouped(facts.executions, "event_id")
    for event in facts.events:
        name = event["sender_id"]
        verdict = VERDICTS.get(fates.get(name, ""), "fired")
        wanted = verdict == "fired"
        verdicts = [decision["verdict"] for decision in decisions.pop(event["id"], [])]
        if verdicts[:1] == ["deferred"]:
            del verdicts[0]
        if verdicts != [verdict]:
            yield f"I2: {name} was decided as {verdicts}"
        started = executions.pop(event["id"], [])
        if len(started) != int(wanted):
            yield f"I2: {name} started {len(started)} executions"
    for orphan in [*decisions, *executions]:
        yield f"I2: a decision or execution names {orphan}, which is no event"
    named = {d["execution_id"] for d in facts.decisions if d["execution_id"] is not None}
    if named != {execution["id"] for execution in facts.executions}:
        yield "I2: the decisions name other executions than there are"


def _of_rest(facts: Facts) -> Iterator[str]:
    """I4: nothing waits; and nothing fell into a default partition."""
    if facts.pending:
        yield f"I4: {facts.pending} events wait for a decision"
    for execution in facts.executions:
        if execution["state"] not in TERMINAL:
            yield f"I4: {execution['id']} is {execution['state']}"
    if facts.strays:
        yield f"{facts.strays} rows lie in default partitions"


def _of_calls(facts: Facts) -> Iterator[str]:
    """I5: at least one call for each action, all of them under one key that no other action has;
    and never more calls than attempts."""
    attempts = _attempts_by_name(facts)
    calls: dict[tuple[str, str], list[LedgerLine]] = defaultdict(list)
    for line in facts.calls:
        calls[line.id, line.request].append(line)
    owners: dict[str, tuple[str, str]] = {}
    for action, lines in calls.items():
        keys = {line.key for line in lines}
        if len(keys) != 1 or "" in keys:
            yield f"I5: {action} came under the keys {keys}"
        if any(owners.setdefault(key, action) != action for key in keys):
            yield f"I5: {action} shares its key with another action"
        if len(lines) > attempts.get(action[0], 0):
            yield f"I5: {action} came {len(lines)} times in {attempts.get(action[0], 0)} attempts"
    reached = {name for name, _ in calls}
    for sent in facts.sent:
        if not sent.accepted or sent.fate in VERDICTS or sent.fate == UNREACHED:
            continue
        if sent.id not in reached:
            yield f"I5: {sent.id} never reached the target"


def _of_endings(facts: Facts) -> Iterator[str]:
    """I6: everything ended as it had to, and every attempt on the way is on record, once."""
    fates = {sent.id: "dead" if sent.fate == UNREACHED else str(sent.fate) for sent in facts.sent}
    names = {event["id"]: event["sender_id"] for event in facts.events}
    attempts = _grouped(facts.attempts, "execution_id")
    for execution in facts.executions:
        name = names.get(execution["event_id"], "?")
        made = attempts.pop(execution["id"], [])
        if execution["state"] != fates.get(name):
            yield f"I6: {name} is {execution['state']}, and should be {fates.get(name)}"
        if [attempt["number"] for attempt in made] != list(range(1, execution["attempt"] + 1)):
            yield f"I6: {name} has {execution['attempt']} attempts, on record are {made}"
        succeeded = [attempt["number"] for attempt in made if attempt["state"] == "succeeded"]
        if succeeded != ([execution["attempt"]] if execution["state"] == "succeeded" else []):
            yield f"I6: {name} is {execution['state']} and succeeded in the attempts {succeeded}"
        if execution["state"] == "dead" and not (
            execution["reason"] and execution["last_error"] and made and made[-1]["reason"]
        ):
            yield f"I6: {name} is dead, and nothing says why"
    for orphan in attempts:
        yield f"I6: an attempt names {orphan}, which is no execution"


def _attempts_by_name(facts: Facts) -> dict[str, int]:
    names = {event["id"]: event["sender_id"] for event in facts.events}
    return {names[e["event_id"]]: e["attempt"] for e in facts.executions if e["event_id"] in names}


def _grouped(rows: Sequence[Row], by: str) -> dict[Any, list[Row]]:
    groups: dict[Any, list[Row]] = defaultdict(list)
    for row in rows:
        groups[row[by]].append(row)
    return groups
