"""What goes wrong, as HTTP: one table, and one form for each kind of reader.

The API gets a problem that names the fields, a webhook's sender two fields and no more, a browser
a page. None of them is told what a bug looked like.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from html import escape
from typing import Any
from urllib.parse import quote

from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.response import Redirect
from litestar.types import Method

from domain.errors import (
    BreakersUnreachable,
    Conflict,
    Forbidden,
    InvalidInput,
    KeyReused,
    NotFound,
    Overloaded,
    Problem,
    SignalboxError,
    Throttled,
    Unauthenticated,
    WouldBreak,
)
from domain.logs import logger
from domain.operations.receive_event import BadSignature
from domain.rules.bodies import UnreadableBody
from domain.store.database import Contended, Unavailable
from web.headers import request_id, security_headers

log = logger(__name__)

# The one table. An error that is not in it, or in a class that is, is a bug: 500.
STATUS: Mapping[type[SignalboxError], int] = {
    InvalidInput: 400,
    UnreadableBody: 400,
    Unauthenticated: 401,
    BadSignature: 401,
    Forbidden: 403,
    NotFound: 404,
    Conflict: 409,
    KeyReused: 422,
    Throttled: 429,
    Overloaded: 503,
    BreakersUnreachable: 503,
}
# What the framework refuses by itself.
CODES: Mapping[int, tuple[str, str]] = {
    400: ("invalid", "The request is not valid."),
    401: ("unauthenticated", "Sign in first, or send a valid API key."),
    403: ("forbidden", "Your role does not allow this."),
    404: ("not_found", "There is nothing here."),
    405: ("method_not_allowed", "This address does not take this method."),
    408: ("timeout", "The request took too long to arrive."),
    413: ("too_large", "The body is too large."),
    415: ("unsupported_media_type", "Bodies of this kind are not taken here."),
    429: ("rate_limited", "Too many requests."),
    503: ("overloaded", "Too much is going on right now. Try again later."),
}
ERROR_TEMPLATE = "errors/error.html"
SIGN_IN_PATH = "/sign-in"
_METHODS: tuple[Method, ...] = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
_BUG = ("error", "Something went wrong on our side. It has been noted under this id.")


@dataclass(frozen=True, slots=True)
class Refusal:
    """An error as HTTP tells it."""

    status: int
    code: str
    message: str
    problems: tuple[Problem, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


def refusal_of(error: Exception) -> Refusal:
    """What to tell of `error`."""
    if isinstance(error, SignalboxError):
        return _of_ours(error)
    if isinstance(error, (*Unavailable, *Contended)):
        return _plain(503, {"retry-after": "2"})
    if isinstance(error, ValidationException):
        return Refusal(400, *CODES[400], problems=_parameter_problems(error))
    if isinstance(error, HTTPException):
        return _plain(error.status_code, _allowed(error))
    return Refusal(500, *_BUG)


def _of_ours(error: SignalboxError) -> Refusal:
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    if status == 500:  # noqa: PLR2004
        return Refusal(500, *_BUG)
    problems = error.problems if isinstance(error, InvalidInput | WouldBreak) else ()
    message = (type(error).__doc__ or "") if problems else error.message
    return Refusal(status, error.code, message, problems, _headers_of(error))


def _headers_of(error: SignalboxError) -> Mapping[str, str]:
    if isinstance(error, Overloaded | Throttled | BreakersUnreachable):
        return {"retry-after": str(error.retry_after_s)}
    if type(error) is Unauthenticated:
        return {"www-authenticate": "Bearer"}
    return {}


def _plain(status: int, headers: Mapping[str, str]) -> Refusal:
    code, message = CODES.get(status, CODES[400] if status < 500 else _BUG)  # noqa: PLR2004
    return Refusal(status, code, message, headers=headers)


def _allowed(error: HTTPException) -> Mapping[str, str]:
    return {k: v for k, v in (error.headers or {}).items() if k.lower() == "allow"}


def _parameter_problems(error: ValidationException) -> tuple[Problem, ...]:
    found = error.extra if isinstance(error.extra, list) else []
    return tuple(
        Problem(str(each.get("key", "")), "is not valid")
        for each in found
        if isinstance(each, dict)
    )


def _note_bugs(request: "Request[Any, Any, Any]", refusal: Refusal, error: Exception) -> None:
    if refusal.status == 500:  # noqa: PLR2004
        log.error(
            "bug", exc_info=error, request_id=request_id(request.scope), path=request.url.path
        )


def api_error(request: "Request[Any, Any, Any]", error: Exception) -> Response[Any]:
    """The JSON API's problem: `{"error", "id", "message", "problems": [{"field", "message"}]}`."""
    refusal = refusal_of(error)
    _note_bugs(request, refusal, error)
    body = {
        "error": refusal.code,
        "id": request_id(request.scope),
        "message": refusal.message,
        "problems": [{"field": p.field, "message": p.message} for p in refusal.problems],
    }
    return Response(body, status_code=refusal.status, headers=dict(refusal.headers))


def hook_error(request: "Request[Any, Any, Any]", error: Exception) -> Response[Any]:
    """What a webhook's sender gets: `{"error", "id"}`, and no echo of what was sent."""
    refusal = refusal_of(error)
    _note_bugs(request, refusal, error)
    return Response(
        {"error": refusal.code, "id": request_id(request.scope)},
        status_code=refusal.status,
        headers={**refusal.headers, "x-content-type-options": "nosniff"},
        media_type=MediaType.JSON,
    )


def page_error(request: "Request[Any, Any, Any]", error: Exception) -> Response[Any]:
    """What a person gets in the browser: a page, or the way to the sign-in form."""
    refusal = refusal_of(error)
    _note_bugs(request, refusal, error)
    if type(error) is Unauthenticated:
        return _to_sign_in(request)
    html = _error_page(request, refusal)
    return Response(
        html, status_code=refusal.status, headers=dict(refusal.headers), media_type=MediaType.HTML
    )


def _error_page(request: "Request[Any, Any, Any]", refusal: Refusal) -> str:
    context = {"refusal": refusal, "request_id": request_id(request.scope)}
    try:
        engine = request.app.template_engine
        return str(engine.get_template(ERROR_TEMPLATE).render(context)) if engine else ""
    except Exception:  # a fault in the page about faults must not hide the fault
        log.exception("error_page_failed")
        return f"<!doctype html><title>{refusal.status}</title><p>{escape(refusal.message)}</p>"


def _to_sign_in(request: "Request[Any, Any, Any]") -> Response[Any]:
    back = request.url.path if request.method == "GET" else "/"
    address = f"{SIGN_IN_PATH}?next={quote(back, safe='/')}"
    if "hx-request" in request.headers:
        # A redirect would be followed unseen and the form swapped into a fragment's place.
        return Response("", status_code=401, headers={"hx-redirect": address})
    return Redirect(address, status_code=303)


def unrouted_error(request: "Request[Any, Any, Any]", error: Exception) -> Response[Any]:
    """For what no route took: in the form that the reader asked for, with the headers that a
    route's group would have added."""
    if isinstance(error, HTTPException) and error.status_code == 405:  # noqa: PLR2004
        error.headers = {"allow": ", ".join(_methods_of(request))}
    if "text/html" in request.headers.get("accept", ""):
        answer = page_error(request, error)
    elif request.url.path.startswith("/api/"):
        answer = api_error(request, error)
    else:
        return hook_error(request, error)
    secure = request.app.state["services"].settings.secure
    answer.headers.update(security_headers(secure=secure))
    answer.headers["x-request-id"] = request_id(request.scope)
    return answer


def _methods_of(request: "Request[Any, Any, Any]") -> list[str]:
    """The methods that the address does take."""
    taken: list[str] = []
    for method in _METHODS:
        with suppress(HTTPException):
            request.app.asgi_router.handle_routing(path=request.url.path, method=method)
            taken.append(str(method))
    return taken
