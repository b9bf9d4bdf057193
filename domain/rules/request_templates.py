"""Templates of a request's URL and headers, where a value must not change what the text means.

Row A50 of the attack catalogue: scheme, host and port hold no placeholder; a value in the path or
the query is percent-encoded to its last reserved character; a path segment that a value turns into
nothing, `.` or `..` is refused, since it would name another resource. Row A79: no header value
carries CR, LF or NUL.
"""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from domain.errors import InvalidInput
from domain.rules.json_values import text_of
from domain.rules.placeholders import Reference, RenderContext, RenderFailed
from domain.rules.templates import Parts, References, Rendering, parts_of, references_of

_UP_TO_TARGET = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#\\]+[/?]")
_NOT_IN_A_HEADER = re.compile(r"[\x00-\x08\x0a-\x1f\x7f\ud800-\udfff]")
_HOLE = "\0"
_CHANGES_THE_RESOURCE = frozenset({"", ".", ".."})


@dataclass(frozen=True, slots=True)
class UrlTemplate:
    """A URL whose path and query may hold placeholders."""

    parts: Parts
    references: References

    def filled_with(self, text: str) -> str:
        """The URL with `text` for every placeholder, to be checked as a URL when it is saved."""
        return "".join(part if isinstance(part, str) else text for part in self.parts)

    def render(self, context: RenderContext) -> str:
        """The URL to call. Raises RenderFailed."""
        rendering = Rendering(context)
        url = "".join(
            part if isinstance(part, str) else _encoded(part, rendering) for part in self.parts
        )
        self._check_segments(url)
        return url

    def _check_segments(self, url: str) -> None:
        # Values cannot bring in a / or ?, so the segments line up with those of the saved text.
        saved = self.filled_with(_HOLE).partition("?")[0].split("/")
        for segment, as_saved in zip(url.partition("?")[0].split("/"), saved, strict=True):
            if _HOLE in as_saved and unquote(segment) in _CHANGES_THE_RESOURCE:
                names = (part.text for part in self.parts if isinstance(part, Reference))
                raise RenderFailed("unsafe_url", ", ".join(names))


@dataclass(frozen=True, slots=True)
class HeaderTemplate:
    """The value of a header, which may hold placeholders."""

    parts: Parts
    references: References

    def render(self, context: RenderContext) -> str:
        """The header's value. Raises RenderFailed."""
        rendering = Rendering(context)
        return "".join(
            part if isinstance(part, str) else _safe_in_header(part, rendering)
            for part in self.parts
        )


def compile_url_template(text: str, field: str) -> UrlTemplate:
    """The template of a URL. Raises InvalidInput at `field`.

    Whether the URL itself is one that may be called is for `domain.rules.urls` to say.
    """
    parts = parts_of(text, field)
    if any(isinstance(part, Reference) for part in parts):
        before = parts[0] if isinstance(parts[0], str) else ""
        if not _UP_TO_TARGET.match(before):
            raise InvalidInput.at(field, "can have placeholders in its path and query only")
    return UrlTemplate(parts, _references(parts))


def compile_header_template(text: str, field: str) -> HeaderTemplate:
    """The template of a header's value. Raises InvalidInput at `field`."""
    parts = parts_of(text, field)
    if any(isinstance(part, str) and _NOT_IN_A_HEADER.search(part) for part in parts):
        raise InvalidInput.at(field, "holds a line break or another control character")
    return HeaderTemplate(parts, _references(parts))


def _references(parts: Parts) -> References:
    return references_of(part for part in parts if isinstance(part, Reference))


def _encoded(reference: Reference, rendering: Rendering) -> str:
    value = rendering.value(reference)
    if value is None or isinstance(value, list | dict):
        raise RenderFailed("not_a_scalar", reference.text)
    return quote(text_of(value), safe="", errors="replace")


def _safe_in_header(reference: Reference, rendering: Rendering) -> str:
    text = text_of(rendering.value(reference))
    if _NOT_IN_A_HEADER.search(text):
        raise RenderFailed("bad_header_value", reference.text)
    return text
