"""How often clauses pass, in words: those that come to the same for every event are told."""

from collections.abc import Mapping
from dataclasses import dataclass

from domain.operations.rate_clauses import ClauseRate, Rates
from domain.rules.clauses import Clause
from domain.rules.trials import Draft
from web.forms.reading import Fields
from web.presenters.condition_trial import row_of


@dataclass(frozen=True, slots=True)
class RateShown:
    """A clause's rate: `passes 42 % (420 of 1,000)`, a word for one that decides nothing, and a
    warning about a path that no event of late has."""

    words: str
    dead: str = ""
    warning: str = ""


@dataclass(frozen=True, slots=True)
class RatesShown:
    """The rates by the names of rows, and in `words` how often the whole would have fired."""

    rows: Mapping[str, RateShown]
    words: str

    def of(self, name: str) -> RateShown | None:
        """The rate of the clause in the row of this name."""
        return self.rows.get(name)


def rates_shown(rates: Rates, draft: Draft, names: Fields) -> RatesShown:
    """The rates in words."""
    if not rates.events:
        return RatesShown({}, "This trigger has no events yet to count over.")
    traced = dict(zip(draft.fields, draft.conditions.clauses(), strict=True))
    rows: dict[str, RateShown] = {}
    for place, rate in rates.clauses.items():
        has_path = isinstance(traced[place], Clause)  # and is no expression
        rows.setdefault(row_of(place, names), _shown(rate, rates, has_path=has_path))
    return RatesShown(rows, _whole(rates))


def _shown(rate: ClauseRate, rates: Rates, *, has_path: bool) -> RateShown:
    unseen = has_path and not rate.seen_lately
    return RateShown(
        words=f"passes {_share(rate.passed, rates.events)}",
        dead=_dead(rate, rates, has_path=has_path),
        warning=f"never seen in the last {_events(rates.lately)}" if unseen else "",
    )


def _dead(rate: ClauseRate, rates: Rates, *, has_path: bool) -> str:
    """A word for a clause that comes to the same for every event."""
    if rate.errors == rates.events:
        return "always an error"
    if rate.passed == rates.events:
        return "always true"
    if has_path and not rate.seen:
        return "never seen"
    return "" if rate.passed else "never true"


def _whole(rates: Rates) -> str:
    unreadable = ""
    if rates.unreadable:
        unreadable = f" {_count(rates.unreadable, 'body', 'bodies')} could not be read."
    over = f"the last {_events(rates.events)}"
    if rates.fired is None:
        return f"Counted over {over}.{unreadable}"
    if rates.events == 1:
        return f"Would {'' if rates.fired else 'not '}have fired for the last event.{unreadable}"
    percent = _percent(rates.fired, rates.events)
    return f"Would have fired for {rates.fired:,} of {over} ({percent}).{unreadable}"


def _share(part: int, whole: int) -> str:
    """`42 % (420 of 1,000)`."""
    return f"{_percent(part, whole)} ({part:,} of {whole:,})"


def _percent(part: int, whole: int) -> str:
    """Nothing is rounded to none or to all of them."""
    percent = 100 * part / whole
    if 0 < percent < 1:
        return "< 1 %"
    return "> 99 %" if 99 < percent < 100 else f"{percent:.0f} %"  # noqa: PLR2004


def _events(amount: int) -> str:
    return _count(amount, "event", "events") if amount != 1 else "event"


def _count(amount: int, one: str, several: str) -> str:
    return f"{amount:,} {one if amount == 1 else several}"
