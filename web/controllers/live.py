"""The live feed's end that browsers listen to: `GET /live`, server-sent events."""

import asyncio
import contextlib
import signal
from collections.abc import AsyncIterator, Iterator
from types import FrameType

from litestar import get
from litestar.response import Stream

from domain.coordination.live_feed import LiveHub
from domain.rules.permissions import SEE_EVENTS, allows
from domain.store.database import Unavailable
from web.auth import session_of
from web.htmx import CurrentActor, HtmxRequest, OurServices

_HEADERS = {
    "cache-control": "no-store",
    # Reverse proxies that gather answers before passing them on would hold every message back.
    "x-accel-buffering": "no",
}


@get("/live", opt={"permission": SEE_EVENTS})
async def live(request: HtmxRequest, actor: CurrentActor, services: OurServices) -> Stream:
    """What changes in the team, as topics, for as long as the session lives.

    503 when the team has too many streams open, or the process is stopping.
    """
    client = services.hub.join(actor.team_id)

    async def still_allowed() -> bool:
        try:
            session = await session_of(request)
        except Unavailable:
            return False  # the browser comes back, and is asked again
        same_team = session is not None and session["team_id"] == actor.team_id
        return same_team and session is not None and allows(session["role"], SEE_EVENTS)

    messages = client.messages(still_allowed)
    return Stream(_with_retry(messages), media_type="text/event-stream", headers=_HEADERS)


async def _with_retry(messages: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    yield b"retry: 2000\n\n"
    async for message in messages:
        yield message


@contextlib.contextmanager
def streams_that_end_with_the_process(hub: LiveHub) -> Iterator[None]:
    """For the app's lifespan: ends all streams as soon as the process is asked to stop.

    uvicorn waits for open requests before it runs the lifespan's end, and a stream is a request
    that never ends by itself. So we listen to the signals, too, and pass them on.
    """
    loop = asyncio.get_running_loop()
    previous = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

    def stop(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(hub.close_streams)
        before = previous[signal.Signals(number)]
        if callable(before):
            before(number, frame)

    for number in previous:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number, before in previous.items():
            signal.signal(number, before)
