"""What an operator can set, read from the environment once at start and checked whole.

Every fault is listed at once, each with how to mend it, so that a failed start is mended once.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit

from domain.errors import BadSettings, InvalidInput
from domain.rules.addresses import IPNetwork, parse_networks
from domain.rules.limits import Rate, parse_global_rates
from domain.rules.names import email_problems

MINIMUM_SECRET_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class OidcSettings:
    """The OpenID Connect provider that people may sign in with. `name` is on the button; `allow`
    are private networks that it may be in, beside those that all outbound calls may reach."""

    issuer: str
    client_id: str
    client_secret: str
    name: str
    allow: tuple[IPNetwork, ...]


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of one process."""

    database_url: str
    redis_url: str
    secret_key: bytes
    previous_secret_keys: tuple[bytes, ...]
    port: int
    base_url: str
    data_dir: Path
    egress_allow: tuple[IPNetwork, ...]
    trusted_proxies: tuple[IPNetwork, ...]
    demo: bool
    canaries: bool
    metrics_token: str | None
    log_level: str
    smtp_url: str | None
    mail_from: str | None
    oidc: OidcSettings | None
    rate_limits: tuple[Rate, ...] = ()
    """Windows that the events of all teams count in together."""

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

    def flag(self, name: str, default: str = "0") -> bool:
        text = self.text(name, default)
        if text not in {"0", "1"}:
            self.faults.append(f"{name} must be 0 or 1")
        return text == "1"

    def networks(self, name: str) -> tuple[IPNetwork, ...]:
        try:
            return tuple(parse_networks(self.text(name)))
        except InvalidInput as refused:
            self.faults.append(f"{name} must be a list of networks such as 10.0.0.0/8: {refused}")
            return ()

    def rates(self, name: str) -> tuple[Rate, ...]:
        try:
            return parse_global_rates(self.text(name), name)
        except InvalidInput as refused:
            self.faults += [f"{problem.field}: {problem.message}" for problem in refused.problems]
            return ()

    def oidc(self) -> OidcSettings | None:
        issuer = self.text("OIDC_ISSUER")
        names = ("OIDC_ISSUER", "OIDC_CLIENT_ID", "OIDC_CLIENT_SECRET")
        missing = [name for name in names if not self.text(name)]
        if len(missing) == len(names):
            return None
        self.faults += [f"{name} is not set: signing in elsewhere needs it" for name in missing]
        parts = urlsplit(issuer)
        local = parts.hostname in {"127.0.0.1", "localhost", "::1"}
        if issuer and parts.scheme != "https" and not (parts.scheme == "http" and local):
            self.faults.append("OIDC_ISSUER must start with https://")
        return OidcSettings(
            issuer=issuer,
            client_id=self.text("OIDC_CLIENT_ID"),
            client_secret=self.text("OIDC_CLIENT_SECRET"),
            name=self.text("OIDC_NAME", parts.hostname or ""),
            allow=self.networks("OIDC_ALLOW"),
        )

    def previous_secret_keys(self) -> tuple[bytes, ...]:
        """The keys that the list names; a key may itself hold commas, so the whole of it counts as
        one, too: it does no harm to try one key more."""
        whole = self.text("SECRET_KEY_PREVIOUS")
        keys = dict.fromkeys(key.strip().encode() for key in (*whole.split(","), whole))
        usable = tuple(key for key in keys if len(key) >= MINIMUM_SECRET_KEY_BYTES)
        if whole and not usable:
            self.faults.append(
                "SECRET_KEY_PREVIOUS must be the former SECRET_KEY, or several, with commas between"
            )
        return usable

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
        previous_secret_keys=reader.previous_secret_keys(),
        port=port,
        base_url=reader.text("BASE_URL", f"http://127.0.0.1:{port}").rstrip("/"),
        data_dir=Path(reader.text("SIGNALBOX_DATA_DIR", ".data")),
        egress_allow=reader.networks("SIGNALBOX_EGRESS_ALLOW"),
        trusted_proxies=reader.networks("SIGNALBOX_TRUSTED_PROXIES"),
        demo=reader.flag("SIGNALBOX_DEMO"),
        canaries=reader.flag("SIGNALBOX_CANARIES", "1"),
        metrics_token=reader.text("METRICS_TOKEN") or None,
        log_level=reader.text("LOG_LEVEL", "info"),
        smtp_url=reader.text("SMTP_URL") or None,
        mail_from=reader.text("MAIL_FROM") or None,
        oidc=reader.oidc(),
        rate_limits=reader.rates("SIGNALBOX_RATE_LIMIT"),
    )
    _check_base_url(settings.base_url, reader.faults)
    _check_mail(settings, reader.faults)
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


def _check_mail(settings: Settings, faults: list[str]) -> None:
    if settings.smtp_url is None:
        return
    try:
        parts = urlsplit(settings.smtp_url)
        usable = parts.scheme in {"smtp", "smtps"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        faults.append(
            "SMTP_URL must name a mail server, such as smtp://user:password@mail.example.org:587"
        )
    sender = parseaddr(settings.mail_from or "")[1]
    if email_problems(sender):
        faults.append("MAIL_FROM must be the address that mail comes from when SMTP_URL is set")
