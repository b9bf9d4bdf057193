"""What the trigger form shows of a schedule while it is being made."""

from typing import Any

from domain.errors import InvalidInput
from domain.operations.preview_schedule import preview_schedule
from domain.rules.permissions import Actor
from domain.store.calendars import list_calendars
from web.forms.reading import Errors
from web.forms.trigger import TriggerForm
from web.presenters.schedule_preview import preview_shown

_UNREAD = "This is no schedule yet: see the fields that are marked."


async def schedule_context(actor: Actor, form: TriggerForm, zone: str | None) -> dict[str, Any]:
    """The preview of the form's schedule, or in `problems` what keeps it from being one: nothing is
    said of what is only not filled in yet. Other kinds have none."""
    if form.kind != "schedule":
        return {"calendars": [], "preview": None, "unread": "", "problems": {}}
    calendars = await list_calendars(actor.team_id)
    context: dict[str, Any] = {"calendars": calendars, "preview": None, "unread": ""}
    try:
        found = await preview_schedule(actor, form.config())
    except InvalidInput as refused:
        problems = _worth_telling(form, form.errors(refused))
        return {**context, "problems": problems, "unread": _UNREAD if problems else ""}
    names = {calendar.id: calendar.name for calendar in calendars}
    return {**context, "problems": {}, "preview": preview_shown(found, zone, names)}


def _worth_telling(form: TriggerForm, errors: Errors) -> Errors:
    return {name: told for name, told in errors.items() if getattr(form.schedule, name, None) != ""}
