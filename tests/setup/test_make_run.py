"""`make run` after its set-up, as a whole: real servers, real processes."""

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from cli.processes import MARK
from tests.support.installation import ROOT, free_port, wait_until


class MakeRun:
    """One run after the other, on one data directory and port."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "data"
        self.output = folder / "output"
        self.port = free_port()
        inherited = {"HOME", "LANG", "PATH"}
        self.env = {key: value for key, value in os.environ.items() if key in inherited}
        self.env |= {"PORT": str(self.port), "SIGNALBOX_DATA_DIR": str(self.data)}
        self.env |= {"SIGNALBOX_DEMO": "0"}

    def start(self, *command: str) -> None:
        """Start it, by `command` if it has one, in a session of its own."""
        self.output.write_text("")
        with self.output.open("ab") as output:
            self.process = subprocess.Popen(
                command or [sys.executable, "-m", "cli.run"],
                cwd=ROOT,
                env=self.env,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def up(self) -> None:
        """Wait until it has said where it is."""
        wait_until(lambda: "Ctrl-C stops it" in self.printed(), 60, what=f"up: {self.printed()}")

    def printed(self) -> str:
        return self.output.read_text()

    def ready(self) -> bool:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, 2)) as door:
            try:
                door.request("GET", "/readyz")
                return door.getresponse().status == http.HTTPStatus.OK
            except (OSError, http.client.HTTPException):
                return False

    def pids(self, record: str = "processes") -> dict[str, int]:
        """The ids of the running processes by their names."""
        found: dict[str, int] = json.loads((self.data / "run" / f"{record}.json").read_text())
        return found

    def pid(self, name: str, record: str = "processes") -> int:
        return self.pids(record)[name]

    def left(self) -> list[psutil.Process]:
        """What runs for its data directory."""
        return [process for process in psutil.process_iter() if self._is_ours(process)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            return process.environ().get(MARK) == str(self.data)
        except psutil.Error:
            return False

    def end(self) -> None:
        """End all of it, whatever the test did."""
        self.process.kill()
        self.process.wait()
        for process in self.left():
            with contextlib.suppress(psutil.NoSuchProcess):  # It may end by itself just now.
                process.kill()
        wait_until(lambda: not self.left(), what="the end of everything")


@contextlib.contextmanager
def started(folder: Path, **env: str) -> Iterator[MakeRun]:
    made = MakeRun(folder)
    made.env |= env
    made.start()
    try:
        yield made
    finally:
        made.end()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[MakeRun]:
    """A run of the test's own, which is just starting."""
    with started(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeRun]:
    """A run that is up, for tests after which it is up again."""
    with started(tmp_path_factory.mktemp("run"), SIGNALBOX_DEMO="1") as made:
        made.up()
        yield made


def test_it_says_where_it_is_and_is_ready_by_then(shared: MakeRun) -> None:
    assert f"http://127.0.0.1:{shared.port}" in shared.printed()
    assert shared.ready()
    assert {process.name() for process in shared.left()} >= {"postgres", "valkey-server", "uvicorn"}


def test_it_says_how_to_sign_in_to_the_demo(shared: MakeRun) -> None:
    assert re.search(r"│ email +\S+@\S+ +│\n│ password +\S{12,} +│\n", shared.printed())


def test_without_the_demo_it_says_where_the_first_admin_is_made(run: MakeRun) -> None:
    run.up()
    found = re.search(r"│ Set up Signalbox at +http://127.0.0.1:\d+(/setup\?\S+) +│", run.printed())
    assert found
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", run.port, 5)) as door:
        door.request("GET", found[1])
        assert door.getresponse().status == http.HTTPStatus.OK


def test_ctrl_c_stops_all_of_it(run: MakeRun) -> None:
    run.up()
    run.process.send_signal(signal.SIGINT)
    assert run.process.wait(30) == 0
    assert run.left() == []
    assert run.printed().endswith("signalbox | stopped\n")


def test_it_can_be_stopped_while_it_is_still_starting(run: MakeRun) -> None:
    wait_until(lambda: "starting postgres" in run.printed(), what="its start")
    run.process.send_signal(signal.SIGTERM)
    assert run.process.wait(30) == 0
    assert run.left() == []


def test_killed_it_starts_again_with_its_data(run: MakeRun) -> None:
    run.up()
    key = (run.data / "secret_key").read_text()
    run.process.kill()
    run.process.wait()
    run.start()
    run.up()
    assert run.ready()
    assert "No migrations need to be run" in run.printed()
    assert (run.data / "secret_key").read_text() == key


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells a child of its parent's death"
)
def test_nothing_outlives_a_killed_make(run: MakeRun) -> None:
    run.end()
    run.env["MAKELEVEL"] = "1"
    run.start("/bin/sh", "-c", f"{sys.executable} -m cli.run; true")
    run.up()
    run.process.kill()
    wait_until(lambda: not run.left(), 30, what="the end of everything")


@pytest.mark.parametrize("name", ["postgres", "valkey"])
def test_a_killed_server_comes_back_and_work_goes_on(shared: MakeRun, name: str) -> None:
    os.kill(shared.pid(name, "servers"), signal.SIGKILL)
    wait_until(lambda: f"{name} was ended by SIGKILL" in shared.printed(), what="the restart")
    wait_until(shared.ready, 30, what="readiness")


@pytest.mark.parametrize("name", ["web", "worker", "clock"])
def test_a_killed_process_comes_back(shared: MakeRun, name: str) -> None:
    first = shared.pid(name)
    os.kill(first, signal.SIGKILL)
    wait_until(lambda: f"{name} was ended by SIGKILL" in shared.printed(), what="the notice")
    wait_until(lambda: shared.pids().get(name, first) != first, what="its successor")
    wait_until(shared.ready, 30, what="readiness")


def test_a_second_one_on_the_same_data_says_so(shared: MakeRun) -> None:
    second = subprocess.run(
        [sys.executable, "-m", "cli.run"],
        cwd=ROOT,
        env=shared.env | {"PORT": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert second.returncode == 1
    assert f"process {shared.process.pid}, at http://127.0.0.1:{shared.port}" in second.stderr
    assert shared.ready()


def refusal(tmp_path: Path, **env: str) -> str:
    """What it says when it refuses to start."""
    run = MakeRun(tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "cli.run"],
        cwd=ROOT,
        env=run.env | env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert run.left() == []
    return done.stderr


def test_a_port_that_is_taken_is_named_with_a_way_out(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = refusal(tmp_path, PORT=str(port))
    assert f"Port {port} of 127.0.0.1 cannot be had: Address already in use" in said
    assert "make run" in said


@pytest.mark.parametrize("port", ["http", "0", "65536", "-1"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    assert "PORT must be a whole number from 1 to 65535" in refusal(tmp_path, PORT=port)


def test_the_secret_key_is_ones_own(shared: MakeRun) -> None:
    key = shared.data / "secret_key"
    assert key.stat().st_mode & 0o777 == 0o600
    assert len(key.read_text().strip()) >= 64
