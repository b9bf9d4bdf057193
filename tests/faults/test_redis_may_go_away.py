"""PostgreSQL is the truth, Redis only the bell: whatever happens to it, nothing is lost or doubled.

Rows F20 (killed, back with its append-only file), F21 (back with nothing) and F22 (away) of the
fault catalogue, on a Valkey of this module's own.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import httpx
import pytest
import redis

from cli.processes import DataDirectory
from cli.servers import RunningServer
from cli.valkey import Valkey
from tests.conftest import fresh_installation
from tests.faults.rig import Rig
from tests.support.installation import wait_until
from tests.support.servers import TestServers

NUMBER = 100


class AnyValkey(Protocol):
    """What the tests below do to a Valkey."""

    url: str

    def start(self) -> None: ...
    def kill(self) -> None: ...
    def lose_its_file(self) -> None: ...
    def flush(self) -> None: ...


class OwnValkey:
    """A Valkey that these tests may kill and empty."""

    def __init__(self, directory: DataDirectory) -> None:
        valkey = Valkey(directory)
        self.url = valkey.url
        self._data = valkey.data
        self._server = RunningServer(valkey)
        self.start = self._server.start
        self.stop = self._server.stop

    def kill(self) -> None:
        os.kill(self._server.pid, signal.SIGKILL)
        self.stop()

    def lose_its_file(self) -> None:
        shutil.rmtree(self._data)

    def flush(self) -> None:
        with redis.Redis.from_url(self.url) as client:
            client.flushall()


@pytest.fixture(scope="module")
def valkey() -> Iterator[OwnValkey]:
    folder = Path(tempfile.mkdtemp(prefix="signalbox-valkey-"))
    with DataDirectory(folder).hold() as directory:
        own = OwnValkey(directory)
        own.start()
        yield own
        own.stop()
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def rig(servers: TestServers, valkey: OwnValkey) -> Iterator[Rig]:
    with fresh_installation(servers, REDIS_URL=valkey.url) as installation:
        rig = Rig(installation)
        yield rig
        rig.sender.close()


def restart(valkey: AnyValkey) -> None:
    valkey.kill()
    valkey.start()


def restart_empty(valkey: AnyValkey) -> None:
    valkey.kill()
    valkey.lose_its_file()
    valkey.start()


def flush(valkey: AnyValkey) -> None:
    valkey.flush()


@pytest.mark.parametrize(
    "happens",
    [
        pytest.param(restart, id="F20-restart-with-AOF"),
        pytest.param(restart_empty, id="F21-restart-empty"),
        pytest.param(flush, id="F21-FLUSHALL"),
    ],
)
def test_redis_comes_back_and_no_event_was_lost_or_doubled(
    rig: Rig, valkey: AnyValkey, happens: Callable[[AnyValkey], None]
) -> None:
    with rig.frozen("worker"):
        sent = rig.sender.send(rig.hook.url, NUMBER)
        rig.sender.settle()  # their rings lie in Redis now
        sent += rig.sender.send(rig.hook.url, NUMBER)
        rig.send_mixture(5)
        happens(valkey)
    rig.sender.settle()
    # No request had to wait for Redis or was refused for want of it.
    assert all(one.accepted and len(one.answers) == 1 for one in sent)
    rig.finish(within_s=15)
    expect_the_bell_to_work(rig)


def test_f22_while_redis_is_away_events_are_accepted_and_executions_run(
    rig: Rig, valkey: OwnValkey
) -> None:
    before = {name: process.pid for name, process in rig.installation.processes.items()}
    valkey.stop()
    assert failing_parts(rig) == ["redis"]
    sent = rig.sender.send(rig.hook.url, NUMBER)
    rig.send_mixture(1)
    rig.sender.settle()
    assert [[answer.status for answer in one.answers] for one in sent] == [[202]] * NUMBER
    rig.checker.check(within_s=15)
    try_on_history(rig)

    valkey.start()
    rig.installation.wait_ready()
    expect_the_bell_to_work(rig)
    processes = rig.installation.processes
    assert {name: process.pid for name, process in processes.items()} == before
    assert [name for name, process in processes.items() if process.poll() is not None] == []


def try_on_history(rig: Rig) -> None:
    """A backtest is taken up although nobody can ring for it."""
    path = f"/triggers/{rig.hook.id}/backtests"
    made = rig.team.api.post(path, json={"conditions": None}).json()
    here = f"{path}/{made['id']}"
    wait_until(lambda: rig.team.api.get(here).json()["state"] == "done", what="a backtest")


def failing_parts(rig: Rig) -> list[str]:
    answer = httpx.get(f"{rig.installation.base_url}/readyz")
    assert answer.status_code == 503
    failing: list[str] = answer.json()["failing"]
    return failing


def expect_the_bell_to_work(rig: Rig) -> None:
    """Soon events are decided faster again than any sweep would ring for them (one second)."""

    def quick() -> bool:
        (sent,) = rig.sender.send(rig.hook.url, 1)
        facts = rig.finish()
        return facts.decided_after_s(sent) < 0.8

    wait_until(quick, within_s=20, what="an event decided at once")
