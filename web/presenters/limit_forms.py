"""What the trigger form offers to choose from for limits, and what it calls them."""

from collections.abc import Iterable, Mapping

from web.forms.durations import UNITS as DURATIONS
from web.forms.limits import MOST_CAPS, MOST_RATES, LimitsForm

__all__ = ["MOST_CAPS", "MOST_RATES", "folds_open", "limit_label", "over"]

UNITS = tuple((name, name) for name in DURATIONS)
WHEN_UNAVAILABLE = (("open", "let events through"), ("closed", "hold them back"))
DEBOUNCE = (
    ("", "no: every event counts"),
    ("last", "the last event of a burst, when it has become quiet"),
    ("first", "the first event of a burst, at once"),
)
IN_ORDER = (
    ("", "no: side by side"),
    ("all", "all of this trigger"),
    ("key", "those of the same key"),
)
SINGLETON = (
    ("", "a new one starts as well"),
    ("skip", "a new one is not started"),
    ("cancel", "a new one starts, and the other is canceled"),
)
_OVER = {
    "defer": "waits until there is room (Deferred)",
    "drop": "starts nothing (Rate limited)",
    "refuse": "is refused: its sender gets 429",
}
_LABELS = {
    "add_rate": "Windows",
    "over": "Above the limit",
    "max_wait": "Waits at most",
    "debounce": "Debounce",
    "debounce_quiet": "Debounce, quiet time",
    "debounce_most": "Debounce, at the latest after",
    "debounce_key": "Debounce, of each",
    "batch_most": "Gather up to",
    "batch_within": "Gather for at most",
    "batch_key": "Gather, of each",
    "add_concurrency": "Caps",
    "in_order": "In order",
    "in_order_key": "In order, of each",
    "singleton": "While one has not ended",
    "singleton_key": "While one has not ended, of each",
}
_ROWS = {"rate": "Window", "concurrency": "Cap"}
_PARTS = {"most": "at most", "per": "time", "key": "of each",
          "when_unavailable": "while nobody can count"}  # fmt: skip
_FOLDS: Mapping[str, tuple[str, ...]] = {
    "rate": ("limits.rate.", "limits.add_rate", "limits.over", "limits.max_wait"),
    "together": ("limits.debounce", "limits.batch"),
    "at_once": ("limits.concurrency.", "limits.add_concurrency", "limits.in_order",
                "limits.singleton"),
}  # fmt: skip


def over(kind: str, chosen: str) -> list[tuple[str, str]]:
    """What may become of an event above the limit. Only a webhook's sender can be told so."""
    offered = kind == "webhook" or chosen == "refuse"
    return [pair for pair in _OVER.items() if offered or pair[0] != "refuse"]


def folds_open(limits: LimitsForm, errors: Iterable[str]) -> dict[str, bool]:
    """Which of the folds are open: those in which something is set, or wrong."""
    standard = LimitsForm()
    waits = (limits.over, limits.max_wait, limits.max_wait_unit)
    usual = waits == (standard.over, standard.max_wait, standard.max_wait_unit)
    used = {
        "rate": bool(limits.rates) or not usual,
        "together": bool(limits.debounce or limits.batch_most.strip()),
        "at_once": bool(limits.caps or limits.in_order or limits.singleton),
    }
    wrong = tuple(errors)
    return {
        name: used[name] or any(field.startswith(heads) for field in wrong)
        for name, heads in _FOLDS.items()
    }


def limit_label(field: str) -> str:
    """What people call a field: `Window 2, time` for `limits.rate.1.per`."""
    _, name, *rest = field.split(".")
    if not rest:
        return _LABELS.get(name, name.replace("_", " ").capitalize())
    return f"{_ROWS.get(name, name)} {int(rest[0]) + 1}, {_PARTS.get(rest[-1], rest[-1])}"
