"""A whole running installation for tests: the processes of the Procfile on a database of its own.

Everything is real: uvicorn, Dramatiq, the clock, PostgreSQL, Valkey, and a target that keeps a
ledger of what reaches it.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from cli.supervisor import parse_procfile

ROOT = Path(__file__).parents[2]
START_WITHIN_S = 30.0
STOP_WITHIN_S = 12.0


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_until(happened: Callable[[], Any], within_s: float = 15.0, what: str = "it") -> Any:
    """What `happened()` answers as soon as that is true. Fails after `within_s` seconds."""
    end = time.monotonic() + within_s
    while True:
        answer = happened()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen within {within_s} s; last: {answer!r}")
        time.sleep(0.02)  # a poll of real processes, bounded by `within_s`


class Installation:
    """Web, worker and clock as the Procfile starts them, and a target."""

    def __init__(
        self, database_url: str, redis_url: str, env: Mapping[str, str] | None = None
    ) -> None:
        self.port = free_port()
        self.target_port = free_port()
        self.base_url = f"http://127.0.0.1:{self.port}"
        self.folder = Path(tempfile.mkdtemp(prefix="signalbox-test-"))
        self.ledger = self.folder / "ledger.tsv"
        self.env = {
            **{k: v for k, v in os.environ.items() if k in {"HOME", "LANG", "PATH"}},
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "SECRET_KEY": "a test's own key, which guards nothing at all 0123456789",
            "PORT": str(self.port),
            "HOST": "127.0.0.1",
            "BASE_URL": self.base_url,
            "SIGNALBOX_DATA_DIR": str(self.folder),
            "SIGNALBOX_EGRESS_ALLOW": "127.0.0.0/8",
            "PYTHONUNBUFFERED": "1",
            **(env or {}),
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._commands = parse_procfile((ROOT / "Procfile").read_text(encoding="utf-8"))
        self._commands["target"] = (
            f"{sys.executable} -m tests.support.target --port {self.target_port} "
            f"--ledger {self.ledger}"
        )

    def __enter__(self) -> Self:
        self.run("release")
        for name in ("target", "web", "worker", "clock"):
            self.start(name)
        self.wait_ready()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for name in list(self.processes):
            self.kill(name, signal.SIGTERM)

    def run(self, name: str) -> None:
        """Run one Procfile line to its end. Raises CalledProcessError when it fails."""
        subprocess.run(
            ["sh", "-c", f"exec {self._commands[name]}"],
            cwd=ROOT, env=self.env, check=True, capture_output=True,
        )  # fmt: skip

    def cli(self, *arguments: str) -> str:
        """What the `signalbox` command prints."""
        finished = subprocess.run(
            [sys.executable, "-m", "cli", *arguments],
            cwd=ROOT, env=self.env, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return finished.stdout.strip()

    def start(self, name: str, **env: str) -> None:
        """Start one process of the Procfile, with more variables if any; its output goes to
        `<folder>/<name>.log`."""
        with self.log(name).open("ab") as log:
            self.processes[name] = subprocess.Popen(
                ["sh", "-c", f"exec {self._commands[name]}"],
                cwd=ROOT, env={**self.env, **env}, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def log(self, name: str) -> Path:
        """The file that a process prints to."""
        return self.folder / f"{name}.log"

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> None:
        """End one process. SIGKILL takes its children too, as a lost machine would."""
        process = self.processes.pop(name)
        if how is signal.SIGKILL:
            os.killpg(process.pid, how)
        else:
            process.send_signal(how)
        try:
            process.wait(STOP_WITHIN_S)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def wait_ready(self) -> None:
        """Wait until the web process says that all is well."""

        def ready() -> bool:
            try:
                return httpx.get(f"{self.base_url}/readyz", timeout=2).status_code == 200
            except httpx.HTTPError:
                return False

        wait_until(ready, START_WITHIN_S, "/readyz")
