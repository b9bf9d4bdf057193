"""What a trial of conditions answers, told apart into its parts."""

import re

import httpx

from domain.rules.json_values import JsonValue
from tests.pages.browsing import words
from web.forms.conditions import ConditionsForm, fields_of

BODY = b'{"order": {"total": 40, "lines": [{"sku": "A-1"}, {"sku": "B-2"}]}}'
TOTAL: dict[str, JsonValue] = {"path": "$.order.total", "op": "gt", "value": 100}
_PART = re.compile(r'<hx-partial hx-target="#([^"]+)"[^>]*>(.*?)</hx-partial>', re.DOTALL)
_PROBLEM = re.compile(r'<p data-at="([^"]*)">(.*?)</p>', re.DOTALL)


def sent(conditions: JsonValue, **more: str) -> dict[str, str]:
    """The form's fields for these conditions."""
    return {"scheme": "none", **fields_of(ConditionsForm.of(conditions).root), **more}


def parts_of(answer: httpx.Response) -> dict[str, str]:
    """What goes into the elements of which ids, as people read it."""
    return {name: words(inner) for name, inner in _PART.findall(answer.text)}


def problems_of(answer: httpx.Response) -> dict[str, str]:
    """What is told at which fields."""
    found = dict(_PART.findall(answer.text))
    return {at: words(text) for at, text in _PROBLEM.findall(found["trial-problems"])}
