"""The door for those who sign in elsewhere: to the OpenID Connect provider, and back.

What the way back must match (`state`, `nonce`, the PKCE verifier) is in a cookie of this browser,
sealed, for ten minutes and for one use: so nobody can be signed in as someone else by a link.
"""

import hmac
from collections.abc import Mapping
from typing import Any

from litestar import Response, get
from litestar.datastructures import Cookie
from litestar.response import Redirect, Template
from msgspec import json

from domain.clock import utc_now
from domain.encryption import CannotOpen
from domain.errors import Conflict, NotFound, SignalboxError, Throttled, Unauthenticated
from domain.operations.sign_in_with_oidc import count_try, sign_in_with_oidc
from domain.providers.oidc import Beginning, NotProved, OidcProvider, ProviderAway
from web.auth import session_cookie, session_token
from web.entering import device_of
from web.errors import SIGN_IN_PATH
from web.forms.credentials import HOME, SignInForm, own_path
from web.headers import request_id
from web.htmx import HtmxRequest, OurServices
from web.services import Services

BEGIN_PATH = f"{SIGN_IN_PATH}/oidc"
CALLBACK_PATH = f"{BEGIN_PATH}/callback"
COOKIE_LIFE_S = 600
_SEALED_FOR = "oidc sign-in"
_LONGEST = 4_096
_LONGEST_WAY = 800  # what a cookie has room for
_STATUS: Mapping[type[SignalboxError], int] = {
    ProviderAway: 503,
    Throttled: 429,
    Conflict: 409,
    Unauthenticated: 401,
    NotProved: 400,
}


def _cookie(services: Services, value: str) -> Cookie:
    secure = services.settings.secure
    return Cookie(
        key="__Host-oidc" if secure else "oidc",
        value=value,
        max_age=COOKIE_LIFE_S if value else 0,
        path="/",
        secure=secure,
        httponly=True,
        samesite="lax",  # the way back is a link from the provider's site
    )


def _sealed(services: Services, begun: Beginning, wanted: str) -> str:
    fits = len(wanted.encode()) <= _LONGEST_WAY
    at = int(utc_now().timestamp())
    kept = [begun.state, begun.nonce, begun.verifier, wanted if fits else HOME, at]
    return services.vault.seal(json.encode(kept).decode(), _SEALED_FOR).hex()


def _opened(request: HtmxRequest, services: Services) -> tuple[str, str, str, str]:
    """State, nonce, verifier and where to go on. Raises NotProved for what this browser did not
    begin within ten minutes."""
    try:
        sealed = bytes.fromhex(request.cookies.get(_cookie(services, "").key, "")[:_LONGEST])
        state, nonce, verifier, wanted, at = json.decode(services.vault.open(sealed, _SEALED_FOR))
    except (CannotOpen, ValueError):
        raise NotProved from None
    if utc_now().timestamp() > at + COOKIE_LIFE_S:
        raise NotProved
    return state, nonce, verifier, wanted


def _refused(error: SignalboxError) -> Template:
    """The sign-in form, which says why."""
    status = next(status for kind, status in _STATUS.items() if isinstance(error, kind))
    context = {"form": SignInForm(), "error": error.message, "done": None, "nobody": False}
    return Template("session/new.html", context=context, status_code=status)


def _provider(services: Services) -> OidcProvider:
    if services.oidc is None:
        raise NotFound
    return services.oidc


@get(BEGIN_PATH)
async def begin_oidc(request: HtmxRequest, services: OurServices) -> Response[Any]:
    """On to the provider."""
    wanted = own_path(request.query_params.get("next", HOME))
    provider = _provider(services)
    try:
        await count_try(services.tries, device_of(request))
        begun = await provider.begin()
    except (Throttled, ProviderAway) as refused:
        return _refused(refused)
    cookie = _cookie(services, _sealed(services, begun, wanted))
    return Redirect(begun.url, status_code=303, cookies=[cookie])


@get(CALLBACK_PATH)
async def finish_oidc(request: HtmxRequest, services: OurServices) -> Response[Any]:
    """Back from the provider: sets the cookie of a session that is made anew."""
    provider = _provider(services)
    try:
        token, wanted = await _finish(request, services, provider)
    except tuple(_STATUS) as refused:
        answer: Response[Any] = _refused(refused)
    else:
        answer = Redirect(wanted, status_code=303)
        answer.set_cookie(session_cookie(services.settings, token))
    answer.set_cookie(_cookie(services, ""))
    return answer


async def _finish(
    request: HtmxRequest, services: Services, provider: OidcProvider
) -> tuple[str, str]:
    state, nonce, verifier, wanted = _opened(request, services)
    given, device = request.query_params, device_of(request)
    if not hmac.compare_digest(given.get("state", "").encode(), state.encode()):
        raise NotProved
    if not provider.is_issuer(given.get("iss")):
        raise NotProved
    code = given.get("code", "")
    if not 0 < len(code) <= _LONGEST:  # the provider said no, or the person did
        raise NotProved
    await count_try(services.tries, device)
    identity = await provider.identify(code, verifier, nonce)
    id_ = request_id(request.scope)
    old = session_token(request)
    token = await sign_in_with_oidc(identity, device, old_token=old, request_id=id_)
    return token, wanted
