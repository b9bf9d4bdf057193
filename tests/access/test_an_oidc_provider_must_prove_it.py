"""What an OpenID Connect provider says is believed only as far as it is proved: what a hostile one,
or somebody in its place, might try."""

import asyncio
import base64
import hmac
import json
from typing import Any
from urllib.parse import urlsplit

import pytest
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from domain.clock import utc_now
from domain.outbound import OutboundRequest, OutboundResponse
from domain.providers.oidc import NotProved, OidcProvider, ProviderAway
from domain.rules.http import Headers
from domain.settings import OidcSettings
from tests.support.web_fixtures import BASE_URL

CALLBACK = f"{BASE_URL}/sign-in/oidc/callback"
ISSUER = "https://id.example.org"
_KEY = RSAKey.generate_key(2048, {"kid": "one"}, private=True, auto_kid=False)
_OTHER = RSAKey.generate_key(2048, {"kid": "one"}, private=True, auto_kid=False)


class Played:
    """Answers in the provider's place."""

    def __init__(self) -> None:
        self.metadata: dict[str, Any] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/keys",
            "userinfo_endpoint": f"{ISSUER}/me",
        }
        self.keys: list[Any] = [_KEY.as_dict(private=False)]
        self.token = ""
        self.me: dict[str, Any] = {"sub": "erin"}
        self.status = 200
        self.asked: list[OutboundRequest] = []

    async def request(self, request: OutboundRequest) -> OutboundResponse:
        self.asked.append(request)
        said = {
            "/.well-known/openid-configuration": self.metadata,
            "/keys": {"keys": self.keys},
            "/token": {"access_token": "at", "id_token": self.token},
            "/me": self.me,
        }[urlsplit(request.url).path]
        body = json.dumps(said).encode()
        return OutboundResponse(self.status, Headers([]), body, truncated=False, elapsed_s=0)

    def provider(self) -> OidcProvider:
        settings = OidcSettings(ISSUER, "us", "shared secret", "SSO", ())
        return OidcProvider(settings, CALLBACK, self)  # type: ignore[arg-type]


def claims(**changes: Any) -> dict[str, Any]:
    now = int(utc_now().timestamp())
    right = {"iss": ISSUER, "aud": "us", "sub": "erin", "nonce": "n", "iat": now, "exp": now + 60,
             "email": "erin@example.org", "email_verified": True}  # fmt: skip
    return {name: value for name, value in (right | changes).items() if value is not None}


def signed(payload: dict[str, Any], key: Any = _KEY, alg: str = "RS256") -> str:
    return jwt.encode({"alg": alg, "kid": "one"}, payload, key, algorithms=[alg])


async def test_a_right_token_says_who_it_is() -> None:
    played = Played()
    played.token = signed(claims())

    identity = await played.provider().identify("code", "verifier", "n")

    assert identity.subject == f"{ISSUER} erin"
    assert (identity.email, identity.email_verified) == ("erin@example.org", True)


async def test_what_the_token_leaves_out_is_asked_for_and_must_be_about_the_same() -> None:
    played = Played()
    played.token = signed(claims(email=None, email_verified=None))
    played.me = {"sub": "erin", "email": "erin@example.org", "email_verified": True}
    assert (await played.provider().identify("c", "v", "n")).email_verified

    played.token = signed(claims(email_verified=None))
    played.me = {"sub": "erin", "email": "other@example.org", "email_verified": True}
    assert (await played.provider().identify("c", "v", "n")).email == "other@example.org"

    played.me = {"sub": "admin", "email": "admin@example.org", "email_verified": True}
    with pytest.raises(NotProved):
        await played.provider().identify("c", "v", "n")


_NOW = int(utc_now().timestamp())
FORGED = {
    "another nonce": claims(nonce="other"),
    "no nonce": claims(nonce=None),
    "another issuer": claims(iss="https://evil.example"),
    "no issuer": claims(iss=None),
    "another audience": claims(aud="them"),
    "no audience": claims(aud=None),
    "another authorized party": claims(aud=["us", "them"], azp="them"),
    "expired": claims(iat=_NOW - 900, exp=_NOW - 600),
    "no end": claims(exp=None),
    "an end in words": claims(exp="never"),
    "not valid yet": claims(nbf=_NOW + 600),
    "made in the future": claims(iat=_NOW + 600, exp=_NOW + 900),
    "no subject": claims(sub=None),
    "an empty subject": claims(sub=""),
    "a subject that is none": claims(sub={"$ne": ""}),
    "a long subject": claims(sub="a" * 256),
}


@pytest.mark.parametrize("name", FORGED)
async def test_a_token_whose_claims_do_not_hold_is_refused(name: str) -> None:
    played = Played()
    played.token = signed(FORGED[name])

    with pytest.raises(NotProved):
        await played.provider().identify("c", "v", "n")


def _by_hand(alg: str, secret: bytes | None) -> str:
    """A token as no library would make it."""

    def part(octets: bytes) -> str:
        return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()

    head = json.dumps({"alg": alg, "kid": "one"}).encode()
    signed_part = f"{part(head)}.{part(json.dumps(claims()).encode())}"
    mac = hmac.digest(secret, signed_part.encode(), "sha256") if secret is not None else b""
    return f"{signed_part}.{part(mac)}"


def tokens() -> dict[str, str]:
    right = signed(claims())
    return {
        "alg none": _by_hand("none", None),
        "alg None": _by_hand("None", None),
        "signed by another key": signed(claims(), _OTHER),
        "the public key as a shared secret": _by_hand("HS256", _KEY.as_pem(private=False)),
        "the client's secret": _by_hand("HS256", b"shared secret"),
        "no signature": right.rpartition(".")[0] + ".",
        "another's signature": right[:-8] + "AAAAAAAA",
        "nothing": "",
        "no token": "a.b.c",
        "huge": "a" * 100_000,
    }


@pytest.mark.parametrize("name", list(tokens()))
async def test_a_token_without_the_providers_signature_is_refused(name: str) -> None:
    played = Played()
    played.token = tokens()[name]

    with pytest.raises(NotProved):
        await played.provider().identify("c", "v", "n")


async def test_a_shared_secret_among_the_keys_is_not_one() -> None:
    played = Played()
    secret = OctKey.import_key(
        "a secret that everybody can read in the list of keys", {"kid": "one"}
    )
    played.keys = [secret.as_dict(private=True), *played.keys]
    played.token = signed(claims(), secret, "HS256")

    with pytest.raises(NotProved):
        await played.provider().identify("c", "v", "n")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("issuer", "https://evil.example"),
        ("token_endpoint", "http://id.example.org/token"),
        ("jwks_uri", "file:///etc/passwd"),
        ("authorization_endpoint", "javascript:alert(1)"),
        ("userinfo_endpoint", 5),
    ],
)
async def test_metadata_that_cannot_be_right_is_not_used(name: str, value: object) -> None:
    played = Played()
    played.metadata[name] = value

    with pytest.raises(ProviderAway):
        await played.provider().begin()


async def test_a_provider_that_fails_is_said_to_be_away() -> None:
    played = Played()
    played.status = 500

    with pytest.raises(ProviderAway):
        await played.provider().begin()


async def test_metadata_and_keys_are_asked_for_once() -> None:
    played = Played()
    provider = played.provider()
    for _ in range(3):
        played.token = signed(claims())
        await provider.identify("c", "v", "n")

    paths = [urlsplit(each.url).path for each in played.asked]
    assert paths.count("/keys") == paths.count("/.well-known/openid-configuration") == 1


async def test_each_beginning_has_its_own_secrets() -> None:
    provider = Played().provider()
    begun = await asyncio.gather(*(provider.begin() for _ in range(5)))

    for name in ("state", "nonce", "verifier"):
        values = {getattr(each, name) for each in begun}
        assert len(values) == 5
        assert all(len(value) >= 43 for value in values)
    assert all(each.verifier not in each.url for each in begun)
