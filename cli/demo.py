"""`python -m cli.demo`: a demo team with live sample triggers, and a little real traffic.

May be run again and again: what is there stays, what is missing is made, and new traffic is sent
through the real door, signed like any sender's.
"""

import asyncio
import os
import secrets
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from cli.demo_samples import SAMPLES, Sample, workflows_of
from domain.clock import utc_now
from domain.encryption import Vault, trigger_secret_row
from domain.errors import BadSettings, SignalboxError
from domain.logs import configure_logs
from domain.operations.change_password import change_password
from domain.operations.create_team import create_team
from domain.operations.create_trigger import TriggerDraft, create_trigger
from domain.operations.create_user import create_user
from domain.operations.create_workflow import create_workflow
from domain.operations.passwords import is_password
from domain.operations.webhook_sources import sender_settings
from domain.outbound import Outbound, OutboundRequest
from domain.rules.addresses import parse_networks
from domain.rules.bodies import read_json
from domain.rules.ids import new_id
from domain.rules.permissions import Actor, operator
from domain.senders import sender_for
from domain.settings import Settings, read_settings
from domain.store import secrets as secret_store
from domain.store import teams, triggers, users, workflows
from domain.store.database import Unavailable, close_pool, open_pool
from domain.store.triggers import TriggerFilters, TriggerRow

SLUG = "demo"
EMAIL = "demo@signalbox.local"
DEFAULT_TARGET_PORT = "8099"
ROOM = 200


# --- The team ----------------------------------------------------------------------------------


async def make_team() -> Actor:
    """The operator within the demo team, which is made if it is not there."""
    found = await teams.team_by_slug(SLUG)
    return operator(found["id"] if found else await create_team("Demo", SLUG))


async def make_user(actor: Actor, password: str) -> None:
    """A user who can sign in with `password`."""
    found = await users.user_by_email(EMAIL)
    if found is None:
        await create_user(actor, EMAIL, "Demo", "admin", password)
    elif not await is_password(password, found["password_hash"]):
        await change_password(actor, found["id"], password)


def kept_password(folder: Path) -> str:
    """The demo's password: made once, and kept in a file that only its owner can read."""
    path = folder / "demo.json"
    if path.exists():
        return str(msgspec.json.decode(path.read_bytes())["password"])
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    password = secrets.token_urlsafe(12)
    unfinished = path.with_name("demo.json.new")
    unfinished.unlink(missing_ok=True)
    with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.encode({"email": EMAIL, "password": password}))
    unfinished.replace(path)
    return password


async def make_workflows(actor: Actor, target: str) -> dict[str, UUID]:
    """The demo's workflows by name, made where they are missing."""
    known = await workflows.list_workflows(actor.team_id, name=None, before=None, limit=ROOM)
    ids = {row.name: row.id for row in known if row.version is not None}
    for name, made in workflows_of(target).items():
        if name not in ids:
            workflow = await create_workflow(actor, name, made.steps, input_schema=made.inputs)
            ids[name] = workflow.id
    return ids


async def make_triggers(actor: Actor, vault: Vault, target: str) -> dict[str, TriggerRow]:
    """The demo's triggers by name, made where they are missing."""
    known = await triggers.list_triggers(actor.team_id, TriggerFilters(), before=None, limit=ROOM)
    rows = {row.name: row for row in known}
    missing = [sample for sample in SAMPLES if sample.name not in rows]
    ids = await make_workflows(actor, target) if missing else {}
    for sample in missing:
        rows[sample.name] = (await create_trigger(actor, vault, _draft(sample, ids))).row
    return rows


def _draft(sample: Sample, ids: Mapping[str, UUID]) -> TriggerDraft:
    watched = {"source_workflow_id": str(ids[sample.watches])} if sample.watches else {}
    return TriggerDraft(
        name=sample.name,
        kind=sample.kind,
        workflow_id=ids[sample.workflow],
        config={**sample.config, **watched},
        conditions=sample.conditions,
        expected_by=sample.expected_by,
    )


# --- Its traffic -------------------------------------------------------------------------------


async def deliveries(vault: Vault, rows: dict[str, TriggerRow], door: str) -> list[OutboundRequest]:
    """Fresh deliveries of all samples, each signed as its sender would."""
    made = []
    for sample in SAMPLES:
        row = rows[sample.name]
        if row.enabled and sample.bodies:
            secret = await _secret_of(vault, row)
            made += [_delivery(row, secret, body, door) for body in sample.bodies]
    return made


async def _secret_of(vault: Vault, row: TriggerRow) -> str:
    sealed = await secret_store.sealed_trigger_secrets(row.team_id, row.id)
    if not sealed:
        return ""
    return vault.open(sealed[0]["ciphertext"], trigger_secret_row(row.team_id, sealed[0]["id"]))


def _delivery(row: TriggerRow, secret: str, content: dict[str, Any], door: str) -> OutboundRequest:
    config: Any = read_json(row.config.encode())
    sender, now = sender_for(config["scheme"]), utc_now()
    # As with a true sender no body is like another one: an equal one would be taken for a repeat.
    body = msgspec.json.encode({**content, "sent_at": now})
    settings = sender.parse_config(sender_settings(config))
    signed = sender.sign(body, secret, settings, now, str(new_id()))
    return OutboundRequest(
        method="POST",
        url=f"{door}/hooks/{row.hook_token}",
        headers=(("Content-Type", "application/json"), *signed.items()),
        body=body,
    )


async def send(requests: Sequence[OutboundRequest]) -> None:
    """Send deliveries one after the other. Raises SignalboxError when one is not accepted."""
    outbound = Outbound(parse_networks("127.0.0.0/8"))
    await outbound.start()
    try:
        for request in requests:
            answer = await outbound.request(request)
            if not 200 <= answer.status < 300:  # noqa: PLR2004
                raise SignalboxError(f"The demo's traffic was answered {answer.status}.")
    finally:
        await outbound.close()


async def make_demo(settings: Settings) -> str:
    """Make the demo and send its traffic; the password of its user."""
    password = kept_password(settings.data_dir)
    port = os.environ.get("DEMO_TARGET_PORT") or DEFAULT_TARGET_PORT
    vault = Vault(settings.secret_key, settings.previous_secret_keys)
    await open_pool(2)
    try:
        actor = await make_team()
        await make_user(actor, password)
        rows = await make_triggers(actor, vault, f"http://127.0.0.1:{port}")
        if not settings.secure:  # or the door would refuse what comes in plain
            await send(await deliveries(vault, rows, f"http://127.0.0.1:{settings.port}"))
    finally:
        await close_pool()
    return password


def main() -> None:
    """Make the demo, and print how to sign in to it."""
    configure_logs("demo", "warning", sys.stderr)
    try:
        settings = read_settings(os.environ)
        password = asyncio.run(make_demo(settings))
    except BadSettings as bad:
        sys.exit(f"The settings need mending:\n{bad}")
    except Unavailable as away:
        sys.exit(f"The database cannot be reached: {away}")
    except SignalboxError as refused:
        sys.exit(refused.message)
    print(f"email: {EMAIL}")
    print(f"password: {password}")


if __name__ == "__main__":
    main()
