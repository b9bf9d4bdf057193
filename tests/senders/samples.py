"""One usable configuration and secret for every scheme of the registry."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from domain.senders import SENDERS, Sender, new_secret

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)

CONFIGS: Mapping[str, Mapping[str, object]] = {
    "none": {},
    "hmac": {"algorithm": "sha512", "header": "X-Shop-Sig", "encoding": "base64", "prefix": "v0="},
    "standard": {},
    "github": {},
    "stripe": {"tolerance_s": 600},
    "slack": {},
    "shopify": {},
}
# Which of them sign an instant, and for how long a delivery is good.
TOLERANCES_S = {"standard": 300, "stripe": 600, "slack": 300}


def secret_for(scheme: str, number: int = 1) -> str:
    return new_secret(scheme, bytes([number]) * 32)


def config_for(sender: Sender[Any]) -> Any:
    return sender.parse_config(CONFIGS[sender.scheme])


def received(headers: Mapping[str, str]) -> dict[str, str]:
    """Headers as a sender gets to see them: names in lower case."""
    return {name.lower(): value for name, value in headers.items()}


SIGNING = [sender for sender in SENDERS.values() if sender.needs_secret]
