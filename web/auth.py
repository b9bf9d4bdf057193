"""Who a request comes from, and whether it may: the guards of the API's and the pages' routes.

A guard belongs to a group of routes, so no way of writing a path gets around it. Each route names
the permission it needs (`opt={"permission": …}`); one that names none is closed to everybody.
"""

import hmac
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.handlers import BaseRouteHandler
from litestar.params import QueryParameter

from domain.errors import Forbidden, InvalidInput, NotFound, Problem, Unauthenticated
from domain.rules.key_tokens import looks_like_key, token_hash
from domain.rules.permissions import Actor, weaker_role
from domain.settings import Settings
from domain.store import api_keys, sessions
from domain.store.database import Row
from domain.store.team_scope import scope_to
from web.headers import request_id
from web.services import services_of

Connection = ASGIConnection[Any, Any, Any, Any]
CSRF_FIELD = "_csrf"
CSRF_HEADER = "x-csrf-token"
SESSION_LIFE_S = 14 * 24 * 3600
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LONGEST_TOKEN = 128


class BadOrigin(Forbidden):
    """This request was started by another site, or its form is out of date. Reload the page."""

    code = "bad_origin"


# --- API ---------------------------------------------------------------------------------------


async def api_access(connection: Connection, handler: BaseRouteHandler) -> None:
    """Guard of the JSON API: a live key whose role has the route's permission."""
    _refuse_nul(connection)
    actor = await _actor_of_key(connection)
    connection.scope["user"] = actor
    scope_to(actor.team_id)
    require_permission(actor, handler)
    _refuse_unknown_parameters(connection, handler)


async def _actor_of_key(connection: Connection) -> Actor:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not looks_like_key(token):
        raise Unauthenticated
    hashed = token_hash(token)
    # Looked up each time, so a revoked key is dead at once.
    key = await api_keys.find_api_key(hashed)
    if key is None or not hmac.compare_digest(key["key_hash"], hashed):
        raise Unauthenticated
    if key["stale"]:
        await api_keys.note_used(key["id"])
    id_ = request_id(connection.scope)
    # A key never may more than its owner may now.
    role = weaker_role(key["role"], key["owner_role"]) if key["user_id"] else key["role"]
    return Actor(key["team_id"], "api_key", key["id"], key["name"], role, id_)


def require_permission(actor: Actor, handler: BaseRouteHandler) -> None:
    """Raises Forbidden unless the actor has the permission that the route names."""
    permission = handler.opt.get("permission")
    if not isinstance(permission, str):
        raise Forbidden
    actor.require(permission)


def _refuse_nul(connection: Connection) -> None:
    """PostgreSQL knows no NUL in texts: nothing has such a name."""
    if "\0" in connection.scope["path"]:
        raise NotFound
    if any("\0" in value for _, value in connection.query_params.multi_items()):
        raise InvalidInput.at("query", "holds a NUL character")


def _refuse_unknown_parameters(connection: Connection, handler: BaseRouteHandler) -> None:
    known = {
        field.kwarg_definition.name or name
        for name, field in handler.parsed_fn_signature.parameters.items()
        if isinstance(field.kwarg_definition, QueryParameter)
    }
    unknown = [name for name in connection.query_params if name not in known]
    if unknown:
        raise InvalidInput([Problem(name[:64], "is not known here") for name in unknown[:20]])


# --- Pages -------------------------------------------------------------------------------------


async def page_access(connection: Connection, handler: BaseRouteHandler) -> None:
    """Guard of the pages: a live session whose member's role has the route's permission, and
    for whatever changes something a form of that session, sent from our own pages."""
    _refuse_nul(connection)
    session = await session_of(connection)
    if session is None:
        raise Unauthenticated
    if session["stale"]:
        await sessions.note_seen(session["id"])
    id_ = request_id(connection.scope)
    actor = Actor(session["team_id"], "user", session["user_id"], session["name"],
                  session["role"], id_)  # fmt: skip
    connection.scope["user"], connection.scope["auth"] = actor, session
    scope_to(actor.team_id)
    if _changes_something(connection):
        check_origin(connection)
        await _check_csrf(connection)
    require_permission(actor, handler)


def _changes_something(connection: Connection) -> bool:
    return not isinstance(connection, Request) or connection.method not in _SAFE_METHODS


async def same_origin(connection: Connection, _handler: BaseRouteHandler) -> None:
    """Guard of pages without a session (the sign-in form): changes only from our own pages."""
    if _changes_something(connection):
        check_origin(connection)


async def session_of(connection: Connection) -> Row | None:
    """The live session that the cookie names, with the member's present role, or None."""
    token = session_token(connection)
    return None if token is None else await sessions.find_session(token_hash(token))


def session_token(connection: Connection) -> str | None:
    """The cookie's value, unless it cannot be one of ours."""
    token = connection.cookies.get(cookie_name(services_of(connection).settings), "")
    return token if 0 < len(token) <= _LONGEST_TOKEN and token.isascii() else None


def cookie_name(settings: Settings) -> str:
    """Over TLS, `__Host-`: no other host and no plain-text page can plant such a cookie."""
    return "__Host-session" if settings.secure else "session"


def session_cookie(settings: Settings, token: str) -> Cookie:
    """The cookie that carries a session. With an empty `token`, the one that removes it."""
    return Cookie(
        key=cookie_name(settings),
        value=token,
        max_age=SESSION_LIFE_S if token else 0,
        path="/",
        secure=settings.secure,
        httponly=True,
        samesite="lax",
    )


def csrf_token(connection: Connection) -> str:
    """What forms of this session carry. Bound to the session: nobody else's will do."""
    key = services_of(connection).csrf_key
    return hmac.new(key, (session_token(connection) or "").encode(), sha256).hexdigest()


async def _check_csrf(connection: Connection) -> None:
    given = connection.headers.get(CSRF_HEADER) or await _csrf_of_form(connection)
    if not hmac.compare_digest(given.encode(), csrf_token(connection).encode()):
        raise BadOrigin


async def _csrf_of_form(connection: Connection) -> str:
    if not isinstance(connection, Request):
        return ""
    try:
        given = (await connection.form()).get(CSRF_FIELD, "")
    except (ValueError, RecursionError):  # the body is not the form that it says it is
        raise InvalidInput.at("body", "cannot be read as a form") from None
    return given if isinstance(given, str) else ""


def check_origin(connection: Connection) -> None:
    """Raises BadOrigin for a request that another site's page started.

    Browsers say so in `Sec-Fetch-Site`, older ones and plain-text addresses in `Origin`; what
    sends neither is no browser, and carries no one's cookies without their knowledge.
    """
    site = connection.headers.get("sec-fetch-site")
    origin = connection.headers.get("origin")
    if site is not None:
        if site not in {"same-origin", "none"}:
            raise BadOrigin
    elif origin is not None and not _is_own(origin, services_of(connection).settings.base_url):
        raise BadOrigin


def _is_own(origin: str, base_url: str) -> bool:
    # BASE_URL is what the operator says; `Host` is what the sender says, and names are rebound.
    theirs = _origin_of(origin)
    return theirs is not None and theirs == _origin_of(base_url)


def _origin_of(address: str) -> tuple[str, str, int] | None:
    """Scheme, host and port. On one's own machine `localhost` and `127.0.0.1` are one host."""
    try:
        parts = urlsplit(address)
        port = parts.port or {"http": 80, "https": 443}[parts.scheme]
    except (ValueError, KeyError):
        return None
    host = parts.hostname or ""
    return parts.scheme, "127.0.0.1" if host == "localhost" else host, port
