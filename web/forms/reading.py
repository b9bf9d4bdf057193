"""Reading a form, and putting what is wrong with it beside its fields."""

import json
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from litestar import Request

from domain.errors import InvalidInput, Problem
from domain.rules.bodies import UnreadableBody, read_json
from domain.rules.ids import parse_id
from domain.rules.json_values import JsonValue

Fields = Mapping[str, str]
Errors = dict[str, list[str]]

FORM = ""
"""The key of what concerns the form as a whole."""


async def read_form(request: "Request[Any, Any, Any]") -> Fields:
    """The fields that were sent. Raises InvalidInput for a body that is no form.

    Line ends become plain ones: browsers send textareas with CR LF.
    """
    try:
        form = await request.form()
    except (ValueError, RecursionError):
        raise InvalidInput.at("body", "cannot be read as a form") from None
    texts = {name: value for name, value in form.items() if isinstance(value, str)}
    return {name: text.replace("\r\n", "\n") for name, text in texts.items()}


def errors_by_field(problems: Iterable[Problem], known: Iterable[str], names: Fields) -> Errors:
    """Problems by form field.

    A problem at `conditions.all.0.path` goes to the field that `names` maps the longest leading
    part to, or that has its name (`known`), with the rest of the path before its message; one that
    has no field concerns the form.
    """
    errors: Errors = {}
    known = set(known)
    for problem in problems:
        parts = problem.field.split(".")
        for length in range(len(parts), 0, -1):
            head = ".".join(parts[:length])
            field = names.get(head) or (head if head in known else None)
            if field is not None:
                rest = ".".join(parts[length:])
                errors.setdefault(field, []).append(_sentence(rest, problem.message))
                break
        else:
            errors.setdefault(FORM, []).append(_sentence(problem.field, problem.message))
    return errors


def _sentence(where: str, message: str) -> str:
    text = f"{where}: {message}" if where else message[:1].upper() + message[1:]
    return text if text.endswith((".", "!", "?")) else f"{text}."


def json_in(text: str, field: str) -> JsonValue:
    """The JSON that someone typed; None for an empty field. Raises InvalidInput at the field."""
    if not text.strip():
        return None
    try:
        return read_json(text.encode("utf-8", "surrogatepass"))
    except UnreadableBody as unreadable:
        sentence = unreadable.message.replace("The body", "This").replace("in the body", "in it")
        raise InvalidInput.at(field, sentence + _place_of_fault(text)) from None


def _place_of_fault(text: str) -> str:
    """Where JSON stops being JSON, in words; nothing where its form is not what is wrong."""
    try:
        json.loads(text)
    except json.JSONDecodeError as fault:
        return f" See line {fault.lineno}, column {fault.colno}."
    except (RecursionError, ValueError):
        pass
    return ""


def id_in(text: str, field: str, message: str) -> UUID:
    """The id that was chosen. Raises InvalidInput at the field."""
    chosen = parse_id(text)
    if chosen is None:
        raise InvalidInput.at(field, message)
    return chosen


def number_in(text: str) -> JsonValue:
    """The number that someone typed; what is not one stays a text, for the rules to refuse."""
    try:
        return read_json(text.strip().encode("utf-8", "surrogatepass"))
    except UnreadableBody:
        return text


def whole_number_in(text: str) -> int | None:
    """A hidden field's number, or None when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None  # noqa: PLR2004 - fits the column
