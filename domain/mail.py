"""Mail to people: invitations and resets, through the operator's own SMTP server.

The server's address is the operator's setting, like the database's: it does not go through
`domain.outbound` and its address guard, which is for what users name. It has deadlines all the
same, and a session of its own for each mail: there are few of them.
"""

import asyncio
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from ipaddress import ip_address
from typing import Any
from urllib.parse import unquote, urlsplit

import aiosmtplib

from domain.logs import logger

ANSWER_WITHIN_S = 10.0
SEND_WITHIN_S = 20.0
_PORTS = {"smtp": 587, "smtps": 465}

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Mail:
    """One message of plain text."""

    to: str
    subject: str
    text: str


class Mailer:
    """Sends mail, or says that it cannot."""

    def __init__(self, smtp_url: str | None, mail_from: str | None) -> None:
        self._url, self._from = smtp_url, mail_from or ""

    @property
    def is_set(self) -> bool:
        """Whether there is a server to send through."""
        return self._url is not None

    async def send(self, mail: Mail) -> bool:
        """Whether the server took the mail. False without a server, and when it does not answer,
        refuses, or is not who it should be: whoever asked then has another way."""
        if self._url is None:
            return False
        try:
            async with asyncio.timeout(SEND_WITHIN_S):
                await aiosmtplib.send(self._message(mail), **_connection(self._url))
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            # ValueError: a header that cannot be written, or a name that is no host.
            log.warning("mail_failed", reason=type(error).__name__)
            return False
        log.info("mail_sent")
        return True

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"], message["To"] = self._from, mail.to
        message["Subject"] = mail.subject
        message["Date"], message["Message-ID"] = formatdate(usegmt=True), make_msgid("signalbox")
        # Answers of machines (out of office) have nobody to go to.
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        return message


def _connection(url: str) -> dict[str, Any]:
    """What aiosmtplib is told. With a user name TLS is a must, but on this machine itself."""
    parts = urlsplit(url)
    host, user = parts.hostname or "", unquote(parts.username or "")
    over_tls = parts.scheme == "smtps"
    return {
        "hostname": host,
        "port": parts.port or _PORTS[parts.scheme],
        "username": user or None,
        "password": unquote(parts.password or "") if user else None,
        "use_tls": over_tls,
        # None: where the server offers it.
        "start_tls": False if over_tls else (True if user and not _is_here(host) else None),
        "timeout": ANSWER_WITHIN_S,
    }


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
