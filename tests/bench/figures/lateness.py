"""Two hundred schedules that are due every minute: how late what they start begins, beside
APScheduler 3 with its job store in PostgreSQL and Celery beat with a worker on Redis.

One after the other in the same run, on the same servers, for the same number of minutes. Late is
from the minute until what the schedule starts begins: an execution's start here (decided by
conditions, under a lease, on record), a function's first line there. Measured once a run.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from cli.environment import PROJECT
from cli.processes import Program
from tests.bench.children import Child
from tests.bench.load import percentile
from tests.bench.report import Row
from tests.bench.session import Session
from tests.bench.team import make_schedule, make_team, make_workflow

JOBS = 200
TEAM = "lateness"
_NAMES = {"ours": "Signalbox", "apscheduler": "APScheduler 3", "celery": "Celery beat"}
ROWS = (
    *(
        Row(f"late.{who}.{part}", f"{lead}{name}, {part}", " ms")
        for who, name in _NAMES.items()
        for part, lead in (("p50", "200 minute-schedules, lateness: "), ("p99", "  "))
    ),
    Row("late.ours.ran", "  of what was due, Signalbox ran", " %", 100, higher_is_better=True),
    Row("late.apscheduler.ran", "  APScheduler 3", " %", digits=1),
    Row("late.celery.ran", "  Celery beat", " %", digits=1),
)
_OURS = """
SELECT extract(epoch FROM x.started_at - s.scheduled_for)::float8 * 1000 AS late
FROM slot s JOIN team m ON m.id = s.team_id AND m.slug = $1
JOIN execution x ON x.event_id = s.event_id
WHERE s.scheduled_for >= to_timestamp($2) AND s.scheduled_for < to_timestamp($3)
    AND x.started_at IS NOT NULL
"""
_APSCHEDULER = "tests.bench.rival_schedulers.apscheduler_jobs"
_CELERY = "tests.bench.rival_schedulers.celery_app"
_SPARE_S = 20.0
_SPARE_DATABASE = 9


def measure(session: Session) -> Mapping[str, float]:
    """The first round's; later rounds measure nothing."""
    if "lateness" in session.details:
        return {}
    found = {
        "ours": _of_ours(session),
        "apscheduler": _of_apscheduler(session),
        "celery": _of_celery(session),
    }
    due = JOBS * session.sizes.lateness_minutes
    session.details["lateness"] = [
        f"{_NAMES[who]}: {len(late)} of {due} began, latest {max(late, default=0):,.0f} ms"
        for who, late in found.items()
    ]
    readings = {f"late.{who}.ran": 100 * len(late) / due for who, late in found.items()}
    for who, late in found.items():
        readings |= {f"late.{who}.p50": percentile(late, 0.5),
                     f"late.{who}.p99": percentile(late, 0.99)}  # fmt: skip
    return readings


def _of_ours(session: Session) -> Sequence[float]:
    client = make_team(session, TEAM)
    workflow_id = make_workflow(client, session)
    made = [
        make_schedule(client, workflow_id, f"Each minute {number}", form="cron", cron="* * * * *")
        for number in range(JOBS)
    ]
    first, last = _minutes(session)
    session.drain()
    for trigger_id in made:
        client.delete(f"/api/v1/triggers/{trigger_id}")
    return [row["late"] for row in session.database.fetch(_OURS, TEAM, first, last)]


def _of_apscheduler(session: Session) -> Sequence[float]:
    notes = session.installation.path / "apscheduler.notes"
    url = session.installation.database_url("postgres").replace(
        "postgresql:", "postgresql+psycopg:"
    )
    with _running(session, "apscheduler", "-m", _APSCHEDULER, url, str(JOBS), str(notes)):
        span = _minutes(session)
    return _noted(notes, *span)


def _of_celery(session: Session) -> Sequence[float]:
    notes = session.installation.path / "celery.notes"
    env = {"BROKER_URL": _broker(session), "JOBS": str(JOBS), "NOTES": str(notes)}
    celery = ("-m", "celery", "-A", _CELERY)
    worker = (
        *celery,
        "worker",
        "--pool",
        "threads",
        "--concurrency",
        "20",
        "--loglevel",
        "WARNING",
    )
    beat = (*celery, "beat", "--schedule", str(notes.with_suffix(".beat")), "--loglevel", "WARNING")
    with (
        _running(session, "celery", *worker, **env),
        _running(session, "celery_beat", *beat, **env),
    ):
        span = _minutes(session)
    return _noted(notes, *span)


def _broker(session: Session) -> str:
    """A database of the installation's Valkey that Signalbox does not use, as Celery spells it."""
    address = session.installation.urls["REDIS_URL"].partition("?")[0]
    if address.startswith("unix:"):
        return f"redis+socket:{address.removeprefix('unix:')}?virtual_host={_SPARE_DATABASE}"
    return f"{address.rstrip('/')}/{_SPARE_DATABASE}"


def _minutes(session: Session) -> tuple[float, float]:
    """Let the asked minutes pass, and those who began in them end; the first and the one after the
    last, in seconds of the epoch."""
    first = (time.time() + _SPARE_S) // 60 * 60 + 60
    last = first + 60 * session.sizes.lateness_minutes
    time.sleep(last - time.time() - 60 + _SPARE_S)
    session.installation.check()
    return first, last


@contextlib.contextmanager
def _running(session: Session, name: str, *arguments: str, **env: str) -> Iterator[None]:
    rivals = Path(sys.prefix) / "rivals"
    program = Program(
        name=name,
        argv=[sys.executable, *arguments],
        env={**os.environ, **env, "PYTHONPATH": f"{rivals}{os.pathsep}{PROJECT}"},
        cwd=PROJECT,
        stop_signal=signal.SIGTERM,
        log=session.installation.path / "log" / f"{name}.log",
    )
    child = Child(program)
    try:
        yield
    finally:
        child.stop()


def _noted(notes: Path, first: float, last: float) -> list[float]:
    lines = [line.split() for line in notes.read_text().splitlines()] if notes.exists() else []
    return [
        float(seconds) * 1000 for _, minute, seconds in lines if first <= int(minute) * 60 < last
    ]
