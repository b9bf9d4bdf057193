"""Starts the load generator with a plan and brings back what became of it."""

import math
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Sequence

import msgspec

from cli.environment import PROJECT
from cli.processes import CannotStart, Program
from tests.bench.generator import ACCEPTED, Plan, Sent


def send(plan: Plan, at_start: Callable[[], None] = lambda: None) -> Sent:
    """Run a plan to its end; `at_start` is called when all is prepared and nothing yet sent."""
    argv = [sys.executable, "-m", "tests.bench.generator"]
    program = Program("generator", argv, os.environ, PROJECT, signal.SIGKILL)
    options = program.popen_options() | {"stdin": subprocess.PIPE}
    generator = subprocess.Popen(argv, stdout=subprocess.PIPE, **options)
    try:
        return _converse(generator, plan, at_start)
    finally:
        generator.kill()
        generator.communicate()


def _converse(
    generator: "subprocess.Popen[bytes]", plan: Plan, at_start: Callable[[], None]
) -> Sent:
    if generator.stdin is None or generator.stdout is None:
        raise CannotStart("The load generator has no pipes.")
    generator.stdin.write(msgspec.json.encode(plan) + b"\n")
    generator.stdin.flush()
    if generator.stdout.readline() != b"ready\n":
        raise CannotStart("The load generator did not get ready, see above.")
    at_start()
    generator.stdin.write(b"go\n")
    generator.stdin.flush()
    line = generator.stdout.readline()
    if not line.endswith(b"\n"):
        raise CannotStart(f"The load generator ended early with exit code {generator.wait()}.")
    return msgspec.json.decode(line, type=Sent)


def accepted(sent: Sent) -> int:
    """How many deliveries were answered 202."""
    return sent.statuses.count(ACCEPTED)


def others(sent: Sent) -> dict[int, int]:
    """The answers other than 202, counted by status; 0 is no answer."""
    counts = Counter(sent.statuses)
    del counts[ACCEPTED]
    return dict(counts)


def answer_times_ms(sent: Sent) -> list[float]:
    """From when each accepted delivery was due until its answer."""
    columns = zip(sent.due_ns, sent.answered_ns, sent.statuses, strict=True)
    return [(answered - due) / 1e6 for due, answered, status in columns if status == ACCEPTED]


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest-rank percentile: the smallest value that `share` of all do not exceed."""
    if not values:
        return math.nan
    return sorted(values)[max(math.ceil(share * len(values)) - 1, 0)]
