"""An installation on servers of its own, with everything that scenarios do to it.

The product reaches its servers through proxies; whoever checks goes past them. One team of it
(`alice`) takes what the sender sends, and is what the checker looks at; one of its triggers is
limited, and now and then a burst comes that has to wait for it. Another (`timed`) has a
schedule that is due every few seconds, whatever else happens.
"""

import asyncio
import random
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import redis

from tests.chaos.servers import Servers, own_servers
from tests.chaos.watch import Watch
from tests.faults.checker import Checker, Facts
from tests.faults.rig import PROCESSES, Rig
from tests.faults.sender import Sent
from tests.faults.windows import Limited
from tests.support.installation import Hook, Installation, Team, wait_until

SLOT_EVERY_S, SLOTS = 15, 400
# What other teams than the sender's have the target do.
OTHERS = ("POST /timed", "POST /flood")
# What goes to the target under the name `localhost`, and so has a breaker of its own. That of
# 127.0.0.1 is told to bear what the mixture brings: one in ten of its calls fails.
OWN_BREAKER = "POST /own/"
_LENIENT = {"in_a_row": 1_000, "failure_rate": 1.0, "min_calls": 10_000}
KEPT_LOGS = Path(tempfile.gettempdir()) / "signalbox-chaos-logs"
# What is over the window waits, and so it does while nobody can count.
_MOST, _PER_S = 10, 2
_WINDOW = {"most": _MOST, "per_s": _PER_S, "when_unavailable": "closed"}
_BURST = 24
_BURST_EVERY_S = 16.0
_WAITED = """
SELECT count(*) AS waited FROM decision
WHERE trigger_id = $1::uuid AND verdict = 'deferred' AND decided_at > $2
"""
# So many deliveries without an answer, and the load waits for the door to open again.
_MOST_UNANSWERED = 300
_PACE_OF = 30
_BACK_WITHIN_S = 30.0


class Site:
    """What a scenario works with."""

    def __init__(self, servers: Servers, installation: Installation, seed: int) -> None:
        self.servers = servers
        self.installation = installation
        self.luck = random.Random(seed)
        self.rig = Rig(installation)
        self.rig.database_url = servers.database_url
        self.team_id: UUID = self.fetch("SELECT id FROM team WHERE slug = 'alice'")[0]["id"]
        self.rig.checker = Checker(
            self.rig.sender, servers.database_url, installation.ledger, self.team_id, OTHERS
        )
        self.limited = self.team.hook(limits={"rate": [_WINDOW]})
        self.rig.checker.limited = Limited(UUID(self.limited.id), _MOST, _PER_S)
        self.rig.checker.forgotten = servers.valkey.forgotten
        self.timed_trigger, self.due = _schedule(installation.team("timed"), installation)
        self.watch = Watch(servers.database_url)
        self.rig.send_mixture(1)
        self.finish()
        self.set_breaker("127.0.0.1", **_LENIENT)

    # --- what scenarios ask -------------------------------------------------------------------

    @property
    def team(self) -> Team:
        """The team of the sender's hooks."""
        return self.rig.team

    def fetch(self, sql: str, *arguments: object) -> list[Any]:
        """Rows, past the proxy."""
        return asyncio.run(_fetch(self.servers.database_url, sql, arguments))

    def redis(self) -> "redis.Redis":
        """Redis, past the proxy."""
        return redis.Redis.from_url(self.servers.valkey.url)

    def metric(self, name: str) -> float:
        """The sum of a metric over its labels, as `/metrics` shows it."""
        text = httpx.get(f"{self.installation.base_url}/metrics", timeout=10).text
        lines = [line for line in text.splitlines() if line.startswith(name)]
        return sum(float(line.rpartition(" ")[2]) for line in lines)

    def said(self, process: str, words: str) -> int:
        """How many lines of a process's log hold these words."""
        return self.installation.log(process).read_text(errors="replace").count(words)

    def ready(self) -> bool:
        """What `/readyz` says."""
        try:
            return httpx.get(f"{self.installation.base_url}/readyz", timeout=5).is_success
        except httpx.HTTPError:
            return False

    # --- what scenarios do --------------------------------------------------------------------

    @contextmanager
    def load(self, per_s: float = 40.0, hook: Hook | None = None) -> Iterator[None]:
        """Deliveries at this rate for as long as the block lasts."""
        over = threading.Event()
        thread = threading.Thread(target=self._send, args=(per_s, hook, over), daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def _send(self, per_s: float, hook: Hook | None, over: threading.Event) -> None:
        tick_s = 0.25
        owed, next_burst = 0.0, time.monotonic()
        while not over.wait(tick_s):
            owed += per_s * tick_s
            if time.monotonic() >= next_burst:
                next_burst += _BURST_EVERY_S
                self.send_burst()
            if self.rig.sender.unanswered < _MOST_UNANSWERED and owed >= 4:
                self.rig.send_mixture(int(owed) - 3, hook)
                owed -= int(owed)

    def send_burst(self) -> None:
        """Begin to send more than the limited trigger's window has room for."""
        self.rig.sender.send(self.limited.url, _BURST)

    def waited_since(self, since: datetime) -> int:
        """How many had to wait for the window since then."""
        waited: int = self.fetch(_WAITED, self.limited.id, since)[0]["waited"]
        return waited

    def finish(self, within_s: float = 45.0) -> Facts:
        """Everything that was ever sent, held against the invariants."""
        return self.rig.finish(within_s)

    def set_breaker(self, host: str, **settings: float) -> None:
        """Set what the breaker of the target under this name goes by, and have it begin anew."""
        for each in self.team.api.get("/destinations").json()["items"]:
            if each["host"].startswith(f"{host}:"):
                told = self.team.api.patch(f"/destinations/{each['id']}", json=settings)
                assert told.is_success, told.text
                self.team.api.post(f"/destinations/{each['id']}/reset").raise_for_status()

    def own_breaker_url(self, path: str) -> str:
        """The target's address under its other name."""
        return f"http://localhost:{self.installation.target_port}{path}"

    def wait_between_slots(self, for_s: float = 8.0) -> None:
        """Wait until no slot is due for so long: a trap that a schedule springs shows nothing."""

        def clear() -> bool:
            now = datetime.now(UTC)
            return all(not -2 < (each - now).total_seconds() < for_s for each in self.due)

        wait_until(clear, SLOT_EVERY_S + 2, "a moment between two slots")

    def mend(self) -> None:
        """Bring back what a scenario left broken."""
        for server in (self.servers.postgres, self.servers.valkey):
            server.restart_if_dead()
        self.rig.mend()
        self.installation.wait_ready()

    def keep_logs(self, name: str) -> Path:
        """Copy what all processes printed to where it is not removed; where that is."""
        kept = KEPT_LOGS / name
        kept.mkdir(parents=True, exist_ok=True)
        for log in self.installation.folder.glob("*.log"):
            shutil.copy(log, kept)
        return kept

    def ended_by_themselves(self) -> list[str]:
        """Processes that no scenario ended, and that are gone."""
        running = self.installation.processes
        return [name for name in PROCESSES if name in running and running[name].poll() is not None]

    def pace(self) -> float:
        """The slowest but one of thirty deliveries, one after the other, in seconds."""
        took = []
        with httpx.Client(timeout=15) as client:
            for _ in range(_PACE_OF):
                sent = Sent(f"pace-{time.monotonic_ns()}", self.rig.hook.url, "succeeded")
                begun = time.monotonic()
                self.rig.sender.deliver_now(sent, client)
                took.append(time.monotonic() - begun)
        return sorted(took)[-2]

    def seconds_until_back(self, before_s: float) -> float:
        """How long it takes until deliveries are answered as fast as before: 1.5 times, and as much
        as this machine's other work makes of it (I12)."""
        begun = time.monotonic()
        wait_until(
            lambda: self.ready() and self.pace() <= 1.5 * before_s + 0.05,
            _BACK_WITHIN_S, "answers as fast as before",
        )  # fmt: skip
        return time.monotonic() - begun


@contextmanager
def open_site(seed: int) -> Iterator[Site]:
    """A site, running."""
    with ExitStack() as stack:
        servers = stack.enter_context(own_servers(seed))
        counts = Path(tempfile.mkdtemp(prefix="signalbox-counts-"))
        stack.callback(shutil.rmtree, counts, ignore_errors=True)
        env = {**servers.proxied, "PROMETHEUS_MULTIPROC_DIR": str(counts)}
        installation = Installation(env["DATABASE_URL"], env["REDIS_URL"], env)
        stack.push(installation)  # before it is entered: what does not become ready is ended, too
        installation.__enter__()
        site = Site(servers, installation, seed)
        stack.callback(site.rig.sender.close)
        with site.watch:
            yield site


async def _fetch(url: str, sql: str, arguments: tuple[object, ...]) -> list[Any]:
    connection = await asyncpg.connect(url)
    try:
        return list(await connection.fetch(sql, *arguments))
    finally:
        await connection.close()


def _schedule(team: Team, installation: Installation) -> tuple[str, list[datetime]]:
    """A trigger that is due each few seconds: its id, and when."""
    installation.cli("teams", "quota", "--team", "timed", "--interval", "1")
    start = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=SLOT_EVERY_S)
    due = [start + timedelta(seconds=SLOT_EVERY_S * number) for number in range(SLOTS)]
    draft = {
        "name": "Every few seconds",
        "kind": "schedule",
        "workflow_id": team.workflow(team.step("/timed", body={"slot": "{{ $.slot }}"})),
        "config": {"form": "instants", "instants": [each.isoformat() for each in due],
                   "catch_up": "all", "catch_up_most": 100},
    }  # fmt: skip
    made = team.api.post("/triggers", json=draft)
    assert made.status_code == 201, made.text
    return str(made.json()["id"]), due


def gently(site: Site, process: str) -> int:
    """SIGTERM, as at a deploy; the exit status."""
    return site.installation.kill(process, signal.SIGTERM)


def once(happened: Callable[[], Any], within_s: float, what: str) -> float:
    """How many seconds it takes until it has happened."""
    begun = time.monotonic()
    wait_until(happened, within_s, what)
    return time.monotonic() - begun
