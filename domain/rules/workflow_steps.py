"""The steps of a workflow: checked when it is saved, compiled for the engine that runs them.

A step is `{"key", "kind": "http", "method", "url", "headers", "body", "timeout_s", "on_unknown",
"retry"}`.
Rows A79 and A80 of the attack catalogue: methods are a fixed list, headers that the caller owns
are refused, and no header carries a line break.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from domain.errors import InvalidInput
from domain.rules.checking import Problems
from domain.rules.json_values import number_of
from domain.rules.placeholders import STEP_KEY
from domain.rules.policies import given_retry
from domain.rules.request_templates import (
    HeaderTemplate,
    UrlTemplate,
    compile_header_template,
    compile_url_template,
)
from domain.rules.retries import RetryPolicy
from domain.rules.templates import References, Template, compile_template
from domain.rules.urls import InvalidUrl, parse_url

Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
OnUnknown = Literal["retry", "hold", "give_up"]
ChoiceT = TypeVar("ChoiceT", bound=str)

MAX_STEPS = 50
MAX_HEADERS = 50
MAX_TIMEOUT_S = 60.0
DEFAULT_TIMEOUT_S = 10.0

METHODS: tuple[Method, ...] = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
ON_UNKNOWN: tuple[OnUnknown, ...] = ("retry", "hold", "give_up")

STEP_FIELDS = (
    "key", "kind", "method", "url", "headers", "body", "timeout_s", "on_unknown", "retry"
)  # fmt: skip
_KEY = re.compile(STEP_KEY)
HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")
_NO_BODY = frozenset({"GET", "HEAD"})
_OWNED_HEADERS = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "host",
        "idempotency-key",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_OWNED_PREFIXES = ("proxy-", "webhook-")


@dataclass(frozen=True, slots=True)
class HttpStep:
    """One HTTP request. `body` is None when nothing is sent; else JSON built by a serialiser.

    `timeout_s` is a total deadline in seconds. `on_unknown` says what to do when it is not known
    whether the request was carried out. `retry` is its own retry policy, if it has one.
    """

    key: str
    method: Method
    url: UrlTemplate
    headers: tuple[tuple[str, HeaderTemplate], ...]
    body: Template | None
    timeout_s: float
    on_unknown: OnUnknown
    retry: RetryPolicy | None = None

    @property
    def references(self) -> References:
        """The secrets and earlier steps that the step needs."""
        needed = self.url.references
        for _name, value in self.headers:
            needed |= value.references
        return needed if self.body is None else needed | self.body.references


def parse_steps(raw: object, field: str = "steps") -> tuple[HttpStep, ...]:
    """The steps that `raw` spells. Raises InvalidInput with each problem at its field
    (`steps.0.url`). A step may refer to the answers of earlier steps only.
    """
    if not isinstance(raw, list) or not 1 <= len(raw) <= MAX_STEPS:
        raise InvalidInput.at(field, f"must be a list of 1 to {MAX_STEPS} steps")
    problems = Problems()
    steps: list[HttpStep] = []
    earlier: set[str] = set()
    for index, item in enumerate(raw):
        step = _StepParser(f"{field}.{index}", problems, earlier).parse(item)
        if step is not None:
            steps.append(step)
            earlier.add(step.key)
    problems.raise_any()
    return tuple(steps)


def references_in(steps: tuple[HttpStep, ...]) -> References:
    """What all steps together need; a workflow is published only if its secrets exist."""
    needed = References()
    for step in steps:
        needed |= step.references
    return needed


class _StepParser:
    """Reads one step, noting every problem and going on with something harmless."""

    def __init__(self, field: str, problems: Problems, earlier: set[str]) -> None:
        self._field = field
        self._problems = problems
        self._earlier = earlier

    def parse(self, raw: object) -> HttpStep | None:
        if not isinstance(raw, Mapping):
            self._problems.add(self._field, "must be an object")
            return None
        self._problems.refuse_unknown(raw, STEP_FIELDS, self._field)
        if raw.get("kind") != "http":
            self._refuse("kind", 'must be "http"')
        key, url = self._key(raw.get("key")), self._url(raw.get("url"))
        method = self._choice(raw, "method", METHODS, "POST")
        on_unknown = self._choice(raw, "on_unknown", ON_UNKNOWN, "retry")
        headers = self._headers(raw.get("headers"))
        body = self._body(raw.get("body"), method)
        timeout_s = self._timeout(raw.get("timeout_s", DEFAULT_TIMEOUT_S))
        retry = self._problems.attempt(
            lambda: given_retry(raw.get("retry"), f"{self._field}.retry")
        )
        if key is None or url is None:
            return None
        step = HttpStep(key, method, url, headers, body, timeout_s, on_unknown, retry)
        self._check_references(step)
        return step

    def _refuse(self, name: str, message: str) -> None:
        self._problems.add(f"{self._field}.{name}", message)

    def _key(self, raw: object) -> str | None:
        if not isinstance(raw, str) or not _KEY.fullmatch(raw):
            self._refuse("key", "must be 1 to 40 of a-z, 0-9 and _, and start with a letter")
            return None
        if raw in self._earlier:
            self._refuse("key", "is used by an earlier step")
        return raw

    def _choice(
        self,
        raw: Mapping[str, object],
        name: str,
        choices: tuple[ChoiceT, ...],
        default: ChoiceT,
    ) -> ChoiceT:
        given = raw.get(name, default)
        for choice in choices:
            if choice == given:
                return choice
        self._refuse(name, f"must be one of {', '.join(choices)}")
        return default

    def _url(self, raw: object) -> UrlTemplate | None:
        field = f"{self._field}.url"
        if not isinstance(raw, str):
            self._problems.add(field, "must be a URL")
            return None
        try:
            template = compile_url_template(raw, field)
            parse_url(template.filled_with("x"))
        except InvalidInput as error:
            self._problems.absorb(error)
            return None
        except InvalidUrl as error:
            self._problems.add(field, error.message)
            return None
        return template

    def _headers(self, raw: object) -> tuple[tuple[str, HeaderTemplate], ...]:
        if raw is None:
            return ()
        if not isinstance(raw, Mapping) or len(raw) > MAX_HEADERS:
            self._refuse("headers", f"must be an object of at most {MAX_HEADERS} headers")
            return ()
        headers: dict[str, tuple[str, HeaderTemplate]] = {}
        for name, value in raw.items():
            template = self._header(str(name), value)
            if str(name).lower() in headers:
                self._refuse(f"headers.{name}", "is given twice")
            if template is not None:
                headers[str(name).lower()] = (str(name), template)
        return tuple(headers.values())

    def _header(self, name: str, value: object) -> HeaderTemplate | None:
        field = f"{self._field}.headers.{name}"
        lower = name.lower()
        if not HEADER_NAME.fullmatch(name):
            self._problems.add(f"{self._field}.headers", "has a name that is no header's name")
        elif lower in _OWNED_HEADERS or lower.startswith(_OWNED_PREFIXES):
            self._problems.add(field, "is set by Signalbox and cannot be given")
        elif not isinstance(value, str):
            self._problems.add(field, "must be a text")
        else:
            return self._header_value(value, field)
        return None

    def _header_value(self, value: str, field: str) -> HeaderTemplate | None:
        try:
            return compile_header_template(value, field)
        except InvalidInput as error:
            self._problems.absorb(error)
            return None

    def _body(self, raw: object, method: Method) -> Template | None:
        if raw is None:
            return None
        if method in _NO_BODY:
            self._refuse("body", f"cannot be sent with {method}")
            return None
        try:
            return compile_template(raw, f"{self._field}.body")
        except InvalidInput as error:
            self._problems.absorb(error)
            return None

    def _timeout(self, raw: object) -> float:
        number = number_of(raw)  # type: ignore[arg-type]  # Anything that is no number gives None.
        if number is None or not 0 < number <= MAX_TIMEOUT_S:
            self._refuse("timeout_s", f"must be a number of seconds up to {MAX_TIMEOUT_S:g}")
            return DEFAULT_TIMEOUT_S
        return float(number)

    def _check_references(self, step: HttpStep) -> None:
        for key in sorted(step.references.steps - self._earlier):
            self._problems.add(
                self._field, f"refers to the step {key}, which is not an earlier one"
            )
