"""Child processes that end with their parent, and finding the ones that did not.

Whatever `make run` starts gets a session of its own (Ctrl-C reaches only the parent, which then
stops its children in order), no standard input, and on Linux a parent-death signal, so that
`kill -9` of the parent stops it too. Where that fails (macOS, grandchildren whose own parent was
killed) the next start finds them by a mark in their environment that names the data directory.
Process ids are never trusted alone: the kernel gives them out again.
"""

import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import psutil

MARK = "SIGNALBOX_STARTED_FOR"
_PR_SET_PDEATHSIG = 1  # linux/prctl.h
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True, slots=True)
class Program:
    """One child process: what to run, where, and how to stop it.

    `log` takes its output, or else the supervisor prints it. `prepare` runs before every start.
    `run_as` is the uid and gid to change to, when root must not be it.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    stop_signal: signal.Signals = signal.SIGTERM
    log: Path | None = None
    prepare: Callable[[], None] = field(default=lambda: None)
    run_as: tuple[int, int] | None = None

    def popen_options(self) -> dict[str, Any]:
        """Keyword arguments for `subprocess.Popen` and `asyncio.create_subprocess_exec`.

        Start it from the main thread: the kernel sends the parent-death signal when the *thread*
        that started the child ends (prctl(2)).
        """
        options: dict[str, Any] = {
            "env": dict(self.env),
            "cwd": self.cwd,
            "stdin": subprocess.DEVNULL,
            "start_new_session": True,
            "preexec_fn": end_with_parent(self.stop_signal),
        }
        return options | change_user(self.run_as)


def change_user(ids: tuple[int, int] | None) -> dict[str, Any]:
    """`subprocess` arguments that run a child under that uid and gid, or as ourselves."""
    return {} if ids is None else {"user": ids[0], "group": ids[1], "extra_groups": []}


def end_with_parent(with_signal: signal.Signals) -> Callable[[], None]:
    """What a child calls before it becomes its program: ask for a signal when the parent dies."""
    parent = os.getpid()

    def ask() -> None:
        if _libc is None:
            return
        _libc.prctl(_PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0)
        if os.getppid() != parent:
            # The parent died before the request was in force.
            os.kill(os.getpid(), signal.SIGKILL)

    return ask


def follow_parent(environ: Mapping[str, str]) -> None:
    """If make started this process, stop as by Ctrl-C when make is killed."""
    if _libc is not None and "MAKELEVEL" in environ:
        _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)


def marked(env: Mapping[str, str], data_dir: Path) -> dict[str, str]:
    """`env` with the mark by which `leftovers` knows what was started for `data_dir`."""
    return {**env, MARK: str(data_dir)}


def leftovers(data_dir: Path) -> list[psutil.Process]:
    """Processes started for `data_dir` by a run that is over. Call it while holding its lock."""
    return [p for p in psutil.process_iter() if _mark_of(p) == str(data_dir)]


def _mark_of(process: psutil.Process) -> str | None:
    if process.pid == os.getpid():
        return None
    try:
        return process.environ().get(MARK)
    except (psutil.Error, OSError):
        # It ended meanwhile, or belongs to someone else, so we did not start it.
        return None


def with_argument(programs: Sequence[str], argument: str) -> list[psutil.Process]:
    """Running processes of one of those program names which have exactly that argument."""
    found = []
    for process in psutil.process_iter():
        try:
            command = process.cmdline()
        except (psutil.Error, OSError):
            continue
        if command and Path(command[0]).name in programs and argument in command[1:]:
            found.append(process)
    return found


def end(
    processes: Iterable[psutil.Process], signals: Sequence[signal.Signals], wait_s: float
) -> list[psutil.Process]:
    """Send each signal in turn, up to `wait_s` seconds apart, until all have ended.

    Returns those that outlived the last one. psutil compares start times before it signals, so a
    process that got the id of an ended one is left alone.
    """
    alive = list(processes)
    for each in signals:
        for process in alive:
            try:
                process.send_signal(each)
            except psutil.NoSuchProcess:
                continue
        _, alive = psutil.wait_procs(alive, timeout=wait_s)
        if not alive:
            break
    return [process for process in alive if not has_ended(process)]


def has_ended(process: psutil.Process) -> bool:
    """Whether it runs no more. One that nobody has collected yet (a zombie) has ended too: who
    collects orphans, and when, is the machine's business."""
    try:
        return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


class CannotStart(RuntimeError):
    """Something that must run here cannot; the text says why, and what to do about it."""


class AlreadyRunning(Exception):
    """Another process holds the data directory; `note` is what it wrote there."""

    def __init__(self, note: Mapping[str, Any]) -> None:
        self.note = note
        super().__init__(
            f"process {note.get('pid', '?')}, at {note.get('address', 'no address yet')}"
        )


class DataDirectory:
    """A data directory, held by one process at a time.

    The lock is the kernel's (flock(2)): it is free again however its holder ended.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.resolve()
        self.run = self.path / "run"
        self.log = self.path / "log"
        self._lock: int | None = None

    def hold(self, **note: object) -> Self:
        """Create the directory if need be and take its lock, leaving `note` for others to read.

        Raises `AlreadyRunning` if another process has it, `CannotStart` if it is not ours.
        """
        try:
            for folder in (self.path, self.run, self.log):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self.run / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise CannotStart(f"{error.filename}: {error.strerror}") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            held_by = os.read(descriptor, 4096)
            os.close(descriptor)
            raise AlreadyRunning(json.loads(held_by or b"{}")) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, json.dumps({"pid": os.getpid(), **note}).encode())
        self._lock = descriptor
        return self

    def release(self) -> None:
        """Let the next one have it."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Self:
        return self if self._lock is not None else self.hold()

    def __exit__(self, *_: object) -> None:
        self.release()
