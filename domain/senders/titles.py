"""Short titles of deliveries, from what their headers say the event is."""

import re

from domain.senders.sender import Headers

MAX_TITLE = 80

_EVENT_HEADERS = (
    "x-github-event",
    "x-gitlab-event",
    "x-event-key",
    "x-shopify-topic",
    "x-event-type",
    "x-event-name",
    "webhook-event",
    "ce-type",
    "x-event",
)
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


def title_from(headers: Headers, *names: str, otherwise: str) -> str:
    """The first of these headers that says something, made harmless and short."""
    for name in names or _EVENT_HEADERS:
        title = _UNPRINTABLE.sub("", headers.get(name, "")).strip()
        if title:
            return title if len(title) <= MAX_TITLE else title[: MAX_TITLE - 1] + "…"
    return otherwise
