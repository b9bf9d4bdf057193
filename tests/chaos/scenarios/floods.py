"""Too much at once: F49, F50, F57, F58."""

import asyncio
import threading
import time
from collections import Counter
from contextlib import suppress
from functools import partial
from typing import Self

import httpx

from tests.chaos.scenario import CATALOGUE
from tests.chaos.site import Site, once
from tests.support.installation import Around, Team, wait_until

_BACKLOG = 100_000
_DRAINED_WITHIN_S = 900
_FILES = 64
_STREAMS = 200
_OF_TEAM = """
SELECT count(*) AS n FROM execution x JOIN team m ON m.id = x.team_id
WHERE m.slug = $1 AND x.state = 'succeeded'
"""


@CATALOGUE.add(
    "F49", "one team floods, another works",
    "3,000 events of one team at once, one after the other of the other", within_s=120,
)  # fmt: skip
def f49(site: Site) -> str:
    flooder, url = _team(site, "flooder"), site.rig.hook.url
    flooded = flooder.trigger(flooder.workflow(flooder.step("/flood")))
    alone = _times(site, url, 20)
    with _Flood(flooded.url, 3_000) as flood:
        beside = _times(site, url, 20)
    wait_until(lambda: site.fetch(_OF_TEAM, "flooder")[0]["n"] >= flood.accepted, 120, "the flood")
    told = f"its events ran within {alone * 1000:.0f} ms alone, {beside * 1000:.0f} ms beside"
    assert beside < 2 * alone + 1.0, told
    return f"{told} {flood.accepted:,} of the other's, taken within {flood.took_s:.0f} s"


@CATALOGUE.add(
    "F50", "one delivery a hundred times at once", "100 requests of one id, four web processes"
)  # fmt: skip
def f50(site: Site) -> str:
    site.installation.kill("web")
    site.rig.start("web", WEB_CONCURRENCY="4")
    sent = site.rig.sender.send(site.rig.hook.url, 10)
    for one in sent:
        site.rig.sender.send_again([one] * 99)
    site.rig.sender.settle()
    answers = Counter((answer.status, answer.duplicate) for one in sent for answer in one.answers)
    assert answers == {(202, False): 10, (202, True): 990}, answers
    site.finish()
    site.installation.kill("web")
    site.rig.start("web")
    return "of each 100, 1 was new and 99 were duplicates"


@CATALOGUE.add(
    "F57", f"a backlog of {_BACKLOG:,} executions, and everything is killed",
    "sent while no worker runs; then kill -9 of all processes, and start",
    within_s=_DRAINED_WITHIN_S,
)  # fmt: skip
def f57(site: Site) -> str:
    site.rig.kill("worker")
    for _ in range(_BACKLOG // 1_000):
        site.rig.sender.send(site.rig.hook.url, 1_000)
        site.rig.sender.settle()
    for process in ("web", "clock"):
        site.installation.kill(process)
    for process in ("web", "clock", "worker"):
        site.rig.start(process)
    begun = time.monotonic()
    site.finish(_DRAINED_WITHIN_S)
    drained = time.monotonic() - begun
    return f"drained in {drained:.0f} s ({_BACKLOG / drained:,.0f}/s)"


@CATALOGUE.add(
    "F58", "live streams use up web's descriptors",
    f"`nofile` {_FILES} for web, {_STREAMS} streams, under load"
)  # fmt: skip
def f58(site: Site) -> str:
    cookie = _session(site)
    site.installation.kill("web")
    site.installation.start("web", Around(f"prlimit --nofile={_FILES}:{_FILES}"))
    site.installation.wait_ready()
    since = len(site.rig.sender.ledger)
    statuses = asyncio.run(_streams(site, cookie, since))
    site.rig.sender.settle()
    sent = list(site.rig.sender.ledger.values())[since:]
    answers = Counter(answer.status for one in sent for answer in one.answers)
    missed = sum(not one.answers for one in sent)
    site.installation.kill("web")
    site.rig.start("web")
    assert set(answers) == {202}, answers
    assert missed == 0, f"{missed} deliveries got no answer"
    return f"streams: {dict(statuses)}; hooks: {answers[202]} answers of 202"


class _Flood:
    """So many events of one hook, as fast as 32 connections take them, in a thread of its own."""

    def __init__(self, url: str, number: int) -> None:
        self._url, self._number = url, number
        self.accepted = 0
        self.took_s = 0.0

    def __enter__(self) -> Self:

        self._thread = threading.Thread(target=lambda: asyncio.run(self._send()), daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()

    async def _send(self) -> None:
        begun = time.monotonic()
        left = iter(range(self._number))

        async def one(client: httpx.AsyncClient) -> None:
            for number in left:
                body = {"id": f"flood-{number}", "wanted": True}
                with suppress(httpx.HTTPError):
                    answer = await client.post(self._url, json=body)
                    self.accepted += answer.is_success

        async with httpx.AsyncClient(timeout=30) as client:
            await asyncio.gather(*(one(client) for _ in range(32)))
        self.took_s = time.monotonic() - begun


def _times(site: Site, url: str, number: int) -> float:
    """The slowest but one of so many, from sending to the end of their executions, in seconds."""
    took = []
    for _ in range(number):
        (sent,) = site.rig.sender.send(url, 1)
        took.append(once(partial(_done, site, sent.id), 30, "an execution"))
    return sorted(took)[-2]


def _done(site: Site, sender_id: str) -> bool:
    rows = site.fetch(
        "SELECT x.state FROM execution x JOIN event e ON e.id = x.event_id WHERE e.sender_id = $1",
        sender_id,
    )
    return [row["state"] for row in rows] == ["succeeded"]


def _team(site: Site, slug: str) -> Team:
    """The team, which may be there from an earlier time."""
    with suppress(Exception):
        site.installation.cli("teams", "create", slug)
    return site.installation.team_with(
        site.installation.cli("keys", "create", "--team", slug, "--role", "admin")
    )


def _session(site: Site) -> dict[str, str]:
    """The cookie of somebody who is signed in to the sender's team."""
    email = f"watcher-{time.monotonic_ns()}@example.org"
    said = site.installation.cli(
        "users", "create", "--team", "alice", "--email", email, "--role", "viewer"
    )
    with httpx.Client(base_url=site.installation.base_url, timeout=10) as client:
        answer = client.post("/sign-in", data={"email": email, "password": said.split()[-1]})
        assert answer.status_code == httpx.codes.SEE_OTHER, answer.text
        return dict(client.cookies)


async def _streams(site: Site, cookies: dict[str, str], since: int) -> Counter[str]:
    """Open the streams, keep those that are let in, and have the load go on meanwhile."""
    statuses: Counter[str] = Counter()
    over = asyncio.Event()

    async def listen(client: httpx.AsyncClient) -> None:
        try:
            async with client.stream("GET", "/live") as answer:
                statuses[str(answer.status_code)] += 1
                if answer.is_success:
                    await over.wait()
        except httpx.HTTPError:
            statuses["closed"] += 1

    limits = httpx.Limits(max_connections=_STREAMS)
    async with httpx.AsyncClient(
        base_url=site.installation.base_url, cookies=cookies, timeout=30, limits=limits
    ) as client:
        listening = [asyncio.create_task(listen(client)) for _ in range(_STREAMS)]
        await asyncio.sleep(2)
        with site.load(20):
            await asyncio.sleep(5)
        over.set()
        for task in listening:
            task.cancel()
        await asyncio.gather(*listening, return_exceptions=True)
    return statuses
