"""What processes use: seconds of processor time, and memory that is theirs."""

from collections.abc import Iterable, Mapping

import psutil


def cpu_seconds(first: psutil.Process) -> float:
    """User and system time of a process, all it has started, and those of them that have ended."""
    return sum(_own_cpu(process) for process in _family(first))


def _own_cpu(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system + times.children_user + times.children_system)


def memory_mb(families: Iterable[psutil.Process]) -> float:
    """Proportional set size (pages shared by n processes count 1/n for each), in MB of 10^6 bytes;
    Linux reports it in /proc/<pid>/smaps_rollup."""
    members = [process for first in families for process in _family(first)]
    return sum(float(process.memory_full_info().pss) for process in members) / 1e6


def _family(first: psutil.Process) -> list[psutil.Process]:
    return [first, *first.children(recursive=True)]


class CpuMeter:
    """Counts the processor time of processes, by name."""

    def __init__(self) -> None:
        self._processes: dict[str, psutil.Process] = {}
        self._before: dict[str, float] = {}

    def start(self, processes: Mapping[str, psutil.Process]) -> None:
        """Count from now on."""
        self._processes = dict(processes)
        self._before = {name: cpu_seconds(each) for name, each in self._processes.items()}

    def used(self) -> dict[str, float]:
        """Seconds since the start, of those that are still there."""
        return {
            name: cpu_seconds(process) - self._before[name]
            for name, process in self._processes.items()
            if process.is_running()
        }
