"""What every figure uses: the installation, sending through its door, waiting, the ledger."""

import time
from collections.abc import Collection
from dataclasses import dataclass, field

from cli.processes import CannotStart
from tests.bench import ledger, load
from tests.bench.database import Database
from tests.bench.deliveries import Door, delivery_id
from tests.bench.generator import ACCEPTED, Plan, Sent
from tests.bench.installation import Installation
from tests.bench.ledger import Findings
from tests.bench.sizes import Sizes
from tests.bench.usage import CpuMeter
from tests.support.target import LedgerLine, read_ledger

CONNECTIONS = 64
BODY_BYTES = 1024
SLOT = "slot:"
"""What the ids begin with that calls of schedules name at the target."""
_DRAINED_WITHIN_S = 300.0
_SHOWN_IDS = 10


@dataclass
class Session:
    """One run of the bench. `details` are printed below the table; a failure means exit code 1."""

    installation: Installation
    database: Database
    door: Door
    sizes: Sizes
    details: dict[str, list[str]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    sustained_rate: float | None = None
    sent: set[str] = field(default_factory=set)
    accepted: set[str] = field(default_factory=set)
    cpu_s: dict[str, float] = field(default_factory=dict)
    _runs: int = 0

    def label(self, name: str) -> str:
        """A name for a run that no other run has."""
        self._runs += 1
        return f"{self._runs:03d}-{name}"

    def send(
        self,
        name: str,
        *,
        count: int,
        seconds: float,
        rate: float | None = None,
        resends: int = 0,
        door: Door | None = None,
        connections: int = CONNECTIONS,
    ) -> Sent:
        """Send to the trigger, or to the one behind `door`. Takes the ids into the ledger, and CPU
        seconds into `cpu_s`."""
        plan = Plan(
            door=door or self.door,
            label=self.label(name),
            count=count,
            seconds=seconds,
            rate=rate,
            connections=connections,
            size=BODY_BYTES,
            resends=resends,
        )
        meter = CpuMeter()
        sent = load.send(plan, lambda: meter.start(self.installation.processes))
        self.cpu_s = {**meter.used(), "generator": sent.cpu_s}
        self.installation.check()
        ids = [delivery_id(sent.label, index) for index in range(len(sent.statuses))]
        self.sent.update(ids)
        answers = zip(ids, sent.statuses, strict=True)
        self.accepted.update(each for each, status in answers if status == ACCEPTED)
        return sent

    def send_at(self, name: str, rate: float, seconds: float) -> Sent:
        """An open model: `rate` deliveries a second for `seconds`."""
        count = round(rate * seconds)
        return self.send(name, count=count, seconds=seconds, rate=rate)

    def say(self, text: str) -> None:
        """A line about what is going on."""
        print(f"  {text}", flush=True)

    def drain(self, within_s: float = _DRAINED_WITHIN_S) -> float:
        """Wait until nothing waits any more; how many seconds that took."""
        start = time.monotonic()
        while self.database.unfinished():
            self.installation.check()
            if time.monotonic() - start > within_s:
                raise CannotStart(f"The backlog is not gone after {within_s:g} s.")
            time.sleep(0.1)
        return time.monotonic() - start

    def calls(self) -> list[LedgerLine]:
        """Everything that the target has seen."""
        return read_ledger(self.installation.ledger_path)

    def audit(self) -> Findings:
        """Every id sent so far, against everything that the target saw of deliveries."""
        calls = [call for call in self.calls() if not call.id.startswith(SLOT)]
        return ledger.at_target(self.sent, self.accepted, calls)

    def audit_slots(self, slots: Collection[str]) -> Findings:
        """These slots, which fired, against what the target saw of them."""
        ids = {f"{SLOT}{each}" for each in slots}
        return ledger.at_target(ids, ids, [call for call in self.calls() if call.id in ids])

    def fail_unless_clean(self, where: str, found: Findings) -> None:
        """Note what was lost, doubled, or never sent."""
        for what in ("lost", "doubled", "astray"):
            ids: tuple[str, ...] = getattr(found, what)
            if ids:
                shown = ", ".join(ids[:_SHOWN_IDS])
                self.failures.append(f"{len(ids)} {what} {where}: {shown}")

    def sight_times_ms(self, sent: Sent) -> list[float]:
        """From when each delivery was due until the target had first seen it. Both clocks are
        CLOCK_MONOTONIC, which all processes of a machine share."""
        seen: dict[str, int] = {}
        for call in self.calls():
            seen.setdefault(call.id, call.mono_ns)
        due = {delivery_id(sent.label, index): at for index, at in enumerate(sent.due_ns)}
        return [(seen[each] - at) / 1e6 for each, at in due.items() if each in seen]
