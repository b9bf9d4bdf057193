"""`python -m tests.bench [--quick] [--only NAME ...] [--rounds N]`

Prints the table of figures with the calibration beside it. The exit code is 1 when an accepted
event was lost or carried out twice, or when the bench could not be run to its end.
"""

import argparse
import contextlib
import dataclasses
import os
import signal
import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from types import FrameType

from cli.processes import CannotStart, follow_parent
from tests.bench.calibration import calibrate
from tests.bench.database import connected
from tests.bench.figures import FIGURES, Figure
from tests.bench.figures.memory import readings
from tests.bench.flow import make_flow
from tests.bench.installation import fresh_installation
from tests.bench.report import table
from tests.bench.session import Session
from tests.bench.sizes import FULL, QUICK, Sizes

_NAMES = [figure.name for figure in FIGURES]
_WARM_UP_RATE = 100.0


class Stopped(BaseException):
    """Somebody asked the bench to stop."""


def main() -> int:
    """Run the bench; the exit code."""
    options = _options()
    sizes = _sizes(options)
    _stop_in_order()
    follow_parent(os.environ)
    try:
        with _session(sizes, keep=options.keep) as session:
            return _run(session, [f for f in FIGURES if f.name in options.only])
    except CannotStart as reason:
        print(f"The bench cannot go on.\n{reason}", file=sys.stderr)
        return 1
    except Stopped:
        print("stopped", file=sys.stderr)
        return 130


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="short, to see that it works")
    parser.add_argument("--only", nargs="+", choices=_NAMES, default=_NAMES, metavar="NAME",
                        help=f"some of: {', '.join(_NAMES)}")  # fmt: skip
    parser.add_argument("--rounds", type=int, help="the median of so many is what counts")
    parser.add_argument("--keep", action="store_true", help="keep the data directory")
    return parser.parse_args()


def _sizes(options: argparse.Namespace) -> Sizes:
    sizes = QUICK if options.quick else FULL
    return dataclasses.replace(sizes, rounds=options.rounds or sizes.rounds)


def _stop_in_order() -> None:
    """The first signal ends everything in order; further ones do not disturb that."""

    def stop(number: int, _frame: FrameType | None) -> None:
        for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(each, signal.SIG_IGN)
        raise Stopped(number)

    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(each, stop)


@contextlib.contextmanager
def _session(sizes: Sizes, *, keep: bool) -> Iterator[Session]:
    print("starting a fresh installation", flush=True)
    with (
        fresh_installation(keep=keep) as installation,
        connected(installation.urls["DATABASE_URL"]) as database,
    ):
        yield Session(installation, database, make_flow(installation), sizes)


def _run(session: Session, figures: Sequence[Figure]) -> int:
    session.say(f"memory before any load: {readings(session)['memory.total']:.0f} MB")
    session.send_at("warm-up", _WARM_UP_RATE, session.sizes.warm_up_s)
    session.drain()
    session.say("calibrating")
    calibration = calibrate(session)
    measured: dict[str, list[float]] = defaultdict(list)
    for number in range(1, session.sizes.rounds + 1):
        for figure in figures:
            session.say(f"round {number} of {session.sizes.rounds}: {figure.name}")
            for name, value in figure.measure(session).items():
                measured[name].append(value)
    _check_everything(session)
    rows = [row for figure in figures for row in figure.rows]
    print("\n".join(["", *table(rows, measured), "", *_details(session), *calibration]))
    return _verdict(session)


def _check_everything(session: Session) -> None:
    """The same for all that was sent in all rounds: probes, ingest, latency."""
    session.drain()
    session.fail_unless_clean("at the target, of all that was sent", session.audit())
    if astray := session.database.astray():
        session.failures.append(f"{astray} rows lie in default partitions, which must stay empty")


def _details(session: Session) -> Iterator[str]:
    for lines in session.details.values():
        yield from (*lines, "")


def _verdict(session: Session) -> int:
    everything = f"{len(session.sent):,} ids sent in all, {len(session.accepted):,} accepted"
    if not session.failures:
        print(f"\n{everything}; every accepted one reached the target exactly once.")
        return 0
    print("\n".join([f"\nFAILED: {everything}.", *session.failures]), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
