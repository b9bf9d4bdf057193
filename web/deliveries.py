"""Sends a test event through the webhook door of this very process, as if it came from outside.

The request is marked in its scope, where nothing from outside can put anything: the door lets it
pass the list of addresses, and stores the event with the mark of a test.
"""

from dataclasses import dataclass, field
from typing import Any

from litestar import Litestar

from domain.operations.sign_test_event import SignedDelivery
from domain.store.team_scope import every_team

Client = tuple[str, int] | None


@dataclass(slots=True)
class DoorAnswer:
    """What the sender would have got."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def accepted(self) -> bool:
        """Whether the door took it."""
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP's successes

    async def take(self, message: Any) -> None:
        """ASGI's `send`."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            pairs = message.get("headers", ())
            self.headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in pairs}
        else:
            self.body += message.get("body", b"")


async def knock(app: Litestar, delivery: SignedDelivery, method: str, client: Client) -> DoorAnswer:
    """The door's answer to the delivery, sent on behalf of `client`. It sees the trigger as it is
    now, also when that changed within the last second."""
    app.state["services"].receiver.forget_hook(delivery.hook_token)
    answer = DoorAnswer()
    unread = [{"type": "http.request", "body": delivery.body, "more_body": False}]

    async def receive() -> Any:
        return unread.pop() if unread else {"type": "http.disconnect"}

    # The door acts for all teams, whoever asked us.
    with every_team():
        await app(_scope(delivery, method, client), receive, answer.take)  # type: ignore[arg-type]
    return answer


def _scope(delivery: SignedDelivery, method: str, client: Client) -> dict[str, Any]:
    path = f"/hooks/{delivery.hook_token}"
    headers = [*delivery.headers, ("Content-Length", str(len(delivery.body)))]
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.3"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "query_string": b"",
        "headers": [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in headers],
        "client": client,
        "server": ("127.0.0.1", 0),
        "state": {},
        "signalbox.test": True,
        "signalbox.unlimited": delivery.unlimited,
    }
