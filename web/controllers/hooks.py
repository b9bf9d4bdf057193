"""The door for webhooks: `POST /hooks/{token}`.

A plain ASGI handler that `web/app.py` calls before anything else, because this is the busiest
route and it needs nothing of what the others share: no session, no parsed body, no negotiation.
What it refuses it refuses in one form, `{"error": "<code>", "id": "<request id>"}`, which repeats
nothing that was sent.
"""

import asyncio
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from http import HTTPStatus
from uuid import uuid4

import msgspec
from litestar.types import HTTPScope, Receive, Send

from domain import metrics
from domain.errors import InvalidInput, NotFound, Overloaded, SignalboxError
from domain.logs import logger
from domain.operations.receive_event import MOST_BODY_BYTES, BadSignature, EventReceiver

READ_WITHIN_S = 10.0

log = logger(__name__)
_encode = msgspec.json.encode
# The path as it was sent: nothing is decoded, joined or trimmed before it is compared.
_TOKEN = re.compile(rb"/hooks/([A-Za-z0-9_-]{16,64})")


class MethodNotAllowed(SignalboxError):
    """Hooks take POST."""

    code = "method_not_allowed"


class TooLarge(SignalboxError):
    """The body is larger than this hook takes."""

    code = "too_large"


class TooSlow(SignalboxError):
    """The body did not arrive in time."""

    code = "timeout"


class EncodedBody(SignalboxError):
    """The body is compressed, and hooks take bodies as they are."""

    code = "unsupported_encoding"


class SenderGone(SignalboxError):
    """The sender hung up before the body was complete."""

    code = "disconnected"


STATUS: dict[type[SignalboxError], int] = {
    InvalidInput: HTTPStatus.BAD_REQUEST,
    BadSignature: HTTPStatus.UNAUTHORIZED,
    NotFound: HTTPStatus.NOT_FOUND,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    TooSlow: HTTPStatus.REQUEST_TIMEOUT,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    EncodedBody: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    SenderGone: HTTPStatus.BAD_REQUEST,
    Overloaded: HTTPStatus.SERVICE_UNAVAILABLE,
}
# After these the rest of the body is not read, so the connection cannot be used again.
_CLOSING = (TooLarge, TooSlow, EncodedBody, MethodNotAllowed, SenderGone)


async def hooks(scope: HTTPScope, receive: Receive, send: Send, receiver: EventReceiver) -> None:
    """Take one delivery: 202 when the event is on disk."""
    try:
        receipt = await _take(scope, receive, receiver)
    except SignalboxError as refused:
        await _refuse(send, refused, str(uuid4()))
    except Exception:
        request_id = str(uuid4())
        log.exception("hook_failed", request_id=request_id)
        await _answer(
            send, HTTPStatus.INTERNAL_SERVER_ERROR, {"error": "internal", "id": request_id}
        )
    else:
        await _answer(send, HTTPStatus.ACCEPTED, receipt)


async def _take(
    scope: HTTPScope, receive: Receive, receiver: EventReceiver
) -> Mapping[str, object]:
    if scope["method"] != "POST":
        raise MethodNotAllowed
    raw_headers = [(k.decode("latin-1"), v.decode("latin-1")) for k, v in scope["headers"]]
    headers = dict(raw_headers)
    if _encoded(raw_headers):
        raise EncodedBody
    token = _TOKEN.fullmatch(scope["raw_path"])
    hook = await receiver.find_hook(token[1].decode()) if token else None
    body = await _read_body(receive, headers.get("content-length", ""))
    if hook is None:
        # As much work as for a known token: the time of the answer tells nothing.
        hmac.compare_digest(hmac.digest(b"no such hook", body, hashlib.sha256), bytes(32))
        raise NotFound
    query = scope["query_string"].decode("latin-1")
    receipt = await receiver.receive(hook, headers, raw_headers, query, body)
    return {"event_id": str(receipt.event_id), "duplicate": receipt.duplicate}


def _encoded(raw_headers: Iterable[tuple[str, str]]) -> bool:
    """Whether any header says that the body is not as it came. A second one hides no first, and
    of the transfer codings the server undoes `chunked` only (RFC 9112 §6.1)."""
    return any(
        (name == "content-encoding" and value.strip().lower() not in {"", "identity"})
        or (name == "transfer-encoding" and value.strip().lower() != "chunked")
        for name, value in raw_headers
    )


async def _read_body(receive: Receive, declared_length: str) -> bytes:
    if declared_length.isdigit() and int(declared_length) > MOST_BODY_BYTES:
        raise TooLarge
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(READ_WITHIN_S):
            while True:
                message = await receive()
                if message["type"] != "http.request":
                    raise SenderGone
                part = message.get("body", b"")
                size += len(part)
                if size > MOST_BODY_BYTES:
                    raise TooLarge
                parts.append(part)
                if not message.get("more_body"):
                    return b"".join(parts)
    except TimeoutError:
        raise TooSlow from None


async def _refuse(send: Send, refused: SignalboxError, request_id: str) -> None:
    status = STATUS.get(type(refused), HTTPStatus.BAD_REQUEST)
    metrics.REFUSED.labels(refused.code).inc()
    extra = []
    if isinstance(refused, Overloaded):
        extra.append((b"retry-after", str(refused.retry_after_s).encode()))
    if isinstance(refused, MethodNotAllowed):
        extra.append((b"allow", b"POST"))
    if isinstance(refused, _CLOSING):
        extra.append((b"connection", b"close"))
    await _answer(send, status, {"error": refused.code, "id": request_id}, extra)


async def _answer(
    send: Send,
    status: int,
    content: Mapping[str, object],
    extra: list[tuple[bytes, bytes]] | None = None,
) -> None:
    body = _encode(content)
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"x-content-type-options", b"nosniff"),
        *(extra or ()),
    ]
    await send({"type": "http.response.start", "status": int(status), "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
