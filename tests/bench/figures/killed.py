"""One of two workers killed (kill -9) at half of the rate that holds: until what it was running has
begun again, and until the backlog is gone. The target takes a tenth of a second, so that there is
something that it was running. Measured once a run; the ledger's figures count what was lost or
doubled by it.
"""

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping

from tests.bench.figures.executions import search
from tests.bench.flow import door_of, one_call, paid_orders
from tests.bench.report import Row
from tests.bench.session import Session
from tests.bench.team import answer_of, make_team

ROWS = (
    Row("killed.restarted", "worker killed at half rate: what it ran begun again, latest", " s",
        45, digits=1),
    Row("killed.taken", "  executions that it was running", "", 1, higher_is_better=True),
    Row("killed.drained", "  nothing unfinished, after the last delivery", " s", 60, digits=1),
)  # fmt: skip
_BEFORE_S, _AFTER_S = 5.0, 25.0
_SLOWLY = "/slow/0.1"
_SECRET = "the door whose calls take a while, and no other"
# The attempts of one worker that nobody saw the end of, and those that came after them.
_RESTARTED = """
SELECT count(*) AS taken, max(extract(epoch FROM x.attempt_started_at) - $1)::float8 AS latest
FROM execution x JOIN attempt a ON a.execution_id = x.id AND a.number = 1
WHERE a.state = 'unknown' AND a.reason = 'worker_lost' AND a.finished_at > to_timestamp($1)
"""


def measure(session: Session) -> Mapping[str, float]:
    """The first round's; later rounds measure nothing."""
    if "killed" in session.details:
        return {}
    if session.sustained_rate is None:
        session.sustained_rate = search(session, None)
    rate, killed_at = session.sustained_rate / 2, [0.0]

    def kill() -> None:
        killed_at[0] = time.time()
        session.installation.kill("worker_2")

    with session.installation.more_workers(1), _slow_door(session):
        time.sleep(2)
        timer = threading.Timer(_BEFORE_S, kill)
        timer.start()
        try:
            session.send_at("killed", rate, _BEFORE_S + _AFTER_S)
        finally:
            timer.join()
        drained_s = session.drain()
    found = session.database.fetch(_RESTARTED, killed_at[0])[0]
    session.details["killed"] = [f"one of two workers was killed at {rate:,.0f}/s"]
    return {
        "killed.restarted": found["latest"] or 0.0,
        "killed.taken": found["taken"],
        "killed.drained": drained_s,
    }


@contextlib.contextmanager
def _slow_door(session: Session) -> Iterator[None]:
    """Have deliveries lead to calls that take a while."""
    with contextlib.closing(make_team(session, "killed")) as client:
        workflow = one_call(session.installation.target_port)
        workflow["steps"][0]["url"] = (
            f"http://127.0.0.1:{session.installation.target_port}{_SLOWLY}"
        )
        made = answer_of(client.post("/api/v1/workflows", json=workflow))
        trigger = answer_of(client.post("/api/v1/triggers", json=paid_orders(made["id"], _SECRET)))
    usual, session.door = session.door, door_of(session.installation, trigger, _SECRET)
    try:
        yield
    finally:
        session.door = usual
