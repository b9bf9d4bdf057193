"""What the trigger form offers as paths: the fields of the latest events, or of the sample."""

from domain.clock import utc_now
from domain.operations.seen_fields import look_at_recent
from domain.rules.permissions import Actor
from domain.rules.subjects import sample_event, subject_of
from domain.store.triggers import TriggerRow
from web.presenters.condition_paths import KnownPaths, Paths
from web.presenters.kind_samples import SampleEvent


async def paths_for(actor: Actor, sample: SampleEvent | None, row: TriggerRow | None) -> Paths:
    """The paths to choose from by their sources, each with a value that it finds."""
    known = KnownPaths()
    seen = row is not None and await look_at_recent(actor, row.id, row.version, known.add)
    if not seen and sample is not None:
        known.add(subject_of(sample_event(sample.body, utc_now(), kind=sample.kind), 1))
    return known.by_source
