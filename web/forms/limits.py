"""A trigger's limits as form fields: rate windows and concurrency caps as rows, the rest beside.

Fields are named by their place, as problems are: `limits.rate.0.most`. What is left at its default
is not stored.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Any, Self, TypeVar

from domain.rules.json_values import JsonValue
from web.forms.durations import in_unit, seconds_in
from web.forms.reading import Fields, number_in

ROOT = "limits"
MOST_RATES = 5
MOST_CAPS = 3
DEFAULT_MAX_WAIT_S = 86_400
_ROW = re.compile(r"limits\.(rate|concurrency)\.(\d{1,2})\.([a-z_]+)")


@dataclass(frozen=True, slots=True)
class RateRow:
    """A rate window as typed: at most so many within `per` units, of each key if one is named."""

    most: str = ""
    per: str = "1"
    unit: str = "minutes"
    key: str = ""
    when_unavailable: str = "open"

    @property
    def empty(self) -> bool:
        """Whether it limits nothing."""
        return not self.most.strip() and not self.key.strip()

    def config(self) -> dict[str, JsonValue]:
        """The window as it is stored."""
        per_s = seconds_in(self.per, self.unit)
        found: dict[str, JsonValue] = {"most": number_in(self.most), "per_s": per_s}
        if self.when_unavailable != "open":
            found["when_unavailable"] = self.when_unavailable
        return _with_key(found, self.key)


@dataclass(frozen=True, slots=True)
class CapRow:
    """A concurrency cap as typed: so many executions at once, of each key if one is named."""

    most: str = ""
    key: str = ""

    @property
    def empty(self) -> bool:
        """Whether it caps nothing."""
        return not self.most.strip() and not self.key.strip()

    def config(self) -> dict[str, JsonValue]:
        """The cap as it is stored."""
        return _with_key({"most": number_in(self.most)}, self.key)


Row = TypeVar("Row", RateRow, CapRow)


@dataclass(frozen=True, slots=True)
class LimitsForm:
    """What was typed. `debounce`, `in_order` and `singleton` are empty where they are not wanted,
    and so is `batch_most`; an empty key is the whole trigger."""

    rates: tuple[RateRow, ...] = ()
    over: str = "defer"
    max_wait: str = "1"
    max_wait_unit: str = "days"
    debounce: str = ""
    debounce_quiet: str = "5"
    debounce_key: str = ""
    debounce_most: str = ""
    batch_most: str = ""
    batch_within: str = "60"
    batch_key: str = ""
    caps: tuple[CapRow, ...] = ()
    in_order: str = ""
    in_order_key: str = ""
    singleton: str = ""
    singleton_key: str = ""

    @classmethod
    def typed(cls, given: Fields) -> Self:
        """What was sent."""
        texts: Any = {n: given[f"{ROOT}.{n}"] for n in LIMIT_TEXTS if f"{ROOT}.{n}" in given}
        rates, caps = _rows_typed(given)
        return cls(rates=rates, caps=caps, **texts)

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """The limits as they are stored."""
        texts: dict[str, str] = {}
        if "over" in stored:
            texts["over"] = str(stored["over"])
        if "max_wait_s" in stored:
            wait = in_unit(Decimal(stored["max_wait_s"]))
            texts["max_wait"], texts["max_wait_unit"] = wait
        texts |= _texts_of(stored.get("debounce"), "debounce", ("quiet_s", "key", "most_s"))
        texts |= _texts_of(stored.get("batch"), "batch", ("most", "within_s", "key"))
        texts |= _texts_of(stored.get("singleton"), "singleton", ("key",))
        if stored.get("debounce"):
            texts["debounce"] = str(stored["debounce"].get("keep", "last"))
        if stored.get("singleton"):
            texts["singleton"] = str(stored["singleton"].get("mode", "skip"))
        if "in_order" in stored:
            key = str(stored["in_order"].get("key") or "")
            texts |= {"in_order": "key" if key else "all", "in_order_key": key}
        return cls(
            rates=tuple(map(_rate_row, stored.get("rate", ()))),
            caps=tuple(CapRow(f"{c['most']}", c.get("key") or "") for c in stored.get(
                "concurrency", ())),
            **texts,
        )  # fmt: skip

    @property
    def unlimited(self) -> bool:
        """Whether every event that matches starts the workflow at once."""
        return not self.config()

    def config(self) -> dict[str, JsonValue]:
        """The limits as they are to be stored. What cannot be read stays as it was typed, for the
        rules to refuse."""
        found: dict[str, JsonValue] = {}
        rates: list[JsonValue] = [row.config() for row in self.rates if not row.empty]
        caps: list[JsonValue] = [row.config() for row in self.caps if not row.empty]
        max_wait_s = seconds_in(self.max_wait, self.max_wait_unit)
        if rates:
            found["rate"] = rates
        if self.over != "defer":
            found["over"] = self.over
        if max_wait_s != DEFAULT_MAX_WAIT_S:
            found["max_wait_s"] = max_wait_s
        if self.debounce:
            found["debounce"] = self._debounce()
        if self.batch_most.strip():
            batch = {"most": number_in(self.batch_most), "within_s": number_in(self.batch_within)}
            found["batch"] = _with_key(batch, self.batch_key)
        if caps:
            found["concurrency"] = caps
        if self.in_order:
            found["in_order"] = {} if self.in_order == "all" else {"key": self.in_order_key.strip()}
        if self.singleton:
            found["singleton"] = _with_key({"mode": self.singleton}, self.singleton_key)
        return found

    def _debounce(self) -> dict[str, JsonValue]:
        found: dict[str, JsonValue] = {"quiet_s": number_in(self.debounce_quiet)}
        found["keep"] = self.debounce
        if self.debounce_most.strip():
            found["most_s"] = number_in(self.debounce_most)
        return _with_key(found, self.debounce_key)

    def names(self) -> dict[str, str]:
        """The form's field of each place that a problem may be at, in the order of the page. Rows
        that limit nothing are not stored, so those below them have other numbers there."""
        return dict([*self._rate_names(), *_NAMES[:_SPLIT], *self._cap_names(), *_NAMES[_SPLIT:]])

    def _rate_names(self) -> Iterator[tuple[str, str]]:
        kept = [at for at, row in enumerate(self.rates) if not row.empty]
        for number, at in enumerate(kept):
            for place, field in _RATE_FIELDS.items():
                yield f"{ROOT}.rate.{number}{place}", f"{ROOT}.rate.{at}.{field}"

    def _cap_names(self) -> Iterator[tuple[str, str]]:
        kept = [at for at, row in enumerate(self.caps) if not row.empty]
        for number, at in enumerate(kept):
            for place, field in _CAP_FIELDS.items():
                yield f"{ROOT}.concurrency.{number}{place}", f"{ROOT}.concurrency.{at}.{field}"

    def after_act(self, act: str) -> tuple[Self, str]:
        """The limits after the button `act` (`add:rate`, `remove:concurrency:1`), and the field or
        button that has the focus then. A button that there is not changes nothing."""
        word, _, where = act.partition(":")
        kind, _, number = where.partition(":")
        if kind == "rate":
            rates, focus = _rows_after(self.rates, word, number, RateRow(), MOST_RATES)
            return replace(self, rates=rates), f"{ROOT}.{kind}.{focus}" if focus else ""
        if kind == "concurrency":
            caps, focus = _rows_after(self.caps, word, number, CapRow(), MOST_CAPS)
            return replace(self, caps=caps), f"{ROOT}.{kind}.{focus}" if focus else ""
        return self, ""


LIMIT_TEXTS = tuple(each.name for each in fields(LimitsForm) if each.name not in {"rates", "caps"})
_RATE_FIELDS = {"": "most", ".most": "most", ".per_s": "per", ".key": "key",
                ".when_unavailable": "when_unavailable"}  # fmt: skip
_CAP_FIELDS = {"": "most", ".most": "most", ".key": "key"}
# In the order of the page; the caps stand between the two halves.
_NAMES = [
    (f"{ROOT}.{place}", f"{ROOT}.{field}")
    for place, field in (
        ("rate", "add_rate"), ("over", "over"), ("max_wait_s", "max_wait"),
        ("debounce", "debounce"), ("debounce.keep", "debounce"),
        ("debounce.quiet_s", "debounce_quiet"), ("debounce.most_s", "debounce_most"),
        ("debounce.key", "debounce_key"), ("batch", "batch_most"), ("batch.most", "batch_most"),
        ("batch.within_s", "batch_within"), ("batch.key", "batch_key"),
        ("concurrency", "add_concurrency"), ("in_order", "in_order"),
        ("in_order.key", "in_order_key"), ("singleton", "singleton"),
        ("singleton.mode", "singleton"), ("singleton.key", "singleton_key"),
    )
]  # fmt: skip
_SPLIT = 12


def _rows_typed(given: Fields) -> tuple[tuple[RateRow, ...], tuple[CapRow, ...]]:
    """The rows that were sent, in the order of their numbers."""
    texts: dict[str, dict[int, dict[str, str]]] = {"rate": {}, "concurrency": {}}
    for name, value in given.items():
        if found := _ROW.fullmatch(name):
            texts[found[1]].setdefault(int(found[2]), {})[found[3]] = value
    rates = (_row_of(RateRow, row) for _, row in sorted(texts["rate"].items()))
    caps = (_row_of(CapRow, row) for _, row in sorted(texts["concurrency"].items()))
    return tuple(rates), tuple(caps)


def _row_of(row: type[Row], texts: Mapping[str, str]) -> Row:
    known = {each.name for each in fields(row)}
    return row(**{name: text for name, text in texts.items() if name in known})


def _rows_after(
    rows: tuple[Row, ...], word: str, number: str, new: Row, most: int
) -> tuple[tuple[Row, ...], str]:
    at = int(number) if number.isascii() and number.isdigit() else -1
    if word == "add" and len(rows) < most:
        return rows + (new,), f"{len(rows)}.most"  # noqa: RUF005 - a type checker follows this one
    if word == "remove" and 0 <= at < len(rows):
        left = rows[:at] + rows[at + 1 :]
        return left, f"{min(at, len(left) - 1)}.remove" if left else "add"
    return rows, ""


def _rate_row(stored: Mapping[str, Any]) -> RateRow:
    per, unit = in_unit(Decimal(stored["per_s"]))
    away = stored.get("when_unavailable", "open")
    return RateRow(f"{stored['most']}", per, unit, stored.get("key") or "", away)


def _texts_of(stored: Any, name: str, parts: tuple[str, ...]) -> dict[str, str]:
    """The texts of those parts of a setting that are stored."""
    if not isinstance(stored, Mapping):
        return {}
    known = [part for part in parts if stored.get(part) is not None]
    return {f"{name}_{part.removesuffix('_s')}": str(stored[part]) for part in known}


def _with_key(found: dict[str, JsonValue], key: str) -> dict[str, JsonValue]:
    return {**found, "key": key.strip()} if key.strip() else found
