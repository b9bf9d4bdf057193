"""The workflow form as a browser sends it."""

import json
import re
from html import unescape
from typing import Any

from domain.store.database import fetch_one
from tests.support.world import World

ROWS = {
    "name": "Notify",
    "mode": "rows",
    "steps.0.key": "first",
    "steps.0.method": "PUT",
    "steps.0.url": "https://example.org/{{ $.id }}",
    "steps.0.headers.0.name": "X-Order",
    "steps.0.headers.0.value": "{{ $.order.id }}",
    "steps.0.headers.1.name": "",
    "steps.0.headers.1.value": "",
    "steps.0.body_kind": "json",
    "steps.0.body": '{"order": "{{ $.order }}", "amount": 1.50}',
    "steps.0.timeout_s": "2.5",
    "steps.0.on_unknown": "give_up",
    "steps.1.key": "second",
    "steps.1.method": "GET",
    "steps.1.url": "https://example.org/{{ steps.first.response.body.id }}",
    "steps.1.body_kind": "none",
    "steps.1.body": "",
    "steps.1.timeout_s": "",
    "steps.1.on_unknown": "retry",
}
STORED = [
    {
        "key": "first",
        "kind": "http",
        "method": "PUT",
        "url": "https://example.org/{{ $.id }}",
        "headers": {"X-Order": "{{ $.order.id }}"},
        "body": {"order": "{{ $.order }}", "amount": 1.5},
        "timeout_s": 2.5,
        "on_unknown": "give_up",
    },
    {
        "key": "second",
        "kind": "http",
        "method": "GET",
        "url": "https://example.org/{{ steps.first.response.body.id }}",
    },
]


def fields_of(markup: str) -> dict[str, str]:
    """What a browser would send of the workflow form, but for its buttons."""
    form = markup[markup.index("data-guard") : markup.index("</form>", markup.index("data-guard"))]
    fields = {}
    for tag in re.findall(r"<input[^>]*>", form):
        if 'type="checkbox"' in tag and " checked" not in tag:
            continue
        found = dict(re.findall(r'(name|value)="([^"]*)"', tag))
        fields[unescape(found["name"])] = unescape(found["value"])
    for name, options in re.findall(
        r'<select[^>]* name="([^"]*)".*?>(.*?)</select>', form, re.DOTALL
    ):
        (fields[name],) = re.findall(r'value="([^"]*)" selected', options)
    for name, text in re.findall(
        r'<textarea[^>]* name="([^"]*)".*?>\n(.*?)</textarea>', form, re.DOTALL
    ):
        fields[name] = unescape(text)
    return fields


async def stored_steps(world: World) -> list[dict[str, Any]]:
    row = await fetch_one(
        "SELECT coalesce(w.draft_steps, v.steps) AS steps FROM workflow w "
        "LEFT JOIN workflow_version v ON v.id = w.published_version_id "
        "WHERE w.team_id = $1 ORDER BY w.id DESC LIMIT 1",
        world.alice.team_id,
    )
    assert row is not None
    steps: list[dict[str, Any]] = json.loads(row["steps"])
    return steps
