"""A fault of the catalogue as an object: what it is called, how it is done, what must hold."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from tests.chaos.invariants import further_violations
from tests.chaos.site import Site

Play = Callable[[Site], Any]


class CannotBePlayed(Exception):
    """This machine lacks what the scenario needs; the text says what."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """`id` is the catalogue's, with a word where it has several parts. `injected` says how it is
    done. `play` does it, asserts what is particular to it, and may return what it measured, as a
    sentence."""

    id: str
    fault: str
    injected: str
    play: Play
    short: bool = False
    """Whether it is part of the shorter cut that runs with all tests."""
    within_s: float = 45.0
    """How long everything that was sent may take to its end, after the fault."""

    @property
    def row(self) -> str:
        """The catalogue's id alone."""
        return self.id.partition("-")[0]


@dataclass(slots=True)
class Outcome:
    """What became of a scenario."""

    scenario: Scenario
    result: Literal["holds", "BROKEN", "not played"]
    told: str = ""
    took_s: float = 0.0
    sent: int = 0


@dataclass(slots=True)
class Catalogue:
    """Scenarios, in the order in which they are declared."""

    scenarios: list[Scenario] = field(default_factory=list)

    def add(
        self, id_: str, fault: str, injected: str, *, short: bool = False, within_s: float = 45.0
    ) -> Callable[[Play], Play]:
        """Declare the decorated function as a scenario."""

        def declare(play: Play) -> Play:
            self.scenarios.append(Scenario(id_, fault, injected, play, short, within_s))
            return play

        return declare


CATALOGUE = Catalogue()


def play(scenario: Scenario, site: Site) -> Outcome:
    """Load, fault, recovery, and the checker: what became of it."""
    begun, before = time.monotonic(), len(site.rig.sender.ledger)
    outcome = Outcome(scenario, "holds")
    try:
        site.mend()
        pace_s = site.pace()
        site.finish(scenario.within_s)
        site.watch.start_anew()
        since = site.rig.now()
        told = scenario.play(site)
        outcome.told = told if isinstance(told, str) else ""
        site.send_burst()
        site.finish(scenario.within_s)
        back_s = site.seconds_until_back(pace_s)
        site.finish(scenario.within_s)
        assert site.waited_since(since), "nobody had to wait for the window, so it was not tried"
        found = list(further_violations(site))
        assert not found, "; ".join(found)
        outcome.told += f"{'; ' if outcome.told else ''}back to its pace {back_s:.1f} s later"
    except CannotBePlayed as why:
        outcome.result, outcome.told = "not played", str(why)
    except Exception as failure:  # noqa: BLE001 - the others are to be played all the same
        outcome.result = "BROKEN"
        kept = site.keep_logs(scenario.id)
        outcome.told = f"{type(failure).__name__}: {failure} (its logs: {kept})"
    outcome.took_s = time.monotonic() - begun
    outcome.sent = len(site.rig.sender.ledger) - before
    return outcome
