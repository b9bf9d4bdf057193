"""Starts the pipeline with a worker process, and stops it with it."""

from dramatiq import Broker, Middleware, Worker
from dramatiq.asyncio import EventLoopThread, get_event_loop_thread

from domain.settings import Settings
from tasks.pipeline import Pipeline

_current: Pipeline | None = None


def current_pipeline() -> Pipeline:
    """The pipeline of this worker process."""
    if _current is None:
        raise RuntimeError("no pipeline: actors run inside a worker process")
    return _current


def _event_loop() -> EventLoopThread:
    loop = get_event_loop_thread()
    if loop is None:
        raise RuntimeError("Dramatiq's AsyncIO middleware comes before this one")
    return loop


class PipelineMiddleware(Middleware):
    """Comes after Dramatiq's AsyncIO middleware, whose event loop the pipeline lives on."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def before_worker_boot(self, _broker: Broker, _worker: Worker) -> None:
        """Make and start the pipeline. A start that fails ends the process."""
        global _current  # noqa: PLW0603 - one a worker process, reached by its actors

        async def start() -> Pipeline:
            pipeline = Pipeline(self._settings)
            await pipeline.start()
            return pipeline

        _current = _event_loop().run_coroutine(start())

    def before_worker_shutdown(self, _broker: Broker, _worker: Worker) -> None:
        """Finish or put back what is under way, while the event loop still runs."""
        if _current is not None:
            _event_loop().run_coroutine(_current.stop())
