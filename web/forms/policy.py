"""A workflow's policy as fields of its form."""

from dataclasses import dataclass, field
from typing import Any, Self

from domain.rules.json_values import JsonValue, text_of
from web.forms.reading import Fields, number_in
from web.forms.retry import SETTINGS, RetryFields

RETRY_PREFIX = "policy.retry."
POLICY_FIELDS = (
    *(f"{RETRY_PREFIX}{name}" for name in (*SETTINGS, "on")),
    "policy.deadline_s",
    "policy.concurrency",
)
"""The names of its fields, which are those of the problems, in the order of the form."""


@dataclass(frozen=True, slots=True)
class PolicyForm:
    """As typed; what is left empty is not said."""

    retry: RetryFields = field(default_factory=RetryFields)
    deadline_s: str = ""
    concurrency: str = ""

    @classmethod
    def typed(cls, given: Fields) -> Self:
        """What was sent."""
        return cls(
            RetryFields.typed(given, RETRY_PREFIX),
            given.get("policy.deadline_s", ""),
            given.get("policy.concurrency", ""),
        )

    @classmethod
    def of(cls, policy: JsonValue) -> Self:
        """A stored policy."""
        told: dict[str, Any] = policy if isinstance(policy, dict) else {}
        texts = {n: text_of(told[n]) for n in ("deadline_s", "concurrency") if n in told}
        return cls(RetryFields.of(told.get("retry")), **texts)

    def config(self) -> dict[str, JsonValue]:
        """The policy; what is no number stays a text, for the rules to refuse."""
        told: dict[str, JsonValue] = {}
        if retry := self.retry.config():
            told["retry"] = retry
        for name in ("deadline_s", "concurrency"):
            if typed := getattr(self, name).strip():
                told[name] = number_in(typed)
        return told

    @property
    def empty(self) -> bool:
        """Whether it says nothing."""
        return not self.config()
