"""Short titles of deliveries, from what their headers say the event is."""

import re

import msgspec

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


class _Typed(msgspec.Struct, frozen=True):
    type: str = ""


class _Enveloped(msgspec.Struct):
    type: str = ""
    event: _Typed = _Typed()


def type_in(body: bytes, otherwise: str) -> str:
    """What the `type` of a verified JSON body says, the one of its `event` first: only these two
    are read, and a body that is no such JSON says nothing."""
    try:
        found = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return otherwise
    return title_from({"type": found.event.type or found.type}, "type", otherwise=otherwise)


_decode = msgspec.json.Decoder(_Enveloped).decode
