"""A whole running installation for tests: the processes of the Procfile on a database of its own.

Everything is real: uvicorn, Dramatiq, the clock, PostgreSQL, Valkey, and a target that keeps a
ledger of what reaches it. A `Team` of it goes through the public doors only: the `signalbox`
command, the JSON API, and the hooks.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

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


def wait_until(happened: Callable[[], Any], within_s: float = 30.0, what: str = "it") -> Any:
    """What `happened()` answers as soon as that is true. Fails after `within_s` seconds."""
    end = time.monotonic() + within_s
    while True:
        answer = happened()
        if answer:
            return answer
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not happen within {within_s} s; last: {answer!r}")
        time.sleep(0.02)  # a poll of real processes, bounded by `within_s`


@dataclass(frozen=True, slots=True)
class Around:
    """What a process finds around it that is not usual: a command that prepares what it shall see,
    such as another resolv.conf, and then becomes it; where its output goes."""

    command: str = ""
    log_to: Path | None = None


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
            "SIGNALBOX_CANARIES": "0",
            "PYTHONUNBUFFERED": "1",
            **(env or {}),
        }
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        self._open = ExitStack()
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
        self._open.close()
        for process in self.processes.values():
            process.terminate()
        for name in list(self.processes):
            self.wait_ended(name)
        shutil.rmtree(self.folder, ignore_errors=True)

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

    def start(self, name: str, around: "Around | None" = None, /, **env: str) -> None:
        """Start one process of the Procfile, with more variables if any; its output goes to
        `<folder>/<name>.log`. `worker-2` is another one of `worker`."""
        command = self._commands[name.partition("-")[0]]
        log_to = self.log(name)
        if around is not None:
            command, log_to = f"{around.command} {command}", around.log_to or log_to
        with log_to.open("ab") as log:
            self.processes[name] = subprocess.Popen(
                ["sh", "-c", f"exec {command}"],
                cwd=ROOT, env={**self.env, **env}, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def log(self, name: str) -> Path:
        """The file that a process prints to."""
        return self.folder / f"{name}.log"

    def kill(self, name: str, how: signal.Signals = signal.SIGKILL) -> int:
        """End one process; its exit status. SIGKILL takes its children too, as a lost machine
        would. Raises TimeoutExpired when another signal does not end it in time."""
        if how is signal.SIGKILL:
            os.killpg(self.processes[name].pid, how)
        else:
            self.processes[name].send_signal(how)
        return self.wait_ended(name)

    def wait_ended(self, name: str) -> int:
        """The exit status of a process that was told to end. Raises TimeoutExpired when it does
        not; it is killed then."""
        process = self.processes.pop(name)
        try:
            return process.wait(STOP_WITHIN_S)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def wait_ready(self) -> None:
        """Wait until the web process says that all is well."""

        with httpx.Client(base_url=self.base_url, timeout=2) as client:

            def ready() -> bool:
                try:
                    return client.get("/readyz").status_code == 200
                except httpx.HTTPError:
                    return False

            wait_until(ready, START_WITHIN_S, "/readyz")

    def target_url(self, path: str = "/notify") -> str:
        """An address of the target."""
        return f"http://127.0.0.1:{self.target_port}{path}"

    def tell_target(self, path: str, *behaviours: str) -> None:
        """Have the target answer calls of `path` in these ways, one after the other."""
        told = {"path": path, "as": list(behaviours)}
        httpx.post(self.target_url("/_behave"), json=told).raise_for_status()

    def release_target(self, name: str) -> None:
        """Have the target answer the calls that it holds under that name."""
        httpx.post(self.target_url(f"/_release/{name}")).raise_for_status()

    def team(self, slug: str) -> "Team":
        """A new team."""
        self.cli("teams", "create", slug)
        return self.team_with(self.cli("keys", "create", "--team", slug, "--role", "admin"))

    def team_with(self, key: str) -> "Team":
        """The team of an API key."""
        return Team(self, self._open.enter_context(self.client(f"Bearer {key}")))

    def client(self, authorization: str = "") -> httpx.Client:
        """A client of the JSON API."""
        headers = {"authorization": authorization} if authorization else {}
        return httpx.Client(base_url=f"{self.base_url}/api/v1", headers=headers, timeout=10)


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook trigger as its sender knows it."""

    id: str
    url: str
    secret: str

    @property
    def path(self) -> str:
        """The address without the host."""
        return urlsplit(self.url).path

    @property
    def token(self) -> str:
        """The part of the address that only the sender knows."""
        return self.path.rpartition("/")[2]


class Team:
    """A team's admin, who makes and reads things through the JSON API."""

    def __init__(self, installation: Installation, api: httpx.Client) -> None:
        self.installation = installation
        self.api = api

    def step(self, path: str = "/notify", **changes: Any) -> dict[str, Any]:
        """An http step that calls the target and passes the body's `id` on."""
        url = self.installation.target_url(path)
        call = {"key": "notify", "kind": "http", "method": "POST", "url": url}
        return {**call, "body": {"id": "{{ $.id }}"}, **changes}

    def workflow(self, *steps: dict[str, Any]) -> str:
        """A published workflow; its id."""
        made = self.api.post("/workflows", json={"name": "Notify", "steps": list(steps)})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def trigger(
        self,
        workflow_id: str,
        *,
        conditions: Any = None,
        retry: dict[str, Any] | None = None,
        limits: dict[str, Any] | None = None,
        **config: Any,
    ) -> Hook:
        """A webhook trigger, unsigned unless `config` names another scheme."""
        draft = {
            "name": "Orders",
            "kind": "webhook",
            "workflow_id": workflow_id,
            "config": {"scheme": "none", **config},
            "conditions": conditions,
            "retry": retry or {},
            "limits": limits or {},
        }
        made = self.api.post("/triggers", json=draft)
        assert made.status_code == 201, made.text
        shown = made.json()
        return Hook(shown["id"], shown["hook_url"], config.get("secret") or shown.get("secret", ""))

    def hook(self, **trigger: Any) -> Hook:
        """A webhook trigger with a workflow of its own, which calls the target."""
        return self.trigger(self.workflow(self.step()), **trigger)

    def limit_trial(self, trigger_id: str, key: str = "$.order.total") -> str:
        """A trial of limits of that key that is done; its id."""
        trials = f"/triggers/{trigger_id}/limit-trials"
        limits = {"rate": [{"most": 1, "per_s": 3600, "key": key}]}
        made = self.api.post(trials, json={"limits": limits})
        assert made.status_code == 201, made.text
        found = f"{trials}/{made.json()['id']}"
        wait_until(lambda: self.api.get(found).json()["finished_at"], what="a trial of limits")
        return str(made.json()["id"])

    def destination(self) -> str:
        """The newest destination, as soon as one is called; its id."""
        found = wait_until(lambda: self.api.get("/destinations").json()["items"], what="a call")
        return str(found[0]["id"])

    def bulk_action(self, execution_id: str, name: str = "Once more") -> str:
        """A bulk action that has replayed an execution, as soon as that has ended; its id."""
        ended = ("succeeded", "failed", "dead")
        wait_until(lambda: self.execution(execution_id)["state"] in ended, what="an end")
        given = {"name": name, "kind": "replay", "executions": [execution_id]}
        made = self.api.post("/bulk-actions", json=given)
        assert made.status_code == 201, made.text
        found = f"/bulk-actions/{made.json()['id']}"
        wait_until(lambda: self.api.get(found).json()["finished_at"], what="a bulk action")
        return str(made.json()["id"])

    def execution(self, execution_id: str) -> dict[str, Any]:
        """An execution, with its attempts."""
        shown = self.api.get(f"/executions/{execution_id}")
        assert shown.status_code == 200, shown.text
        execution: dict[str, Any] = shown.json()
        return execution

    def event(self, event_id: str) -> dict[str, Any]:
        """An event, with what was decided and started."""
        shown = self.api.get(f"/events/{event_id}")
        assert shown.status_code == 200, shown.text
        event: dict[str, Any] = shown.json()
        return event

    def decision(self, event_id: str, within_s: float = 10.0) -> dict[str, Any]:
        """The only decision of an event, as soon as there is one."""
        found = wait_until(lambda: self.event(event_id)["decisions"], within_s, "a decision")
        assert len(found) == 1
        decision: dict[str, Any] = found[0]
        return decision
