"""What a trigger's limits say: how often its events may start executions, how many of these may run
at once, and what becomes of the others.

    {"rate": [{"most": 100, "per_s": 60, "key": "$.customer.id", "when_unavailable": "open"}],
     "over": "defer", "max_wait_s": 86400, "debounce": {…}, "batch": {…}, "concurrency": [{…}],
     "in_order": {"key": "$.customer.id"}, "singleton": {"mode": "skip"}}

All parts may be left out. What has a key counts for each of its values alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from domain.errors import InvalidInput
from domain.rules.checking import Problems
from domain.rules.limit_keys import Key, read_key
from domain.rules.setting_reader import SettingReader, whole_number

WhenUnavailable = Literal["open", "closed"]
Over = Literal["defer", "drop", "refuse"]
Keep = Literal["last", "first"]
SingletonMode = Literal["skip", "cancel"]

MOST_RATES = 5
MOST_CONCURRENCY = 3
LONGEST_S = 604_800
LONGEST_WAIT_S = 86_400
MOST_EVENTS = 100_000
MOST_AT_ONCE = 1_000
BATCH_SIZES = (2, 1_000)
LONGEST_QUIET_S = 3_600
_OVER = ("defer", "drop", "refuse")
_WHEN_UNAVAILABLE = ("open", "closed")
# Who typed days is told that seconds are meant.
_SECONDS = "seconds"


@dataclass(frozen=True, slots=True)
class Rate:
    """At most `most` events in any `per_s` seconds; `when_unavailable` says whether they pass while
    nobody can count them."""

    most: int
    per_s: int
    key: Key | None = None
    when_unavailable: WhenUnavailable = "open"


@dataclass(frozen=True, slots=True)
class Debounce:
    """Of events that follow one another within `quiet_s`, one: the last when it became quiet (after
    `most_s` in any case), or the first at once."""

    quiet_s: int
    keep: Keep = "last"
    key: Key | None = None
    most_s: int = 3_600


@dataclass(frozen=True, slots=True)
class Batch:
    """Up to `most` events, gathered for `within_s` seconds at most, start one execution."""

    most: int
    within_s: int
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Concurrency:
    """At most `most` executions at once."""

    most: int
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class InOrder:
    """One execution after the other, in the order of their events."""

    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Singleton:
    """One execution that has not ended: a new one is skipped, or the other is canceled."""

    mode: SingletonMode
    key: Key | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """The limits of a trigger version. `over` says what becomes of an event beyond its rates: it
    waits up to `max_wait_s`, is dropped, or its request is refused."""

    rates: tuple[Rate, ...] = ()
    over: Over = "defer"
    max_wait_s: int = LONGEST_WAIT_S
    debounce: Debounce | None = None
    batch: Batch | None = None
    concurrency: tuple[Concurrency, ...] = ()
    in_order: InOrder | None = None
    singleton: Singleton | None = None


NO_LIMITS = Limits()
KNOWN = ("rate", *Limits.__slots__[1:])


def _longest_wait(value: object) -> int:
    return whole_number(value, (1, LONGEST_S), unit=_SECONDS)


def parse_limits(raw: object, field: str = "limits") -> Limits:
    """The limits that `raw` spells; None and `{}` are none. Raises InvalidInput with every problem,
    each at its field (`limits.rate.0.most`)."""
    if raw is None or raw == {}:
        return NO_LIMITS
    if not isinstance(raw, Mapping):
        raise InvalidInput.at(field, "must be an object")
    problems = Problems()
    for name in raw:
        if name not in KNOWN:
            problems.add(f"{field}.{name}", "is a limit that this version does not know")
    reader = SettingReader(raw, field, problems)
    limits = Limits(
        rates=_rates(raw.get("rate"), f"{field}.rate", problems, keyed=True),
        over=reader.choice("over", _OVER, "defer"),
        max_wait_s=reader.read("max_wait_s", _longest_wait, LONGEST_WAIT_S),
        debounce=_debounce(_Part(raw, "debounce", field, problems)),
        batch=_batch(_Part(raw, "batch", field, problems)),
        concurrency=_concurrency(raw.get("concurrency"), f"{field}.concurrency", problems),
        in_order=_in_order(_Part(raw, "in_order", field, problems)),
        singleton=_singleton(_Part(raw, "singleton", field, problems)),
    )
    _check_together(limits, field, problems)
    problems.raise_any()
    return limits


def parse_rates(raw: object, field: str = "rate_limits") -> tuple[Rate, ...]:
    """The windows of a team: a list as a trigger's `rate`, without keys. Raises InvalidInput."""
    problems = Problems()
    rates = _rates(raw, field, problems, keyed=False)
    problems.raise_any()
    return rates


def parse_global_rates(text: str, field: str = "SIGNALBOX_RATE_LIMIT") -> tuple[Rate, ...]:
    """The windows that an operator wrote, such as `1000/1,50000/60` (most/seconds). Raises
    InvalidInput."""
    pairs = [part.strip().split("/") for part in text.split(",") if part.strip()]
    if any(len(pair) != 2 or not all(_is_number(half) for half in pair) for pair in pairs):  # noqa: PLR2004
        raise InvalidInput.at(field, "must be like 1000/1,50000/60: most/seconds")
    return parse_rates([{"most": int(most), "per_s": int(per_s)} for most, per_s in pairs], field)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10  # noqa: PLR2004


class _Part:
    """One of the settings, itself an object, with its own reader; `given`: it is there."""

    def __init__(self, raw: Mapping[str, Any], name: str, field: str, problems: Problems) -> None:
        value = raw.get(name)
        self.given = isinstance(value, Mapping)
        self.problems = problems
        self.field = f"{field}.{name}"
        if value is not None and not self.given:
            problems.add(self.field, "must be an object")
        self.raw: Mapping[str, Any] = value if isinstance(value, Mapping) else {}
        self.reader = SettingReader(self.raw, self.field, problems)

    def known(self, *names: str) -> None:
        """Refuse all other names."""
        self.problems.refuse_unknown(self.raw, names, self.field)

    def number(self, name: str, bounds: tuple[int, int], unit: str = "") -> int:
        """A whole number that must be given."""
        found = self.reader.needed(name, lambda value: whole_number(value, bounds, unit=unit))
        return found or bounds[0]

    def key(self) -> Key | None:
        """The key, if there is one."""
        return self.reader.read("key", read_key, None)


def _debounce(part: _Part) -> Debounce | None:
    if not part.given:
        return None
    part.known("quiet_s", "keep", "key", "most_s")
    return Debounce(
        quiet_s=part.number("quiet_s", (1, LONGEST_QUIET_S)),
        keep=part.reader.choice("keep", ("last", "first"), "last"),
        key=part.key(),
        most_s=part.reader.whole_number("most_s", 3_600, (1, LONGEST_WAIT_S)),
    )


def _batch(part: _Part) -> Batch | None:
    if not part.given:
        return None
    part.known("most", "within_s", "key")
    most = part.number("most", BATCH_SIZES)
    return Batch(most, part.number("within_s", (1, LONGEST_WAIT_S)), part.key())


def _in_order(part: _Part) -> InOrder | None:
    if not part.given:
        return None
    part.known("key")
    return InOrder(part.key())


def _singleton(part: _Part) -> Singleton | None:
    if not part.given:
        return None
    part.known("mode", "key")
    mode = part.reader.choice("mode", ("skip", "cancel"), None)
    return Singleton(mode or "skip", part.key())


def _items(raw: object, most: int, field: str, problems: Problems) -> list[_Part]:
    if raw is None:
        return []
    if not isinstance(raw, list | tuple):
        problems.add(field, "must be a list of objects")
        return []
    if len(raw) > most:
        problems.add(field, f"must have at most {most} items")
    named = {str(index): item for index, item in enumerate(raw[:most])}
    for index, item in named.items():
        if item is None:
            problems.add(f"{field}.{index}", "must be an object")
    return [_Part(named, index, field, problems) for index in named]


def _rates(raw: object, field: str, problems: Problems, *, keyed: bool) -> tuple[Rate, ...]:
    rates: list[Rate] = []
    for part in _items(raw, MOST_RATES, field, problems):
        if not part.given:
            continue
        part.known("most", "per_s", "when_unavailable", *(("key",) if keyed else ()))
        rate = Rate(
            most=part.number("most", (1, MOST_EVENTS)),
            per_s=part.number("per_s", (1, LONGEST_S), _SECONDS),
            key=part.key() if keyed else None,
            when_unavailable=part.reader.choice("when_unavailable", _WHEN_UNAVAILABLE, "open"),
        )
        if any((other.per_s, other.key) == (rate.per_s, rate.key) for other in rates):
            problems.add(f"{part.field}.per_s", "another window has the same time and key")
        rates.append(rate)
    return tuple(rates)


def _concurrency(raw: object, field: str, problems: Problems) -> tuple[Concurrency, ...]:
    found: list[Concurrency] = []
    for part in _items(raw, MOST_CONCURRENCY, field, problems):
        if not part.given:
            continue
        part.known("most", "key")
        cap = Concurrency(part.number("most", (1, MOST_AT_ONCE)), part.key())
        if any(other.key == cap.key for other in found):
            problems.add(f"{part.field}.key", "another cap has the same key")
        found.append(cap)
    return tuple(found)


def _check_together(limits: Limits, field: str, problems: Problems) -> None:
    """What each says alone may be right, and yet not all of it together."""
    for index, rate in enumerate(limits.rates):
        if rate.key is None:
            continue
        if limits.over == "refuse":
            problems.add(
                f"{field}.rate.{index}.key",
                "no key where requests are refused: the door does not read bodies",
            )
        elif limits.in_order is not None and rate.key != limits.in_order.key:
            problems.add(
                f"{field}.rate.{index}.key",
                "must be the key of `in_order`, or none: else events of one key would wait in "
                "several lanes and overtake each other",
            )
    if limits.debounce is not None and limits.debounce.most_s < limits.debounce.quiet_s:
        problems.add(f"{field}.debounce.most_s", "must not be shorter than the quiet time")


def check_kind(limits: Limits, kind: str, field: str = "limits") -> None:
    """Raise InvalidInput where a trigger of this kind cannot have such limits."""
    if limits.over == "refuse" and kind != "webhook":
        raise InvalidInput.at(f"{field}.over", "only the requests of a webhook can be refused")


__all__ = [
    "NO_LIMITS", "Batch", "Concurrency", "Debounce", "InOrder", "Key", "Limits", "Rate",
    "Singleton", "check_kind", "parse_global_rates", "parse_limits", "parse_rates",
]  # fmt: skip
