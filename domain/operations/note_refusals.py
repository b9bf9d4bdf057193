"""Refused requests are sampled before they are stored, so that whoever sends a million bad ones
costs a few rows.

Of each kind (one trigger, one reason) a few a minute become rows; the others are counted on the
latest of these. All of it lives in the memory of one web process, within fixed bounds, until the
next batch is written: what a killed process had not yet written is lost, and nobody waits for it.
"""

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from domain.rules.ids import new_id
from domain.rules.redaction import storable_headers
from domain.store.jsonb import json_text, plain_text
from domain.store.refused_requests import NewRefused

ROWS_A_MINUTE = 5
WINDOW_S = 60.0
MOST_KINDS = 2_000
MOST_WAITING = 500


@dataclass(frozen=True, slots=True)
class Refusal:
    """One refused request of a known hook. `code` is what its sender was told, `reason` what the
    trigger's owner is told; `size` None: the body was not read. `signature_header`: see
    `domain.rules.redaction.storable_headers`."""

    status: int
    code: str
    reason: str
    method: str
    address: str
    headers: Sequence[tuple[str, str]]
    size: int | None
    signature_header: str = ""


@dataclass(slots=True)
class _Kind:
    """What came of one kind: since when the present minute counts, and the latest row."""

    since: float
    rows: int
    latest: UUID


class RefusalSamples:
    """What is to be written at the next batch: new rows, and what to add to rows written before."""

    def __init__(self) -> None:
        self._kinds: OrderedDict[tuple[UUID, str], _Kind] = OrderedDict()
        self._new: dict[UUID, NewRefused] = {}
        self._more: dict[UUID, tuple[int, datetime]] = {}

    def __bool__(self) -> bool:
        return bool(self._new or self._more)

    def note(
        self, team_id: UUID, trigger_id: UUID, refusal: Refusal, now: datetime, clock_s: float
    ) -> None:
        """Note one refusal; `clock_s` is a monotonic clock's time."""
        key = (trigger_id, refusal.reason)
        kind = self._kinds.get(key)
        if kind is not None and clock_s - kind.since >= WINDOW_S:
            kind = None
        if kind is not None and (kind.rows >= ROWS_A_MINUTE or len(self._new) >= MOST_WAITING):
            self._count(kind.latest, now)
        elif len(self._new) < MOST_WAITING:
            row = _row(team_id, trigger_id, refusal, now)
            self._new[row.id] = row
            self._keep(key, kind or _Kind(clock_s, 0, row.id), row.id)

    def take(self) -> tuple[list[NewRefused], dict[UUID, tuple[int, datetime]]]:
        """What is to be written now, and begin anew."""
        new, more = list(self._new.values()), self._more
        self._new, self._more = {}, {}
        return new, more

    def _count(self, row_id: UUID, now: datetime) -> None:
        if row_id in self._new:
            waiting = self._new[row_id]
            self._new[row_id] = replace(waiting, amount=waiting.amount + 1, refused_at=now)
        else:
            amount, _ = self._more.get(row_id, (0, now))
            self._more[row_id] = (amount + 1, now)

    def _keep(self, key: tuple[UUID, str], kind: _Kind, latest: UUID) -> None:
        kind.rows += 1
        kind.latest = latest
        self._kinds[key] = kind
        self._kinds.move_to_end(key)
        if len(self._kinds) > MOST_KINDS:
            self._kinds.popitem(last=False)


def _row(team_id: UUID, trigger_id: UUID, refusal: Refusal, now: datetime) -> NewRefused:
    return NewRefused(
        id=new_id(),
        team_id=team_id,
        trigger_id=trigger_id,
        status=refusal.status,
        code=refusal.code,
        reason=refusal.reason,
        method=plain_text(refusal.method)[:20],
        address=plain_text(refusal.address)[:100],
        headers=json_text(storable_headers(refusal.headers, refusal.signature_header)),
        size=refusal.size,
        amount=1,
        refused_at=now,
    )
