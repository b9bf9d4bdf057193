"""The trigger form."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from typing import Any, Self

from domain.clock import utc_now
from domain.errors import InvalidInput, Problem
from domain.operations.create_trigger import TriggerDraft
from domain.operations.edit_trigger import TriggerEdit
from domain.operations.trigger_parts import disable_after_problems, parse_parts
from domain.operations.trigger_sources import read_source
from domain.rules.bodies import read_json
from domain.rules.json_values import JsonValue
from domain.rules.names import name_problems
from domain.store.triggers import TriggerRow
from web.forms.chosen_event import ChosenEvent
from web.forms.conditions import ConditionsForm
from web.forms.expected_by import EXPECTED_FIELDS, EXPECTED_NAMES, ExpectedForm
from web.forms.limits import LimitsForm
from web.forms.reading import (
    FORM,
    Errors,
    Fields,
    errors_by_field,
    id_in,
    number_in,
    whole_number_in,
)
from web.forms.retry import SETTINGS, RetryFields
from web.forms.schedule import FIELDS as SCHEDULE_FIELDS
from web.forms.schedule import ScheduleForm
from web.forms.trigger_source import SourceForm
from web.forms.watch import WATCH_FIELDS, WatchForm

KINDS = ("webhook", "schedule", "workflow", "manual")
"""The kinds that people choose from, in the order in which they are offered."""
RETRY_PREFIX = "retry."
RETRY_FIELDS = tuple(f"{RETRY_PREFIX}{name}" for name in (*SETTINGS, "on"))
HISTORY = ("backtest_last", "backtest_from", "backtest_to")
_TEXTS = ("name", "workflow_id", "pinned_version", "disable_after", *HISTORY)
_SOURCE_FIELDS = {
    "webhook": tuple(field.name for field in fields(SourceForm)),
    "schedule": SCHEDULE_FIELDS,
    "workflow": WATCH_FIELDS,
    "manual": (),
}
# What was to come when a trigger was saved may lie behind when it is edited.
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class TriggerForm:
    """The form as it was typed: everything is text, so that nothing typed is lost.

    Of the sources the one of its `kind` counts: `source` is a webhook's, `schedule` a schedule's,
    `watch` a workflow trigger's; a manual one has none. An empty `pinned_version` is the newest.
    `was` is what the trigger was when the form was opened, as JSON: who saves over another's edit
    is shown both. `beside` is the event beside the conditions, and `backtest_…` what they are to be
    tried on: nothing of these is saved.
    """

    kind: str = "webhook"
    name: str = ""
    workflow_id: str = ""
    pinned_version: str = ""
    source: SourceForm = field(default_factory=SourceForm)
    schedule: ScheduleForm = field(default_factory=ScheduleForm)
    watch: WatchForm = field(default_factory=WatchForm)
    expected: ExpectedForm = field(default_factory=ExpectedForm)
    conditions: ConditionsForm = field(default_factory=ConditionsForm)
    limits: LimitsForm = field(default_factory=LimitsForm)
    retry: RetryFields = field(default_factory=RetryFields)
    disable_after: str = ""
    enabled: bool = True
    revision: int | None = None
    was: str = ""
    beside: ChosenEvent = field(default_factory=ChosenEvent)
    backtest_last: str = "1000"
    backtest_from: str = ""
    backtest_to: str = ""

    @classmethod
    def typed(cls, given: Fields) -> Self:
        """What was sent. A box that is not ticked is not sent. Raises InvalidInput for a form that
        cannot be ours."""
        texts: Any = {name: given[name] for name in _TEXTS if name in given}
        return cls(
            **texts,
            kind=kind_in(given),
            source=SourceForm.typed(given),
            schedule=ScheduleForm.typed(given),
            watch=WatchForm.typed(given),
            expected=ExpectedForm.typed(given),
            conditions=ConditionsForm.typed(given),
            limits=LimitsForm.typed(given),
            retry=RetryFields.typed(given, RETRY_PREFIX),
            enabled=given.get("enabled") == "on",
            revision=whole_number_in(given.get("revision", "")),
            was=given.get("was", ""),
            beside=ChosenEvent.typed(given),
        )

    @classmethod
    def of(cls, row: TriggerRow) -> Self:
        """The trigger as it is."""
        return cls(
            kind=row.kind,
            name=row.name,
            workflow_id=str(row.workflow_id),
            pinned_version=str(row.pinned_version or ""),
            expected=ExpectedForm.of(_object(row.expected_by or "null")),
            conditions=ConditionsForm.of(read_json((row.conditions or "null").encode())),
            limits=LimitsForm.of(_object(row.limits)),
            retry=RetryFields.of(_object(row.retry)),
            disable_after=str(row.disable_after or ""),
            enabled=row.enabled,
            revision=row.revision,
            **_source_of(row),
        )

    def draft(self) -> TriggerDraft:
        """What creating it takes. Raises InvalidInput with everything that cannot be read."""
        return TriggerDraft(kind=self.kind, enabled=self.enabled, **self.parts())

    def edit(self, before: Self) -> TriggerEdit:
        """What saving it takes: only what differs from `before`, so that a new name alone makes
        no new version. An empty secret keeps the one in use. Raises InvalidInput."""
        parts = self.parts()
        old = before.parts()
        changed = {name: value for name, value in parts.items() if value != old[name]}
        return TriggerEdit(enabled=self.enabled, revision=self.revision, **changed)

    def parts(self) -> dict[str, Any]:
        """What it says, read. Raises InvalidInput with everything that cannot be."""
        conditions, problems = self.conditions.read()

        def read(field: Callable[[], Any]) -> Any:
            try:
                return field()
            except InvalidInput as refused:
                problems.extend(refused.problems)

        parts = {
            "name": self.name.strip(),
            "workflow_id": read(
                lambda: id_in(self.workflow_id, "workflow_id", "choose the workflow to run")
            ),
            "pinned_version": read(self._pin),
            "config": self.config(),
            "conditions": conditions,
            "limits": self.limits.config(),
            "retry": self.retry.config(),
            "disable_after": self._disable_after(),
            "expected_by": self.expected.config(),
        }
        if problems:
            told = {problem.field for problem in problems}
            others = [p for p in self._other_problems(parts) if p.field not in told]
            raise InvalidInput([*problems, *others])
        return parts

    def errors(self, refused: InvalidInput) -> Errors:
        """What is wrong, by form field, in the order of the page."""
        rows = self.conditions.names()
        # The kind is chosen before the form: what is wrong with it concerns all of the form.
        limits = self.limits.names()
        names = {**rows, **limits, **EXPECTED_NAMES, "kind": FORM}
        order = [FORM, "name", "workflow_id", "pinned_version", *_SOURCE_FIELDS[self.kind],
                 "conditions", *rows.values(), *limits.values(), *RETRY_FIELDS,
                 "disable_after", *EXPECTED_FIELDS, *HISTORY]  # fmt: skip
        found = errors_by_field(self._at_fields(refused), order[1:], names)
        return {name: found[name] for name in order if name in found}

    def config(self) -> dict[str, JsonValue]:
        """The config of its source. What cannot be read stays as it was typed."""
        form = self._source_form()
        return form.config() if form else {}

    def _at_fields(self, refused: InvalidInput) -> Iterable[Problem]:
        form = self._source_form()
        return form.at_fields(refused) if form else refused.problems

    def _source_form(self) -> SourceForm | ScheduleForm | WatchForm | None:
        """The form of the source that counts; a manual trigger's has no fields."""
        match self.kind:
            case "webhook":
                return self.source
            case "schedule":
                return self.schedule
            case "workflow":
                return self.watch
        return None

    def _pin(self) -> int | None:
        if not self.pinned_version:
            return None
        pinned = whole_number_in(self.pinned_version)
        if pinned is None:
            raise InvalidInput.at("pinned_version", "choose one of the workflow's versions")
        return pinned

    def _other_problems(self, parts: Mapping[str, Any]) -> list[Problem]:
        """What the rules say of the parts that could be read: people mend everything at once."""
        problems = name_problems(parts["name"]) + disable_after_problems(parts["disable_after"])
        now = utc_now() if self.revision is None else _LONG_AGO
        try:
            parse_parts(
                lambda: read_source(self.kind, parts["config"], now), parts["conditions"],
                parts["limits"], parts["retry"], expected_by=parts["expected_by"],
            )  # fmt: skip
        except InvalidInput as refused:
            problems.extend(refused.problems)
        return problems

    def _disable_after(self) -> JsonValue:
        return number_in(self.disable_after) if self.disable_after.strip() else None


def kind_in(given: Fields) -> str:
    """The kind that a form is for. Raises InvalidInput for what is none."""
    kind = given.get("kind", "webhook")
    if kind not in KINDS:
        raise InvalidInput.at("kind", f"must be one of {', '.join(KINDS)}")
    return kind


def _source_of(row: TriggerRow) -> dict[str, Any]:
    """The form of the source that the trigger has."""
    config = _object(row.config)
    match row.kind:
        case "schedule":
            return {"schedule": ScheduleForm.of(config)}
        case "workflow":
            return {"watch": WatchForm.of(config)}
        case "webhook":
            return {"source": SourceForm.of(config)}
    return {}


def _object(text: str) -> dict[str, Any]:
    document = read_json(text.encode())
    return document if isinstance(document, dict) else {}
