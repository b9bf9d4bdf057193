"""A small named world: Alice (admin) and Bob (viewer) of one team, Charlie (admin) of another."""

import secrets
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from domain.encryption import Vault
from domain.operations.create_team import create_team
from domain.operations.create_trigger import SavedTrigger, TriggerDraft, create_trigger
from domain.operations.create_workflow import create_workflow
from domain.rules.permissions import Actor

KEY = b"a test's own key, which guards nothing at all 0123456789"
CALL = {
    "key": "notify",
    "kind": "http",
    "method": "POST",
    "url": "http://127.0.0.1:9/notify",
    "body": {"order": "{{ $.order.id }}"},
}


@dataclass
class World:
    """Who there is, and shorthands for what they make."""

    alice: Actor
    bob: Actor
    charlie: Actor
    vault: Vault = field(default_factory=lambda: Vault(KEY))

    async def workflow(self, *steps: dict[str, Any], actor: Actor | None = None) -> UUID:
        """A published workflow of Alice's."""
        made = await create_workflow(actor or self.alice, "Notify", list(steps) or [CALL])
        return made.id

    async def trigger(
        self,
        workflow_id: UUID,
        *,
        conditions: Any = None,
        actor: Actor | None = None,
        retry: dict[str, Any] | None = None,
        limits: dict[str, Any] | None = None,
        **config: Any,
    ) -> SavedTrigger:
        """A webhook trigger of Alice's, unsigned unless `config` says otherwise."""
        draft = TriggerDraft(
            name="Orders",
            kind="webhook",
            workflow_id=workflow_id,
            config={"scheme": "none", **config},
            conditions=conditions,
            retry=retry or {},
            limits=limits or {},
        )
        return await create_trigger(actor or self.alice, self.vault, draft)


async def make_world() -> World:
    """Two new teams, so that no test sees another one's rows."""
    ours, theirs = [
        await create_team(name, f"{name}-{secrets.token_hex(6)}") for name in ("ours", "theirs")
    ]
    return World(
        alice=Actor(ours, "user", None, "Alice", "admin"),
        bob=Actor(ours, "user", None, "Bob", "viewer"),
        charlie=Actor(theirs, "user", None, "Charlie", "admin"),
    )
