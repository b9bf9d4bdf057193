"""The limiter under a race: 4 processes, each with 1,000 tries a second, against 100 in a second.

How many passed in any window is read from the instants that Redis recorded: what processes hear is
later by what their answers took. Others do the same tries by turns; theirs is by their answers.
Measured once a run.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import redis

from cli.environment import PROJECT
from cli.processes import CannotStart
from tests.bench.limiters import MOST, PER_S
from tests.bench.load import percentile
from tests.bench.report import Row, aligned
from tests.bench.session import Session

ROWS = (
    Row("limiter.most", f"most in any second, {MOST} allowed, 4 processes of 1,000 tries/s each",
        must=MOST),
    Row("limiter.share", "  share of what is allowed", must=0.98, higher_is_better=True, digits=3),
    Row("limiter.p99", "  a check, p99", " ms", 1, digits=2),
    Row("limiter.p50", "  p50", " ms", digits=2),
)  # fmt: skip
PROCESSES, RATE = 4, 1_000
_NAMES = {
    "ours": "Signalbox",
    "limits": "limits 5.8.0, moving window",
    "throttled": "throttled-py 3.5.0, sliding window",
}
_BEGINS_IN_S = 1.5
_LOOK_EVERY_S = 0.2


@dataclass(frozen=True, slots=True)
class Reading:
    """What came of one limiter. `most` by the processes' answers, `recorded` by Redis."""

    admitted: int
    most: int
    recorded: int | None
    tries: int
    p50_ms: float
    p99_ms: float

    def share(self, seconds: float) -> float:
        """Of what the limit allows. At the beginning a whole window's worth passes at once."""
        return self.admitted / (MOST * seconds / PER_S)


def measure(session: Session) -> Mapping[str, float]:
    """The first round's; later rounds measure nothing."""
    if "limiter" in session.details:
        return {}
    seconds = session.sizes.limiter_s
    url = session.installation.urls["REDIS_URL"]
    session.installation.stop("web", "worker", "clock")
    try:
        found = {name: _race(session, name, url, seconds) for name in _NAMES}
    finally:
        session.installation.start("web", "worker", "clock")
    session.details["limiter"] = list(_details(found, seconds))
    own = found["ours"]
    return {
        "limiter.most": float(own.recorded or 0),
        "limiter.share": own.share(seconds),
        "limiter.p99": own.p99_ms,
        "limiter.p50": own.p50_ms,
    }


def _race(session: Session, name: str, url: str, seconds: float) -> Reading:
    session.say(f"{seconds:g} s of tries: {_NAMES[name]}")
    key = f"signalbox:limit:bench:{uuid4()}"
    racing = [_racer(name, url, key, seconds) for _ in range(PROCESSES)]
    start = _begin(racing)
    recorded = _recorded(url, key, start + seconds) if name == "ours" else None
    told = [_told(racer) for racer in racing]
    answered = sorted(at for each in told for at in each["admitted"])
    took = [ms for each in told for ms in each["took_ms"]]
    return Reading(
        admitted=len(answered),
        most=_most(answered),
        recorded=None if recorded is None else _most(recorded),
        tries=len(took),
        p50_ms=percentile(took, 0.5),
        p99_ms=percentile(took, 0.99),
    )


def _racer(name: str, url: str, key: str, seconds: float) -> "subprocess.Popen[str]":
    path = [str(PROJECT)] if name == "ours" else [str(Path(sys.prefix) / "rivals"), str(PROJECT)]
    arguments = [name, url, key, str(RATE), str(seconds)]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.bench.limiters", *arguments],
        cwd=PROJECT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def _begin(racing: "Sequence[subprocess.Popen[str]]") -> float:
    """Wait until all are connected, and tell them when to begin: what they asked for so far has
    left the window by then."""
    for racer in racing:
        assert racer.stdout is not None
        racer.stdout.readline()
    start = time.monotonic() + _BEGINS_IN_S
    for racer in racing:
        if racer.poll() is None and racer.stdin is not None:
            racer.stdin.write(f"{start}\n")
            racer.stdin.flush()
    return start


def _told(racer: "subprocess.Popen[str]") -> dict[str, Any]:
    out, err = racer.communicate()
    if racer.returncode != 0:
        raise CannotStart(f"a limiter cannot be measured:\n{err}")
    told: dict[str, Any] = json.loads(out)
    return told


def _recorded(url: str, key: str, until: float) -> list[float]:
    """Every instant that Redis recorded, in seconds: looked at more often than any is forgotten."""
    seen: dict[bytes, float] = {}
    with redis.Redis.from_url(url) as client:
        while time.monotonic() < until + PER_S:
            found: Any = client.zrange(key, 0, -1, withscores=True)
            seen |= {member: score / 1e6 for member, score in found}
            time.sleep(_LOOK_EVERY_S)
    return sorted(seen.values())


def _most(instants: Sequence[float]) -> int:
    """The most in any half-open second."""
    most = first = 0
    for last, at in enumerate(instants):
        while instants[first] <= at - PER_S:
            first += 1
        most = max(most, last - first + 1)
    return most


def _details(found: Mapping[str, Reading], seconds: float) -> Iterator[str]:
    yield f"limiters, {PROCESSES} processes of {RATE:,} tries/s, {MOST}/s allowed, {seconds:g} s"
    lines: list[Sequence[str]] = [
        ("limiter", "most in a second, by answers", "recorded", "share", "p50", "p99", "tries/s")
    ]
    lines += [
        (_NAMES[name], f"{each.most}", "-" if each.recorded is None else f"{each.recorded}",
         f"{each.share(seconds):.3f}", f"{each.p50_ms:.2f} ms", f"{each.p99_ms:.2f} ms",
         f"{each.tries / seconds:,.0f}")
        for name, each in found.items()
    ]  # fmt: skip
    yield from (f"  {line}" for line in aligned(lines))
