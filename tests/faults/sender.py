"""A sender that keeps a ledger of what it sent and of every answer that it got."""

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from typing import Any, Literal, NamedTuple

import httpx

AT_ONCE = 16
PATIENCE_S = 30.0

Fate = Literal["succeeded", "dead", "filtered", "dropped", "unreached"]


class Answer(NamedTuple):
    """A whole answer to one request. The rest is None unless it was accepted."""

    status: int
    event_id: str | None = None
    duplicate: bool | None = None

    @property
    def accepted(self) -> bool:
        """Whether this is a promise."""
        return 200 <= self.status < 300


@dataclass(slots=True)
class Sent:
    """One thing that the sender has to tell, and what became of each try. A request that got no
    answer leaves none: nothing was promised."""

    id: str
    url: str
    fate: Fate
    """What must become of it in the end: what its trigger and its body make of it."""
    answers: list[Answer] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)
    """What else stands in its body."""

    @property
    def accepted(self) -> bool:
        """Whether any try was answered with a promise."""
        return any(answer.accepted for answer in self.answers)


class Sender:
    """Sends from several threads, each delivery over a connection of its own."""

    def __init__(self) -> None:
        self.ledger: dict[str, Sent] = {}
        self._numbers = count(1)
        self._waiting: list[Future[None]] = []
        # Nothing of an answer depends on what came over the same connection before.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._client = httpx.Client(timeout=PATIENCE_S, limits=limits)
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="sender")

    def close(self) -> None:
        """Wait for the last answers."""
        self._threads.shutdown()
        self._client.close()

    def send(self, url: str, number: int, fate: Fate = "succeeded", **more: Any) -> list[Sent]:
        """Begin to send so many deliveries, with `more` in their bodies; `settle` waits for their
        answers."""
        new = [
            Sent(f"evt-{next(self._numbers)}", url, fate, more=dict(more)) for _ in range(number)
        ]
        self.ledger.update((sent.id, sent) for sent in new)
        self._begin(new)
        return new

    def send_again(self, these: Iterable[Sent] | None = None) -> None:
        """Begin to send these once more, or whatever nobody has accepted yet."""
        self._begin([s for s in self.ledger.values() if not s.accepted] if these is None else these)

    def settle(self) -> None:
        """Wait until every request that was begun has its answer, or has lost its connection."""
        waiting, self._waiting = self._waiting, []
        for future in waiting:
            # Longer than a request's own patience: a connection that cannot be opened (all ports of
            # this machine were just used) is an answer that did not come, and is sent again.
            future.result(2 * PATIENCE_S)

    def _begin(self, these: Iterable[Sent]) -> None:
        self._waiting.extend(self._threads.submit(self._deliver, sent) for sent in these)

    @property
    def unanswered(self) -> int:
        """How many requests were begun and have no answer yet."""
        return sum(not future.done() for future in list(self._waiting))

    def deliver_now(self, sent: Sent, client: httpx.Client) -> None:
        """Send one delivery over a client of the caller's, and wait for its answer."""
        self.ledger[sent.id] = sent
        self._deliver(sent, client)

    def _deliver(self, sent: Sent, client: httpx.Client | None = None) -> None:
        body = {"id": sent.id, "wanted": sent.fate != "filtered", **sent.more}
        headers = {"webhook-id": sent.id}
        try:
            response = (client or self._client).post(sent.url, json=body, headers=headers)
        except httpx.TransportError:
            return
        if response.is_success:
            told = response.json()
            sent.answers.append(Answer(response.status_code, told["event_id"], told["duplicate"]))
        else:
            sent.answers.append(Answer(response.status_code))
