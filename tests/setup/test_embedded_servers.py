"""The embedded PostgreSQL and Valkey: real ones, killed and started again."""

import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import psutil
import pytest
import redis
from dramatiq.brokers.redis import RedisBroker

from cli import postgres
from cli.postgres import Identity, Postgres
from cli.processes import AlreadyRunning, CannotStart, DataDirectory, has_ended, with_argument
from cli.servers import LocalServers, RunningServer
from cli.valkey import Valkey
from domain.coordination.redis_urls import queue_url
from tests.support.installation import ROOT, wait_until

OWNER = """
import signal, sys
from pathlib import Path
from cli.processes import DataDirectory
from cli.servers import LocalServers
with DataDirectory(Path(sys.argv[1])).hold() as held, LocalServers(held, {}):
    print("up", flush=True)
    signal.pause()
"""


@pytest.fixture
def directory(tmp_path: Path) -> Iterator[DataDirectory]:
    """A data directory of the test's own, held by it."""
    with DataDirectory(tmp_path / "data").hold() as held:
        yield held


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServers]:
    """Both servers, for tests that only look."""
    folder = tmp_path_factory.mktemp("servers")
    with DataDirectory(folder).hold() as held, LocalServers(held, {}) as running:
        yield running


async def sql(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_both_servers_answer_at_their_urls(servers: LocalServers) -> None:
    assert await sql(servers.urls["DATABASE_URL"], "SELECT current_database()") == "signalbox"
    with redis.Redis.from_url(servers.urls["REDIS_URL"]) as client:
        assert client.ping()
    broker = RedisBroker(url=queue_url(servers.urls["REDIS_URL"]))
    assert broker.client.connection_pool.connection_kwargs["db"] == 1
    assert broker.client.ping()
    broker.close()


async def test_servers_that_are_given_are_not_started(directory: DataDirectory) -> None:
    given = {"DATABASE_URL": "postgresql://db.example/x", "REDIS_URL": "redis://cache.example/0"}
    with LocalServers(directory, given) as servers:
        assert servers.urls == given
        assert servers.servers == []


@pytest.mark.parametrize(
    "setting", ["fsync", "synchronous_commit", "full_page_writes", "data_checksums"]
)
async def test_postgresql_keeps_what_it_confirmed(servers: LocalServers, setting: str) -> None:
    assert await sql(servers.urls["DATABASE_URL"], f"SHOW {setting}") == "on"


async def test_postgresql_knows_letters_outside_of_ascii(servers: LocalServers) -> None:
    assert await sql(servers.urls["DATABASE_URL"], "SHOW server_encoding") == "UTF8"
    assert await sql(servers.urls["DATABASE_URL"], "SELECT upper('é')") == "É"


def test_valkey_keeps_an_append_only_file_and_never_drops_keys(servers: LocalServers) -> None:
    with redis.Redis.from_url(servers.urls["REDIS_URL"]) as client:
        assert client.config_get("appendonly", "appendfsync", "maxmemory-policy") == {
            "appendonly": "yes",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
        }


def test_neither_server_listens_on_a_port(servers: LocalServers) -> None:
    assert servers.postgres is not None
    assert servers.valkey is not None
    running = with_argument(["postgres"], str(servers.postgres.data))
    running += with_argument(["valkey-server"], str(servers.valkey.data))
    assert len(running) == 2
    assert [process.net_connections("inet") for process in running] == [[], []]


async def test_committed_rows_outlive_a_killed_postgresql(directory: DataDirectory) -> None:
    server = Postgres(directory)
    with RunningServer(server) as running:
        await sql(server.url, "CREATE TABLE kept AS SELECT 42 AS answer")
        os.kill(running.pid, signal.SIGKILL)
        running.stop()
        running.start()
        assert await sql(server.url, "SELECT answer FROM kept") == 42


def test_keys_outlive_a_killed_valkey(directory: DataDirectory) -> None:
    server = Valkey(directory)
    with RunningServer(server) as running, redis.Redis.from_url(server.url) as client:
        client.set("kept", "42")
        os.kill(running.pid, signal.SIGKILL)
        running.stop()
        running.start()
        assert client.get("kept") == b"42"


async def test_a_process_id_that_was_given_out_again_does_not_stop_the_start(
    directory: DataDirectory,
) -> None:
    server = Postgres(directory)
    with RunningServer(server) as running:
        lock = server.data / "postmaster.pid"
        left_behind = lock.read_text()
        running.stop()
        # As after a crash of the machine: the file is there, and its id now is this very process.
        lock.write_text(left_behind.replace(left_behind.split("\n")[0], str(os.getpid()), 1))
        running.start()
        assert await sql(server.url, "SELECT 1") == 1


@pytest.fixture
def owner(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that holds the same data directory and runs both servers."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path / "data")],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        yield process
        process.terminate()


def test_a_directory_in_use_is_refused_with_its_holder(
    owner: subprocess.Popen[str], tmp_path: Path
) -> None:
    with pytest.raises(AlreadyRunning, match=f"process {owner.pid}"):
        DataDirectory(tmp_path / "data").hold()


@pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux tells a child of its parent's death"
)
def test_the_servers_end_with_a_killed_owner(owner: subprocess.Popen[str], tmp_path: Path) -> None:
    owner.kill()
    owner.wait()
    data = str((tmp_path / "data").resolve())
    wait_until(lambda: not with_argument(["postgres"], f"{data}/postgres"), what="no PostgreSQL")
    wait_until(lambda: not with_argument(["valkey-server"], f"{data}/valkey"), what="no Valkey")


async def test_servers_that_still_run_give_way_to_a_new_start(
    owner: subprocess.Popen[str], tmp_path: Path
) -> None:
    # Stopped dead, they cannot hear of their owner's end: as on systems that do not tell them.
    data = (tmp_path / "data").resolve()
    earlier = with_argument(["postgres"], str(data / "postgres"))
    earlier += with_argument(["valkey-server"], str(data / "valkey"))
    assert len(earlier) == 2
    for process in earlier:
        process.suspend()
    owner.kill()
    owner.wait()
    for process in earlier:
        process.resume()
    with DataDirectory(data).hold() as held, LocalServers(held, {}) as servers:
        assert await sql(servers.urls["DATABASE_URL"], "SELECT 1") == 1
        assert all(has_ended(process) for process in earlier)


async def test_a_long_path_gets_its_sockets_elsewhere(tmp_path: Path) -> None:
    long = tmp_path / ("a" * 60) / ("b" * 60) / "mit Lücke"
    with DataDirectory(long).hold() as held, LocalServers(held, {}) as servers:
        assert servers.postgres is not None
        assert await sql(servers.urls["DATABASE_URL"], "SELECT 1") == 1
        with redis.Redis.from_url(servers.urls["REDIS_URL"]) as client:
            assert client.ping()
        elsewhere = Path(servers.urls["REDIS_URL"].removeprefix("unix://localhost")).parents[1]
    shutil.rmtree(elsewhere)


async def test_a_path_with_unusual_letters_needs_no_care(tmp_path: Path) -> None:
    with DataDirectory(tmp_path / "Ä ?&#%20'").hold() as held, LocalServers(held, {}) as servers:
        assert await sql(servers.urls["DATABASE_URL"], "SELECT 1") == 1
        with redis.Redis.from_url(servers.urls["REDIS_URL"]) as client:
            assert client.ping()


def test_an_interrupted_first_start_is_made_good(directory: DataDirectory) -> None:
    half = directory.path / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    with RunningServer(Postgres(directory)):
        assert not half.exists()


def test_data_of_another_version_are_refused_and_kept(directory: DataDirectory) -> None:
    data = directory.path / "postgres"
    data.mkdir(mode=0o700)
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(CannotStart, match="is of PostgreSQL 9"):
        RunningServer(Postgres(directory)).start()
    assert (data / "PG_VERSION").exists()


def test_a_server_that_cannot_start_shows_the_end_of_its_log(directory: DataDirectory) -> None:
    with RunningServer(Valkey(directory)):
        pass
    (directory.path / "valkey" / "appendonlydir" / "appendonly.aof.manifest").write_text("rubbish")
    with pytest.raises(CannotStart, match="AOF MANIFEST FILE ERROR"):
        RunningServer(Valkey(directory)).start()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become someone else")
async def test_without_user_namespaces_root_runs_postgresql_as_nobody(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    nobody = pwd.getpwnam("nobody")
    identity = Identity(run_as=(nobody.pw_uid, nobody.pw_gid))
    monkeypatch.setattr(postgres, "_UNSHARE", ("false",))
    folder = Path("/tmp/signalbox-as-nobody")  # pytest's own folders are closed to others
    try:
        with DataDirectory(folder).hold() as held:
            server = Postgres(held)
            assert server.program().run_as == identity.run_as
            with RunningServer(server) as running:
                assert psutil.Process(running.pid).username() == "nobody"
                assert await sql(server.url, "SELECT 1") == 1
            # Once they are nobody's, the data stay so.
            monkeypatch.undo()
            assert server.program().run_as == identity.run_as
    finally:
        shutil.rmtree(folder)


def test_a_directory_of_someone_else_is_refused_in_tmp(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.sockets._SHORT", tmp_path)
    monkeypatch.setattr("cli.sockets._LONGEST", 1)
    directory = DataDirectory(tmp_path / "data")
    Valkey(directory)
    taken = next(tmp_path.glob("signalbox-*"))
    taken.chmod(0o777)
    with pytest.raises(CannotStart, match="belongs to someone else"):
        Valkey(directory)
