"""What the buttons inside the trigger form do to it."""

from dataclasses import replace

from domain.errors import InvalidInput
from web.forms.condition_acts import acted
from web.forms.conditions import ROOT
from web.forms.reading import Errors
from web.forms.trigger import TriggerForm

MODE = f"{ROOT}.mode"
"""The button that switches between rows and JSON."""
_CRON = "cron:"
_LIMITS = "limits:"
MOST_CRON = 100


def after_act(form: TriggerForm, act: str) -> tuple[TriggerForm, str, Errors]:
    """The form after the button `act`, what has the focus then, and what stood in its way."""
    try:
        if act == "json:":
            return replace(form, conditions=form.conditions.as_json()), ROOT, {}
        if act == "rows:":
            return replace(form, conditions=form.conditions.as_rows()), MODE, {}
        if act.startswith(_CRON):
            cron = act.removeprefix(_CRON)[:MOST_CRON]
            schedule = replace(form.schedule, schedule_form="cron", cron=cron)
            return replace(form, schedule=schedule), "cron", {}
    except InvalidInput as refused:
        return form, "", form.errors(refused)
    if act.startswith(_LIMITS):
        limits, focus = form.limits.after_act(act.removeprefix(_LIMITS))
        return replace(form, limits=limits), focus, {}
    return _in_conditions(form, act)


def _in_conditions(form: TriggerForm, act: str) -> tuple[TriggerForm, str, Errors]:
    if form.conditions.text is not None:
        return form, "", {}
    done = acted(form.conditions.root, act)
    return replace(form, conditions=replace(form.conditions, root=done.root)), done.focus, {}
