"""The live feed on a real Valkey that is killed, emptied and started again (rows A103, F20-F22)."""

import asyncio
import gc
import json
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.asyncio import Redis

from cli.processes import DataDirectory
from cli.servers import RunningServer
from cli.valkey import Valkey
from domain import metrics
from domain.coordination import live_feed
from domain.coordination.live_feed import (
    MOST_CLIENTS_OF_A_TEAM,
    MOST_TOPICS,
    STREAM,
    LiveFeed,
    LiveHub,
    collapse,
)
from domain.errors import Overloaded
from domain.rules.ids import new_id

OURS, THEIRS = new_id(), new_id()
PATIENCE_S = 15


class OwnValkey:
    """A Valkey that these tests may kill."""

    def __init__(self, directory: DataDirectory) -> None:
        valkey = Valkey(directory)
        self.url = valkey.url
        self._server = RunningServer(valkey)
        self.start = self._server.start
        self.stop = self._server.stop

    def kill(self) -> None:
        os.kill(self._server.pid, signal.SIGKILL)
        self.stop()


@pytest.fixture(scope="module")
def valkey() -> Iterator[OwnValkey]:
    folder = Path(tempfile.mkdtemp(prefix="signalbox-live-"))
    with DataDirectory(folder).hold() as directory:
        own = OwnValkey(directory)
        own.start()
        yield own
        own.stop()
    shutil.rmtree(folder)


@pytest.fixture
async def feed(valkey: OwnValkey) -> AsyncIterator[LiveFeed]:
    feed = LiveFeed(valkey.url)
    await feed.start()
    yield feed
    await feed.close()


@pytest.fixture
async def hub(valkey: OwnValkey) -> AsyncIterator[LiveHub]:
    hub = LiveHub(valkey.url)
    await hub.start()
    await is_reachable(hub)
    yield hub
    await hub.close()


async def is_reachable(hub: LiveHub) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not hub.reachable:  # noqa: ASYNC110 - a poll of a real server
            await asyncio.sleep(0.01)


async def always() -> bool:
    return True


class Page:
    """An open page: everything that it was told."""

    def __init__(self, hub: LiveHub, team_id: UUID = OURS) -> None:
        self.client = hub.join(team_id)
        self.told: asyncio.Queue[set[str]] = asyncio.Queue()
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self.client.messages(always):
            if message.startswith(b"data: "):
                self.told.put_nowait(set(json.loads(message[6:])["topics"]))

    async def hears(self, topic: str) -> list[set[str]]:
        """All that it is told until `topic` is among it."""
        told: list[set[str]] = []
        async with asyncio.timeout(PATIENCE_S):
            while not told or topic not in told[-1]:
                told.append(await self.told.get())
        return told


@pytest.fixture
async def page(hub: LiveHub) -> AsyncIterator[Page]:
    """A page that has been told to read everything, as each is when it opens."""
    page = Page(hub)
    await page.hears("*")
    yield page
    page.client.close()
    await page.reading


async def test_a_page_hears_of_what_changes_in_its_team(feed: LiveFeed, page: Page) -> None:
    feed.nudge(OURS, "events", "event:7")

    assert await page.hears("events") == [{"events", "event:7"}]


async def test_a_page_hears_nothing_of_another_team(feed: LiveFeed, page: Page) -> None:
    """Row A103."""
    feed.nudge(THEIRS, "events")
    feed.nudge(OURS, "executions")

    assert await page.hears("executions") == [{"executions"}]


async def test_a_page_that_opens_is_told_to_read_everything(hub: LiveHub) -> None:
    page = Page(hub)

    assert await page.hears("*") == [{"*"}]

    page.client.close()
    await page.reading


async def test_a_burst_is_one_message(valkey: OwnValkey, feed: LiveFeed, page: Page) -> None:
    redis = Redis.from_url(valkey.url)
    before = await redis.xlen(STREAM)
    for _ in range(1000):
        feed.nudge(OURS, "events")
    feed.nudge(OURS, "last")

    assert await page.hears("last") == [{"events", "last"}]
    assert await redis.xlen(STREAM) == before + 1
    await redis.aclose()


async def test_messages_to_a_page_keep_a_distance(feed: LiveFeed, page: Page) -> None:
    loop = asyncio.get_running_loop()
    feed.nudge(OURS, "first")
    await page.hears("first")
    begin = loop.time()

    feed.nudge(OURS, "second")
    await page.hears("second")

    # A lower bound: a slow machine only makes it longer.
    assert loop.time() - begin >= live_feed.MESSAGE_INTERVAL_S * 0.9


async def test_nudges_pass_on_from_other_threads(feed: LiveFeed, page: Page) -> None:
    await asyncio.to_thread(feed.nudge, OURS, "from-a-thread")

    assert await page.hears("from-a-thread")


async def test_the_stream_does_not_grow_for_ever(
    valkey: OwnValkey, feed: LiveFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_feed, "STREAM_LENGTH", 100)
    redis = Redis.from_url(valkey.url)
    for _ in range(5):
        for _ in range(200):
            feed.nudge(new_id(), "events")
        await feed._flush()

    # "About", so that Valkey may cut whole blocks of its list.
    assert await redis.xlen(STREAM) <= 100 + 2 * 128
    await redis.aclose()


async def test_what_others_write_into_the_stream_is_skipped(
    valkey: OwnValkey, feed: LiveFeed, page: Page
) -> None:
    redis = Redis.from_url(valkey.url)
    foreign: list[dict[Any, Any]] = [{"team": "?", "topics": "x"}, {"x": "y"}, {"team": str(OURS)}]
    for fields in foreign:
        await redis.xadd(STREAM, fields)
    await redis.aclose()

    feed.nudge(OURS, "events")

    assert "events" in (await page.hears("events"))[-1]


async def test_a_topic_cannot_break_out_of_its_line(hub: LiveHub) -> None:
    """Row A103."""
    client = hub.join(OURS)
    client.add(["a\n\nevent: evil\ndata: x", "b\r", "c\u2028"])

    message = await anext(client.messages(always))

    assert message.startswith(b"data: ")
    assert message.endswith(b"\n\n")
    assert message.count(b"\n") == 2
    assert b"\r" not in message


async def test_without_redis_a_nudge_is_dropped_and_counted(tmp_path: Path) -> None:
    feed = LiveFeed(f"unix://localhost{tmp_path}/nobody.sock")
    before = metrics.NUDGES_DROPPED._value.get()
    feed.nudge(OURS, "before the start")
    await feed.start()

    feed.nudge(OURS, "events")
    await feed.close()
    feed.nudge(OURS, "after the end")

    assert metrics.NUDGES_DROPPED._value.get() == before + 3


async def test_a_killed_valkey_makes_pages_read_everything_until_it_is_back(
    valkey: OwnValkey, feed: LiveFeed, hub: LiveHub, page: Page
) -> None:
    await asyncio.to_thread(valkey.kill)
    for _ in range(3):
        await page.hears("*")
    assert hub.reachable is False

    await asyncio.to_thread(valkey.start)
    await is_reachable(hub)
    feed.nudge(OURS, "events")

    await page.hears("events")


async def test_a_valkey_that_forgot_everything_still_passes_nudges_on(
    valkey: OwnValkey, feed: LiveFeed, page: Page
) -> None:
    redis = Redis.from_url(valkey.url)
    await redis.flushall()
    await redis.aclose()

    feed.nudge(OURS, "events")

    await page.hears("events")


async def test_a_team_has_so_many_streams_and_no_more(hub: LiveHub) -> None:
    """Row A103."""
    clients = [hub.join(OURS) for _ in range(MOST_CLIENTS_OF_A_TEAM)]

    with pytest.raises(Overloaded):
        hub.join(OURS)
    hub.join(THEIRS)
    hub.leave(clients.pop())
    hub.join(OURS)


async def test_a_stream_that_was_given_up_before_it_began_counts_no_more(hub: LiveHub) -> None:
    messages = hub.join(OURS).messages(always)
    assert len(hub._all_clients()) == 1

    del messages
    gc.collect()

    assert hub._all_clients() == []


async def test_a_stream_that_is_closed_halfway_counts_no_more(hub: LiveHub) -> None:
    messages = hub.join(OURS).messages(always)
    await anext(messages)

    await messages.aclose()  # type: ignore[attr-defined]  # it is a generator

    assert hub._all_clients() == []


async def test_a_stream_ends_when_its_session_does(
    hub: LiveHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row A103."""
    monkeypatch.setattr(live_feed, "RECHECK_S", 0.0)
    answers = iter([True, False])

    async def still_allowed() -> bool:
        return next(answers)

    monkeypatch.setattr(live_feed, "HEARTBEAT_S", 0.01)

    told = [message async for message in hub.join(OURS).messages(still_allowed)]

    assert len(told) == 1


async def test_a_quiet_stream_shows_that_it_is_alive(
    hub: LiveHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_feed, "HEARTBEAT_S", 0.01)
    messages = hub.join(OURS).messages(always)

    assert await anext(messages) == b'data: {"topics":["*"]}\n\n'
    assert await anext(messages) == b": still here\n\n"


async def test_a_stopping_process_ends_its_streams_and_opens_no_more(hub: LiveHub) -> None:
    pages = [Page(hub), Page(hub, THEIRS)]

    hub.close_streams()

    async with asyncio.timeout(PATIENCE_S):
        await asyncio.gather(*(page.reading for page in pages))
    with pytest.raises(Overloaded):
        hub.join(OURS)


async def test_a_page_that_never_reads_does_not_grow(hub: LiveHub) -> None:
    """Row A103."""
    client = hub.join(OURS)
    messages = client.messages(always)
    await anext(messages)

    for number in range(100_000):
        client.add([f"event:{number}", "events"])

    assert len(client._news) <= MOST_TOPICS
    assert {"event:*", "events"} <= set(json.loads((await anext(messages))[6:])["topics"])


topics = st.sets(
    st.one_of(
        st.sampled_from(["events", "executions", "*"]),
        st.builds("{}:{}".format, st.sampled_from(["event", "execution"]), st.integers(0, 500)),
    ),
    max_size=400,
)


@given(topics)
def test_however_many_topics_there_are_none_of_them_is_forgotten(given_topics: set[str]) -> None:
    kept = collapse(given_topics)

    assert len(kept) <= MOST_TOPICS
    for topic in given_topics:
        noun, colon, _ = topic.partition(":")
        assert topic in kept or (colon and f"{noun}:*" in kept)
