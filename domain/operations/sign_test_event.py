"""Sign a test event of a webhook trigger, as its sender would sign a delivery.

The door then takes it like any other: what a test shows is what the sender will see.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from domain.clock import utc_now
from domain.encryption import Vault, trigger_secret_row
from domain.errors import InvalidInput, NotFound
from domain.operations.webhook_sources import sender_settings
from domain.rules.bodies import read_json
from domain.rules.ids import new_id
from domain.rules.permissions import SEND_TEST_EVENTS, Actor
from domain.senders import sender_for
from domain.store import audit, secrets, triggers
from domain.store.triggers import TriggerRow

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class TestDraft:
    """What someone wants to send: `headers` come on top of those of the signature, and win. An
    `unlimited` one is held back by no limit, and says so wherever it shows."""

    __test__ = False

    body: bytes
    content_type: str
    headers: Pairs = ()
    unlimited: bool = False


@dataclass(frozen=True, slots=True)
class SignedDelivery:
    """A delivery that is ready for the door."""

    hook_token: str
    headers: Pairs
    body: bytes
    delivery_id: str
    unlimited: bool = False


async def sign_test_event(
    actor: Actor, vault: Vault, trigger_id: UUID, draft: TestDraft
) -> SignedDelivery:
    """The delivery, signed with the trigger's newest secret, under an id that is new.

    Raises NotFound, InvalidInput (a signed scheme without a live secret), and CannotOpen.
    """
    actor.require(SEND_TEST_EVENTS)
    row = await triggers.find_trigger(actor.team_id, trigger_id)
    if row is None or row.hook_token is None:
        raise NotFound
    delivery_id = f"test_{new_id().hex}"
    signature = await signature_of(vault, row, draft.body, delivery_id)
    facts = {
        "delivery_id": delivery_id,
        "size": len(draft.body),
        "content_type": draft.content_type,
        "headers": [name for name, _ in draft.headers],
        "unlimited": draft.unlimited,
    }
    await audit.record(actor, "send_test_event", "trigger", row.id, after=facts)
    headers = _merged({"Content-Type": draft.content_type, **signature}, draft.headers)
    return SignedDelivery(row.hook_token, headers, draft.body, delivery_id, draft.unlimited)


async def signature_of(
    vault: Vault, row: TriggerRow, body: bytes, delivery_id: str
) -> Mapping[str, str]:
    """The headers with which the trigger's sender would sign a delivery just now.

    Raises InvalidInput (a signed scheme without a live secret), and CannotOpen.
    """
    return _signature(row, body, await _newest_secret(vault, row), delivery_id)


async def _newest_secret(vault: Vault, row: TriggerRow) -> str:
    """The secret; empty where there is none."""
    for newest in await secrets.sealed_trigger_secrets(row.team_id, row.id):
        return vault.open(newest["ciphertext"], trigger_secret_row(row.team_id, newest["id"]))
    return ""


def _signature(row: TriggerRow, body: bytes, secret: str, delivery_id: str) -> Mapping[str, str]:
    config: Any = read_json(row.config.encode())
    sender = sender_for(config["scheme"])
    if sender.needs_secret and not secret:
        raise InvalidInput.at("secret", "the trigger has no signing secret: rotate it first")
    settings = sender.parse_config(sender_settings(config))
    return sender.sign(body, secret, settings, utc_now(), delivery_id)


def _merged(ours: Mapping[str, str], given: Pairs) -> Pairs:
    """Ours, then those given; one that is given replaces ours of that name."""
    names = {name.lower() for name, _ in given}
    return [*((k, v) for k, v in ours.items() if k.lower() not in names), *given]
