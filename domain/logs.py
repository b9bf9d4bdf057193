"""Logs: one JSON object a line on standard output, whoever writes them.

Everything outside printable ASCII is escaped, so nothing that came from outside can start a line
of its own or move a terminal's cursor, and no locale can make writing fail. Long fields are cut.
What cannot be written (a full disk, a reader that is gone) is lost: whoever logs never hears of it.
"""

import contextlib
import io
import logging
import os
import sys
import threading
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog
from structlog.contextvars import bound_contextvars, merge_contextvars
from structlog.typing import FilteringBoundLogger, Processor

MOST_FIELD_CHARACTERS = 2_048
_LIBRARIES = ("uvicorn", "uvicorn.error", "dramatiq", "asyncio", "piccolo")

# `with log_context(event_id=…):` adds the ids of what is being worked on to every line.
log_context = bound_contextvars


def logger(module: str) -> FilteringBoundLogger:
    """What a module logs with: `log.info("words", field=…)`. The words are constant, so that one
    finds all lines of a kind; what varies is a field."""
    found: FilteringBoundLogger = structlog.get_logger(module=module)
    return found


def _cut(value: object) -> object:
    if isinstance(value, str) and len(value) > MOST_FIELD_CHARACTERS:
        return f"{value[:MOST_FIELD_CHARACTERS]}… ({len(value)} characters)"
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return _cut(repr(value))


def cut_fields(
    _logger: object, _method: str, fields: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Cut every field to 2,048 characters, so that no body fills the log."""
    if "exception" in fields:  # what went wrong stands at its end
        fields["exception"] = str(fields["exception"])[-MOST_FIELD_CHARACTERS:]
    return {key[:64]: _cut(value) for key, value in fields.items()}


class _Undisturbed:
    """A stream that never raises: it loses what it cannot write. Each thread's line goes out whole,
    past the buffers of the stream, which would keep what they cannot write and fail again."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._begun = threading.local()
        # A stream that is no file has its own way to pass things on (Dramatiq's workers have one).
        self._descriptor = stream.fileno() if isinstance(stream, io.TextIOWrapper) else None

    def write(self, text: str) -> int:
        """Take a part of a line."""
        self._begun.text = getattr(self._begun, "text", "") + text
        return len(text)

    def flush(self) -> None:
        """Have the line written, or lose it."""
        line: str = getattr(self._begun, "text", "")
        self._begun.text = ""
        with contextlib.suppress(OSError, ValueError):  # ValueError: it is closed
            if self._descriptor is None:
                self._stream.write(line)
                self._stream.flush()
                return
            left = line.encode("ascii", "backslashreplace")
            while left:
                left = left[os.write(self._descriptor, left) :]


_SHARED: tuple[Processor, ...] = (
    merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
)
# `event` is a word of ours: the sentence of a line is its `message`.
_MESSAGE = structlog.processors.EventRenamer("message")
_RENDERER = structlog.processors.JSONRenderer(ensure_ascii=True, sort_keys=False)


def configure_logs(process: str, level: str = "info", stream: TextIO | None = None) -> None:
    """Send this process's logs, and those of its libraries, to `stream` (standard output) as JSON
    lines. `process` (web, worker, clock, cli) stands in every line. Called once a process.
    """
    target = cast("TextIO", _Undisturbed(sys.stdout if stream is None else stream))
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.contextvars.bind_contextvars(process=process)
    structlog.configure(
        processors=[*_SHARED, _MESSAGE, cut_fields, _RENDERER],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(target),
        cache_logger_on_first_use=True,
    )
    _configure_libraries(number, process, target)


def _configure_libraries(level: int, process: str, target: TextIO) -> None:
    """The libraries log through `logging`: their lines take the same form."""

    def add_process(
        _logger: object, _method: str, fields: MutableMapping[str, Any]
    ) -> MutableMapping[str, Any]:
        # Their threads do not have our context.
        fields.setdefault("process", process)
        return fields

    handler = logging.StreamHandler(target)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*_SHARED, add_process],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                _MESSAGE,
                cut_fields,
                _RENDERER,
            ],
        )
    )
    logging.basicConfig(level=max(level, logging.INFO), handlers=[handler], force=True)
    for name in _LIBRARIES:
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
