"""Make of events that were gathered one that stands for them: its execution is that of all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from domain.operations.judged_events import Judged
from domain.operations.limited_events import limits_of
from domain.rules.batch_bodies import batch_body, how_many_fit, member_text
from domain.rules.ids import derived_id
from domain.store import batches

CONTENT_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Batched:
    """A batch about to be made: its event as it is judged, and the members. `is_cut`: the body has
    no room for those that come after them."""

    one: Judged
    members: tuple[Judged, ...]
    is_cut: bool

    @property
    def id(self) -> UUID:
        """The event's id."""
        id_: UUID = self.one.row["id"]
        return id_

    def decided(self, trace: Mapping[str, object]) -> list[Judged]:
        """The decisions about it and its members, where it starts. `trace` is its own."""
        members = [
            replace(
                member,
                reason="batched",
                batched_into=self.id,
                trace={**member.trace, "batch_event_id": self.id},
            )
            for member in self.members
        ]
        return [replace(self.one, trace=trace), *members]

    def dropped(self, trace: Mapping[str, object]) -> list[Judged]:
        """The decisions about the members, where there is no room for it, and none is waited for.
        The event itself does not come into being."""
        limits = {"limits": trace.get("limits", [])}
        return [
            replace(member, verdict="rate_limited", reason="over_limit",
                    trace={**member.trace, **limits})
            for member in self.members
        ]  # fmt: skip


def made_batch(gathered: Sequence[Judged]) -> Batched | None:
    """The batch of the first of these events, as many as its trigger puts into one and a body has
    room for; None where the trigger has no batches.

    Its id derives from the first member's: made again after a crash, it is counted once by limits,
    whoever joined meanwhile. It is the first one's too what windows and gates find their keys in.
    """
    first = gathered[0]
    batch = limits_of(first).batch
    if batch is None:
        return None
    chosen = gathered[: batch.most]
    texts = [member_text(one.row) for one in chosen]
    fit = how_many_fit(texts)
    row = {
        **dict(first.row),
        "id": derived_id(first.row["id"], "batch", first.row["trigger_id"]),
        "headers": "[]",
        "query": "",
        "content_type": CONTENT_TYPE,
        "title": f"Batch of {fit} events" if fit > 1 else "Batch of 1 event",
        "sender_id": None,
        "body": batch_body(texts[:fit]),
        "chain_depth": max(one.row["chain_depth"] for one in chosen[:fit]),
    }
    trace = {"result": "matched", "batch": fit}
    one = Judged(row, "fired", "batch_made", trace, None, None, first.trigger, first.subject)
    return Batched(one, tuple(chosen[:fit]), is_cut=fit < len(chosen))


def follow_batches(told: Sequence[Judged]) -> list[Judged]:
    """The same, where the members of a batch that does not start after all (its singleton runs) do
    not start with it."""
    whole = {one.row["id"]: one for one in told}
    return [
        one
        if one.batched_into is None or whole[one.batched_into].verdict == "fired"
        else replace(
            one,
            verdict=whole[one.batched_into].verdict,
            reason=whole[one.batched_into].reason,
            batched_into=None,
        )
        for one in told
    ]


async def store_batches(made: Sequence[Batched]) -> None:
    """Store the events. Within the transaction of their decisions."""
    await batches.add([each.one.row for each in made])
