"""SIGTERM, as at every deploy: what was begun is finished or put back, within ten seconds.

Rows F14 to F16 of the fault catalogue.
"""

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from tests.faults.rig import Rig
from tests.faults.sender import Answer, Sent
from tests.support.installation import wait_until

IN_FLIGHT = 50
ENDS_WITHIN_S = 10.0
GENTLE = {0, -signal.SIGTERM}


@contextmanager
def ends_in_time(rig: Rig, process: str) -> Iterator[None]:
    """Tell a process to end; by the end of the block and ten seconds later it has."""
    begun = time.monotonic()
    rig.installation.processes[process].terminate()
    yield
    status = rig.installation.wait_ended(process)
    assert status in GENTLE
    assert time.monotonic() - begun < ENDS_WITHIN_S


class HalfSent:
    """A delivery whose body is on its way: the server has the first half, and reads."""

    def __init__(self, rig: Rig, number: int) -> None:
        self.sent = Sent(f"half-{number}", rig.hook.url, "succeeded")
        rig.sender.ledger[self.sent.id] = self.sent
        self._body = b'{"id": "%b", "wanted": true}' % self.sent.id.encode()
        self._socket = socket.create_connection(("127.0.0.1", rig.installation.port), timeout=15)
        head = (
            f"POST {rig.hook.path} HTTP/1.1\r\nHost: 127.0.0.1\r\nWebhook-Id: {self.sent.id}\r\n"
            f"Content-Length: {len(self._body)}\r\nExpect: 100-continue\r\n\r\n"
        )
        self._socket.sendall(head.encode())
        # Whoever says this has begun to read the body.
        assert self._socket.recv(1024) == b"HTTP/1.1 100 Continue\r\n\r\n"
        self._socket.sendall(self._body[:5])

    def finish(self) -> None:
        self._socket.sendall(self._body[5:])

    def note_answer(self) -> bytes:
        """Write the answer into the sender's ledger; the whole of it."""
        answer = b""
        while part := self._socket.recv(4096):
            answer += part
        assert answer.startswith(b"HTTP/1.1 202 "), answer
        event_id = answer.partition(b'"event_id":"')[2][:36].decode()
        self.sent.answers.append(Answer(202, event_id, b'"duplicate":true' in answer))
        return answer

    def close(self) -> None:
        self._socket.close()


def accepts_connections(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port)):
            return True
    except ConnectionRefusedError:
        return False


def test_f16_web_answers_the_requests_in_flight_and_takes_no_new_ones(rig: Rig) -> None:
    with ExitStack() as connections:
        halves = [HalfSent(rig, number) for number in range(IN_FLIGHT)]
        for half in halves:
            connections.callback(half.close)
        with ends_in_time(rig, "web"):
            wait_until(lambda: not accepts_connections(rig.installation.port), what="a closed door")
            for half in halves:
                half.finish()
            answers = [half.note_answer() for half in halves]
        assert all(b"connection: close" in answer for answer in answers)
    rig.start("web")
    rig.finish()


def test_f14_a_worker_waits_for_the_answer_to_its_call(rig: Rig) -> None:
    hook = rig.team.trigger(rig.team.workflow(rig.team.step("/slow/2")))
    (sent,) = rig.sender.send(hook.url, 1)
    rig.wait_for_calls("POST /slow/2", 1)
    with ends_in_time(rig, "worker"):
        pass
    # Nobody else is there to have finished it.
    facts = rig.finish()
    assert facts.execution_of(sent)["attempt"] == 1
    assert len(facts.calls_of(sent)) == 1
    rig.start("worker")


def test_f15_a_worker_puts_back_what_takes_too_long_and_the_next_repeats_it_with_the_same_key(
    rig: Rig,
) -> None:
    hook = rig.team.trigger(rig.team.workflow(rig.team.step("/hanging", timeout_s=60)))
    rig.installation.tell_target("/hanging", "hold/never", "ok")
    (sent,) = rig.sender.send(hook.url, 1)
    rig.wait_for_calls("POST /hanging", 1)
    with ends_in_time(rig, "worker"):
        rig.sender.settle()
    rig.installation.start("worker")
    facts = rig.finish()
    first, second = facts.attempts_of(sent)
    assert (first["state"], first["reason"]) == ("unknown", "worker_stopped")
    assert second["state"] == "succeeded"
    assert len(facts.calls_of(sent)) == 2


def test_a_worker_that_ends_under_load_leaves_nothing_behind(rig: Rig) -> None:
    sent = rig.sender.send(rig.hook.url, 100)
    rig.wait_for_calls("POST /notify", 5)
    with ends_in_time(rig, "worker"):
        rig.sender.settle()
    assert rig.running() == {}
    rig.installation.start("worker")
    facts = rig.finish()
    assert {facts.execution_of(one)["attempt"] for one in sent} == {1}


def test_the_clock_ends_at_once(rig: Rig) -> None:
    with ends_in_time(rig, "clock"):
        pass
    rig.start("clock")
    rig.send_mixture(5)
    rig.finish()
