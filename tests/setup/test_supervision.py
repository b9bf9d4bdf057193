"""The supervisor keeps real processes running, and leaves none behind."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from tests.support.installation import ROOT, wait_until

STEADY = "import signal; print('up', flush=True); signal.pause()"
STUBBORN = (
    "import signal; signal.signal(15, signal.SIG_IGN); print('up', flush=True)\n"
    "while True: signal.pause()"
)
PARENT = (
    "import subprocess, sys, signal, pathlib;"
    "child = subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()']);"
    "pathlib.Path('child').write_text(str(child.pid)); print('up', flush=True); signal.pause()"
)


class Supervised:
    """A supervisor in a process of its own, with stand-ins for the real processes."""

    def __init__(self, folder: Path, **scripts: str) -> None:
        self.folder = folder
        self.output = folder / "output"
        lines = []
        for name, script in scripts.items():
            (folder / f"{name}.py").write_text(script)
            lines.append(f"{name}: {sys.executable} {name}.py\n")
        (folder / "Procfile").write_text("".join(lines))

    def start(self) -> None:
        command = [sys.executable, "-m", "tests.setup.supervised"]
        with self.output.open("ab") as output:
            self.process = psutil.Popen(
                [*command, str(self.folder / "Procfile"), str(self.folder / "data")],
                cwd=ROOT,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def pid(self, name: str, other_than: int = 0) -> int:
        """The id of the running process `name`, as soon as there is one (and another one)."""

        def found() -> int:
            with contextlib.suppress(OSError, ValueError, KeyError):
                record = self.folder / "data" / "run" / "processes.json"
                pid: int = json.loads(record.read_text())[name]
                return pid if pid != other_than else 0
            return 0

        pid: int = wait_until(found, what=f"a process {name}")
        return pid

    def up(self, name: str, times: int = 1) -> None:
        """Wait until it has said that it is up."""
        wait_until(lambda: self.printed().count(f"{name:<9} | up") >= times, what=f"{name} up")

    def printed(self) -> str:
        return self.output.read_text()

    def stop(self) -> None:
        """End all of it, whatever the test did."""
        with contextlib.suppress(psutil.NoSuchProcess):
            for process in (*self.process.children(recursive=True), self.process):
                with contextlib.suppress(psutil.NoSuchProcess):  # It may end by itself just now.
                    process.kill()
        self.process.wait(10)


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


Supervise = Callable[..., Supervised]


@pytest.fixture
def supervise(tmp_path: Path) -> Iterator[Supervise]:
    """Starts a supervisor of the scripts that are given to it by name."""
    with contextlib.ExitStack() as ends:

        def start(**scripts: str) -> Supervised:
            supervised = Supervised(tmp_path, **scripts)
            supervised.start()
            ends.callback(supervised.stop)
            return supervised

        yield start


@pytest.fixture
def supervised(supervise: Supervise) -> Supervised:
    """A supervisor of one process that runs until it is told to stop."""
    return supervise(steady=STEADY)


def test_each_line_comes_out_under_its_processs_name(supervised: Supervised) -> None:
    supervised.up("steady")
    assert supervised.printed() == "steady    | up\n"


def test_a_process_that_dies_is_started_again(supervised: Supervised) -> None:
    supervised.up("steady")
    first = supervised.pid("steady")
    os.kill(first, signal.SIGKILL)
    assert supervised.pid("steady", other_than=first) != first
    supervised.up("steady", times=2)
    assert "steady was ended by SIGKILL; it starts again in 0.5 s" in supervised.printed()


def test_the_pause_before_a_restart_grows(supervise: Supervise, tmp_path: Path) -> None:
    failing = supervise(failing="import sys; sys.exit(3)")
    wait_until(lambda: failing.printed().count("exit code 3") >= 3, what="three failures")
    pauses = re.findall(r"ended with exit code 3; it starts again in (\S+) s", failing.printed())
    assert pauses[:3] == ["0.5", "1", "2"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_ends_every_process_in_order(supervised: Supervised, number: int) -> None:
    supervised.up("steady")
    child = supervised.pid("steady")
    supervised.process.send_signal(number)
    assert supervised.process.wait(10) == 0
    assert gone(child)
    assert "starts again" not in supervised.printed()


def test_a_process_that_ignores_the_stop_is_killed(supervise: Supervise, tmp_path: Path) -> None:
    stubborn = supervise(stubborn=STUBBORN)
    stubborn.up("stubborn")
    child = stubborn.pid("stubborn")
    stubborn.process.terminate()
    assert stubborn.process.wait(15) == 0
    assert gone(child)
    assert "stubborn did not stop in 2 s: killed" in stubborn.printed()


def test_what_a_dead_process_leaves_behind_is_ended(supervise: Supervise, tmp_path: Path) -> None:
    family = supervise(parent=PARENT)
    family.up("parent")
    grandchild = int((tmp_path / "child").read_text())
    first = family.pid("parent")
    os.kill(first, signal.SIGKILL)
    family.pid("parent", other_than=first)
    assert gone(grandchild)


def test_ctrl_c_in_the_terminal_does_not_reach_the_children(supervised: Supervised) -> None:
    supervised.up("steady")
    assert os.getsid(supervised.pid("steady")) != os.getsid(supervised.process.pid)


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells a child of its parent's death"
)
def test_no_child_outlives_a_killed_supervisor(supervised: Supervised) -> None:
    supervised.up("steady")
    child = supervised.pid("steady")
    supervised.process.kill()
    wait_until(lambda: gone(child), what="the end of the child")


def test_the_next_start_ends_what_a_killed_supervisor_left(
    supervise: Supervise, tmp_path: Path
) -> None:
    # The grandchild hears nothing of either death: its own parent is killed too.
    family = supervise(parent=PARENT)
    family.up("parent")
    grandchild = int((tmp_path / "child").read_text())
    os.killpg(family.process.pid, signal.SIGSTOP)
    os.kill(family.pid("parent"), signal.SIGKILL)
    family.process.kill()
    family.process.wait(5)
    assert not gone(grandchild)
    family.start()
    family.up("parent", times=2)
    assert gone(grandchild)


def test_a_stranger_is_left_alone(supervise: Supervise, tmp_path: Path) -> None:
    # The same command, but not started for this data directory.
    with subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()"]) as stranger:
        supervise(steady=STEADY).up("steady")
        assert stranger.poll() is None
        stranger.kill()


def test_a_second_supervisor_of_the_same_directory_is_refused(supervised: Supervised) -> None:
    supervised.up("steady")
    second = subprocess.run(
        [*supervised.process.cmdline()], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert second.returncode != 0
    assert f"process {supervised.process.pid}" in second.stderr
