"""A retry policy as fields of a form, all of them optional: what is left empty is not said here,
and holds as it is said elsewhere."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from domain.rules.failures import KINDS
from domain.rules.json_values import JsonValue, number_of, text_of
from domain.rules.retries import RetryPolicy
from web.forms.reading import Fields, number_in

SETTINGS = ("attempts", "base_s", "factor", "cap_s")
DEFAULTS: Mapping[str, str] = {name: f"{getattr(RetryPolicy(), name):g}" for name in SETTINGS}


@dataclass(frozen=True, slots=True)
class RetryFields:
    """As typed. `on` are the kinds of failures that are ticked; all of them say nothing."""

    attempts: str = ""
    base_s: str = ""
    factor: str = ""
    cap_s: str = ""
    on: tuple[str, ...] = KINDS

    @classmethod
    def typed(cls, given: Fields, prefix: str) -> Self:
        """What was sent under names that begin with `prefix`."""
        texts: Any = {n: given[prefix + n] for n in SETTINGS if prefix + n in given}
        return cls(**texts, on=kinds_typed(given, f"{prefix}on"))

    @classmethod
    def of(cls, retry: JsonValue) -> Self:
        """A stored policy; None or an empty one leaves everything empty."""
        if not isinstance(retry, dict) or not retry:
            return cls()
        texts: Any = {n: text_of(retry[n]) for n in SETTINGS if n in retry}
        fields = cls(**texts, on=kinds_of(retry.get("on")))
        # That it says something at all must not be lost.
        return fields if fields.config() else cls(attempts=DEFAULTS["attempts"])

    def config(self) -> dict[str, JsonValue]:
        """The policy; what is no number stays a text, for the rules to refuse."""
        typed = {name: getattr(self, name) for name in SETTINGS}
        told: dict[str, JsonValue] = {n: number_in(t) for n, t in typed.items() if t.strip()}
        return told if set(self.on) == set(KINDS) else {**told, "on": list(self.on)}


def kinds_typed(given: Fields, name: str) -> tuple[str, ...]:
    """The kinds whose boxes are ticked. A box that is not ticked is not sent, so a hidden field of
    the name itself says that the boxes were there."""
    if name not in given:
        return KINDS
    return tuple(kind for kind in KINDS if f"{name}.{kind}" in given)


def kinds_of(on: JsonValue) -> tuple[str, ...]:
    """The kinds of a stored policy."""
    if not isinstance(on, list):
        return KINDS
    return tuple(kind for kind in KINDS if kind in on)


def unshowable(retry: JsonValue) -> Iterator[str]:
    """The parts of a policy that fields have no place for."""
    if not isinstance(retry, dict):
        if retry is not None:
            yield ""
        return
    yield from (name for name in retry if name not in (*SETTINGS, "on"))
    for name in SETTINGS:
        if name in retry and not isinstance(retry[name], str) and number_of(retry[name]) is None:
            yield name
    on = retry.get("on")
    if on is not None and not (isinstance(on, Sequence) and all(kind in KINDS for kind in on)):
        yield "on"
