"""The signing secrets of a trigger, and whether senders still use the old ones."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.store.secrets import TriggerSecretShown
from web.presenters.words import Lamp

OVERLAPS = (
    ("0", "End now"),
    ("3600", "Work for 1 hour more"),
    ("86400", "Work for 1 day more"),
    ("604800", "Work for 7 days more"),
    ("2592000", "Work for 30 days more"),
)
DEFAULT_OVERLAP = "86400"


@dataclass(frozen=True, slots=True)
class SecretRow:
    """A live secret. `newest`: the one that a sender should have by now."""

    secret: TriggerSecretShown
    newest: bool
    lamp: Lamp


@dataclass(frozen=True, slots=True)
class SecretsShown:
    """The live secrets, newest first, and which the senders use, in the words of `usage`."""

    rows: tuple[SecretRow, ...]
    old_in_use: SecretRow | None
    usage: str


def secrets_shown(secrets: Sequence[TriggerSecretShown]) -> SecretsShown:
    """The secrets of one trigger."""
    rows = tuple(_row(secret, newest=index == 0) for index, secret in enumerate(secrets))
    used = [row for row in rows if row.secret.used_at is not None]
    latest = max(used, key=lambda row: row.secret.used_at or row.secret.created_at, default=None)
    old = latest if latest is not None and not latest.newest else None
    return SecretsShown(rows, old, _usage(rows, latest))


def _row(secret: TriggerSecretShown, *, newest: bool) -> SecretRow:
    if secret.retired_at is not None:
        lamp = Lamp("Ending", "caution")
    else:
        lamp = Lamp("In force", "clear") if newest else Lamp("Works too", "clear")
    return SecretRow(secret, newest, lamp)


def _usage(rows: Sequence[SecretRow], latest: SecretRow | None) -> str:
    if latest is None:
        return "No delivery was signed with any of them yet."
    if not latest.newest:
        return "Senders still sign with an old one."
    return "Senders sign with the newest one." if len(rows) > 1 else ""
