"""A mail server that keeps what it is given."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller

from tests.support.installation import free_port

_LINK = re.compile(r"https?://\S+")


class PostOffice:
    """What came, oldest first. `refuses`: whether it takes nothing."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.refuses = False
        self.url = ""

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        """Called by aiosmtpd."""
        if self.refuses:
            return "451 come back later"
        mail = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 kept"

    def link_to(self, address: str) -> str:
        """The link in the newest mail to that address."""
        mail = [mail for mail in self.mails if mail["to"] == address][-1]
        found = _LINK.search(str(mail.get_content()))
        assert found
        return found[0]


@contextmanager
def open_post_office() -> Iterator[PostOffice]:
    """A running one."""
    office = PostOffice()
    controller = Controller(office, hostname="127.0.0.1", port=free_port())
    controller.start()
    office.url = f"smtp://127.0.0.1:{controller.port}"
    try:
        yield office
    finally:
        controller.stop()
