"""Reading a page as a browser and htmx would: what of it does something."""

import re
from html.parser import HTMLParser

FOREIGN = re.compile(r"marker|onerror|onload", re.IGNORECASE)
# Within our own pages, whatever a query says.
OURS = re.compile(r"/(?![/\\])")


ACTING = ("hx-", "data-hx-", "on", "style")
ADDRESSES = {"src", "href", "action", "formaction"}
FIELDS = {"input", "select", "textarea", "button"}
# Elements without an end, which contain nothing.
VOID = {"br", "hr", "img", "input", "link", "meta", "col", "rect", "line", "circle", "path"}
# Text that htmx could not find anything in, because it never is markup.
PLAIN = {"title", "textarea", "option"}


class Reader(HTMLParser):
    """Gathers the names of elements and attributes, the values of those that do something, the
    names of the fields of forms, and the marker's texts that htmx was not told to ignore."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.fields: set[str] = set()
        self.heeded: set[str] = set()
        self._open: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        for name, value in attrs:
            self._attribute(tag, name, value or "")
        if tag not in VOID:
            ignored = bool(self._open) and self._open[-1][1]
            self._open.append((tag, ignored or "hx-ignore" in dict(attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open:
            if self._open.pop()[0] == tag:
                return

    def handle_data(self, data: str) -> None:
        tag, ignored = self._open[-1] if self._open else ("", False)
        if "marker" in data and not ignored and tag not in PLAIN:
            self.heeded.add(
                f"{' > '.join(name for name, _ in self._open[-4:])}: {data.strip()[:40]}"
            )

    def _attribute(self, tag: str, name: str, value: str) -> None:
        self.found.add(name)
        leaves = name in ADDRESSES and not OURS.match(value)
        if name.startswith(ACTING) or leaves:
            self.found.add(value)
        if name == "name" and tag in FIELDS:
            self.fields.add(value)


def read(markup: str) -> Reader:
    reader = Reader()
    reader.feed(markup)
    return reader


def foreign(markup: str) -> set[str]:
    """What the marker made that does something."""
    return {each for each in read(markup).found if FOREIGN.search(each)}
