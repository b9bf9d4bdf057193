"""The table: what was measured, what it must reach, what it aims at."""

import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. Without `must` or `aim` nothing is asked of it."""

    name: str
    title: str
    unit: str = ""
    must: float | None = None
    aim: float | None = None
    higher_is_better: bool = False
    digits: int = 0

    def reaches(self, value: float, bound: float | None) -> bool:
        """Whether `value` is as good as `bound` or better; NaN never is."""
        if bound is None:
            return True
        return value >= bound if self.higher_is_better else value <= bound

    def result(self, value: float) -> str:
        """In a word."""
        if self.must is None and self.aim is None:
            return ""
        if not self.reaches(value, self.must):
            return "SHORT"
        if self.reaches(value, self.aim):
            return "pass"
        return "short of the aim" if self.must is None else "pass, short of the aim"

    def shown(self, value: float) -> str:
        """The value with its unit."""
        return f"{value:,.{self.digits}f}{self.unit}"

    def bound(self, value: float | None) -> str:
        """A bound as people read it."""
        if value is None:
            return "-"
        return f"{'≥' if self.higher_is_better else '≤'} {self.shown(value)}"


def table(rows: Iterable[Row], readings: Mapping[str, Sequence[float]]) -> list[str]:
    """Aligned lines: median, smallest and largest of the rounds, bounds, result."""
    lines: list[Sequence[str]] = [("figure", "median", "min .. max", "must reach", "aim", "result")]
    lines += [_cells(row, readings[row.name]) for row in rows if readings.get(row.name)]
    return aligned(lines)


def _cells(row: Row, values: Sequence[float]) -> tuple[str, ...]:
    middle = statistics.median(values)
    spread = f"{row.shown(min(values))} .. {row.shown(max(values))}" if len(values) > 1 else ""
    must, aim = row.bound(row.must), row.bound(row.aim)
    return row.title, row.shown(middle), spread, must, aim, row.result(middle)


def aligned(lines: Sequence[Sequence[str]]) -> list[str]:
    """The first column to the left, the last one as it is, the others to the right."""
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    last = len(widths) - 1
    return [
        "  ".join(
            cell if column == last else f"{cell:{'<' if column == 0 else '>'}{widths[column]}}"
            for column, cell in enumerate(line)
        ).rstrip()
        for line in lines
    ]


def cpu_table(title: str, cpu_s: Mapping[str, float], *, seconds: float, each_of: int) -> list[str]:
    """Where the processors' time went: by process, as a share of one core, and per piece of work.

    `cpu_s` was used within `seconds`, for `each_of` pieces.
    """
    lines: list[Sequence[str]] = [("process", "CPU seconds", "of one core", "ms each", "")]
    for name, used in [*cpu_s.items(), ("all of them", sum(cpu_s.values()))]:
        each_ms = 1e3 * used / max(each_of, 1)
        lines.append((name, f"{used:.1f}", f"{used / seconds:.0%}", f"{each_ms:.3f}", ""))
    return [title, *(f"  {line}" for line in aligned(lines))]
