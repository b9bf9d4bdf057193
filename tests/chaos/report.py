"""docs/chaos.md, from what a run saw."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.chaos.scenario import Outcome
from tests.chaos.walk import Walk

PAGE = Path(__file__).parents[2] / "docs" / "chaos.md"
_HEAD = """\
# Chaos: every fault, and what became of it

`make chaos` wrote this page from its own run. Real processes from the Procfile, a real PostgreSQL
and Valkey, and between them a proxy that delays, cuts, resets, stands still, and loses the answers
to requests that were carried out. For each fault: load from a sender that keeps a ledger, the
fault, recovery, and then an independent checker that reads only the sender's ledger, the database
and the target's ledger. It checks after every fault that

- each accepted delivery is one event (I1), judged once, with one execution if it matches (I2);
- each slot of a schedule has one row and one word, and none was missed (I3);
- nothing waits for ever, and no lease was over for more than 15 seconds (I4);
- the target saw each action at least once, and every repeat under the same `Idempotency-Key` (I5);
- what could not be done lies in the dead letters with its last error (I6);
- no sliding window let more through than it may, not even while nobody could count (I7): bursts for
  a trigger that may start 10 in any 2 seconds. Windows in which Redis lost what it had counted
  are left out, since after that it counts anew;
- no call got through an open breaker, and one at a time through a half-open one (I8);
- every change has its entry in the audit trail (I9), and nothing of one team points at what is
  another's (I10);
- no process has ended by itself, and `/readyz` tells the truth (I11);
- deliveries are answered as fast as before within 30 seconds (I12).
"""
_WALK = "## The random walk"


@dataclass(frozen=True, slots=True)
class Run:
    """All of a run."""

    seed: int
    outcomes: Sequence[Outcome]
    walked: Walk | None

    @property
    def holds(self) -> bool:
        """Whether all that was played holds."""
        played = all(each.result != "BROKEN" for each in self.outcomes)
        return played and (self.walked is None or self.walked.holds)

    def summary(self) -> str:
        """A line about all of it."""
        results = [each.result for each in self.outcomes]
        told = ", ".join(f"{results.count(word)} {word}" for word in dict.fromkeys(results))
        if self.walked is None:
            return f"seed {self.seed}: {told}"
        word = "holds" if self.walked.holds else f"BROKEN: {self.walked.broken}"
        return f"seed {self.seed}: {told or 'no scenario'}; the walk {word}"


def write(run: Run) -> None:
    """Write the page."""
    now = datetime.now(UTC)
    parts = [_HEAD, f"Written on {now:%Y-%m-%d} with the seed {run.seed}.\n", _table(run.outcomes)]
    if run.walked is not None:
        parts.append(_of_walk(run.walked))
    PAGE.write_text("\n".join(parts), encoding="utf-8")


def write_again(run: Run) -> None:
    """Put what a run of some scenarios, or of the walk, saw into their places on the page, and
    say so there."""
    rows = {each.scenario.id: _row(each, f" (played again alone, seed {run.seed})")
            for each in run.outcomes}  # fmt: skip
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    found = [rows.get(line.split("|")[1].strip(), line) if line.startswith("| F") else line
             for line in lines]  # fmt: skip
    text = "\n".join([*found, ""])
    if run.walked is not None:
        text = text[: text.index(_WALK)] + _of_walk(run.walked)
    PAGE.write_text(text, encoding="utf-8")


def _table(outcomes: Sequence[Outcome]) -> str:
    head = ["| # | fault | how | result | seen |", "|---|---|---|---|---|"]
    return "\n".join([*head, *map(_row, outcomes), ""])


def _row(outcome: Outcome, note: str = "") -> str:
    scenario = outcome.scenario
    told = f"{outcome.told}{note}"
    cells = (scenario.id, scenario.fault, scenario.injected, outcome.result, told)
    return "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"


def _of_walk(walk: Walk) -> str:
    struck = "\n".join(f"| {name} | {number} |" for name, number in sorted(walk.struck.items()))
    result = "holds" if walk.holds else f"BROKEN: {walk.broken}"
    return f"""\
{_WALK}

{walk.minutes:g} minutes with a fault each 5 to 20 seconds, chosen by the seed {walk.seed}, while
deliveries came in; then a minute of quiet, and the checker. Result: **{result}**.

{walk.sent:,} deliveries were sent, and {walk.refused:,} requests were refused in between (each was
sent again until it was accepted). None was lost, none started an execution twice; {walk.repeats:,}
calls were repeats, each under the key of the first. The same walk again:
`python -m tests.chaos --seed {walk.seed}`.

| fault | times |
|---|---|
{struck}
"""
