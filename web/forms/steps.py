"""The steps of a workflow as rows of a form: read from what was typed, made of stored steps, and
turned into steps again.

Everything in a row is text, so that nothing typed is lost on the way to the server and back.
Fields are named by their place, as problems are: `steps.0.url`, `steps.0.headers.1.name`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from domain.errors import InvalidInput, Problem
from domain.rules.json_values import JsonValue, number_of, text_of, write_json
from domain.rules.workflow_steps import HEADER_NAME, METHODS, STEP_FIELDS
from web.forms.reading import Fields, json_in, number_in
from web.forms.retry import SETTINGS, RetryFields, unshowable
from web.presenters.payload import pretty

NO_BODY, JSON_BODY, ONE_VALUE = "none", "json", "value"

_FIELD = re.compile(r"steps\.(\d{1,3})\.([a-z_]+)")
_HEADER = re.compile(r"steps\.(\d{1,3})\.headers\.(\d{1,3})\.(name|value)")


@dataclass(frozen=True, slots=True)
class HeaderRow:
    """One header as typed."""

    name: str = ""
    value: str = ""

    @property
    def empty(self) -> bool:
        """Whether nothing was typed in it."""
        return not self.name.strip() and not self.value


@dataclass(frozen=True, slots=True)
class StepRow:
    """One step as typed. `body_kind` says what `body` holds: nothing, JSON, or one value: a text,
    most often a single placeholder."""

    key: str = ""
    method: str = "POST"
    url: str = ""
    headers: tuple[HeaderRow, ...] = ()
    body_kind: str = NO_BODY
    body: str = ""
    timeout_s: str = ""
    on_unknown: str = "retry"
    retry: RetryFields = field(default_factory=RetryFields)


@dataclass(slots=True)
class ReadSteps:
    """Steps that rows spell: as JSON, what already is wrong with them, and at which field of the
    form a problem belongs whose own field is another one (a header is known by its name)."""

    steps: list[JsonValue] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)


SAMPLE = (StepRow(key="notify", body_kind=ONE_VALUE, body="{{ $ }}"),)
"""What a new form begins with: pass on what arrived."""

_TEXTS = tuple(each.name for each in fields(StepRow) if each.name not in ("headers", "retry"))


def rows_typed(given: Fields) -> tuple[StepRow, ...]:
    """The rows that were sent, in the order of their numbers."""
    texts: dict[int, dict[str, str]] = {}
    headers: dict[int, dict[int, dict[str, str]]] = {}
    for name, value in given.items():
        if found := _FIELD.fullmatch(name):
            texts.setdefault(int(found[1]), {})[found[2]] = value
        elif found := _HEADER.fullmatch(name):
            rows = headers.setdefault(int(found[1]), {})
            rows.setdefault(int(found[2]), {})[found[3]] = value
    return tuple(
        _row(
            texts[index], headers.get(index, {}), RetryFields.typed(given, f"steps.{index}.retry.")
        )
        for index in sorted(texts)
    )


def _row(
    texts: Mapping[str, str], headers: Mapping[int, Mapping[str, str]], retry: RetryFields
) -> StepRow:
    known = {name: texts[name] for name in _TEXTS if name in texts}
    rows = tuple(HeaderRow(**headers[index]) for index in sorted(headers))
    return StepRow(**known, headers=rows, retry=retry)


def rows_of(steps: JsonValue) -> tuple[StepRow, ...]:
    """The rows that show these steps. Raises InvalidInput, with a problem for each thing in them
    that rows have no place for: showing the rest would lose it."""
    if not isinstance(steps, list):
        raise InvalidInput.at("steps", "must be a list of steps to be shown as a form")
    problems = [problem for index, step in enumerate(steps) for problem in _unshowable(index, step)]
    if problems:
        raise InvalidInput(problems)
    return tuple(_row_of(step) for step in steps if isinstance(step, dict))


def _unshowable(index: int, step: JsonValue) -> Iterator[Problem]:
    at = f"steps.{index}"
    if not isinstance(step, dict):
        yield Problem(at, "must be an object to be shown as a form")
        return
    for name in sorted(step.keys() - set(STEP_FIELDS)):
        yield Problem(f"{at}.{name}", "has no place in the form")
    if step.get("kind", "http") != "http":
        yield Problem(f"{at}.kind", "must be http to be shown as a form")
    for name in ("key", "method", "url", "on_unknown"):
        if not isinstance(step.get(name, ""), str):
            yield Problem(f"{at}.{name}", "must be a text to be shown as a form")
    timeout = step.get("timeout_s", "")
    if not isinstance(timeout, str) and number_of(timeout) is None:
        yield Problem(f"{at}.timeout_s", "must be a number to be shown as a form")
    headers = step.get("headers") or {}
    if not isinstance(headers, dict) or not all(isinstance(v, str) for v in headers.values()):
        yield Problem(f"{at}.headers", "must be an object of texts to be shown as a form")
    for name in unshowable(step.get("retry")):
        yield Problem(f"{at}.retry{f'.{name}' if name else ''}", "has no place in the form")


def _row_of(step: Mapping[str, Any]) -> StepRow:
    kind, body = _body_of(step.get("body"))
    headers = step.get("headers") or {}
    return StepRow(
        key=step.get("key", ""),
        method=step.get("method", "POST"),
        url=step.get("url", ""),
        headers=tuple(HeaderRow(str(name), value) for name, value in headers.items()),
        body_kind=kind,
        body=body,
        timeout_s=text_of(step["timeout_s"]) if "timeout_s" in step else "",
        on_unknown=step.get("on_unknown", "retry"),
        retry=RetryFields.of(step.get("retry")),
    )


def _body_of(body: JsonValue) -> tuple[str, str]:
    if body is None:
        return NO_BODY, ""
    if isinstance(body, str):
        return ONE_VALUE, body
    return JSON_BODY, pretty(write_json(body).decode())


def read_rows(rows: tuple[StepRow, ...]) -> ReadSteps:
    """The steps that the rows spell, with everything that keeps a row from being one."""
    read = ReadSteps()
    for index, row in enumerate(rows):
        at = f"steps.{index}"
        step: dict[str, JsonValue] = {"key": row.key.strip(), "kind": "http", "method": row.method}
        step["url"] = row.url.strip()
        if headers := _headers(row, at, read):
            step["headers"] = headers
        body = _body(row, at, read)
        if body is not None:
            step["body"] = body
        if row.timeout_s.strip():
            step["timeout_s"] = number_in(row.timeout_s)
        if row.on_unknown != "retry":
            step["on_unknown"] = row.on_unknown
        if retry := row.retry.config():
            step["retry"] = retry
        read.steps.append(step)
    return read


def _headers(row: StepRow, at: str, read: ReadSteps) -> dict[str, JsonValue]:
    headers: dict[str, JsonValue] = {}
    for index, header in enumerate(row.headers):
        place, name = f"{at}.headers.{index}", header.name.strip()
        if header.empty:
            continue
        if not HEADER_NAME.fullmatch(name):
            read.problems.append(Problem(f"{place}.name", "must be the name of a header"))
        elif name in headers:
            read.problems.append(Problem(f"{place}.name", "is given twice"))
        else:
            headers[name] = header.value
            read.names[f"{at}.headers.{name}"] = f"{place}.value"
    return headers


def _body(row: StepRow, at: str, read: ReadSteps) -> JsonValue:
    if row.body_kind == ONE_VALUE:
        return row.body
    if row.body_kind != JSON_BODY:
        return None
    try:
        return json_in(row.body, f"{at}.body")
    except InvalidInput as refused:
        read.problems.extend(refused.problems)
        return None


def row_fields(rows: tuple[StepRow, ...]) -> Iterator[str]:
    """The names of everything in the form that can have a message, as one reads them."""
    yield "steps"
    for index, row in enumerate(rows):
        at = f"steps.{index}"
        yield at
        yield from (f"{at}.{name}" for name in ("key", "method", "url", "headers"))
        for number in range(len(row.headers)):
            yield f"{at}.headers.{number}.name"
            yield f"{at}.headers.{number}.value"
        yield from (f"{at}.{name}" for name in ("body_kind", "body", "timeout_s", "on_unknown"))
        yield from (f"{at}.retry.{name}" for name in (*SETTINGS, "on"))


METHOD_CHOICES = tuple((method, method) for method in METHODS)
