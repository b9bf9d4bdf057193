"""The form of a test event: a body, its type, and headers a line each."""

import re
from dataclasses import dataclass

from domain.errors import InvalidInput, Problem
from domain.operations.sign_test_event import TestDraft
from web.forms.reading import Fields

JSON = "application/json"
MOST_HEADERS = 30
_TYPE = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,199}")
_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_VALUE = re.compile(r"[\t\x20-\x7e\xa0-\xff]{0,2000}")
# What HTTP itself sets: of another length or framing than it says, nothing arrives at all.
_OF_HTTP = frozenset({"connection", "content-length", "host", "transfer-encoding"})


@dataclass(frozen=True, slots=True)
class TestEventForm:
    """What someone typed."""

    __test__ = False

    body: str
    content_type: str = JSON
    headers: str = ""
    unlimited: bool = False

    @classmethod
    def typed(cls, given: Fields) -> "TestEventForm":
        """Out of what the browser sent."""
        return cls(
            given.get("body", ""),
            given.get("content_type", "").strip(),
            given.get("headers", ""),
            given.get("unlimited") == "on",
        )

    def draft(self) -> TestDraft:
        """What is to be sent. Raises InvalidInput."""
        problems: list[Problem] = []
        if not _TYPE.fullmatch(self.content_type):
            problems.append(Problem("content_type", "must be a type, such as application/json"))
        headers = self._headers(problems)
        if problems:
            raise InvalidInput(problems)
        body = self.body.encode("utf-8", "surrogatepass")
        return TestDraft(body, self.content_type, headers, self.unlimited)

    def _headers(self, problems: list[Problem]) -> tuple[tuple[str, str], ...]:
        lines = [line.strip() for line in self.headers.splitlines() if line.strip()]
        if len(lines) > MOST_HEADERS:
            problems.append(Problem("headers", f"may be at most {MOST_HEADERS}"))
        pairs = []
        for line in lines[:MOST_HEADERS]:
            name, colon, value = (part.strip() for part in line.partition(":"))
            if not (colon and _NAME.fullmatch(name) and _VALUE.fullmatch(value)):
                problems.append(Problem("headers", f"must read Name: value, and not {line[:60]}"))
            elif name.lower() in _OF_HTTP:
                problems.append(Problem("headers", f"{name} is set by HTTP itself"))
            pairs.append((name, value))
        return tuple(pairs)
