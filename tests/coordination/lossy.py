"""A server in front of another that carries out what it is asked, and loses answers on the way."""

import asyncio
import contextlib
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit


class LossyServer:
    """Passes everything on, but for answers that it was told to lose: then it hangs up."""

    def __init__(self, url: str) -> None:
        self._target = urlsplit(url)
        self._to_lose = 0
        self.lost = 0
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """The same database, through this server."""
        assert self._server is not None
        port = self._server.sockets[0].getsockname()[1]
        return f"redis://127.0.0.1:{port}/0?{self._target.query}"

    def lose_answers(self, number: int) -> None:
        """Lose the next answers."""
        self._to_lose = number

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        # The tests' own server listens on a Unix socket.
        there, back = await asyncio.open_unix_connection(self._target.path)
        asks = asyncio.create_task(_pass_on(reader, back))
        try:
            while data := await there.read(65_536):
                if self._to_lose:
                    self._to_lose -= 1
                    self.lost += 1
                    break
                writer.write(data)
                await writer.drain()
        finally:
            asks.cancel()
            for each in (writer, back):
                each.close()
                with contextlib.suppress(ConnectionError):
                    await each.wait_closed()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError, asyncio.CancelledError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
