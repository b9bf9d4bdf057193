"""What the trigger form shows beside its fields: choices, what is wrong, and what someone else
saved meanwhile."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from domain.rules.bodies import UnreadableBody, read_json
from domain.rules.door_settings import ANSWER_TYPES, METHODS
from domain.rules.json_values import JsonValue, write_json
from domain.senders import SENDERS
from domain.store.pages_triggers import Choice
from web.forms.reading import FORM, Errors
from web.forms.schedule import UNUSUAL_FIELDS
from web.forms.trigger import TriggerForm
from web.presenters import limit_forms, trigger_kinds
from web.presenters.condition_rows import (
    GROUP_CHOICES,
    OPERATOR_CHOICES,
    rows_shown,
)
from web.presenters.differences import Difference, differences
from web.presenters.policies import KIND_CHOICES, POLICY_WORDS

_SCHEMES = {
    "hmac": "HMAC: most senders",
    "standard": "Standard Webhooks",
    "github": "GitHub",
    "stripe": "Stripe",
    "slack": "Slack",
    "shopify": "Shopify",
    "none": "None: whoever knows the address may send",
}
SCHEME_CHOICES = tuple(pair for pair in _SCHEMES.items() if pair[0] in SENDERS)
_LABELS = {
    "workflow_id": "Workflow to run",
    "pinned_version": "Version of it",
    "schedule_form": "Comes due",
    "cron": "Cron expression",
    "unit": "Unit",
    "anchor": "Counted from",
    "at": "At",
    "zone": "Time zone",
    "gap": "A time that is left out",
    "fold": "A time that comes twice",
    "starts_at": "Not before",
    "ends_at": "Not after",
    "jitter_s": "Jitter",
    "catch_up": "What was missed",
    "catch_up_most": "At most so many",
    "catch_up_window_s": "Not older than",
    "overlap": "While one still runs",
    "source_workflow_id": "Workflow to wait for",
    "on": "When it",
    "most_depth": "Longest chain",
    "expected": "Expected",
    "expected_every": "At least every",
    "expected_unit": "Unit",
    "expected_cron": "Expected by cron",
    "expected_zone": "Expected in zone",
    "expected_grace": "Grace",
    "scheme": "Signature",
    "secret": "Signing secret",
    "signed": "Signed string",
    "tolerance_s": "Oldest delivery",
    "id_path": "Sender's id",
    "dedup_days": "Days an id is remembered",
    "dedup_body": "The same body under another id",
    "max_body": "Largest body",
    "cors_origins": "Web pages that may send",
    "answer_own": "Answer",
    "answer_status": "Status of the answer",
    "answer_type": "Type of the answer",
    "answer_body": "Body of the answer",
    "when_disabled": "While it is switched off",
    "disable_after": "Switch it off after",
    "backtest_last": "Last events",
    "backtest_from": "From",
    "backtest_to": "To",
    "sample": "Sample",
}
_PARTS = {"op": "operator", "type": "comparison", "missing": "missing value", "raw": "JSON",
          "upto": "upper bound", "quantifier": "several values",
          "case_insensitive": "upper and lower case"}  # fmt: skip
# Where the sender makes the secret, it does so once it knows the trigger's address.
_THEIRS = "{} Until you have it, leave this empty; the trigger's page takes it later."
_OURS = "Leave it empty and one is made, which you then see once."
_SECRET_HINTS = {
    "stripe": _THEIRS.format("Stripe shows it beside the endpoint; it begins with whsec_."),
    "slack": _THEIRS.format("Slack shows it as Signing Secret among the app's basic information."),
    "shopify": _THEIRS.format("Shopify shows it below its list of webhooks."),
}
DOOR_FIELDS = ("methods", "addresses", "max_body", "when_disabled", "dedup_days", "dedup_body",
               "cors_origins", "answer_own", "answer_status", "answer_type",
               "answer_body")  # fmt: skip
CHOICES: Mapping[str, Any] = {
    "schemes": SCHEME_CHOICES,
    "methods": METHODS,
    "answer_types": tuple((type_, type_) for type_ in ANSWER_TYPES),
    "operators": OPERATOR_CHOICES,
    "groups": GROUP_CHOICES,
}


def form_shown(form: TriggerForm, errors: Errors) -> dict[str, Any]:
    """What the form's templates need, whoever's trigger it is."""
    return {
        "form": form,
        "errors": errors,
        "lines": error_lines(errors),
        "rows": rows_shown(form.conditions),
        "choices": CHOICES,
        "offered": trigger_kinds,
        "kind_shown": trigger_kinds.KIND_WORDS[form.kind],
        "unusual_fields": UNUSUAL_FIELDS,
        "secret_hint": _SECRET_HINTS.get(form.source.scheme, _OURS),
        "door_fields": DOOR_FIELDS,
        "limit_choices": limit_forms,
        "failure_kinds": KIND_CHOICES,
        "folds": limit_forms.folds_open(form.limits, errors),
        "focus": "",
        "meanwhile": None,
        "trial": None,
        "preview": None,
        "own_zone_unknown": False,
    }


@dataclass(frozen=True, slots=True)
class ErrorLine:
    """A line of the summary: the field, what people call it, and what is wrong."""

    field: str
    label: str
    message: str


def error_lines(errors: Errors) -> list[ErrorLine]:
    """Everything that is wrong, in the order of the page."""
    return [
        ErrorLine(field, label_of(field), message)
        for field, messages in errors.items()
        for message in messages
    ]


def label_of(field: str) -> str:
    """What people call a field: `Clause 2.1, value` for `conditions.1.0.value`."""
    parts = field.split(".")
    if parts[0] == "retry":
        return POLICY_WORDS[parts[-1]]
    if parts[0] == "limits":
        return limit_forms.limit_label(field)
    if parts[0] != "conditions" or len(parts) == 1:
        return _LABELS.get(field, field.replace("_", " ").capitalize()) if field != FORM else ""
    number = ".".join(str(int(part) + 1) for part in parts[1:-1])
    if parts[-1] == "group":
        return f"Group {number}" if number else "Conditions"
    return f"Clause {number}, {_PARTS.get(parts[-1], parts[-1])}"


# --- Someone else saved ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SavedMeanwhile:
    """`theirs`: what the other one changed since the form was opened (None when that is not
    known). `mine`: what saving would change of what is there now."""

    theirs: tuple[Difference, ...] | None
    mine: tuple[Difference, ...]


def facts_of(form: TriggerForm, workflows: Iterable[Choice]) -> JsonValue:
    """What the form says, as people compare it. Secrets are left out. Raises InvalidInput."""
    parts = form.parts()
    source = {name: value for name, value in parts["config"].items() if name != "secret"}
    return {
        "name": parts["name"],
        "workflow": _workflow_name(workflows, parts["workflow_id"]),
        "version": parts["pinned_version"] or "newest",
        "switched_on": form.enabled,
        "source": source,
        "conditions": parts["conditions"] or "none",
        "limits": parts["limits"] or "none",
        "execution": parts["retry"],
        "switched_off_after": parts["disable_after"] or "never",
        "expected_by": parts["expected_by"] or "nothing",
    }


def _workflow_name(workflows: Iterable[Choice], workflow_id: Any) -> str:
    names: Mapping[Any, str] = {choice.id: choice.name for choice in workflows}
    return names.get(workflow_id, str(workflow_id))


def facts_text(facts: JsonValue) -> str:
    """The facts for a hidden field."""
    return write_json(facts).decode()


def saved_meanwhile(was: str, now: JsonValue, mine: JsonValue) -> SavedMeanwhile:
    """Who saved what. `was` comes from the form's hidden field, so it may be anything."""
    try:
        opened = read_json(was.encode("utf-8", "surrogatepass"))
    except UnreadableBody:
        opened = None
    theirs = differences(opened, now) if isinstance(opened, dict) else None
    return SavedMeanwhile(theirs, differences(now, mine))
