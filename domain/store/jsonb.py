"""Texts on their way into PostgreSQL, which knows no NUL: neither in `text` nor in `jsonb`."""

import msgspec

_encode = msgspec.json.Encoder(decimal_format="number").encode


def json_text(value: object) -> str:
    """`value` as JSON that `jsonb` accepts: U+0000, which it does not, becomes U+FFFD. Numbers
    stay exact. An event's raw bytes are kept apart, as they came."""
    return _encode(value).decode().replace("\\u0000", "\\ufffd")


def plain_text(value: str) -> str:
    """`value` as text that PostgreSQL accepts, U+0000 shown as U+FFFD."""
    return value.replace("\x00", "\ufffd")
