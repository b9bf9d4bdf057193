"""/healthz, /readyz, /metrics: what they say, and to whom (row A109)."""

from dataclasses import replace

import httpx
import pytest
from litestar import Litestar
from redis.asyncio import Redis

from domain import metrics
from domain.store import migrations, readiness
from domain.store.database import fetch_one, transaction
from tests.support.web_fixtures import client_of
from tests.support.world import World
from web.services import Services


@pytest.fixture
def services(app: Litestar) -> Services:
    found: Services = app.state["services"]
    return found


async def test_a_process_that_is_up_says_ok_and_no_more(client: httpx.AsyncClient) -> None:
    answer = await client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert (await client.head("/healthz")).status_code == 200


async def test_all_parts_working_is_ready(client: httpx.AsyncClient) -> None:
    answer = await client.get("/readyz")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})
    assert answer.headers["cache-control"] == "no-store"


async def test_redis_away_is_named(
    client: httpx.AsyncClient, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with Redis.from_url("redis://127.0.0.1:1/0") as nowhere:
        monkeypatch.setattr(services, "redis", nowhere)
        answer = await client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json() == {"status": "unavailable", "failing": ["redis"]}


async def test_a_missing_migration_is_named(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = migrations.known_migrations() | {"m99_from_the_future"}
    monkeypatch.setattr(migrations, "known_migrations", lambda: known)

    answer = await client.get("/readyz")

    assert answer.json() == {"status": "unavailable", "failing": ["migrations"]}


async def test_the_database_away_is_named(
    client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object) -> None:
        raise ConnectionRefusedError("postgresql://user:password@inner-host")

    monkeypatch.setattr(readiness, "fetch_one", refuse)

    answer = await client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["failing"] == ["database"]
    assert "inner-host" not in answer.text


@pytest.mark.usefixtures("store")
@pytest.mark.parametrize("fault", ["SET TRANSACTION READ ONLY", "SET LOCAL temp_file_limit = 0"])
async def test_a_database_that_answers_and_cannot_store_is_not_ready(fault: str) -> None:
    """A standby, and a disk without room: what a query alone does not notice."""
    assert await readiness.database_stores()

    async with transaction():
        await fetch_one(fault)
        assert not await readiness.database_stores()


async def test_metrics_are_for_this_machine(app: Litestar, world: World) -> None:
    async with client_of(app, "127.0.0.1") as here:
        answer = await here.get("/metrics")
        through_a_proxy = await here.get("/metrics", headers={"x-forwarded-for": "127.0.0.1"})
    async with client_of(app, "203.0.113.9") as elsewhere:
        refused = await elsewhere.get("/metrics", headers={"x-forwarded-for": "127.0.0.1"})

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "signalbox_pending_events " in answer.text
    assert str(world.alice.team_id) not in answer.text
    assert (through_a_proxy.status_code, refused.status_code) == (404, 404)


async def test_with_a_token_metrics_are_for_who_has_it(
    app: Litestar, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    guarded = replace(services.settings, metrics_token="a-metrics-token")
    monkeypatch.setattr(services, "settings", guarded)

    async with client_of(app, "203.0.113.9") as elsewhere:
        right = await elsewhere.get("/metrics", headers={"authorization": "Bearer a-metrics-token"})
        wrong = await elsewhere.get("/metrics", headers={"authorization": "Bearer another"})
    async with client_of(app, "127.0.0.1") as here:
        none = await here.get("/metrics")

    assert [a.status_code for a in (right, wrong, none)] == [200, 401, 401]


def test_the_exposition_counts_what_was_counted() -> None:
    metrics.DECISIONS.labels("fired").inc(3)

    text = metrics.exposition({"pending_events": 7}).decode()

    assert 'signalbox_decisions_total{verdict="fired"}' in text
    assert "signalbox_pending_events 7.0" in text
