"""What every answer of a group of routes carries: a request id, and the security headers.

A middleware of the group, not of the app: the hooks, which answer machines, do without.
"""

import time
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import structlog
from litestar.datastructures import MutableScopeHeaders
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from domain.logs import logger

log = logger(__name__)

CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "form-action 'self'"
)
# Nothing here looks at, listens to or locates anyone; nothing embedded may, either.
PERMISSIONS_POLICY = (
    "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=(), "
    "browsing-topics=()"
)
_YEAR_S = 31_536_000
_STRICT_TRANSPORT = {"strict-transport-security": f"max-age={_YEAR_S}; includeSubDomains"}


def security_headers(*, secure: bool) -> Mapping[str, str]:
    """The headers of pages and of the API; `secure` when people come over TLS."""
    return {
        "content-security-policy": CONTENT_SECURITY_POLICY,
        "x-content-type-options": "nosniff",
        "referrer-policy": "same-origin",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": PERMISSIONS_POLICY,
        "cache-control": "no-store",
        **(_STRICT_TRANSPORT if secure else {}),
    }


def request_id(scope: Any) -> str:
    """This request's id, made when first asked for. A sender cannot choose it."""
    state = scope["state"]
    found: str = state.setdefault("request_id", "") or str(uuid4())
    state["request_id"] = found
    return found


class Envelope:
    """Middleware: binds the request id to the logs, adds the headers, writes one line a request."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        self._app = app
        self._headers = headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Called by Litestar."""
        started = time.perf_counter()
        structlog.contextvars.bind_contextvars(request_id=request_id(scope))

        async def send_in_envelope(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add_headers(scope, message)
                milliseconds = round((time.perf_counter() - started) * 1000, 1)
                log.info(
                    "request",
                    method=scope.get("method", ""),
                    path=scope["path"],
                    status=message["status"],
                    ms=milliseconds,
                )
            await send(message)

        await self._app(scope, receive, send_in_envelope)

    def _add_headers(self, scope: Scope, message: Message) -> None:
        headers = MutableScopeHeaders.from_message(message)
        for name, value in self._headers.items():
            if name not in headers:
                headers[name] = value
        headers["x-request-id"] = request_id(scope)
