"""`python -m cli.demo`: a demo team with live sample triggers, and a little real traffic.

May be run again and again: what is there stays, what is missing is made, and new traffic is sent
through the real door, signed like any sender's.
"""

import asyncio
import os
import secrets
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

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
from domain.operations.trigger_parts import sender_settings
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


@dataclass(frozen=True, slots=True)
class Sample:
    """A trigger of the demo, the workflow it runs, and bodies for its traffic."""

    name: str
    workflow: str
    config: dict[str, Any]
    conditions: dict[str, Any] | None
    bodies: tuple[dict[str, Any], ...]


def _issue(number: int, action: str, title: str) -> dict[str, Any]:
    issue = {"number": number, "title": title, "user": {"login": "alice"}}
    return {"action": action, "issue": issue, "repository": {"full_name": "junction/north"}}


def _order(number: int, total: float, customer: str) -> dict[str, Any]:
    order = {"id": number, "total": total, "currency": "EUR", "customer": customer}
    return {"event": "order.paid", "order": order}


SAMPLES = (
    Sample(
        "GitHub: issue opened",
        "Notify the team",
        {"scheme": "github"},
        {"all": [{"path": "$.action", "op": "eq", "value": "opened"}]},
        (
            _issue(12, "opened", "Signal 12 stays at danger"),
            _issue(12, "labeled", "Signal 12 stays at danger"),
            _issue(13, "opened", "Points frozen at North Junction"),
            _issue(12, "closed", "Signal 12 stays at danger"),
        ),
    ),
    Sample(
        "Shop: orders over 100",
        "Reserve and confirm an order",
        {"scheme": "hmac", "algorithm": "sha256", "header": "X-Shop-Signature"},
        {
            "all": [
                {"path": "$.event", "op": "eq", "value": "order.paid"},
                {"path": "$.order.total", "op": "gt", "value": 100},
            ]
        },
        (
            _order(1041, 49.5, "Bob"),
            _order(1042, 129.9, "Charlie"),
            _order(1043, 240, "Alice"),
            _order(1044, 310.4, "Bob"),
        ),
    ),
    Sample(
        "Billing: invoice paid",
        "Notify the team",
        {"scheme": "standard"},
        {"any": [{"path": "$.type", "op": "starts_with", "value": "invoice."}]},
        (
            {"type": "invoice.paid", "data": {"id": "inv_7", "amount": 129.9}},
            {"type": "customer.updated", "data": {"id": "cus_3"}},
        ),
    ),
    Sample(
        "Heartbeat (not signed)",
        "Notify the team",
        {"scheme": "none"},
        None,
        ({"beat": 1, "source": "signal cabin"},),
    ),
)


def _call(key: str, url: str, body: dict[str, Any]) -> dict[str, Any]:
    return {"key": key, "kind": "http", "method": "POST", "url": url, "body": body}


def _steps(target: str) -> dict[str, list[dict[str, Any]]]:
    """The demo's workflows, by name."""
    told = {"trigger": "{{ trigger.name }}", "event": "{{ event.id }}", "body": "{{ event.body }}"}
    reserved = {"order": "{{ $.order.id }}", "total": "{{ $.order.total }}"}
    confirmed = {
        "order": "{{ $.order.id }}",
        "reservation": "{{ steps.reserve.response.body.call }}",
        "text": "Order {{ $.order.id }} over {{ $.order.total }} is confirmed.",
    }
    return {
        "Notify the team": [_call("notify", f"{target}/notify", told)],
        "Reserve and confirm an order": [
            _call("reserve", f"{target}/notify", reserved),
            _call("confirm", f"{target}/flaky", confirmed),
        ],
    }


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
    for name, steps in _steps(target).items():
        if name not in ids:
            ids[name] = (await create_workflow(actor, name, steps)).id
    return ids


async def make_triggers(actor: Actor, vault: Vault, target: str) -> dict[str, TriggerRow]:
    """The demo's triggers by name, made where they are missing."""
    known = await triggers.list_triggers(actor.team_id, TriggerFilters(), before=None, limit=ROOM)
    rows = {row.name: row for row in known}
    missing = [sample for sample in SAMPLES if sample.name not in rows]
    ids = await make_workflows(actor, target) if missing else {}
    for sample in missing:
        draft = TriggerDraft(
            name=sample.name,
            kind="webhook",
            workflow_id=ids[sample.workflow],
            config=sample.config,
            conditions=sample.conditions,
        )
        rows[sample.name] = (await create_trigger(actor, vault, draft)).row
    return rows


# --- Its traffic -------------------------------------------------------------------------------


async def deliveries(vault: Vault, rows: dict[str, TriggerRow], door: str) -> list[OutboundRequest]:
    """Fresh deliveries of all samples, each signed as its sender would."""
    made = []
    for sample in SAMPLES:
        row = rows[sample.name]
        if row.enabled:
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
