"""A process of the bench: started once, and not again when it ends, for that spoils the figures."""

import contextlib
import os
import signal
import subprocess

from cli.processes import Program
from cli.servers import open_log

_STOP_WITHIN_S = 15.0


class Child:
    """A running program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        program.prepare()
        with open_log(program) as log:
            self._process = subprocess.Popen(
                program.argv, stdout=log, stderr=log, **program.popen_options()
            )

    @property
    def pid(self) -> int:
        """Of its first process."""
        return self._process.pid

    def has_ended(self) -> bool:
        """Whether it has ended, though nobody asked it to."""
        return self._process.poll() is not None

    def stop(self) -> None:
        """Ask it to stop, and end what does not."""
        self._process.send_signal(self.program.stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_STOP_WITHIN_S)
        # Every program leads a group of its own: nothing of it stays behind.
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
