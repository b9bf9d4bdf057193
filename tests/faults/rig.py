"""An installation under load with everything that the fault tests do to it."""

import asyncio
import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

import asyncpg
import redis

from domain.coordination.redis_urls import queue_url
from tasks.bell import EVENTS, EXECUTIONS, Bell
from tasks.broker import NAMESPACE
from tests.faults.checker import Checker, Facts
from tests.faults.sender import Sender, Sent
from tests.faults.trap import Trap, trap_at
from tests.support.installation import Hook, Installation, wait_until
from tests.support.target import read_ledger

WANTED = {"all": [{"path": "$.wanted", "op": "eq", "value": True}]}

PROCESSES = ("target", "web", "worker", "clock")

_BUSY = """
SELECT count(*) AS busy FROM pg_stat_activity
WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()
"""
_END_LEASES = """
UPDATE execution SET lease_until = now() - interval '1 second'
WHERE state = 'running' AND attempt_started_at < $1
"""
_RUNNING = """
SELECT e.sender_id, x.attempt, x.attempt_started_at
FROM execution x JOIN event e ON e.id = x.event_id WHERE x.state = 'running'
"""


class Rig:
    """A running installation, a sender, and the checker that has the last word."""

    def __init__(self, installation: Installation) -> None:
        self.installation = installation
        self.team = installation.team("alice")
        self.sender = Sender()
        self.database_url = installation.env["DATABASE_URL"]
        self.checker = Checker(self.sender, self.database_url, installation.ledger)
        self.hook = self.team.hook(conditions=WANTED)
        self._failing = self.team.trigger(
            self.team.workflow(self.team.step("/status/500")), retry={"attempts": 2, "base_s": 0}
        )

    def send_mixture(self, number: int, hook: Hook | None = None) -> None:
        """Begin to send: so many that succeed, two that do not match, and one that is dead after
        two attempts."""
        self.sender.send((hook or self.hook).url, number)
        self.sender.send(self.hook.url, 2, "filtered")
        self.sender.send(self._failing.url, 1, "dead")

    def finish(self, within_s: float = 15.0) -> Facts:
        """Send again whatever nobody accepted, wait until nothing waits, and check everything that
        was ever sent to this rig."""
        self.sender.settle()
        self.sender.send_again()
        self.sender.settle()
        return self.checker.check(within_s)

    @contextmanager
    def trapped(self, process: str, point: str) -> Iterator[Trap]:
        """Start a process anew with a trap at `point`; it is killed at the end."""
        self.installation.kill(process)
        with trap_at(point) as trap:
            self.start(process, **trap.env)
            yield trap
            self.kill(process)

    def kill(self, process: str) -> None:
        """Kill -9, and wait until the database has done what the dead process had asked of it."""
        self.installation.kill(process)
        wait_until(lambda: not asyncio.run(self._fetch(_BUSY))[0]["busy"], what="an idle database")

    def start(self, process: str, **env: str) -> None:
        """Start a process that was killed, and wait until it works. When a worker is there again,
        the leases of the time before it end."""
        now = self.now()
        log = self.installation.log(process)
        log.touch()
        printed = log.stat().st_size
        self.installation.start(process, **env)
        if process == "web":
            self.installation.wait_ready()
        elif process.startswith("worker"):
            wait_until(lambda: b"ready for action" in log.read_bytes()[printed:], what="a worker")
            self.end_leases(of_before=now)

    def mend(self) -> None:
        """Start what a failed test left dead, and end what it left over."""
        running = self.installation.processes
        for name in [name for name, process in running.items() if process.poll() is not None]:
            running.pop(name)
        for name in [name for name in running if name not in PROCESSES]:
            self.kill(name)
        for name in PROCESSES:
            if name not in running:
                self.start(name)

    def end_leases(self, of_before: datetime) -> None:
        """Stands for 30 seconds of waiting for leases that nobody renews. (That they really end by
        themselves, `test_a_lost_worker_is_noticed` waits for.)"""
        asyncio.run(self._fetch(_END_LEASES, of_before))

    @contextmanager
    def frozen(self, process: str) -> Iterator[None]:
        """Stop a process in its tracks, and let it go on afterwards."""
        group = self.installation.processes[process].pid
        os.killpg(group, signal.SIGSTOP)
        try:
            yield
        finally:
            os.killpg(group, signal.SIGCONT)

    async def _fetch(self, sql: str, *arguments: object) -> list[Any]:
        connection = await asyncpg.connect(self.database_url)
        try:
            rows: list[Any] = await connection.fetch(sql, *arguments)
            return rows
        finally:
            await connection.close()

    def now(self) -> datetime:
        """The database's clock."""
        now: datetime = asyncio.run(self._fetch("SELECT now()"))[0]["now"]
        return now

    def running_since(self, sent: Sent) -> datetime:
        """When the attempt began that is under way for a delivery."""
        rows = asyncio.run(self._fetch(_RUNNING))
        (since,) = [row["attempt_started_at"] for row in rows if row["sender_id"] == sent.id]
        assert isinstance(since, datetime)
        return since

    def wait_for_calls(self, request: str, number: int, within_s: float = 15.0) -> None:
        """Returns when so many calls with this method and path have reached the target."""

        def enough() -> bool:
            lines = read_ledger(self.installation.ledger)
            return sum(line.request == request for line in lines) >= number

        wait_until(enough, within_s, f"{number} calls of {request}")

    def running(self) -> dict[str, int]:
        """The executions that somebody holds a lease on: the sender's id and the attempt."""
        rows = asyncio.run(self._fetch(_RUNNING))
        return {row["sender_id"]: row["attempt"] for row in rows}

    def execution_ids(self) -> list[UUID]:
        """All executions that were ever started here."""
        return [row["id"] for row in asyncio.run(self._fetch("SELECT id FROM execution"))]

    def ring_again(self, sent: Iterable[Sent], times: int) -> None:
        """Ring for the events of these deliveries, and for every execution, whatever became of
        them; returns when all of it was heard."""
        event_ids = [UUID(one.answers[0].event_id) for one in sent]
        execution_ids = self.execution_ids()

        async def ring() -> None:
            bell = Bell(self.installation.env["REDIS_URL"])
            bell.start()
            for _ in range(times):
                bell.ring_events(event_ids)
                bell.ring_executions(execution_ids)
            await bell.close()

        asyncio.run(ring())
        with redis.Redis.from_url(queue_url(self.installation.env["REDIS_URL"])) as queues:
            unheard = [f"{NAMESPACE}:{queue}.msgs" for queue in (EVENTS, EXECUTIONS)]
            wait_until(lambda: not any(map(queues.hlen, unheard)), 60, "the last ring heard")
