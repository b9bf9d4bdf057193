"""What an operator can set, read from the environment once at start and checked whole.

Every fault is listed at once, each with how to mend it, so that a failed start is mended once.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from domain.errors import BadSettings, InvalidInput
from domain.rules.addresses import IPNetwork, parse_networks

MINIMUM_SECRET_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process."""

    database_url: str
    redis_url: str
    secret_key: bytes
    port: int
    base_url: str
    data_dir: Path
    egress_allow: tuple[IPNetwork, ...]
    trusted_proxies: tuple[IPNetwork, ...]
    demo: bool
    metrics_token: str | None
    log_level: str

    @property
    def secure(self) -> bool:
        """Whether people reach this installation over TLS: cookies then are `__Host-` ones."""
        return self.base_url.startswith("https://")

    @property
    def own_ports(self) -> frozenset[int]:
        """The ports of ours that no outbound call may reach on this machine, allowed or not."""
        servers = (urlsplit(self.database_url), urlsplit(self.redis_url))
        return frozenset({self.port, *(parts.port for parts in servers if parts.port)})

    @property
    def own_destination(self) -> str:
        """BASE_URL as `host:port`: no outbound call may go there."""
        parts = urlsplit(self.base_url)
        return f"{parts.hostname}:{parts.port or (443 if self.secure else 80)}"


class _Reader:
    """Reads variables one by one and gathers what is wrong with them."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.environment = environment
        self.faults: list[str] = []

    def text(self, name: str, default: str = "") -> str:
        return self.environment.get(name, "").strip() or default

    def required(self, name: str, mend: str) -> str:
        value = self.text(name)
        if not value:
            self.faults.append(f"{name} is not set: {mend}")
        return value

    def url(self, name: str, schemes: tuple[str, ...], mend: str) -> str:
        value = self.required(name, mend)
        if value and urlsplit(value).scheme not in schemes:
            self.faults.append(f"{name} must start with {' or '.join(f'{s}://' for s in schemes)}")
        return value

    def integer(self, name: str, default: int, low: int, high: int) -> int:
        text = self.text(name, str(default))
        if not (text.isascii() and text.isdigit() and low <= int(text) <= high):
            self.faults.append(f"{name} must be a whole number from {low} to {high}")
            return default
        return int(text)

    def flag(self, name: str) -> bool:
        text = self.text(name, "0")
        if text not in {"0", "1"}:
            self.faults.append(f"{name} must be 0 or 1")
        return text == "1"

    def networks(self, name: str) -> tuple[IPNetwork, ...]:
        try:
            return tuple(parse_networks(self.text(name)))
        except InvalidInput as refused:
            self.faults.append(f"{name} must be a list of networks such as 10.0.0.0/8: {refused}")
            return ()

    def secret_key(self) -> bytes:
        value = self.required(
            "SECRET_KEY",
            "make one with `python3 -c 'import secrets; print(secrets.token_urlsafe(48))'`",
        ).encode()
        if value and len(value) < MINIMUM_SECRET_KEY_BYTES:
            self.faults.append(
                f"SECRET_KEY has {len(value)} bytes: it must be random and at least "
                f"{MINIMUM_SECRET_KEY_BYTES} bytes long"
            )
        elif value and len(set(value)) < 10:  # noqa: PLR2004 - a random key is never so uniform
            self.faults.append("SECRET_KEY looks guessable: it must be random")
        return value


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """The settings that `environment` holds.

    Raises BadSettings with every fault, each with how to mend it.
    """
    reader = _Reader(environment)
    port = reader.integer("PORT", 8000, 1, 65535)
    settings = Settings(
        database_url=reader.url(
            "DATABASE_URL", ("postgres", "postgresql"), "name a PostgreSQL database, 15 or newer"
        ),
        redis_url=reader.url(
            "REDIS_URL", ("redis", "rediss", "unix"), "name a Redis or Valkey server, 7 or newer"
        ),
        secret_key=reader.secret_key(),
        port=port,
        base_url=reader.text("BASE_URL", f"http://127.0.0.1:{port}").rstrip("/"),
        data_dir=Path(reader.text("SIGNALBOX_DATA_DIR", ".data")),
        egress_allow=reader.networks("SIGNALBOX_EGRESS_ALLOW"),
        trusted_proxies=reader.networks("SIGNALBOX_TRUSTED_PROXIES"),
        demo=reader.flag("SIGNALBOX_DEMO"),
        metrics_token=reader.text("METRICS_TOKEN") or None,
        log_level=reader.text("LOG_LEVEL", "info"),
    )
    _check_base_url(settings.base_url, reader.faults)
    if reader.faults:
        raise BadSettings(reader.faults)
    return settings


def _check_base_url(base_url: str, faults: list[str]) -> None:
    parts = urlsplit(base_url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path or parts.query:
        faults.append(
            "BASE_URL must be the address that people and senders use, such as "
            "https://signalbox.example.org, without a path"
        )
