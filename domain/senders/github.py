"""The scheme `github`: `X-Hub-Signature-256`, an HMAC-SHA256 of the raw body in hex.

Source: GitHub Docs, "Validating webhook deliveries". The old `X-Hub-Signature` (SHA-1) alone is
refused. GitHub signs neither an instant nor the delivery id (`X-GitHub-Delivery`), so bodies are
remembered besides ids.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from domain.rules.signatures import digest, digests, encoded, which_matches
from domain.senders.none import NoConfig, parse_no_config
from domain.senders.sender import Headers, Refused, Usual, Verification, Verified
from domain.senders.titles import title_from

_PREFIX = "sha256="


class GithubSender(Usual):
    """GitHub's webhooks."""

    scheme = "github"
    needs_secret = True

    def parse_config(self, raw: Mapping[str, object], field: str = "config") -> NoConfig:
        """There is nothing to set."""
        return parse_no_config(raw, field)

    def verify(
        self,
        headers: Headers,
        body: bytes,
        secrets: Sequence[str],
        _config: NoConfig,
        _now: datetime,
    ) -> Verification:
        """The signature must be one of the body as it came."""
        given = headers.get("x-hub-signature-256", "")
        if not given:
            only_sha1 = "x-hub-signature" in headers
            return Refused("unsupported_signature" if only_sha1 else "no_signature")
        if not given.startswith(_PREFIX):
            return Refused("unsupported_signature")
        expected = digests("sha256", map(str.encode, secrets), body)
        place = which_matches(given.removeprefix(_PREFIX), "hex", expected)
        if place is None:
            return Refused("bad_signature")
        return Verified(headers.get("x-github-delivery"), place)

    def describe(self, headers: Headers, _body: bytes) -> str:
        """The name of GitHub's event, such as `pull_request`."""
        return title_from(headers, "x-github-event", otherwise="GitHub delivery")

    def sign(
        self, body: bytes, secret: str, _config: NoConfig, _now: datetime, delivery_id: str
    ) -> dict[str, str]:
        """The headers that GitHub sends with an `issues` event."""
        return {
            "X-GitHub-Event": "issues",
            "X-GitHub-Delivery": delivery_id,
            "X-Hub-Signature-256": _PREFIX
            + encoded(digest("sha256", secret.encode(), body), "hex"),
        }

    def sample_body(self) -> bytes:
        """An issue that was opened."""
        return (
            b'{"action":"opened","issue":{"number":7,"title":"Signal 12 stays at danger",'
            b'"labels":[{"name":"bug"}],"user":{"login":"alice"}},'
            b'"repository":{"full_name":"junction/north"},"sender":{"login":"alice"}}'
        )
