"""The trigger form."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from domain.errors import InvalidInput, Problem
from domain.operations.create_trigger import TriggerDraft
from domain.operations.edit_trigger import TriggerEdit
from domain.operations.trigger_parts import parse_parts
from domain.rules.bodies import read_json
from domain.rules.json_values import JsonValue
from domain.rules.names import name_problems
from domain.rules.retries import RetryPolicy
from domain.senders import SENDERS
from domain.store.triggers import TriggerRow
from web.forms.reading import Errors, Fields, errors_by_field, id_in, json_in, number_in
from web.presenters.payload import pretty

SCHEME_SETTINGS = ("algorithm", "header", "encoding", "prefix")
RETRY_SETTINGS = ("attempts", "base_s", "factor", "cap_s")
_NAMES = {
    **{f"config.{name}": name for name in ("scheme", "secret", "id_path", *SCHEME_SETTINGS)},
    **{f"retry.{name}": name for name in RETRY_SETTINGS},
}
_DEFAULT_RETRY = RetryPolicy()


@dataclass(frozen=True, slots=True)
class TriggerForm:
    """The form as it was typed: everything is text, so that nothing typed is lost."""

    name: str = ""
    workflow_id: str = ""
    scheme: str = "hmac"
    secret: str = ""
    algorithm: str = "sha256"
    header: str = "X-Signature"
    encoding: str = "hex"
    prefix: str = ""
    id_path: str = ""
    conditions: str = ""
    attempts: str = f"{_DEFAULT_RETRY.attempts}"
    base_s: str = f"{_DEFAULT_RETRY.base_s:g}"
    factor: str = f"{_DEFAULT_RETRY.factor:g}"
    cap_s: str = f"{_DEFAULT_RETRY.cap_s:g}"
    enabled: bool = True
    revision: int | None = None

    @classmethod
    def typed(cls, given: Fields, revision: int | None = None) -> Self:
        """What was sent. A checkbox that is not set is not sent."""
        texts = {f.name: given[f.name] for f in fields(cls) if f.type is str and f.name in given}
        return cls(**texts, enabled=given.get("enabled") == "on", revision=revision)

    @classmethod
    def of(cls, row: TriggerRow) -> Self:
        """The trigger as it is."""
        config, retry = _object(row.config), _object(row.retry)
        known = {*SCHEME_SETTINGS, "scheme", "id_path"}
        return cls(
            name=row.name,
            workflow_id=str(row.workflow_id),
            conditions="" if row.conditions is None else pretty(row.conditions),
            enabled=row.enabled,
            revision=row.revision,
            **{name: str(config[name]) for name in known & config.keys()},
            **{name: f"{float(retry[name]):g}" for name in RETRY_SETTINGS if name in retry},
        )

    def draft(self) -> TriggerDraft:
        """What creating it takes. Raises InvalidInput with everything that cannot be read."""
        parts = self._parts()
        return TriggerDraft(kind="webhook", limits={}, enabled=self.enabled, **parts)

    def edit(self, before: Self) -> TriggerEdit:
        """What saving it takes: only what differs from `before`, so that a new name alone makes
        no new version. An empty secret keeps the one in use. Raises InvalidInput."""
        parts = self._parts()
        old = before._parts()
        changed = {name: value for name, value in parts.items() if value != old[name]}
        return TriggerEdit(enabled=self.enabled, revision=self.revision, **changed)

    def _parts(self) -> dict[str, Any]:
        problems: list[Problem] = []

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
            "config": self._config(),
            "conditions": read(lambda: json_in(self.conditions, "conditions")),
            "retry": self._retry(),
        }
        if problems:
            raise InvalidInput([*problems, *_other_problems(parts)])
        return parts

    def _config(self) -> dict[str, JsonValue]:
        config: dict[str, JsonValue] = {"scheme": self.scheme}
        if self.scheme == "hmac":
            config |= {name: getattr(self, name) for name in SCHEME_SETTINGS}
        if self.id_path.strip():
            config["id_path"] = self.id_path.strip()
        sender = SENDERS.get(self.scheme)
        if self.secret and sender is not None and sender.needs_secret:
            config["secret"] = self.secret
        return config

    def _retry(self) -> dict[str, JsonValue]:
        typed = asdict(self)
        return {name: number_in(typed[name]) for name in RETRY_SETTINGS if typed[name].strip()}


def _other_problems(parts: Mapping[str, Any]) -> list[Problem]:
    """What the rules say of the parts that could be read: people mend everything at once."""
    problems = name_problems(parts["name"])
    try:
        parse_parts(parts["config"], parts["conditions"], {}, parts["retry"])
    except InvalidInput as refused:
        problems.extend(refused.problems)
    return problems


def trigger_errors(refused: InvalidInput) -> Errors:
    """What is wrong, by form field."""
    return errors_by_field(refused.problems, [f.name for f in fields(TriggerForm)], _NAMES)


def _object(text: str) -> dict[str, Any]:
    document = read_json(text.encode())
    return document if isinstance(document, dict) else {}
