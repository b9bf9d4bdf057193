"""Dramatiq's queues live in the database after the one that REDIS_URL names."""

import pytest
import redis

from domain.coordination.redis_urls import queue_url


@pytest.mark.parametrize(
    ("url", "number"),
    [
        ("redis://127.0.0.1:6379", 1),
        ("redis://127.0.0.1:6379/", 1),
        ("redis://:secret@127.0.0.1:6379/4", 5),
        ("redis://127.0.0.1:6379/4?db=7", 8),
        ("rediss://127.0.0.1:6379/0?ssl_cert_reqs=none", 1),
        ("unix:///run/valkey.sock", 1),
        ("unix:///run/valkey.sock?db=2", 3),
    ],
)
def test_the_queue_is_in_the_next_database_of_the_same_server(url: str, number: int) -> None:
    named = redis.ConnectionPool.from_url(url).connection_kwargs
    queues = redis.ConnectionPool.from_url(queue_url(url)).connection_kwargs
    assert queues["db"] == number
    for option in ("host", "port", "path", "password", "ssl_cert_reqs"):
        assert queues.get(option) == named.get(option)
