"""`python -m tests.bench.rival_schedulers.apscheduler_jobs DATABASE_URL JOBS FILE`"""

import signal
import sys
import threading
import time

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.sqlalchemy import SQLAlchemyJobStore
from apscheduler.schedulers.background import BackgroundScheduler

_THREADS = 20


def note(path: str, job: int) -> None:
    """The job: how long after its minute it began."""
    now = time.time()
    with open(path, "a") as lines:  # noqa: PTH123 - one short line: appended whole
        lines.write(f"{job} {int(now // 60)} {now % 60:.6f}\n")


def main() -> None:
    """Run until SIGTERM."""
    url, jobs, path = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: stop.set())
    scheduler = BackgroundScheduler(
        jobstores={"default": SQLAlchemyJobStore(url=url)},
        executors={"default": ThreadPoolExecutor(_THREADS)},
        job_defaults={"misfire_grace_time": None, "coalesce": False, "max_instances": 3},
        timezone="UTC",
    )
    for job in range(jobs):
        scheduler.add_job(
            "tests.bench.rival_schedulers.apscheduler_jobs:note",
            "cron",
            args=(path, job),
            minute="*",
        )
    scheduler.start()
    print("ready", flush=True)
    stop.wait()
    scheduler.shutdown()


if __name__ == "__main__":
    main()
