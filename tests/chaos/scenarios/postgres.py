"""What happens to PostgreSQL: F27 to F29, F31 to F35, and a full disk for logs (F37)."""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg
import httpx

from tests.chaos.proxy import Matches
from tests.chaos.scenario import CATALOGUE, CannotBePlayed
from tests.chaos.servers import full_disk
from tests.chaos.site import Site
from tests.faults.sender import Sent
from tests.support.installation import Around, wait_until

_LOCKED_S = 60


def _answers(site: Site, since: int) -> Counter[int]:
    """The statuses of all answers to what was sent since."""
    sent: list[Sent] = list(site.rig.sender.ledger.values())[since:]
    return Counter(answer.status for one in sent for answer in one.answers)


def _only_promises_or_503(site: Site, since: int) -> str:
    answers = _answers(site, since)
    assert set(answers) <= {202, 503}, answers
    return f"{answers[202]} answers of 202, {answers[503]} of 503"


@CATALOGUE.add(
    "F27", "PostgreSQL crashes under load", "kill -9 of the postmaster, start", short=True
)
def f27(site: Site) -> str:
    since = len(site.rig.sender.ledger)
    with site.load():
        time.sleep(2)
        site.servers.postgres.kill()
        site.servers.postgres.start()
        time.sleep(3)
    site.rig.sender.settle()
    return _only_promises_or_503(site, since)


@CATALOGUE.add("F28", "PostgreSQL restarts five times in a minute", "stop `fast`, start, each 10 s")
def f28(site: Site) -> str:
    since = len(site.rig.sender.ledger)
    with site.load():
        for _ in range(5):
            site.servers.postgres.stop()
            site.servers.postgres.start()
            time.sleep(8)
    site.rig.sender.settle()
    return _only_promises_or_503(site, since)


@CATALOGUE.add(
    "F29", "a commit is carried out, and its answer is lost: events",
    "the proxy drops 30 % of the answers to the statement that stores events", short=True,
)  # fmt: skip
def f29(site: Site) -> str:
    # The bodies stand in nothing else that is sent to the database.
    return _answers_lost(site, lambda request: b'"wanted"' in request, 0.3)


@CATALOGUE.add(
    "F29-settle", "a commit is carried out, and its answer is lost: what executions came to",
    "the proxy drops 30 % of the answers to the statements that settle, or claim",
)  # fmt: skip
def f29_settle(site: Site) -> str:
    return _answers_lost(site, lambda request: b"succeeded" in request, 0.3)


def _answers_lost(site: Site, matches: Matches, share: float) -> str:
    proxy, since = site.servers.postgres_proxy, len(site.rig.sender.ledger)
    before = proxy.lost
    with site.load(), proxy.losing_answers(matches, share):
        time.sleep(4)
    site.rig.sender.settle()
    assert proxy.lost > before, "no answer was lost"
    told = _only_promises_or_503(site, since)
    return f"{proxy.lost - before} answers were lost; {told}"


@CATALOGUE.add(
    "F31", "the database has no connection left",
    "sessions of others until it refuses more, under load", short=True,
)  # fmt: skip
def f31(site: Site) -> str:
    since, pages = len(site.rig.sender.ledger), Counter[int]()
    with _all_connections_taken(site) as taken, site.load(20):
        end = time.monotonic() + 5
        while time.monotonic() < end:
            pages.update(_many_pages(site))
    site.rig.sender.settle()
    answers = _answers(site, since)
    assert set(answers) == {202}, f"a hook answered {answers}"
    assert set(pages) <= {200, 503}, f"the API answered {pages}"
    return f"{taken} foreign sessions; hooks: {answers[202]} answers of 202; API: {dict(pages)}"


@CATALOGUE.add("F32", "the database is slow", "the proxy delays everything that goes to it by 2 s")
def f32(site: Site) -> str:
    since = len(site.rig.sender.ledger)
    with site.servers.postgres_proxy.slow(2.0), site.load(30):
        begun = time.monotonic()
        slowest = 0.0
        while time.monotonic() - begun < 12:
            asked = time.monotonic()
            with httpx.Client(timeout=30) as client:
                site.rig.sender.deliver_now(
                    Sent(f"slow-{time.monotonic_ns()}", site.rig.hook.url, "succeeded"), client
                )
            slowest = max(slowest, time.monotonic() - asked)
    site.rig.sender.settle()
    assert slowest < 16, f"an answer took {slowest:.1f} s"
    return f"{_only_promises_or_503(site, since)}; the slowest answer took {slowest:.1f} s"


@CATALOGUE.add(
    "F33", "the executions are locked", f"`LOCK TABLE execution` for {_LOCKED_S} s, under load"
)
def f33(site: Site) -> str:
    since = len(site.rig.sender.ledger)
    with site.load(), _held(site, "LOCK TABLE execution IN ACCESS EXCLUSIVE MODE"):
        time.sleep(_LOCKED_S)
        answers = _answers(site, since)
        assert set(answers) == {202}, answers
    return f"hooks went on: {answers[202]} answers of 202"


@CATALOGUE.add(
    "F34", "deadlocks", "a session that updates executions and queue in the opposite order, again "
    "and again",
)  # fmt: skip
def f34(site: Site) -> str:
    since, over = len(site.rig.sender.ledger), threading.Event()
    met: Counter[str] = Counter()
    thread = threading.Thread(target=lambda: asyncio.run(_cross(site, over, met)), daemon=True)
    thread.start()
    with site.load(60):
        time.sleep(12)
    over.set()
    thread.join()
    site.rig.sender.settle()
    return f"{_only_promises_or_503(site, since)}; the intruder met {dict(met)}"


@CATALOGUE.add("F35", "the disk of PostgreSQL is full", "a small tmpfs, filled, under load")
def f35(site: Site) -> str:
    if not site.servers.disks.small:
        raise CannotBePlayed("this machine lets us mount no tmpfs")
    since = len(site.rig.sender.ledger)
    with site.load(80):
        time.sleep(2)
        with full_disk(site.servers.disks.postgres):
            wait_until(lambda: 503 in _answers(site, since), 60, "an answer that says so")
            wait_until(lambda: not site.ready(), 10, "/readyz saying that nothing can be stored")
        site.servers.postgres.restart_if_dead()
        time.sleep(3)
    site.rig.sender.settle()
    return f"{_only_promises_or_503(site, since)}; /readyz said no meanwhile"


@CATALOGUE.add("F37", "the disk of the logs is full", "each process prints to /dev/full")
def f37(site: Site) -> str:
    """Every write there fails with ENOSPC, as on a full disk."""
    since = len(site.rig.sender.ledger)
    for process in ("web", "worker", "clock"):
        site.installation.kill(process)
        site.installation.start(process, Around(log_to=Path("/dev/full")))
    site.installation.wait_ready()
    with site.load():
        time.sleep(4)
    site.rig.sender.settle()
    site.finish()
    told = _only_promises_or_503(site, since)
    for process in ("web", "worker", "clock"):
        assert site.installation.processes[process].poll() is None, f"{process} has ended"
        site.rig.kill(process)
        site.rig.start(process)
    return told


@contextmanager
def _all_connections_taken(site: Site) -> Iterator[int]:
    """As many sessions of others as the database lets in, until it refuses one, twice over: what
    becomes free meanwhile is taken, too."""
    loop = asyncio.new_event_loop()
    held: list[Any] = []

    async def take() -> None:
        with suppress(asyncpg.TooManyConnectionsError):
            while True:
                held.append(await asyncpg.connect(site.servers.database_url))

    try:
        loop.run_until_complete(take())
        yield len(held)
    finally:
        for connection in held:
            loop.run_until_complete(connection.close())
        loop.close()


def _many_pages(site: Site) -> Counter[int]:
    """Twelve lists at once, as from a busy dashboard."""
    headers = {"authorization": site.team.api.headers["authorization"]}

    async def ask() -> list[int]:
        async with httpx.AsyncClient(
            base_url=site.installation.base_url, headers=headers, timeout=20
        ) as client:
            answers = await asyncio.gather(*(client.get("/api/v1/events") for _ in range(12)))
        return [answer.status_code for answer in answers]

    return Counter(asyncio.run(ask()))


@contextmanager
def _held(site: Site, statement: str) -> Iterator[None]:
    """A transaction of somebody else's, open while the block lasts."""
    loop = asyncio.new_event_loop()
    connection: Any = loop.run_until_complete(asyncpg.connect(site.servers.database_url))
    try:
        loop.run_until_complete(connection.execute(f"BEGIN; {statement}"))
        yield
    finally:
        loop.run_until_complete(connection.close())
        loop.close()


async def _cross(site: Site, over: threading.Event, met: Counter[str]) -> None:
    """Locks rows from the newest to the oldest, where the product goes the other way."""
    connection: Any = await asyncpg.connect(site.servers.database_url)
    try:
        while not over.is_set():
            try:
                async with connection.transaction():
                    ids = await connection.fetch(
                        "SELECT id FROM execution WHERE state = 'running' ORDER BY id DESC LIMIT 20"
                    )
                    for row in ids:
                        await connection.execute(
                            "SELECT FROM execution WHERE id = $1 FOR UPDATE", row["id"]
                        )
                met["nothing"] += 1
            except asyncpg.DeadlockDetectedError:
                met["a deadlock"] += 1
            await asyncio.sleep(0.005)
    finally:
        await connection.close()
