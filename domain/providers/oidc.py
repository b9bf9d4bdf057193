"""Who someone is, as an OpenID Connect provider says (OpenID Connect Core 1.0, RFC 9700).

The authorization code flow with PKCE (RFC 7636), `state` and `nonce`. The provider is the
operator's choice, and its answers are believed only as far as they are proved: an ID token needs a
signature of one of the provider's own keys, by an asymmetric algorithm (so neither `none` nor the
client's secret will do), our issuer, our client id, a time that has not passed, and our nonce.
"""

import asyncio
import base64
import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from domain.errors import SignalboxError
from domain.logs import logger
from domain.outbound import Outbound, OutboundFailed, OutboundRequest
from domain.rules.bodies import UnreadableBody, read_json
from domain.settings import OidcSettings

log = logger(__name__)

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512",
              "EdDSA")  # fmt: skip
_PUBLIC_KINDS = frozenset({"RSA", "EC", "OKP"})
SCOPE = "openid email profile"
CALL_TIMEOUT_S = 10.0
# How far the provider's clock may be from ours.
LEEWAY_S = 60
KEPT_FOR_S = 3600.0
# New keys are looked for no more often, whatever keys tokens name.
KEYS_AGAIN_AFTER_S = 30.0
MOST_TOKEN_CHARACTERS = 16_384
_FORM = ("Content-Type", "application/x-www-form-urlencoded")
_JSON = ("Accept", "application/json")


class ProviderAway(SignalboxError):
    """The sign-in service cannot be reached, or gives no usable answer. Try again later."""

    code = "provider_away"


class NotProved(SignalboxError):
    """The sign-in service did not prove who you are. Start again."""

    code = "not_proved"


@dataclass(frozen=True, slots=True)
class Beginning:
    """A sign-in that was begun: where to send the browser, and what the way back must match."""

    url: str
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom the provider says it is. `subject` is unique over all providers."""

    subject: str
    email: str
    email_verified: bool
    name: str


@dataclass(frozen=True, slots=True)
class _Metadata:
    """What the provider says of itself (OpenID Connect Discovery 1.0)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None
    secret_in_form: bool


class OidcProvider:
    """The one provider that the operator has set."""

    def __init__(self, settings: OidcSettings, redirect_uri: str, outbound: Outbound) -> None:
        self._settings = settings
        self._redirect_uri = redirect_uri
        self._outbound = outbound
        self._metadata: tuple[float, _Metadata] | None = None
        self._keys: tuple[float, KeySet] | None = None

    async def begin(self) -> Beginning:
        """The address that asks the provider who someone is. Raises ProviderAway."""
        metadata = await self._discover()
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        challenge = _unpadded(hashlib.sha256(verifier.encode()).digest())
        asked = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": self._redirect_uri,
            "scope": SCOPE,
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        joint = "&" if urlsplit(metadata.authorization_endpoint).query else "?"
        url = f"{metadata.authorization_endpoint}{joint}{urlencode(asked)}"
        return Beginning(url, state, nonce, verifier)

    async def identify(self, code: str, verifier: str, nonce: str) -> Identity:
        """Whom this code stands for. Raises ProviderAway, and NotProved for all that does not
        hold, such as a code that was used before."""
        metadata = await self._discover()
        tokens = await self._redeem(metadata, code, verifier)
        access_token = str(tokens.get("access_token", ""))
        claims = await self._claims_of(metadata, str(tokens.get("id_token", "")), nonce)
        said = claims
        # Both from one place: what is said of one address must not count for another.
        complete = "email" in claims and "email_verified" in claims
        if not complete and metadata.userinfo_endpoint and access_token:
            said = await self._userinfo(metadata.userinfo_endpoint, access_token, claims)
        return Identity(
            subject=f"{self._settings.issuer} {claims['sub']}",
            email=str(said.get("email", "")).strip().lower(),
            # Not what merely looks true: some say "false" as a text.
            email_verified=said.get("email_verified") is True,
            name=str(said.get("name") or said.get("preferred_username") or ""),
        )

    def is_issuer(self, named: str | None) -> bool:
        """Whether an answer is not another provider's (RFC 9207): some name who gives it."""
        return named is None or named == self._settings.issuer

    # --- What the provider says of itself --------------------------------------------------------

    async def _discover(self) -> _Metadata:
        now = asyncio.get_running_loop().time()
        if self._metadata is None or self._metadata[0] <= now:
            where = f"{self._settings.issuer.rstrip('/')}/.well-known/openid-configuration"
            self._metadata = (now + KEPT_FOR_S, self._read(await self._json("GET", where)))
        return self._metadata[1]

    def _read(self, said: Mapping[str, Any]) -> _Metadata:
        if said.get("issuer") != self._settings.issuer:
            raise _away(f"OIDC_ISSUER must be exactly what the provider says: {said.get('issuer')}")
        methods = said.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        userinfo = said.get("userinfo_endpoint")
        return _Metadata(
            authorization_endpoint=self._endpoint(said, "authorization_endpoint"),
            token_endpoint=self._endpoint(said, "token_endpoint"),
            jwks_uri=self._endpoint(said, "jwks_uri"),
            userinfo_endpoint=self._endpoint(said, "userinfo_endpoint") if userinfo else None,
            secret_in_form="client_secret_basic" not in methods,
        )

    def _endpoint(self, said: Mapping[str, Any], name: str) -> str:
        """An address of the provider's: over TLS, unless the issuer itself is not."""
        address = said.get(name)
        plain = urlsplit(self._settings.issuer).scheme == "http"
        allowed = ("https://", "http://") if plain else ("https://",)
        if not isinstance(address, str) or not address.startswith(allowed):
            raise _away(f"the provider's {name} is not an address over TLS")
        return address

    # --- Code, token, claims ---------------------------------------------------------------------

    async def _redeem(self, metadata: _Metadata, code: str, verifier: str) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self._redirect_uri,
            "code_verifier": verifier,
        }
        id_, secret = self._settings.client_id, self._settings.client_secret
        headers = [_FORM, _JSON]
        if metadata.secret_in_form:
            form |= {"client_id": id_, "client_secret": secret}
        else:
            pair = f"{quote(id_, safe='')}:{quote(secret, safe='')}".encode()
            headers.append(("Authorization", f"Basic {base64.b64encode(pair).decode()}"))
        body = urlencode(form).encode()
        return await self._json("POST", metadata.token_endpoint, headers, body)

    async def _claims_of(self, metadata: _Metadata, token: str, nonce: str) -> Mapping[str, Any]:
        if not 0 < len(token) <= MOST_TOKEN_CHARACTERS:
            raise _not_proved("there is no ID token")
        try:
            decoded = await self._verified(metadata, token)
            claims = CodeIDToken(
                decoded.claims,
                decoded.header,
                options={
                    "iss": {"essential": True, "value": self._settings.issuer},
                    "aud": {"essential": True, "value": self._settings.client_id},
                    "sub": {"essential": True},
                    "exp": {"essential": True},
                    "iat": {"essential": True},
                    "nonce": {"essential": True, "value": nonce},
                },
                params={"nonce": nonce, "client_id": self._settings.client_id},
            )
            claims.validate(leeway=LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError) as refused:
            raise _not_proved(f"the ID token: {refused}") from None
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:  # noqa: PLR2004 - OpenID Connect Core, 2
            raise _not_proved("the ID token: sub")
        return dict(claims)

    async def _verified(self, metadata: _Metadata, token: str) -> jwt.Token:
        """The token, if one of the provider's keys signed it. An unknown key may be a new one."""
        try:
            return jwt.decode(token, await self._key_set(metadata), algorithms=list(ALGORITHMS))
        except (JoseError, ValueError):
            now = asyncio.get_running_loop().time()
            if self._keys is None or self._keys[0] - KEPT_FOR_S + KEYS_AGAIN_AFTER_S > now:
                raise
            self._keys = None
        return jwt.decode(token, await self._key_set(metadata), algorithms=list(ALGORITHMS))

    async def _key_set(self, metadata: _Metadata) -> KeySet:
        now = asyncio.get_running_loop().time()
        if self._keys is None or self._keys[0] <= now:
            said = (await self._json("GET", metadata.jwks_uri)).get("keys")
            usable = [key for key in said if _signs(key)] if isinstance(said, Sequence) else []
            try:
                self._keys = (now + KEPT_FOR_S, KeySet.import_key_set({"keys": usable}))
            except (JoseError, ValueError, TypeError) as unreadable:
                raise _away(f"the provider's keys: {unreadable}") from None
        return self._keys[1]

    async def _userinfo(
        self, endpoint: str, access_token: str, claims: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        headers = [_JSON, ("Authorization", f"Bearer {access_token}")]
        said = await self._json("GET", endpoint, headers)
        # Another's answer must not be taken for theirs (OpenID Connect Core, 5.3.2).
        if said.get("sub") != claims["sub"]:
            raise _not_proved("userinfo is about another subject")
        return said

    async def _json(
        self,
        method: str,
        url: str,
        headers: Sequence[tuple[str, str]] = (_JSON,),
        body: bytes | None = None,
    ) -> Mapping[str, Any]:
        """The object that the provider answers. A 4xx to a code means that it does not hold."""
        request = OutboundRequest(method, url, headers, body, CALL_TIMEOUT_S)
        try:
            answer = await self._outbound.request(request)
        except OutboundFailed as failed:
            raise _away(f"{url}: {failed.reason}") from None
        try:
            document = read_json(answer.body)
        except UnreadableBody:
            raise _away(f"{url}: not JSON, status {answer.status}") from None
        if answer.status == 400 and body is not None and isinstance(document, dict):  # noqa: PLR2004 - RFC 6749, 5.2
            raise _not_proved(f"the code: {document.get('error')}")
        if answer.status != 200 or not isinstance(document, dict):  # noqa: PLR2004
            raise _away(f"{url}: status {answer.status}")
        return document


def _signs(key: object) -> bool:
    """Whether it is a public key for signatures: a shared secret among them would let anyone who
    reads the list sign."""
    return isinstance(key, Mapping) and key.get("kty") in _PUBLIC_KINDS and key.get("use") != "enc"


def _unpadded(octets: bytes) -> str:
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def _away(why: str) -> ProviderAway:
    """What the operator needs to know goes to the log, not to the person."""
    log.warning("oidc_provider_away", why=why[:500])
    return ProviderAway()


def _not_proved(why: str) -> NotProved:
    log.warning("oidc_not_proved", why=why[:500])
    return NotProved()
