"""The door for webhooks: `POST /hooks/{token}`, or the methods that the trigger takes.

A plain ASGI handler that `web/app.py` calls before anything else, because this is the busiest
route and it needs nothing of what the others share: no session, no parsed body, no negotiation.
What it refuses it refuses in one form, `{"error": "<code>", "id": "<request id>"}`, which repeats
nothing that was sent. Whether a hook exists at all, nobody can tell from a refusal.
"""

import asyncio
import hashlib
import hmac
import re
from collections.abc import Iterable
from uuid import uuid4

from litestar.types import HTTPScope, Receive, Send

from domain import metrics
from domain.errors import InvalidInput, NotFound, Overloaded, SignalboxError
from domain.logs import logger
from domain.operations.hook_directory import Hook
from domain.operations.note_refusals import Refusal
from domain.operations.receive_event import BadSignature, EventReceiver
from domain.rules.door_settings import MOST_BODY_BYTES
from web.client_address import address_of, came_over_tls
from web.controllers.hook_answers import (
    AddressNotAllowed,
    EncodedBody,
    HookAnswer,
    HttpsRequired,
    MethodNotAllowed,
    SenderGone,
    TooLarge,
    TooSlow,
    accepted,
    cors_lines,
    failure,
    preflight,
    refusal,
    send_answer,
    status_of,
)
from web.protocol import WHOLE

READ_WITHIN_S = 10.0
# Set by our own code only: what comes from outside is never in a scope.
TEST = "signalbox.test"
UNLIMITED = "signalbox.unlimited"

log = logger(__name__)
# The path as it was sent: nothing is decoded, joined or trimmed before it is compared.
_TOKEN = re.compile(rb"/hooks/([A-Za-z0-9_-]{16,64})")
# Nothing that the trigger's owner could mend.
_NOT_NOTED = (NotFound, Overloaded, SenderGone)


class _Call:
    """One request on its way through the door."""

    def __init__(self, scope: HTTPScope) -> None:
        self.scope = scope
        self.raw_headers = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"]]
        self.headers = dict(self.raw_headers)
        self.test = scope.get(TEST) is True
        self.unlimited = scope.get(UNLIMITED) is True
        self.hook: Hook | None = None
        self.size: int | None = None


async def hooks(scope: HTTPScope, receive: Receive, send: Send, receiver: EventReceiver) -> None:
    """Take one delivery: 202 when the event is on disk."""
    call = _Call(scope)
    try:
        answer = await _take(call, receive, receiver)
    except SignalboxError as refused:
        metrics.REFUSED.labels(refused.code).inc()
        _note(call, refused, receiver)
        answer = refusal(refused, str(uuid4()))
    except Exception:
        request_id = str(uuid4())
        log.exception("hook_failed", request_id=request_id)
        answer = failure(request_id)
    await send_answer(send, answer, cors_lines(call.headers, call.hook.door) if call.hook else [])


async def _take(call: _Call, receive: Receive, receiver: EventReceiver) -> HookAnswer:
    token = _TOKEN.fullmatch(call.scope["raw_path"])
    hook = await receiver.find_hook(token[1].decode()) if token else None
    if hook is None:
        await _turn_away(call, receive)
        raise NotFound
    call.hook = hook
    if not call.test:
        _check_way(call, hook, receiver)
    method = call.scope["method"]
    if method == "OPTIONS" and hook.door.cors_origins:
        return preflight(call.headers, hook.door)
    if method not in hook.door.methods:
        raise MethodNotAllowed(hook.door.methods)
    if receiver.is_full(hook.team_id):
        raise Overloaded
    body = await _body_of(call, receive, hook.door.max_body_bytes)
    query = call.scope["query_string"].decode("latin-1")
    result = await receiver.receive(
        hook, call.headers, call.raw_headers, query, body, test=call.test,
        unlimited=call.unlimited,
    )  # fmt: skip
    return accepted(result, hook.door)


async def _turn_away(call: _Call, receive: Receive) -> None:
    """As much work as for a known hook: the time of the answer tells nothing."""
    if call.scope["method"] != "POST":
        raise MethodNotAllowed
    body = await _body_of(call, receive, MOST_BODY_BYTES)
    hmac.compare_digest(hmac.digest(b"no such hook", body, hashlib.sha256), bytes(32))


def _check_way(call: _Call, hook: Hook, receiver: EventReceiver) -> None:
    """Whether the request came encrypted, where it must, and from an address that may."""
    if receiver.https_only and not came_over_tls(call.scope, receiver.trusted_proxies):
        raise HttpsRequired
    addresses = hook.door.addresses
    if addresses and not hook.door.lets_in(address_of(call.scope, receiver.trusted_proxies)):
        raise AddressNotAllowed


async def _body_of(call: _Call, receive: Receive, most_bytes: int) -> bytes:
    if _encoded(call.raw_headers):
        raise EncodedBody
    declared_length = call.headers.get("content-length", "")
    if declared_length.isdigit() and int(declared_length) > most_bytes:
        raise TooLarge
    body = await _read_in_time(receive, most_bytes, whole=WHOLE in call.scope)
    call.size = len(body)
    return body


def _encoded(raw_headers: Iterable[tuple[str, str]]) -> bool:
    """Whether any header says that the body is not as it came. A second one hides no first, and
    of the transfer codings the server undoes `chunked` only (RFC 9112 §6.1)."""
    return any(
        (name == "content-encoding" and value.strip().lower() not in {"", "identity"})
        or (name == "transfer-encoding" and value.strip().lower() != "chunked")
        for name, value in raw_headers
    )


async def _read_in_time(receive: Receive, most_bytes: int, *, whole: bool) -> bytes:
    if whole:  # nearly always, and a timer would cost as much as the reading does
        return await _read_body(receive, most_bytes)
    try:
        async with asyncio.timeout(READ_WITHIN_S):
            return await _read_body(receive, most_bytes)
    except TimeoutError:
        raise TooSlow from None


async def _read_body(receive: Receive, most_bytes: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] != "http.request":
            raise SenderGone
        part = message.get("body", b"")
        size += len(part)
        if size > most_bytes:
            raise TooLarge
        parts.append(part)
        if not message.get("more_body"):
            return b"".join(parts)


def _note(call: _Call, refused: SignalboxError, receiver: EventReceiver) -> None:
    """Keep the refusal for the trigger's owner; what no hook was asked for is not kept."""
    hook = call.hook
    if hook is None or isinstance(refused, _NOT_NOTED):
        return
    noted = Refusal(
        status=status_of(refused),
        code=refused.code,
        reason=_reason(refused),
        method=call.scope["method"],
        address=address_of(call.scope, receiver.trusted_proxies),
        headers=call.raw_headers,
        size=call.size,
        signature_header=hook.signature_header,
    )
    receiver.notes.refused(hook.team_id, hook.trigger_id, noted)


def _reason(refused: SignalboxError) -> str:
    """What the trigger's owner is told, who may know more than the sender."""
    if isinstance(refused, BadSignature):
        return refused.reason
    return "bad_sender_id" if isinstance(refused, InvalidInput) else refused.code
