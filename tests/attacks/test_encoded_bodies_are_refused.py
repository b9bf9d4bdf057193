"""Row A15 of the attack catalogue: nothing is ever decompressed."""

import gzip

import httpx
import pytest

from tests.attacks.raw import exchange, post
from tests.attacks.stored import Stored
from tests.support.installation import Hook, Installation

BOMB = gzip.compress(bytes(10_000_000))


@pytest.mark.parametrize(
    "encoding",
    ["gzip", "GZIP", "x-gzip", "br", "deflate", "zstd", "gzip, gzip", "identity, gzip", "anything"],
)
def test_a15_a_compressed_body_is_refused(hook: Hook, stored: Stored, encoding: str) -> None:
    before = stored.events_of(hook.id)
    answer = httpx.post(hook.url, content=BOMB, headers={"content-encoding": encoding})
    assert answer.status_code == 415
    assert answer.json()["error"] == "unsupported_encoding"
    assert stored.events_of(hook.id) == before


@pytest.mark.parametrize("last", ["identity", ""])
def test_a15_a_second_header_does_not_hide_the_first(
    signalbox: Installation, hook: Hook, last: str
) -> None:
    headers = ("Content-Encoding", "gzip"), ("Content-Encoding", last)
    assert exchange(signalbox.port, post(hook.path, BOMB, *headers)).status == 415


def test_a15_identity_is_no_encoding(hook: Hook) -> None:
    answer = httpx.post(hook.url, json={}, headers={"content-encoding": "identity"})
    assert answer.status_code == 202


def test_a15_a_compressed_body_that_does_not_say_so_is_just_bytes(
    hook: Hook, stored: Stored
) -> None:
    answer = httpx.post(hook.url, content=BOMB, headers={"content-type": "application/gzip"})
    assert answer.status_code == 202
    assert stored.event(answer.json()["event_id"])["body"] == BOMB
