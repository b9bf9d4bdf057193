"""What the trigger form offers as paths: the fields of the latest events, or of the sample."""

from domain.clock import utc_now
from domain.operations.seen_fields import look_at_recent
from domain.rules.permissions import Actor
from domain.rules.subjects import sample_event, subject_of
from domain.senders import SENDERS
from domain.store.triggers import TriggerRow
from web.presenters.condition_paths import KnownPaths, Paths


async def paths_for(actor: Actor, scheme: str, row: TriggerRow | None) -> Paths:
    """The paths to choose from by their sources, each with a value that it finds."""
    known = KnownPaths()
    seen = row is not None and await look_at_recent(actor, row.id, row.version, known.add)
    sender = SENDERS.get(scheme)
    if not seen and sender is not None:
        known.add(subject_of(sample_event(sender.sample_body(), utc_now()), 1))
    return known.by_source
