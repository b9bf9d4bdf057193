"""What an outbound call may consist of, and how its answer is read as plain values."""

import re
import zlib
from collections.abc import Mapping, Sequence

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
MAX_BODY = 1_048_576
"""Bytes of an answer's body that are kept, after decompression."""

# What the client itself sets, and what would change where the message begins or ends.
RESERVED_HEADERS = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+", re.ASCII)
_NOT_IN_VALUES = re.compile("[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
_SURROGATES = re.compile("[\ud800-\udfff]")

Headers = tuple[tuple[str, str], ...]


def request_problem(method: str, headers: Sequence[tuple[str, str]]) -> str | None:
    """Why this call may not be made, as a sentence, or None."""
    if method not in METHODS:
        return f"{method!r} is not a method to call with."
    problems = (header_problem(name, value) for name, value in headers)
    return next((problem for problem in problems if problem), None)


def header_problem(name: str, value: str) -> str | None:
    """Why nobody may set this header on a call, as a sentence, or None (RFC 9110, 5.1 and 5.5)."""
    if not _TOKEN.fullmatch(name):
        return f"{name!r} is not a header name."
    lowered = name.lower()
    if lowered in RESERVED_HEADERS or lowered.startswith("proxy-"):
        return f"{name} is set by Signalbox itself."
    if _NOT_IN_VALUES.search(value):
        return f"The value of {name} contains control characters."
    return None


def is_repeatable(method: str, headers: Sequence[tuple[str, str]]) -> bool:
    """Whether the target can tell that a repeated call is the same one, or does not act on it."""
    return method in ("GET", "HEAD") or any(k.lower() == "idempotency-key" for k, _ in headers)


def decoded(body: bytes, encoding: str) -> tuple[bytes, bool]:
    """The first `MAX_BODY` bytes of a body that came with this Content-Encoding; was there more?

    A bomb costs no more than its first `MAX_BODY` bytes. What cannot be decompressed stays as it
    came: the call has been answered, and its status counts.
    """
    if not body or encoding.lower() not in ("gzip", "x-gzip", "deflate"):
        return body, False
    inflater = zlib.decompressobj(32 + zlib.MAX_WBITS)  # 32: gzip or zlib, as its first bytes say.
    try:
        return inflater.decompress(body, MAX_BODY), not inflater.eof or bool(inflater.unused_data)
    except zlib.error:
        return body, False


def storable(headers: Mapping[str, str]) -> Headers:
    """An answer's headers as text that any database takes.

    Bytes that are no UTF-8 (lone surrogates here) are opaque, not an error (RFC 9110, 5.5): the
    target has done its work, and calling again for the sake of a header would do it twice.
    """
    return tuple(
        (name, value if value.isascii() else _SURROGATES.sub("\ufffd", value))
        for name, value in headers.items()
    )
