"""Runs the processes of a Procfile side by side, as `make run` does: starts again what dies, prints
their output under their names, and stops all of them in order.
"""

import asyncio
import contextlib
import json
import os
import re
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO

from cli.console import Console
from cli.processes import CannotStart, Program
from cli.servers import open_log

STOP_WITHIN_S = 15.0
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_STEADY_AFTER_S = 20.0
_PROCFILE_LINE = re.compile(r"([A-Za-z0-9_-]+):\s*(\S.*)")


def parse_procfile(text: str) -> dict[str, str]:
    """Process names and their command lines, in order. Raises `ValueError` on anything else."""
    commands: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        match = _PROCFILE_LINE.fullmatch(line.rstrip())
        if match is None:
            raise ValueError(f"Procfile line {number} is not `name: command`: {line!r}")
        if match[1] in commands:
            raise ValueError(f"Procfile line {number} names {match[1]!r} a second time")
        commands[match[1]] = match[2]
    return commands


def procfile_program(name: str, command: str, env: Mapping[str, str], cwd: Path) -> Program:
    """The program of one Procfile line. The shell fills in variables, then gives up its place, so
    that signals reach the command itself."""
    return Program(name, ["/bin/sh", "-c", f"exec {command}"], env, cwd)


async def run_to_end(program: Program, console: Console, printed: list[str] | None = None) -> int:
    """Run a program once; its exit code. With `printed`, what it prints goes there, not out; what
    it complains of comes out in any case."""
    with console.pipe(program.name) as output:
        process = await asyncio.create_subprocess_exec(
            *program.argv,
            stdout=output if printed is None else asyncio.subprocess.PIPE,
            stderr=output,
            **program.popen_options(),
        )
    try:
        text, _ = await process.communicate()
    except asyncio.CancelledError:
        _kill_group(process.pid)
        raise
    if printed is not None:
        printed += text.decode(errors="replace").splitlines()
    return await process.wait()


class Supervisor:
    """Keeps programs running until `stop`.

    `record`, if given, holds the ids of the running ones as JSON, for people and scripts to read.
    """

    def __init__(self, console: Console, record: Path | None = None) -> None:
        self._console = console
        self._record = record
        self._keepers: dict[str, _Keeper] = {}

    def start(self, program: Program) -> None:
        """Run it, and again whenever it ends. Call it from the main thread's event loop."""
        self._keepers[program.name] = _Keeper(program, self._console, self._write_record)

    def failures(self, name: str) -> int:
        """How often in a row that program has ended soon after its start."""
        return self._keepers[name].failures

    async def stop(self, within_s: float = STOP_WITHIN_S) -> None:
        """Ask all of them to stop, and kill those that have not after `within_s` seconds."""
        await asyncio.gather(*(keeper.stop(within_s) for keeper in self._keepers.values()))
        self._keepers.clear()

    def kill(self) -> None:
        """End everything now. `stop` still has to be awaited."""
        for keeper in self._keepers.values():
            keeper.kill()

    def _write_record(self) -> None:
        if self._record is not None:
            running = {name: keeper.pid for name, keeper in self._keepers.items() if keeper.pid}
            unfinished = self._record.with_suffix(".new")
            unfinished.write_text(json.dumps(running))
            unfinished.replace(self._record)


class _Keeper:
    """One program, and the task that keeps it running."""

    def __init__(self, program: Program, console: Console, changed: Callable[[], None]) -> None:
        self._program = program
        self._console = console
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = asyncio.Event()
        self.failures = 0
        self._task = asyncio.create_task(self._keep(), name=f"keep {program.name}")

    @property
    def pid(self) -> int | None:
        return None if self._process is None else self._process.pid

    async def stop(self, within_s: float) -> None:
        self._stopping.set()
        if self._process is not None:
            # Only the first process: it passes the signal on, and some take a second one as haste.
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(self._program.stop_signal)
        done, _ = await asyncio.wait({self._task}, timeout=within_s)
        if not done:
            self._console.say(f"{self._program.name} did not stop in {within_s:g} s: killed")
            self.kill()
        await self._task

    def kill(self) -> None:
        self._stopping.set()
        if self._process is not None:
            _kill_group(self._process.pid)

    async def _keep(self) -> None:
        clock = asyncio.get_running_loop().time
        while not self._stopping.is_set():
            started_at = clock()
            how = await self._run_once()
            if self._stopping.is_set():
                return
            self.failures = 0 if clock() - started_at > _STEADY_AFTER_S else self.failures + 1
            pause = min(_FIRST_PAUSE_S * 2 ** max(self.failures - 1, 0), _LONGEST_PAUSE_S)
            self._console.say(f"{self._program.name} {how}; it starts again in {pause:g} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), pause)

    async def _run_once(self) -> str:
        """Run it to its end; how it ended, in words."""
        try:
            self._program.prepare()
            with _output_of(self._program, self._console) as output:
                process = await asyncio.create_subprocess_exec(
                    *self._program.argv,
                    stdout=output,
                    stderr=output,
                    **self._program.popen_options(),
                )
        except (OSError, CannotStart) as error:
            return f"cannot be started: {error}"
        self._process = process
        self._changed()
        if self._stopping.is_set():
            # `stop` came while it was being started, and found nothing to stop.
            process.send_signal(self._program.stop_signal)
        code = await process.wait()
        self._process = None
        # What the first process leaves behind would hold the port or work on beside its successor.
        _kill_group(process.pid)
        self._changed()
        return _described(code)


def _output_of(
    program: Program, console: Console
) -> contextlib.AbstractContextManager[IO[bytes] | int]:
    return console.pipe(program.name) if program.log is None else open_log(program)


def _kill_group(pid: int) -> None:
    # Every program leads a session, and so a group, of its own. PermissionError is macOS's word for
    # a group of which only the dead are left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGKILL)


def _described(code: int) -> str:
    if code >= 0:
        return f"ended with exit code {code}"
    return f"was ended by {signal.Signals(-code).name}"
