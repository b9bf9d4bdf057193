"""Supervises a Procfile of a test's own, as a process that the test can kill.

`python -m tests.setup.supervised PROCFILE DATA_DIRECTORY`: clears away what an earlier one left,
runs the processes, and stops them at SIGTERM or SIGINT.
"""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from pathlib import Path

from cli.console import Console
from cli.processes import DataDirectory, end, leftovers, marked
from cli.supervisor import Supervisor, parse_procfile, procfile_program


async def main(commands: Mapping[str, str], folder: Path, directory: DataDirectory) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    supervisor = Supervisor(Console(sys.stdout), directory.run / "processes.json")
    env = marked(os.environ, directory.path)
    for name, command in commands.items():
        supervisor.start(procfile_program(name, command, env, folder))
    await stop.wait()
    await supervisor.stop(within_s=2)


if __name__ == "__main__":
    with DataDirectory(Path(sys.argv[2])).hold() as held:
        end(leftovers(held.path), [signal.SIGTERM, signal.SIGKILL], wait_s=5)
        procfile = Path(sys.argv[1])
        asyncio.run(main(parse_procfile(procfile.read_text()), procfile.parent, held))
