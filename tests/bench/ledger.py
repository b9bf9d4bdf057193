"""The bench's own ledger: every id it sent, against the target's ledger and the database.

An action may be carried out twice, always with the same `Idempotency-Key` (the promise); so calls
of one id with one key are one call and its repeats, and two keys for one id are a double.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from tests.bench.database import Kept
from tests.support.target import LedgerLine


@dataclass(frozen=True, slots=True)
class Findings:
    """What became of the ids. `repeats` are calls carried out again with the same key."""

    sent: int
    accepted: int
    lost: tuple[str, ...]
    doubled: tuple[str, ...]
    astray: tuple[str, ...]
    repeats: int

    @property
    def clean(self) -> bool:
        """Whether every accepted id was there exactly once."""
        return not (self.lost or self.doubled or self.astray)


def at_target(
    sent: Collection[str], accepted: Collection[str], calls: Iterable[LedgerLine]
) -> Findings:
    """What the target saw of the sent ids. `astray`: ids that nobody sent."""
    keys: dict[str, Counter[str]] = defaultdict(Counter)
    for call in calls:
        keys[call.id][call.key] += 1
    return Findings(
        sent=len(sent),
        accepted=len(accepted),
        lost=tuple(sorted(set(accepted) - keys.keys())),
        doubled=tuple(sorted(each for each, of_it in keys.items() if _actions(of_it) > 1)),
        astray=tuple(sorted(keys.keys() - set(sent))),
        repeats=sum(of_it.total() - _actions(of_it) for of_it in keys.values()),
    )


def _actions(keys: Counter[str]) -> int:
    """How many different actions calls with these keys are: without a key each is one."""
    return sum(times if key == "" else 1 for key, times in keys.items())


def in_database(
    sent: Collection[str], accepted: Collection[str], kept: Mapping[str, Kept]
) -> Findings:
    """The same for the database: each accepted id has one event, one decision, and one execution,
    which succeeded."""
    return Findings(
        sent=len(sent),
        accepted=len(accepted),
        lost=tuple(sorted(each for each in accepted if not _at_least_once(kept.get(each)))),
        doubled=tuple(sorted(each for each, of_it in kept.items() if _more_than_once(of_it))),
        astray=tuple(sorted(kept.keys() - set(sent))),
        repeats=0,
    )


def _at_least_once(of_it: Kept | None) -> bool:
    return of_it is not None and min(of_it.events, of_it.decisions, of_it.succeeded) >= 1


def _more_than_once(of_it: Kept) -> bool:
    return max(of_it.events, of_it.decisions, of_it.executions) > 1
