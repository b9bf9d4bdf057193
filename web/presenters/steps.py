"""Steps as people read them: on the workflow's page, in differences, and beside their mistakes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain.rules.json_values import JsonValue, write_json
from domain.rules.retries import parse_retry
from domain.rules.workflow_steps import DEFAULT_TIMEOUT_S
from web.forms.policy import POLICY_FIELDS
from web.forms.reading import FORM, Errors
from web.forms.steps import StepRow, row_fields
from web.presenters.differences import Difference, differences
from web.presenters.payload import pretty
from web.presenters.policies import POLICY_WORDS, retry_words

_FIELD_WORDS = {
    "key": "Key",
    "method": "Method",
    "url": "URL",
    "headers": "Headers",
    "body": "Body",
    "body_kind": "Body",
    "timeout_s": "Deadline",
    "on_unknown": "If no answer is seen",
    "retry": "Retries",
}
_DEFAULTS: Mapping[str, JsonValue] = {
    "method": "POST",
    "headers": {},
    "body": None,
    "timeout_s": int(DEFAULT_TIMEOUT_S),
    "on_unknown": "retry",
    "retry": {},
}
_ON_UNKNOWN = {
    "retry": "it is called again, with the same key",
    "hold": "the execution waits for somebody to say what follows",
    "give_up": "it is given up, never called twice",
}


@dataclass(frozen=True, slots=True)
class StepShown:
    """A step laid out for reading. `body` is empty when nothing is sent."""

    key: str
    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: str
    timeout: str
    on_unknown: str
    retry: str


@dataclass(frozen=True, slots=True)
class Mistake:
    """A line of the summary above a form: where it leads (`field` is the name of the field, empty
    for the form as a whole), what people call it, and what is wrong."""

    field: str
    where: str
    message: str


def steps_shown(steps: JsonValue) -> tuple[StepShown, ...]:
    """Stored steps; none for a workflow without any."""
    known = steps if isinstance(steps, list) else []
    return tuple(
        _shown(_with_defaults(step, _DEFAULTS)) for step in known if isinstance(step, dict)
    )


def _shown(step: Mapping[str, Any]) -> StepShown:
    return StepShown(
        key=step["key"],
        method=step["method"],
        url=step["url"],
        headers=tuple((str(name), str(value)) for name, value in (step["headers"] or {}).items()),
        body=body_words(step["body"]),
        timeout=f"{float(step['timeout_s']):g} s",
        on_unknown=_ON_UNKNOWN.get(step["on_unknown"], step["on_unknown"]),
        retry=retry_words(parse_retry(step["retry"])) if step["retry"] else "",
    )


def body_words(body: JsonValue) -> str:
    """What is sent: a text as it is, other JSON laid out."""
    if body is None:
        return ""
    return body if isinstance(body, str) else pretty(write_json(body).decode())


def workflow_differences(
    before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]
) -> tuple[Difference, ...]:
    """What differs between two states of a workflow: `{"name", "steps"}`, or steps alone. What one
    of them leaves out and the other spells is compared with its default."""
    old, new = before.get("steps"), after.get("steps")
    return differences(
        {**before, "steps": _completed(old, new)}, {**after, "steps": _completed(new, old)}
    )


def _completed(steps: JsonValue, others: JsonValue) -> JsonValue:
    """The steps with the defaults of what the `others` of the same key have and they leave out."""
    if not isinstance(steps, list) or not isinstance(others, list):
        return steps
    known = {str(other.get("key")): other for other in others if isinstance(other, dict)}
    return [
        _with_defaults(step, known.get(str(step.get("key")), {}))
        if isinstance(step, dict)
        else step
        for step in steps
    ]


def _with_defaults(step: Mapping[str, Any], wanted: Iterable[str]) -> dict[str, Any]:
    missing = {name: _DEFAULTS[name] for name in wanted if name in _DEFAULTS and name not in step}
    return {**step, **missing}


def mistakes(errors: Errors, rows: tuple[StepRow, ...]) -> list[Mistake]:
    """Everything that is wrong with a form, in the order of its fields, for its summary."""
    fields = (FORM, "name", *row_fields(rows), "input_schema", *POLICY_FIELDS)
    order = {name: place for place, name in enumerate(fields)}
    return [
        Mistake(name, field_words(name, rows), message)
        for name in sorted(errors, key=lambda name: order.get(name, 0))
        for message in errors[name]
    ]


def field_words(name: str, rows: Sequence[StepRow]) -> str:
    """`Step 2 (notify), URL` for `steps.1.url`."""
    parts = name.split(".")
    if parts[0] == "policy":
        return POLICY_WORDS[parts[-1]]
    if name in (FORM, "name", "steps", "input_schema"):
        return name.capitalize().replace("_", " ")
    index = int(parts[1])
    key = rows[index].key if index < len(rows) else ""
    step = f"Step {index + 1} ({key})" if key else f"Step {index + 1}"
    if len(parts) == 2:  # noqa: PLR2004 - the step as a whole
        return step
    if parts[2] == "retry":
        return f"{step}, {POLICY_WORDS[parts[-1]].lower()}"
    if len(parts) > 3:  # noqa: PLR2004 - one header
        return f"{step}, header {int(parts[3]) + 1}"
    return f"{step}, {_FIELD_WORDS.get(parts[2], parts[2])}"
