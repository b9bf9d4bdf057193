"""What creating and editing a trigger have in common: reading its parts, storing its secret."""

import secrets as randomness
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hmac import compare_digest
from typing import Any
from uuid import UUID

from domain.encryption import CannotOpen, Vault, trigger_secret_row
from domain.errors import InvalidInput, Problem
from domain.rules.bodies import read_json, read_stored
from domain.rules.checking import Problems, clean_json
from domain.rules.conditions import parse_conditions
from domain.rules.door_settings import DOOR_SETTINGS, parse_door
from domain.rules.ids import new_id
from domain.rules.json_values import write_json
from domain.rules.paths import InvalidPath, compile_path
from domain.rules.retries import parse_retry
from domain.senders import Sender, check_secret, new_secret, sender_for
from domain.senders.secrets import MADE_FROM_BYTES
from domain.store import secrets, workflows
from domain.store.triggers import NewVersion, TriggerRow

# What every webhook trigger's config may hold; the rest is its sender's.
OURS = DOOR_SETTINGS | {"scheme", "id_path", "secret"}


def sender_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """What of a webhook trigger's config is its sender's, for `Sender.parse_config`."""
    return {name: value for name, value in config.items() if name not in OURS}


@dataclass(frozen=True, slots=True)
class Source:
    """How a webhook trigger tells its sender. `config` is without the secret, which is apart."""

    sender: Sender[Any]
    config: dict[str, Any]
    secret: str | None


@dataclass(frozen=True, slots=True)
class TriggerParts:
    """The parts of a trigger version, checked."""

    source: Source
    conditions: Any
    limits: Mapping[str, Any]
    retry: Mapping[str, Any]


def parse_parts(
    config: Mapping[str, Any],
    conditions: Any,
    limits: Mapping[str, Any],
    retry: Mapping[str, Any],
    *,
    found: Sequence[Problem] = (),
) -> TriggerParts:
    """Check all parts of a trigger. Raises InvalidInput with every problem in any of them, and
    those that were `found` before."""
    problems = Problems()
    for problem in found:
        problems.add(problem.field, problem.message)
    source = None
    try:
        source = read_source(config)
    except InvalidInput as refused:
        problems.absorb(refused)
    for check in (lambda: parse_conditions(conditions), lambda: parse_retry(retry)):
        try:
            check()
        except InvalidInput as refused:
            problems.absorb(refused)
    for name in limits:
        problems.add(f"limits.{name}", "is a limit that this version does not know")
    problems.raise_any()
    assert source is not None  # or its problems were raised
    return TriggerParts(source, conditions, limits, retry)


def read_source(config: Mapping[str, Any]) -> Source:
    """The source that a webhook trigger's config describes. Raises InvalidInput."""
    problems = Problems()
    settings = clean_json(dict(config), "config", problems)
    problems.raise_any()
    scheme = config.get("scheme")
    sender = sender_for(scheme)
    kept = sender_settings(config)
    for check in (
        lambda: sender.parse_config(kept),
        lambda: parse_door(config),
        lambda: _check_id_path(config.get("id_path")),
        lambda: check_given_secret(sender, config.get("secret")),
    ):
        try:
            check()
        except InvalidInput as refused:
            problems.absorb(refused)
    problems.raise_any()
    assert isinstance(settings, dict)  # clean_json keeps the type
    public = {name: value for name, value in settings.items() if name != "secret"}
    return Source(sender, public, config.get("secret"))


def _check_id_path(path: object) -> None:
    if path is None:
        return
    if not isinstance(path, str):
        raise InvalidInput.at("config.id_path", "must be a JSONPath")
    try:
        compile_path(path)
    except InvalidPath as refused:
        raise InvalidInput.at("config.id_path", refused.message) from None


def check_given_secret(sender: Sender[Any], secret: object, field: str = "config.secret") -> None:
    """Raises InvalidInput for a secret that cannot be used with the sender's scheme."""
    if secret is None:
        return
    if not sender.needs_secret:
        raise InvalidInput.at(field, f"the scheme {sender.scheme} has no secret")
    if not isinstance(secret, str):
        raise InvalidInput.at(field, "must be text")
    check_secret(sender.scheme, secret, field)


async def refuse_shared_secret(
    team_id: UUID, vault: Vault, trigger_id: UUID, secret: str, field: str = "config.secret"
) -> None:
    """Raises InvalidInput if another trigger of the team verifies with this very secret: what is
    signed for the one would then be good for the other, since no signature covers the address
    (row A38 of the attack catalogue).

    Within the transaction that stores the secret.
    """
    for row in await secrets.sealed_secrets_of_others(team_id, trigger_id):
        try:
            theirs = vault.open(row["ciphertext"], trigger_secret_row(team_id, row["id"]))
        except CannotOpen:
            continue
        if compare_digest(theirs.encode(), secret.encode()):
            raise InvalidInput.at(field, "is another trigger's: each needs a secret of its own")


def make_secret(sender: Sender[Any]) -> str:
    """A fresh signing secret, in the form that the scheme's senders know."""
    return new_secret(sender.scheme, randomness.token_bytes(MADE_FROM_BYTES))


def new_version(parts: TriggerParts, number: int, workflow_id: UUID, created_by: str) -> NewVersion:
    """A version about to be stored."""
    return NewVersion(
        id=new_id(),
        number=number,
        workflow_id=workflow_id,
        config=_json(parts.source.config),
        conditions=None if parts.conditions is None else _json(parts.conditions),
        limits=_json(dict(parts.limits)),
        retry=_json(dict(parts.retry)),
        created_by=created_by,
    )


def _json(value: Any) -> str:
    return write_json(value).decode()


async def require_workflow(team_id: UUID, workflow_id: UUID) -> None:
    """Raises InvalidInput unless the team has this workflow, published.

    Within a transaction: the workflow stays locked, so nobody deletes it under the new trigger.
    """
    found = await workflows.lock_workflow(team_id, workflow_id)
    if found is None:
        raise InvalidInput.at("workflow_id", "there is no such workflow")
    if found.version is None:
        raise InvalidInput.at("workflow_id", "this workflow is a draft: publish it first")


async def seal_secret(team_id: UUID, vault: Vault, trigger_id: UUID, secret: str) -> UUID:
    """Store a signing secret of the trigger, bound to its row; its id."""
    secret_id = new_id()
    sealed = vault.seal(secret, trigger_secret_row(team_id, secret_id))
    await secrets.add_trigger_secret(secret_id, team_id, trigger_id, sealed)
    return secret_id


def trigger_facts(row: TriggerRow) -> dict[str, Any]:
    """What an audit entry keeps of a trigger."""
    return {
        "name": row.name,
        "kind": row.kind,
        "enabled": row.enabled,
        "workflow_id": row.workflow_id,
        "version": row.version,
        "config": read_json(row.config.encode()),
        "conditions": read_stored(row.conditions),
        "limits": read_json(row.limits.encode()),
        "retry": read_json(row.retry.encode()),
    }
