"""The scheme `slack`: `X-Slack-Signature: v0=<hex>`, an HMAC-SHA256 of `v0:timestamp:body`.

Source: Slack API docs, "Verifying requests from Slack". A retry is signed anew and has the same
body, in which `event_id` names the event (slash commands and buttons have none: there the body
itself is remembered). When an address is entered at Slack, it asks it to repeat a challenge ("Using
the Events API", URL verification): that is answered, and is no event.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from domain.rules.signatures import digest, digests, encoded, which_matches
from domain.senders.sender import Headers, Refused, Reply, Usual, Verification, Verified
from domain.senders.timestamps import TimedConfig, fault_of_timestamp, parse_timed_config
from domain.senders.titles import title_from, type_in

MOST_CHALLENGE_BODY = 4_096

_PREFIX = "v0="


class _Challenge(msgspec.Struct):
    type: str
    challenge: str


class SlackSender(Usual):
    """Slack: its Events API, slash commands, and interactive messages."""

    scheme = "slack"
    needs_secret = True
    id_path: str | None = "$.event_id"

    def parse_config(self, raw: Mapping[str, object], field: str = "config") -> TimedConfig:
        """The replay window. Raises InvalidInput."""
        return parse_timed_config(raw, field)

    def verify(
        self,
        headers: Headers,
        body: bytes,
        secrets: Sequence[str],
        config: TimedConfig,
        now: datetime,
    ) -> Verification:
        """The instant and the signature must be those of the body as it came."""
        given = headers.get("x-slack-signature", "")
        if not given:
            return Refused("no_signature")
        if not given.startswith(_PREFIX):
            return Refused("unsupported_signature")
        timestamp = headers.get("x-slack-request-timestamp", "")
        fault = fault_of_timestamp(timestamp, now, config.tolerance_s)
        if fault is not None:
            return Refused(fault)
        expected = digests("sha256", map(str.encode, secrets), _signed(timestamp, body))
        place = which_matches(given.removeprefix(_PREFIX), "hex", expected)
        return Refused("bad_signature") if place is None else Verified(None, place)

    def reply(self, body: bytes) -> Reply | None:
        """The challenge of a URL verification."""
        if b"url_verification" not in body or len(body) > MOST_CHALLENGE_BODY:
            return None
        try:
            asked = msgspec.json.decode(body, type=_Challenge)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return None
        return Reply(asked.challenge) if asked.type == "url_verification" else None

    def describe(self, headers: Headers, body: bytes) -> str:
        """The type of Slack's event, such as `app_mention`."""
        return title_from(headers, otherwise=type_in(body, otherwise="Slack request"))

    def sign(
        self, body: bytes, secret: str, _config: TimedConfig, now: datetime, _delivery_id: str
    ) -> dict[str, str]:
        """Slack's two headers; the id of its event stands in the body."""
        timestamp = str(int(now.timestamp()))
        mac = digest("sha256", secret.encode(), _signed(timestamp, body))
        return {
            "X-Slack-Request-Timestamp": timestamp,
            "X-Slack-Signature": _PREFIX + encoded(mac, "hex"),
        }

    def sample_body(self) -> bytes:
        """Someone mentioned the app in a channel."""
        return (
            b'{"type":"event_callback","event_id":"Ev01SIGNALBOX","event_time":1767323045,'
            b'"team_id":"T01JUNCTION","event":{"type":"app_mention","user":"U01ALICE",'
            b'"channel":"C01SIGNALS","text":"Signal 12 stays at danger","ts":"1767323045.000100"}}'
        )


def _signed(timestamp: str, body: bytes) -> bytes:
    return f"v0:{timestamp}:".encode() + body
