"""Rows A89 and A90 of the attack catalogue: what people and senders write is shown, not obeyed."""

import json
import re
from html.parser import HTMLParser

import pytest

from domain.operations.create_trigger import TriggerDraft, create_trigger
from domain.operations.create_workflow import create_workflow
from domain.store.database import fetch
from tests.pages.browsing import Browser
from tests.pages.happenings import History
from tests.support.world import World
from web.presenters.environment import TEMPLATES, Assets, make_environment

# Each opens another door: an element, an attribute out of its quotes, htmx, a template, a URL.
MARKERS = (
    '<img src=x onerror=marker()>"><svg/onload=marker()>',
    "' data-marker='1' hx-get='/marker' hx-trigger='load' data-hx-post=\"/marker\"",
    '<div hx-get="/marker" hx-trigger="load"></div><hx-partial hx-target="#marker">',
    "</textarea></script></style><script>marker()</script>",
    "{{ marker }}{% marker %}${marker}javascript:marker()\u2028\u202e",
)
FOREIGN = re.compile(r"marker|onerror|onload", re.IGNORECASE)
# What a JSONPath wants escaped within single quotes.
ESCAPED = re.compile(r"['\\]")


def _escape(character: re.Match[str]) -> str:
    return "\\" + character[0]


class Reader(HTMLParser):
    """Gathers the names of elements and attributes, and the values of those that do something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        for name, value in attrs:
            self.found.add(name)
            if name.startswith(("hx-", "data-hx-", "on")) or name in {"src", "href", "action"}:
                self.found.add(value or "")


def doings(markup: str) -> set[str]:
    reader = Reader()
    reader.feed(markup)
    return reader.found


@pytest.fixture(params=MARKERS)
async def marked(request: pytest.FixtureRequest, world: World) -> tuple[str, History]:
    """A team in which everything that can be named is called like the marker."""
    marker: str = request.param
    step = {
        "key": "notify",
        "kind": "http",
        "url": "http://127.0.0.1:9/",
        "body": {"a": marker.replace("{{", "((")},
    }
    workflow = await create_workflow(world.alice, marker[:100], [step])
    clause = {"path": f"$['{ESCAPED.sub(_escape, marker)}']", "op": "ne", "value": marker}
    draft = TriggerDraft(
        name=marker[:100],
        kind="webhook",
        workflow_id=workflow.id,
        config={"scheme": "hmac", "prefix": marker[:60].encode("ascii", "ignore").decode()},
        conditions={"any": [clause]},
    )
    history = History(world, await create_trigger(world.alice, world.vault, draft), workflow.id)
    await _happen(history, marker)
    return marker, history


async def _happen(history: History, marker: str) -> None:
    event_id = await history.event(
        json.dumps({marker: marker}).encode(), title=marker, headers=[(marker, marker)],
        content_type=marker, query=marker, sender_id=marker,
    )  # fmt: skip
    execution_id = await history.execution("dead", event_id=event_id, reason=marker)
    await history.attempt(
        execution_id, 1, "failed", message=marker, request={marker: marker},
        response={"body": marker},
    )  # fmt: skip
    clause = {
        "path": marker, "op": marker, "expected": marker, "actual": marker, "found": True,
        "passed": False, "group": marker, "error": marker,
    }  # fmt: skip
    filtered = await history.event(marker.encode(), title=marker, content_type="text/html")
    await history.decision(filtered, "filtered", reason=marker, clauses=[clause])


async def _paths(history: History) -> list[str]:
    ids = {"triggers": history.trigger_id, "workflows": history.workflow_id}
    paths = [f"/{noun}/{id_}" for noun, id_ in ids.items()]
    paths += [f"{path}/edit" for path in paths]
    for noun, table in (("events", "event"), ("executions", "execution")):
        for row in await fetch(f"SELECT id FROM {table} WHERE team_id = $1", history.team_id):
            paths.append(f"/{noun}/{row['id']}")
    return ["/", "/triggers", "/events", "/executions", "/workflows", "/triggers/new", *paths]


async def test_the_marker_makes_no_element_and_no_attribute(
    alice: Browser, marked: tuple[str, History]
) -> None:
    marker, history = marked
    shown = 0
    for path in await _paths(history):
        for htmx in (False, True):
            page = await alice.get(path, htmx=htmx)
            assert page.status_code == 200, path
            assert marker[:20] not in page.text or not set("<\"'&") & set(marker[:20]), path
            found = {each for each in doings(page.text) if FOREIGN.search(each)}
            assert not found, f"{path}: {found}"
            shown += "marker" in page.text
    assert shown > 20, "the marker was hardly shown anywhere: this test looks at nothing"


async def test_a_typed_marker_comes_back_as_text(
    alice: Browser, marked: tuple[str, History]
) -> None:
    marker, _ = marked
    form = dict.fromkeys(
        ("name", "workflow_id", "scheme", "secret", "algorithm", "header", "encoding", "prefix",
         "id_path", "conditions", "attempts", "base_s", "factor", "cap_s"), marker,
    )  # fmt: skip

    for path in ("/triggers", "/workflows"):
        page = await alice.post(path, {**form, "steps": marker})

        assert page.status_code == 422
        assert not {each for each in doings(page.text) if FOREIGN.search(each)}


async def test_a_body_is_never_shown_as_a_page_of_ours(alice: Browser, history: History) -> None:
    event_id = await history.event(b"<script>marker()</script>", content_type="text/html")

    body = await alice.get(f"/events/{event_id}/body")

    assert body.content == b"<script>marker()</script>"
    assert body.headers["content-type"] == "application/octet-stream"
    assert body.headers["content-disposition"] == f'attachment; filename="event-{event_id}.bin"'
    assert body.headers["x-content-type-options"] == "nosniff"


def test_the_environment_escapes_everything_and_knows_no_way_around_it() -> None:
    environment = make_environment(Assets())

    assert environment.autoescape is True
    assert "safe" not in environment.filters
    for name in environment.list_templates():
        source = (TEMPLATES / name).read_text(encoding="utf-8")
        assert "autoescape" not in source, name
        assert not re.search(r"\|\s*safe\b", source), name


def test_no_template_has_a_script_or_a_style_of_its_own() -> None:
    for path in TEMPLATES.rglob("*.html"):
        source = path.read_text(encoding="utf-8")
        assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:", source), path.name
        for script in re.findall(r"<script[^>]*>.*?</script>", source, re.DOTALL):
            assert re.fullmatch(
                r'<script[^>]* src="\{\{ asset\([^)]*\) \}\}"[^>]*></script>', script
            )


async def test_pages_forbid_what_they_do_not_need(alice: Browser) -> None:
    policy = (await alice.get("/")).headers["content-security-policy"]

    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "unsafe" not in policy
