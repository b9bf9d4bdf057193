"""Rows A89 to A91 of the attack catalogue: what people and senders write is shown, not obeyed.

Every page that the app has is looked at, in a team in which everything that can be named is called
like a marker; then every form is sent with the marker in each of its fields.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from domain.clock import utc_now
from domain.operations.add_template_version import add_template_version
from domain.operations.create_template import create_template
from domain.operations.create_trigger import TriggerDraft, create_trigger
from domain.operations.create_workflow import create_workflow
from domain.operations.judge_history import claim_backtest, judge_chunk
from domain.operations.save_calendar import CalendarDraft, create_calendar
from domain.operations.set_secret import set_secret
from domain.operations.start_backtest import BacktestDraft, start_backtest
from domain.operations.start_limit_trial import LimitTrialDraft, start_limit_trial
from domain.operations.start_shadow import start_shadow
from domain.operations.template_versions import TemplateUse
from domain.operations.try_limits import claim_trial, try_limits
from domain.rules.ids import new_id
from domain.store.database import execute, fetch, fetch_one
from tests.pages.browsing import Browser
from tests.pages.happenings import History
from tests.pages.markup import FOREIGN, foreign, read
from tests.support.page_routes import page_paths
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
# What a JSONPath wants escaped within single quotes.
ESCAPED = re.compile(r"['\\]")


def _escape(character: re.Match[str]) -> str:
    return "\\" + character[0]


@dataclass(frozen=True)
class Marked:
    """The marker, what happened under its name, and what fills the addresses of pages."""

    marker: str
    history: History
    filling: Mapping[str, str]


@pytest.fixture(params=MARKERS)
async def marked(request: pytest.FixtureRequest, world: World, alice: Browser) -> Marked:
    """A team in which everything that can be named is called like the marker."""
    marker: str = request.param
    actor = replace(world.alice, name=marker[:100])
    step = {
        "key": "notify",
        "kind": "http",
        "url": "http://127.0.0.1:9/",
        "body": {"a": marker.replace("{{", "((")},
    }
    named = {"type": "string", "title": marker, "description": marker, "default": marker}
    schema = {"type": "object", "properties": {marker: named}}
    workflow = await create_workflow(actor, marker[:100], [step], input_schema=schema)
    clause = {"path": f"$['{ESCAPED.sub(_escape, marker)}']", "op": "ne", "value": marker}
    draft = TriggerDraft(
        name=marker[:100],
        kind="webhook",
        workflow_id=workflow.id,
        config={"scheme": "hmac", "prefix": marker[:60].encode("ascii", "ignore").decode()},
        conditions={"any": [clause]},
    )
    history = History(world, await create_trigger(actor, world.vault, draft), workflow.id)
    await set_secret(actor, world.vault, "api_token", marker)
    await _happen(history, marker)
    await _belong(history, marker)
    return Marked(marker, history, await _filling(history))


async def _happen(history: History, marker: str) -> None:
    event_id = await history.event(
        json.dumps({marker: marker, "list": [marker]}).encode(), title=marker,
        headers=[(marker, marker)], content_type=marker, query=marker, sender_id=marker,
    )  # fmt: skip
    execution_id = await history.execution("dead", event_id=event_id, reason=marker)
    message = {"method": marker, "url": marker, "headers": [[marker, marker]], "body": marker}
    await history.attempt(
        execution_id, 1, "failed", message=marker, request={**message, marker: marker},
        response={"status": marker, "content_type": marker, "body": marker, "hex": marker},
    )  # fmt: skip
    clause = {
        "path": marker, "op": marker, "expected": marker, "actual": marker, "found": True,
        "passed": False, "group": marker, "error": marker,
    }  # fmt: skip
    filtered = await history.event(marker.encode(), title=marker, content_type="text/html")
    await history.decision(filtered, "filtered", reason=marker, trace={"clauses": [clause]})
    await execute(
        "INSERT INTO refused_request (id, team_id, trigger_id, status, code, reason, method, "
        "address, headers, amount) VALUES ($1, $2, $3, 401, $4, $4, $4, $4, $5, 3)",
        new_id(), history.team_id, history.trigger_id, marker, json.dumps([[marker, marker]]),
    )  # fmt: skip
    await _run_in_shadow(history, event_id, marker)
    await _try_on_history(history, marker)
    await _plan(history, marker)
    await _offer(history, marker)


async def _try_on_history(history: History, marker: str) -> None:
    """A backtest that looks for the marker where it is, and where it is not."""
    actor = replace(history.world.alice, name=marker)
    missing = f"$['{ESCAPED.sub(_escape, marker)}'].a"
    clauses = [{"path": path, "op": "eq", "value": marker} for path in ("$.list[0]", missing)]
    made = await start_backtest(actor, history.trigger_id, BacktestDraft({"any": clauses}))
    claimed = await claim_backtest(made)
    assert claimed is not None
    while await judge_chunk(claimed, lambda: False) == "more":
        pass
    windows = [{"most": 1, "per_s": 60, "key": key} for key in ("$.list[0]", missing)]
    trial = await start_limit_trial(actor, history.trigger_id, LimitTrialDraft({"rate": windows}))
    taken = await claim_trial(trial)
    assert taken is not None
    await try_limits(taken, lambda: False, lambda: None)


async def _plan(history: History, marker: str) -> None:
    """A calendar, a schedule that uses it, and a backfill with a slot."""
    actor = replace(history.world.alice, name=marker)
    content = CalendarDraft(marker[:100], "dates", f"2026-12-24 {' '.join(marker.split())}")
    calendar = await create_calendar(actor, content)
    uses = [{"id": str(calendar.id), "use": "not_on"}]
    config = {"form": "cron", "cron": "0 9 * * *", "calendars": uses}
    draft = TriggerDraft(marker[:100], "schedule", history.workflow_id, config)
    await create_trigger(actor, history.world.vault, draft)
    await execute(
        "INSERT INTO bulk_action (id, team_id, kind, name, filters, options, left_out, state, "
        "total, lease_until, created_by) VALUES ($1, $2, 'replay', $3, $4::jsonb, $5::jsonb, "
        "$6::jsonb, 'running', 1, 'infinity', $3)",
        new_id(), history.team_id, marker[:100],
        json.dumps({"list": "dead_letters", "filters": [["error", marker]]}),
        json.dumps({"version": marker, "start": marker}), json.dumps({marker: 1}),
    )  # fmt: skip
    destination = new_id()
    await execute(
        "INSERT INTO destination (id, team_id, host, state, reason, probe_at) "
        "VALUES ($1, $2, $3, 'open', $3, now())",
        destination, history.team_id, marker,
    )  # fmt: skip
    await execute(
        "INSERT INTO breaker_change (id, team_id, destination_id, state, reason, changed_by) "
        "VALUES ($1, $2, $3, 'open', $4, $4)",
        new_id(), history.team_id, destination, marker,
    )  # fmt: skip
    await execute(
        "UPDATE execution SET first_error = $2, last_error = $2, fingerprint = $2 "
        "WHERE team_id = $1 AND state = 'dead'",
        history.team_id, marker,
    )  # fmt: skip
    await execute(
        "INSERT INTO backfill (id, team_id, trigger_id, range_from, range_to, per_minute, note, "
        "state, total, released, release_at, created_by, ended_at) "
        "VALUES ($1, $2, $3, now() - interval '1 day', now(), 60, $4, 'finished', 1, 1, NULL, "
        "$4, now())",
        new_id(), history.team_id, history.trigger_id, marker,
    )  # fmt: skip


async def _offer(history: History, marker: str) -> None:
    """A template, a workflow that was made from it and changed, and something new to take."""
    actor = replace(history.world.alice, name=marker)
    template = await create_template(actor, history.workflow_id, marker[:100], marker)
    step = {"key": "notify", "kind": "http", "url": "http://127.0.0.1:9/", "body": "mine"}
    use = TemplateUse(template.reference, 1)
    made = await create_workflow(actor, marker[:100], [step], made_from=use)
    source = await create_workflow(actor, marker[:100], [{**step, "body": "theirs"}])
    await add_template_version(actor, template.reference, source.id, marker[:500])
    assert made.template == template.reference


async def _run_in_shadow(history: History, event_id: UUID, marker: str) -> None:
    """A draft that compares with the marker, and disagrees about the event."""
    actor = replace(history.world.alice, name=marker)
    clause = {"path": "$.list[0]", "op": "ne", "value": marker}
    shadow = await start_shadow(actor, history.trigger_id, {"all": [clause]})
    await execute(
        "INSERT INTO shadow_disagreement (shadow_id, event_id, team_id, kind, live, draft, "
        "trigger_version) VALUES ($1, $2, $3, 'only_live', 'matched', 'not_matched', 1)",
        shadow.id, event_id, history.team_id,
    )  # fmt: skip


async def _belong(history: History, marker: str) -> None:
    """The team, its people, their sessions and views, keys and invitations."""
    team_id, later = history.team_id, utc_now().replace(year=2099)
    await execute("UPDATE team SET name = $2 WHERE id = $1", team_id, marker[:100])
    members = "(SELECT user_id FROM membership WHERE team_id = $1)"
    await execute(f"UPDATE app_user SET name = $2 WHERE id IN {members}", team_id, marker[:100])
    await execute(
        "UPDATE session SET user_agent = $2, address = $2 WHERE team_id = $1", team_id, marker
    )
    user = await fetch_one("SELECT user_id FROM membership WHERE team_id = $1 LIMIT 1", team_id)
    assert user is not None
    await execute(
        "INSERT INTO saved_view (id, team_id, user_id, page, name, query) "
        "VALUES ($1, $2, $3, 'events', $4, $5)",
        new_id(), team_id, user["user_id"], marker[:60], f"q={marker}",
    )  # fmt: skip
    await execute(
        "INSERT INTO api_key (id, team_id, name, prefix, key_hash, role) "
        "VALUES ($1, $2, $3, 'sbk_1234', $4, 'admin')",
        new_id(), team_id, marker[:100], new_id().bytes,
    )  # fmt: skip
    await execute(
        "INSERT INTO invitation (id, team_id, email, role, token_hash, invited_by, expires_at) "
        "VALUES ($1, $2, $3, 'viewer', $4, $5, $6)",
        new_id(), team_id, marker, new_id().bytes, marker, later,
    )  # fmt: skip


async def _filling(history: History) -> dict[str, str]:
    async def one(table: str, column: str = "id") -> str:
        row = await fetch_one(
            f"SELECT {column} AS id FROM {table} WHERE team_id = $1 ORDER BY id LIMIT 1",
            history.team_id,
        )
        assert row is not None, table
        return str(row["id"])

    return {
        "trigger_id": str(history.trigger_id),
        "workflow_id": str(history.workflow_id),
        "event_id": await one("event"),
        "execution_id": await one("execution"),
        "backtest_id": await one("backtest"),
        "limit_trial_id": await one("limit_trial"),
        "backfill_id": await one("backfill"),
        "bulk_id": await one("bulk_action"),
        "destination_id": await one("destination"),
        "calendar_id": await one("calendar"),
        "template_id": await one("workflow_template"),
        "number": "1",
        "version": "1",
        "name": "api_token",
        "key_id": await one("api_key"),
        "invitation_id": await one("invitation"),
        "view_id": await one("saved_view"),
        "secret_id": await one("trigger_secret"),
        "session_id": await one("session"),
        "user_id": await one("membership", "user_id"),
    }


async def _others(history: History) -> list[str]:
    """The pages of all other events and executions, and of what is new in templates."""
    made = await fetch(
        "SELECT id FROM workflow WHERE team_id = $1 AND template IS NOT NULL", history.team_id
    )
    return [f"/workflows/{row['id']}/template-update" for row in made] + [
        f"/{noun}/{row['id']}"
        for noun, table in (("events", "event"), ("executions", "execution"))
        for row in await fetch(f"SELECT id FROM {table} WHERE team_id = $1", history.team_id)
    ]


async def test_the_marker_makes_no_element_and_no_attribute(
    app: Litestar, alice: Browser, marked: Marked
) -> None:
    """Rows A89 and A90."""
    marker, shown = marked.marker, 0
    for path in [*page_paths(app, marked.filling), *await _others(marked.history)]:
        for htmx in (False, True):
            page = await alice.get(path, htmx=htmx)
            assert page.status_code in {200, 303, 404, 409, 410}, f"{path}: {page.status_code}"
            assert marker[:20] not in page.text or not set("<\"'&") & set(marker[:20]), path
            assert not foreign(page.text), f"{path}: {foreign(page.text)}"
            assert not read(page.text).heeded, f"{path}: htmx looks at {read(page.text).heeded}"
            assert not OBEYED & set(page.headers), path
            shown += "marker" in page.text
    assert shown > 30, "the marker was hardly shown anywhere: this test looks at nothing"


# Answers of pages that are only looked at tell htmx nothing.
OBEYED = {"hx-redirect", "hx-trigger", "hx-location", "hx-retarget", "hx-reswap"}
# What would end the session that looks, or make it another one.
NOT_SENT = {"/sign-out", "/sign-in", "/profile/password", "/setup"}


async def test_a_typed_marker_comes_back_as_text(
    app: Litestar, alice: Browser, marked: Marked
) -> None:
    """Rows A89 and A90: every form there is, with the marker in every field there is."""
    fields: set[str] = set()
    for path in page_paths(app, marked.filling):
        fields |= read((await alice.get(path)).text).fields
    form = {name: marked.marker for name in fields - {"_csrf"} if not FOREIGN.search(name)}
    assert len(form) > 20, "hardly a field was found: this test looks at nothing"

    answered = 0
    for path in _forms(app, marked.filling):
        answer = await alice.post(path, form)
        assert answer.status_code < 500, path
        assert not foreign(answer.text), f"{path}: {foreign(answer.text)}"
        answered += answer.status_code == 422

    assert answered >= 2, "hardly a form came back: this test looks at nothing"


def _forms(app: Litestar, filling: Mapping[str, str]) -> list[str]:
    templates = [
        route.path
        for route in app.routes
        if isinstance(route, HTTPRoute)
        and any("POST" in handler.http_methods for handler in route.route_handlers)
        and not route.path.startswith(("/api", "/hooks"))
        and route.path not in NOT_SENT
    ]
    return [re.sub(r"\{(\w+)[^}]*\}", lambda found: filling[found[1]], each) for each in templates]


async def test_a_body_is_never_shown_as_a_page_of_ours(alice: Browser, history: History) -> None:
    """Row A91."""
    event_id = await history.event(b"<script>marker()</script>", content_type="text/html")

    body = await alice.get(f"/events/{event_id}/body")

    assert body.content == b"<script>marker()</script>"
    assert body.headers["content-type"] == "application/octet-stream"
    assert body.headers["content-disposition"] == f'attachment; filename="event-{event_id}.bin"'
    assert body.headers["x-content-type-options"] == "nosniff"
    assert body.headers["content-security-policy"] == "default-src 'none'; sandbox"


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
