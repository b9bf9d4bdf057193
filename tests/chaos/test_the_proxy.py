"""The proxy does what the scenarios say of it; what proved nothing would prove it in silence."""

from collections.abc import Iterator

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.chaos.proxy import Proxy
from tests.chaos.servers import valkey_socket
from tests.support.servers import TestServers


@pytest.fixture
def proxy(servers: TestServers) -> Iterator[Proxy]:
    with Proxy(valkey_socket(servers.redis_url(0).partition("?")[0])) as proxy:
        yield proxy


@pytest.fixture
def client(proxy: Proxy) -> Iterator["redis.Redis"]:
    client = redis.Redis(port=proxy.port, db=1023, socket_timeout=0.5, retry=Retry(NoBackoff(), 0))
    client.delete("proxied")
    yield client
    client.close()


def test_a_lost_answer_is_one_to_what_was_carried_out(proxy: Proxy, client: "redis.Redis") -> None:
    with (
        proxy.losing_answers(lambda request: b"INCR" in request, most=1),
        pytest.raises(redis.ConnectionError),
    ):
        client.incr("proxied")
    assert client.get("proxied") == b"1"
    assert proxy.lost == 1


def test_while_it_stands_still_nothing_gets_through(proxy: Proxy, client: "redis.Redis") -> None:
    with proxy.stalled(), pytest.raises(redis.TimeoutError):
        client.ping()
    assert client.ping()


def test_while_it_is_away_connections_are_reset(proxy: Proxy, client: "redis.Redis") -> None:
    with proxy.away():
        for _ in range(2):  # the open one, and a new one
            with pytest.raises(redis.ConnectionError):
                client.ping()
    assert client.ping()
