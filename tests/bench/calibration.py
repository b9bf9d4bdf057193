"""What this machine can do at best, printed beside the figures: they mean little without it."""

import asyncio
import os
import platform
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import redis

from tests.bench import load
from tests.bench.deliveries import Door
from tests.bench.generator import Plan
from tests.bench.session import BODY_BYTES, CONNECTIONS, Session

_SECONDS = 2.0
_WRITERS = 8
_SCRATCH = "calibration"
MOST_PER_SECOND = 30_000  # more than one process of this server can answer
_TABLE = "CREATE TABLE event (id uuid PRIMARY KEY, headers text, body bytea)"


def calibrate(session: Session) -> list[str]:
    """Lines of text."""
    empty, bare = empty_rates(session)
    commits = asyncio.run(_commits_per_second(session))
    syncs = _syncs_per_second(session.installation.path)
    pings = _pings_per_second(session.installation.urls["REDIS_URL"])
    lines = {
        "machine": f"{_processor()}, {os.cpu_count()} cores, {platform.platform()}",
        "load average": f"{os.getloadavg()[0]:.1f} before any figure",
        "versions": f"Python {platform.python_version()}, {_servers(session)}",
        "empty handler": f"{empty:,.0f} POSTs/s; without Litestar's request and answer {bare:,.0f}",
        "commits": f"{commits:,.0f}/s of one 1 KB row each, {_WRITERS} connections",
        "fdatasync": f"{syncs:,.0f}/s of 8 KB",
        "Redis PING": f"{pings:,.0f}/s on one connection",
    }
    return [f"{name:<15}{value}" for name, value in lines.items()]


def empty_rates(session: Session) -> tuple[float, float]:
    """Requests a second of the empty handler, and of the bare one."""
    with session.installation.empty_app():
        return empty_rate(session, "/empty", _SECONDS), empty_rate(session, "/bare", _SECONDS)


def empty_rate(session: Session, path: str, seconds: float) -> float:
    """Requests a second of one handler of the running empty app."""
    port = session.installation.empty_port
    door = Door(session.door.host, port, path, session.door.secret)
    count = round(MOST_PER_SECOND * seconds)
    plan = Plan(door, session.label("empty"), count, seconds, None, CONNECTIONS, BODY_BYTES)
    sent = load.send(plan)
    return load.accepted(sent) / sent.elapsed_s


def _processor() -> str:
    for line in _lines(Path("/proc/cpuinfo")):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _lines(path: Path) -> Iterator[str]:
    if path.exists():
        yield from path.read_text().splitlines()


def _servers(session: Session) -> str:
    settings = ("server_version", "fsync", "synchronous_commit")
    version, *durable = (session.database.fetch(f"SHOW {each}")[0][0] for each in settings)
    client = redis.Redis.from_url(session.installation.urls["REDIS_URL"])
    info = client.info("server")
    name = "valkey_version" if "valkey_version" in info else "redis_version"
    client.close()
    shown = ", ".join(f"{each} {value}" for each, value in zip(settings[1:], durable, strict=True))
    return f"PostgreSQL {version} ({shown}), {name.partition('_')[0].title()} {info[name]}"


async def _commits_per_second(session: Session) -> float:
    """What pgbench would say of storing an event of 1 KB in a transaction of its own."""
    owner = await asyncpg.connect(session.installation.urls["DATABASE_URL"])
    await owner.execute(f"CREATE DATABASE {_SCRATCH}")
    pool = await asyncpg.create_pool(
        session.installation.database_url(_SCRATCH), min_size=_WRITERS, max_size=_WRITERS
    )
    await pool.execute(_TABLE)
    start = time.monotonic()
    done = await asyncio.gather(*(_insert_until(pool, start + _SECONDS) for _ in range(_WRITERS)))
    elapsed = time.monotonic() - start
    await pool.close()
    await owner.execute(f"DROP DATABASE {_SCRATCH}")
    await owner.close()
    return sum(done) / elapsed


async def _insert_until(pool: "asyncpg.Pool[asyncpg.Record]", end: float) -> int:
    body, done = bytes(BODY_BYTES), 0
    async with pool.acquire() as connection:
        insert = await connection.prepare("INSERT INTO event VALUES ($1, $2, $3)")
        while time.monotonic() < end:
            await insert.fetch(uuid4(), "{}", body)
            done += 1
    return done


def _syncs_per_second(folder: Path) -> float:
    path = folder / "fdatasync"
    block, done = os.urandom(8192), 0
    with path.open("wb", buffering=0) as file:
        # PostgreSQL writes into WAL files that have their size already.
        file.write(bytes(8192 * 1024))
        os.fsync(file.fileno())
        end = time.monotonic() + 1
        while time.monotonic() < end:
            file.seek(8192 * (done % 1024))
            file.write(block)
            os.fdatasync(file.fileno())
            done += 1
    path.unlink()
    return done


def _pings_per_second(url: str) -> float:
    client = redis.Redis.from_url(url)
    done, end = 0, time.monotonic() + 1
    while time.monotonic() < end:
        client.ping()
        done += 1
    client.close()
    return done
