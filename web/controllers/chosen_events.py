"""The event that the conditions of a form are tried on."""

from contextlib import suppress
from dataclasses import dataclass

from domain.clock import utc_now
from domain.errors import InvalidInput, NotFound, SignalboxError
from domain.operations.pick_event import choices_of, pick_event
from domain.rules.bodies import UnreadableBody
from domain.rules.permissions import Actor
from domain.rules.subjects import Subject, sample_event, subject_of
from domain.store.recent_events import EventChoice
from domain.store.triggers import TriggerRow
from web.forms.chosen_event import PASTED, SAMPLE, ChosenEvent
from web.forms.reading import Errors, errors_by_field
from web.presenters.event_tree import EventTree, event_tree
from web.presenters.kind_samples import SampleEvent
from web.presenters.payload import MOST_TREE_OCTETS


class TooLarge(SignalboxError):
    """The body is too large to be tried on while one types."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The chosen event: its subject, or in `fault` why its body cannot be read; `errors` are at
    the form's fields."""

    form: ChosenEvent
    subject: Subject | None = None
    fault: str = ""
    errors: Errors | None = None

    @property
    def tree(self) -> EventTree | None:
        """What paths may name of it."""
        return event_tree(self.subject) if self.subject else None


async def events_of(actor: Actor, row: TriggerRow | None) -> list[EventChoice]:
    """The events to choose from."""
    return [] if row is None else await choices_of(actor, row.id)


async def chosen_event(
    actor: Actor, row: TriggerRow | None, sample: SampleEvent | None, form: ChosenEvent
) -> Chosen:
    """The event that the form names. Raises NotFound when the trigger has no such event."""
    version = row.version if row else 1
    try:
        return Chosen(form, await _subject(actor, row, sample, form, version))
    except InvalidInput as refused:
        return Chosen(form, errors=errors_by_field(refused.problems, ["sample"], {}))
    except (UnreadableBody, TooLarge) as unreadable:
        return Chosen(form, fault=str(unreadable))


async def _subject(
    actor: Actor,
    row: TriggerRow | None,
    sample: SampleEvent | None,
    form: ChosenEvent,
    version: int,
) -> Subject | None:
    if form.chosen == PASTED:
        body, kind = form.body(), sample.kind if sample else "webhook"
        return _sampled(SampleEvent(kind, body), version) if body.strip() else None
    if row is not None and form.event_id is not None:
        event = await pick_event(actor, row.id, form.event_id)
        if len(event["body"]) > MOST_TREE_OCTETS:
            raise TooLarge
        return subject_of(event, version)
    return _sampled(sample, version) if sample else None


def _sampled(sample: SampleEvent, version: int) -> Subject:
    return subject_of(sample_event(sample.body, utc_now(), kind=sample.kind), version)


async def chosen_or_first(
    actor: Actor,
    row: TriggerRow | None,
    sample: SampleEvent | None,
    form: ChosenEvent,
    events: list[EventChoice],
) -> Chosen:
    """The event that the form names; when it names none, or one that is gone, the newest of
    `events`, or else the sample."""
    if form.chosen:
        with suppress(NotFound):
            return await chosen_event(actor, row, sample, form)
    first = ChosenEvent(str(events[0].id) if events else SAMPLE)
    return await chosen_event(actor, row, sample, first)
