"""Celery beat with 200 entries a minute, and the task that its worker runs.

`BROKER_URL`, `JOBS` and `NOTES` come from the environment, since beat and worker are two processes.
"""

import os
import time

from celery import Celery
from celery.schedules import crontab

app = Celery("rival", broker=os.environ["BROKER_URL"])
app.conf.timezone = "UTC"
app.conf.task_ignore_result = True
app.conf.beat_schedule = {
    f"job-{job}": {"task": "note", "schedule": crontab(), "args": (job,)}
    for job in range(int(os.environ["JOBS"]))
}


@app.task(name="note")
def note(job: int) -> None:
    """The job: how long after its minute it began."""
    now = time.time()
    with open(os.environ["NOTES"], "a") as lines:  # noqa: PTH123 - one short line: appended whole
        lines.write(f"{job} {int(now // 60)} {now % 60:.6f}\n")
