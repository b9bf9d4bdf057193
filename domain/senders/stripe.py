"""The scheme `stripe`: `Stripe-Signature: t=<seconds>,v1=<hex>`, an HMAC-SHA256 of `t.body`.

Source: Stripe Docs, "Verify webhook signatures manually". While an endpoint's secret is rolled
there is one `v1` for each secret. Other schemes in the header (`v0` is a test one) do not count. A
retry is signed anew and has the same event id, which stands in the body.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

from domain.rules.signatures import digest, digests, encoded, which_of_many
from domain.senders.sender import Headers, Refused, Usual, Verification, Verified
from domain.senders.timestamps import TimedConfig, fault_of_timestamp, parse_timed_config
from domain.senders.titles import type_in

_HEADER = "stripe-signature"
# Both fit several times over: a header is cut up only so far.
_MOST_PARTS = 32


class StripeSender(Usual):
    """Stripe's webhooks."""

    scheme = "stripe"
    needs_secret = True
    id_path: str | None = "$.id"

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
        """The instant and one of the `v1` signatures must be those of the body as it came."""
        parts = [part.partition("=") for part in headers.get(_HEADER, "").split(",", _MOST_PARTS)]
        given = [value for name, _, value in parts if name == "v1"]
        if not any(given):
            only_other = any(value for _, _, value in parts)
            return Refused("unsupported_signature" if only_other else "no_signature")
        instants = [value for name, _, value in parts if name == "t"]
        # Two instants: which of them was signed would be a guess.
        timestamp = instants[0] if len(instants) == 1 else ",".join(instants)
        fault = fault_of_timestamp(timestamp, now, config.tolerance_s)
        if fault is not None:
            return Refused(fault)
        expected = digests("sha256", map(str.encode, secrets), f"{timestamp}.".encode() + body)
        place = which_of_many(given, "hex", expected)
        return Refused("bad_signature") if place is None else Verified(None, place)

    def describe(self, _headers: Headers, body: bytes) -> str:
        """The type of Stripe's event, such as `invoice.paid`."""
        return type_in(body, otherwise="Stripe event")

    def sign(
        self, body: bytes, secret: str, _config: TimedConfig, now: datetime, _delivery_id: str
    ) -> dict[str, str]:
        """Stripe's header; the id of its event stands in the body."""
        timestamp = str(int(now.timestamp()))
        mac = digest("sha256", secret.encode(), f"{timestamp}.".encode() + body)
        return {"Stripe-Signature": f"t={timestamp},v1={encoded(mac, 'hex')}"}

    def sample_body(self) -> bytes:
        """An invoice that was paid."""
        return (
            b'{"id":"evt_1SignalboxSample","object":"event","type":"invoice.paid",'
            b'"created":1767323045,"livemode":false,"data":{"object":{"id":"in_7",'
            b'"object":"invoice","customer":"cus_42","amount_paid":12990,"currency":"eur"}}}'
        )
