"""What the webhook door answers: receipts, refusals, and to browsers what other sites' pages may do
(CORS, Fetch Standard §3.2)."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import NamedTuple

import msgspec
from litestar.types import Send

from domain.errors import InvalidInput, NotFound, Overloaded, SignalboxError, Throttled
from domain.operations.receive_event import BadSignature
from domain.operations.store_events import Receipt
from domain.rules.door_settings import DoorSettings
from domain.senders import Reply

PREFLIGHT_KEPT_S = 600
# What a page may ask to send along: names of headers, no more than a head could hold.
_HEADER_NAMES = re.compile(r"[A-Za-z0-9_, -]{1,1000}")
_encode = msgspec.json.encode

HeaderLines = list[tuple[bytes, bytes]]


class MethodNotAllowed(SignalboxError):
    """The hook does not take this method."""

    code = "method_not_allowed"

    def __init__(self, methods: Sequence[str] = ("POST",)) -> None:
        self.methods = methods
        super().__init__()


class AddressNotAllowed(SignalboxError):
    """The hook does not take requests from this address."""

    code = "address_not_allowed"


class HttpsRequired(SignalboxError):
    """The hook takes requests over https only."""

    code = "https_required"


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
    AddressNotAllowed: HTTPStatus.FORBIDDEN,
    HttpsRequired: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    MethodNotAllowed: HTTPStatus.METHOD_NOT_ALLOWED,
    TooSlow: HTTPStatus.REQUEST_TIMEOUT,
    TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    EncodedBody: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    SenderGone: HTTPStatus.BAD_REQUEST,
    Throttled: HTTPStatus.TOO_MANY_REQUESTS,
    Overloaded: HTTPStatus.SERVICE_UNAVAILABLE,
}
# After these the rest of the body is not read, so the connection cannot be used again.
_CLOSING = (
    AddressNotAllowed,
    EncodedBody,
    HttpsRequired,
    MethodNotAllowed,
    SenderGone,
    TooLarge,
    TooSlow,
)


class HookAnswer(NamedTuple):
    """What is sent back."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Sequence[tuple[bytes, bytes]] = ()


def status_of(refused: SignalboxError) -> int:
    """The status that a refusal is answered with."""
    return int(STATUS.get(type(refused), HTTPStatus.BAD_REQUEST))


def accepted(result: Receipt | Reply, door: DoorSettings) -> HookAnswer:
    """The answer to a delivery that was taken: the trigger's own, or else the event's id."""
    if isinstance(result, Reply):
        return HookAnswer(
            HTTPStatus.OK, result.body.encode(), f"{result.content_type}; charset=utf-8"
        )
    if door.answer is not None:
        answer = door.answer
        return HookAnswer(
            answer.status, answer.body.encode(), f"{answer.content_type}; charset=utf-8"
        )
    told = {"event_id": str(result.event_id), "duplicate": result.duplicate}
    return HookAnswer(HTTPStatus.ACCEPTED, _encode(told))


def refusal(refused: SignalboxError, request_id: str) -> HookAnswer:
    """The answer to a refused request, which repeats nothing that was sent."""
    headers: HeaderLines = []
    if isinstance(refused, Overloaded | Throttled):
        headers.append((b"retry-after", str(refused.retry_after_s).encode()))
    if isinstance(refused, MethodNotAllowed):
        headers.append((b"allow", ", ".join(refused.methods).encode()))
    if isinstance(refused, _CLOSING):
        headers.append((b"connection", b"close"))
    told = {"error": refused.code, "id": request_id}
    return HookAnswer(status_of(refused), _encode(told), headers=headers)


def failure(request_id: str) -> HookAnswer:
    """The answer when something of ours broke."""
    told = {"error": "internal", "id": request_id}
    return HookAnswer(HTTPStatus.INTERNAL_SERVER_ERROR, _encode(told))


def preflight(headers: Mapping[str, str], door: DoorSettings) -> HookAnswer:
    """The answer to a browser that asks whether a page may deliver. One whose origin is not
    allowed is told nothing, and refuses the page by itself."""
    lines: HeaderLines = [(b"allow", ", ".join(door.methods).encode())]
    if door.answers_origin(headers.get("origin", "")):
        lines.append((b"access-control-allow-methods", ", ".join(door.methods).encode()))
        lines.append((b"access-control-max-age", str(PREFLIGHT_KEPT_S).encode()))
        wanted = headers.get("access-control-request-headers", "")
        if _HEADER_NAMES.fullmatch(wanted):
            lines.append((b"access-control-allow-headers", wanted.encode()))
    return HookAnswer(HTTPStatus.NO_CONTENT, headers=lines)


def cors_lines(headers: Mapping[str, str], door: DoorSettings) -> HeaderLines:
    """What lets a page read the answer. No credentials: hooks know none."""
    if not door.cors_origins:
        return []
    if "*" in door.cors_origins:
        return [(b"access-control-allow-origin", b"*")]
    lines: HeaderLines = [(b"vary", b"origin")]
    if door.answers_origin(headers.get("origin", "")):
        lines.append((b"access-control-allow-origin", headers["origin"].encode("latin-1")))
    return lines


async def send_answer(send: Send, answer: HookAnswer, more: HeaderLines) -> None:
    """Send it. One without content has neither type nor length (RFC 9110 §8.6)."""
    lines: HeaderLines = [(b"x-content-type-options", b"nosniff"), *answer.headers, *more]
    if answer.status != HTTPStatus.NO_CONTENT:
        lines.append((b"content-type", answer.content_type.encode()))
        lines.append((b"content-length", str(len(answer.body)).encode()))
    await send({"type": "http.response.start", "status": int(answer.status), "headers": lines})
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})
