"""Keep the canaries going: write down each minute what is expected of them, send what the webhook
canary sends, and look what came of it.

What is expected is on record before anything is done about it, so what was not done shows, too.
"""

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from domain.encryption import CannotOpen, Vault
from domain.errors import InvalidInput
from domain.logs import logger
from domain.operations.make_canaries import make_canaries, system_actor
from domain.operations.set_trigger_enabled import set_trigger_enabled
from domain.operations.sign_test_event import signature_of
from domain.outbound import Outbound, OutboundFailed, OutboundRequest, OutboundResponse
from domain.rules.addresses import parse_networks
from domain.rules.canaries import KINDS, Outcome, Seen, outcome_of
from domain.rules.urls import InvalidUrl, destination, parse_url
from domain.store import canaries
from domain.store.canaries import CanaryTrigger, Flock
from domain.store.database import Row
from domain.store.triggers import find_trigger

MOST_AT_ONCE = 1_000
ANSWERED_WITHIN_S = 10.0
TRY_AGAIN_AFTER_S = (5.0, 15.0)
NO_SECRET = "no_secret"  # noqa: S105 - a reason word
KEPT = timedelta(days=40)
_ACCEPTED = 202
_EVERYWHERE = parse_networks("0.0.0.0/0 ::/0")

log = logger(__name__)


def outbound_to_ourselves(base_url: str) -> Outbound:
    """A client that reaches BASE_URL, also where that is a private address, and nothing else. For a
    BASE_URL that we cannot call it reaches nothing: the canary then says why."""
    try:
        only = destination(parse_url(base_url))
    except InvalidUrl:
        only = base_url
    return Outbound(_EVERYWHERE, only=only, limit=2)


class Canaries:
    """The canaries of one clock process. Any number of them may keep the same canaries: of each
    minute's rows one of them writes the first, and that one sends."""

    def __init__(self, vault: Vault, outbound: Outbound, base_url: str) -> None:
        self._vault = vault
        self._outbound = outbound
        self._base_url = base_url

    async def keep(self) -> None:
        """See to all of it once; to be called about each second."""
        flock = await canaries.find_flock() or await make_canaries(self._vault)
        await switch_canaries(self._vault, flock, on=True)
        schedule = flock["schedule"]
        for probe in await canaries.expect(schedule.team_id, KINDS, schedule.since):
            if probe["kind"] == "webhook" and probe["present"]:
                await self._send(flock["webhook"], probe["minute"])
        await settle_probes(flock)

    async def _send(self, trigger: CanaryTrigger, minute: datetime) -> None:
        """Deliver to ourselves, by the way that senders come, and again under the same id where it
        was not accepted, as the promise wants it. What keeps us from it is the outcome."""
        event_id, reason = await self._try(trigger, minute)
        for pause_s in TRY_AGAIN_AFTER_S:
            if event_id is not None or reason == NO_SECRET:
                break
            await asyncio.sleep(pause_s)
            event_id, reason = await self._try(trigger, minute)
        if event_id is not None:
            await canaries.note_sent(minute, event_id)
            return
        log.warning("canary_not_accepted", reason=reason)
        await canaries.settle([("webhook", minute, Outcome("missed", reason), Seen(), None)])

    async def _try(self, trigger: CanaryTrigger, minute: datetime) -> tuple[UUID | None, str]:
        """The event that the delivery became, or why it became none."""
        body = msgspec.json.encode({"canary": "webhook", "minute": minute})
        try:
            answer = await self._outbound.request(await self._delivery(trigger, minute, body))
        except OutboundFailed as failed:
            return None, failed.reason
        except (CannotOpen, InvalidInput):
            return None, NO_SECRET
        return _event_in(answer), "not_accepted"

    async def _delivery(
        self, trigger: CanaryTrigger, minute: datetime, body: bytes
    ) -> OutboundRequest:
        row = await find_trigger(trigger.team_id, trigger.id)
        assert row is not None  # nobody can delete it
        signed = await signature_of(self._vault, row, body, f"canary-{minute:%Y%m%dT%H%M}")
        headers = [("Content-Type", "application/json"), *signed.items()]
        url = f"{self._base_url}/hooks/{trigger.hook_token}"
        return OutboundRequest("POST", url, headers, body, ANSWERED_WITHIN_S)


def _event_in(answer: OutboundResponse) -> UUID | None:
    if answer.status != _ACCEPTED:
        return None
    try:
        return UUID(msgspec.json.decode(answer.body)["event_id"])
    except (msgspec.DecodeError, KeyError, TypeError, ValueError):
        return None


async def switch_canaries(vault: Vault, flock: Flock, *, on: bool) -> None:
    """Have their triggers on or off, as the operator wants it."""
    for trigger in flock.values():
        if trigger.enabled != on:
            actor = system_actor(trigger.team_id)
            await set_trigger_enabled(actor, vault, trigger.id, enabled=on)


async def silence_canaries(vault: Vault) -> None:
    """Switch the canaries off, if there are any; what is still open is settled."""
    flock = await canaries.find_flock()
    if flock:
        await switch_canaries(vault, flock, on=False)
        await settle_probes(flock)


async def forget_probes(now: datetime) -> None:
    """Delete the probes that are past their time."""
    await canaries.forget_probes(now - KEPT, MOST_AT_ONCE)


async def settle_probes(flock: Flock) -> None:
    """Look how the open probes are doing; those whose outcome is known are settled, by whichever
    clock is first."""
    probes = await canaries.open_probes(MOST_AT_ONCE)
    if not probes:
        return
    seen = await _look(flock, probes)
    ended = []
    for probe in probes:
        kind, minute = probe["kind"], probe["minute"]
        known, event_id = seen[kind, minute]
        if outcome := outcome_of(kind, minute, known, probe["now"]):
            ended.append((kind, minute, outcome, known, event_id))
    if ended:
        await canaries.settle(ended)


_Known = dict[tuple[str, datetime], tuple[Seen, UUID | None]]


async def _look(flock: Flock, probes: Sequence[Row]) -> _Known:
    """What is known of each probe, and its event."""
    minutes = sorted({probe["minute"] for probe in probes})
    slots = await canaries.slots_of(flock["schedule"], minutes)
    scheduled = {at: slot["event_id"] for at, slot in slots.items() if slot["event_id"]}
    ran = await canaries.executions_of(flock["schedule"], list(scheduled.values()))
    by_execution = await canaries.events_caused_by(
        flock["chain"], [row["id"] for row in ran.values()]
    )
    chained = {
        at: by_execution[ran[event_id]["id"]]
        for at, event_id in scheduled.items()
        if event_id in ran and ran[event_id]["id"] in by_execution
    }
    sent = {p["minute"]: p["event_id"] for p in probes if p["kind"] == "webhook" and p["event_id"]}
    events = {"schedule": scheduled, "webhook": sent, "chain": chained}
    executions = {
        **ran,
        **await canaries.executions_of(flock["webhook"], list(sent.values())),
        **await canaries.executions_of(flock["chain"], list(chained.values())),
    }
    found: _Known = {}
    for probe in probes:
        kind, minute = probe["kind"], probe["minute"]
        event_id = events[kind].get(minute)
        slot, execution = slots.get(minute), executions.get(event_id) if event_id else None
        found[kind, minute] = (_seen(slot, event_id, execution), event_id)
    return found


def _seen(slot: Row | None, event_id: UUID | None, execution: Row | None) -> Seen:
    return Seen(
        slot_state=slot["state"] if slot else None,
        has_event=event_id is not None,
        state=execution["state"] if execution else None,
        started_at=execution["started_at"] if execution else None,
    )
