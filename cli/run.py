"""`make run`, after its set-up: Signalbox on one's own machine, from nothing to the sign-in page.

Starts the servers, runs the release line of the Procfile, then its processes and the demo's target;
waits until the web process is ready, makes the demo team, and says where to sign in. Ctrl-C stops
everything in the reverse order.
"""

import asyncio
import http.client
import io
import os
import shutil
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from cli.console import Console
from cli.environment import PROJECT, data_directory, local_settings
from cli.main import SETUP_LINE
from cli.processes import (
    AlreadyRunning,
    CannotStart,
    DataDirectory,
    Program,
    end,
    follow_parent,
    leftovers,
    marked,
)
from cli.servers import LocalServers, failure_of
from cli.supervisor import Supervisor, parse_procfile, procfile_program, run_to_end

_READY_WITHIN_S = 90
_TOO_MANY_FAILURES = 5


class Run:
    """One run of everything, for the data directory that this process holds."""

    def __init__(self, directory: DataDirectory, env: Mapping[str, str], out: Console) -> None:
        self._directory = directory
        self._out = out
        self._servers = LocalServers(directory, env)
        self._env = local_settings(env, self._servers.urls)
        self._env.setdefault("DEMO_TARGET_PORT", str(_demo_target_port(directory)))
        self._env.setdefault("PROMETHEUS_MULTIPROC_DIR", str(_metrics_directory(directory)))
        self._server_keeper = Supervisor(out, directory.run / "servers.json")
        self._keeper = Supervisor(out, directory.run / "processes.json")

    async def until_stopped(self) -> None:
        """Bring everything up, wait for a signal, take everything down. Raises `CannotStart`."""
        stop = asyncio.Event()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, self._on_signal, stop)
        starting = asyncio.create_task(self._bring_up())
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
            if starting.done():
                starting.result()
                await stopping
        finally:
            # From here on, a signal means haste.
            stop.set()
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            await self._take_down()

    def _on_signal(self, stop: asyncio.Event) -> None:
        if stop.is_set():
            self._keeper.kill()
        stop.set()

    async def _bring_up(self) -> None:
        for server in self._servers.servers:
            program = server.program()
            self._out.say(f"starting {server.name} on {server.data}")
            self._server_keeper.start(program)
            if not await self._comes_up(server.ready, self._server_keeper, server.name):
                raise CannotStart(failure_of(program))
        commands = parse_procfile((PROJECT / "Procfile").read_text())
        release = commands.pop("release")
        sign_in = await self._release(release)
        if self._env["SIGNALBOX_DEMO"] == "1":
            commands["target"] = "python -m cli.demo_target"
        self._out.say(f"starting {', '.join(commands)}")
        for name, command in commands.items():
            self._keeper.start(self._program(name, command))
        await self._until_ready()
        self._welcome(await self._demo() if self._env["SIGNALBOX_DEMO"] == "1" else sign_in)

    async def _release(self, command: str) -> list[str]:
        """Run the release line; where the first admin is made, if there is nobody yet."""
        self._out.say("bringing the database up to date")
        printed: list[str] = []
        status = await run_to_end(self._program("release", command), self._out, printed)
        set_up = [line for line in printed if line.startswith(SETUP_LINE)]
        for line in printed:
            if line not in set_up:
                self._out.line("release", line)
        if status != 0:
            raise CannotStart(f"The release command failed, see above: {command}")
        return set_up

    async def _until_ready(self) -> None:
        address = (self._env["HOST"], int(self._env["PORT"]))

        def ready() -> bool:
            return _readiness(*address)[0] == http.HTTPStatus.OK

        if not await self._comes_up(ready, self._keeper, "web"):
            status, body = _readiness(*address)
            raise CannotStart(f"Signalbox does not become ready: /readyz says {status} {body}")

    async def _comes_up(self, ready: Callable[[], bool], keeper: Supervisor, name: str) -> bool:
        """Wait until `ready`; False when that takes too long, or the program keeps ending."""
        clock = asyncio.get_running_loop().time
        limit = clock() + _READY_WITHIN_S
        while clock() < limit and keeper.failures(name) < _TOO_MANY_FAILURES:
            if await asyncio.to_thread(ready):
                return True
            await asyncio.sleep(0.1)
        return False

    async def _demo(self) -> list[str]:
        """Make the demo team and its traffic; the lines that tell how to sign in."""
        self._out.say("making the demo team and its first traffic")
        printed: list[str] = []
        program = self._program("demo", "python -m cli.demo")
        if await run_to_end(program, self._out, printed) != 0:
            # Everything else runs, and may be what someone came for.
            return ["demo: could not be made, see above"]
        return printed

    def _program(self, name: str, command: str) -> Program:
        env = marked(self._env, self._directory.path)
        return procfile_program(name, command, env, PROJECT)

    def _welcome(self, sign_in: list[str]) -> None:
        pairs = [
            ("Signalbox runs at", self._env["BASE_URL"]),
            *(line.partition(": ")[::2] for line in sign_in),
            ("Everything is kept in", str(self._directory.path)),
        ]
        lines = [*(f"{key:<22} {value}" for key, value in pairs), "Ctrl-C stops it"]
        width = max(map(len, lines))
        rule = "─" * (width + 2)
        middle = "\n".join(f"│ {line:<{width}} │" for line in lines)
        self._out.plain(f"\n┌{rule}┐\n{middle}\n└{rule}┘\n")

    async def _take_down(self) -> None:
        self._out.say("stopping")
        await self._keeper.stop()
        await self._out.drain()
        # The processes settle their work until their very end.
        await self._server_keeper.stop()
        self._out.say("stopped")


def _readiness(host: str, port: int) -> tuple[int, str]:
    """What /readyz answers: status and body, or 0 and the reason why nothing answers."""
    # A server that listens everywhere is asked here.
    name = host if host not in {"0.0.0.0", "::"} else "127.0.0.1"  # noqa: S104 - not bound
    connection = http.client.HTTPConnection(name, port, timeout=5)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, answer.read(2000).decode(errors="replace")
    except (OSError, http.client.HTTPException) as error:
        return 0, str(error)
    finally:
        connection.close()


def _clear_away(directory: DataDirectory) -> None:
    """End what an earlier run left behind when it was killed."""
    if end(leftovers(directory.path), [signal.SIGTERM, signal.SIGKILL], wait_s=15):
        raise CannotStart(f"Processes of an earlier run on {directory.path} do not stop.")


def _check_port(env: Mapping[str, str]) -> None:
    text, host = env.get("PORT") or "8000", env.get("HOST") or "127.0.0.1"
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):  # noqa: PLR2004 - 16 bits
        raise CannotStart(f"PORT must be a whole number from 1 to 65535, not {text!r}.")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        socket.create_server((host, int(text)), family=family).close()
    except OSError as error:
        raise CannotStart(
            f"Port {text} of {host} cannot be had: {os.strerror(error.errno or 0)}. If another"
            f" program has it, choose another port: PORT={int(text) % 65535 + 1} make run"
        ) from error


def _metrics_directory(directory: DataDirectory) -> Path:
    """Where the processes share their counters, so that /metrics shows all of them; emptied,
    because the files of processes that are gone would be counted for ever."""
    shared = directory.run / "metrics"
    shutil.rmtree(shared, ignore_errors=True)
    shared.mkdir(parents=True)
    return shared


def _demo_target_port(directory: DataDirectory) -> int:
    """The port of the demo's target: the same at every run, for the demo's workflows name it."""
    remembered = directory.path / "demo_target_port"
    ports = [int(remembered.read_text())] if remembered.exists() else []
    for port in (*ports, 0):
        try:
            with socket.create_server(("127.0.0.1", port)) as free:
                chosen: int = free.getsockname()[1]
        except OSError:
            continue
        remembered.write_text(str(chosen))
        return chosen
    raise CannotStart("No port is free for the demo's target.")


def main() -> int:
    """Run everything until a signal comes; the exit code."""
    follow_parent(os.environ)
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal of few letters gets a question mark for the others, not a crash.
        sys.stdout.reconfigure(errors="replace")
    directory = DataDirectory(data_directory(os.environ))
    address = f"http://127.0.0.1:{os.environ.get('PORT') or '8000'}"
    try:
        with directory.hold(address=os.environ.get("BASE_URL") or address):
            _clear_away(directory)
            _check_port(os.environ)
            asyncio.run(Run(directory, os.environ, Console(sys.stdout)).until_stopped())
    except AlreadyRunning as running:
        print(f"Signalbox already runs on {directory.path}: {running}", file=sys.stderr)
        return 1
    except CannotStart as reason:
        print(f"Signalbox cannot start.\n{reason}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
