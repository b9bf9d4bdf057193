"""One object of every kind in a team, and the ids by which addresses name them.

What the pipeline makes is written as rows here, so that there is one of each without running it.
Every text that could show holds the team's marker, so that a leak is seen wherever it comes out.
"""

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

from domain.operations.create_api_key import create_api_key
from domain.operations.create_team import create_team
from domain.operations.create_template import create_template
from domain.operations.create_trigger import TriggerDraft, create_trigger
from domain.operations.create_user import create_user
from domain.operations.create_workflow import create_workflow
from domain.operations.set_secret import set_secret
from domain.rules.ids import new_id
from domain.rules.limit_trial_results import found_by
from domain.rules.limit_trials import LimitTrial
from domain.rules.limits import parse_limits
from domain.rules.permissions import Actor, operator
from domain.store.database import execute, fetch_one
from domain.store.destinations import destination_id
from tests.support.world import CALL, World


@dataclass
class Everything:
    """A team with one of everything. `ids` is by the names of path parameters."""

    actor: Actor
    marker: str
    ids: dict[str, str] = field(default_factory=dict)
    hook_token: str = ""

    @property
    def workflow_id(self) -> UUID:
        """Its workflow."""
        return UUID(self.ids["workflow_id"])


async def make_everything(world: World) -> Everything:
    """A new team with one of everything in it."""
    marker = f"marker{secrets.token_hex(6)}"
    team_id = await create_team(f"Team {marker}", f"t-{secrets.token_hex(8)}")
    boss = operator(team_id)
    user_id = await create_user(
        boss, f"{marker}@example.org", f"Member {marker}", "admin", "a long enough password"
    )
    made = Everything(Actor(team_id, "user", user_id, f"Member {marker}", "admin"), marker)
    await _configure(world, made)
    await _happen(made)
    await _let_in(made)
    return made


async def _configure(world: World, made: Everything) -> None:
    workflow = await create_workflow(made.actor, f"Workflow {made.marker}", [CALL])
    draft = TriggerDraft(
        name=f"Trigger {made.marker}",
        kind="webhook",
        workflow_id=workflow.id,
        config={"scheme": "hmac"},
        conditions=None,
        retry={},
    )
    saved = await create_trigger(made.actor, world.vault, draft)
    await set_secret(made.actor, world.vault, f"secret_{made.marker}", "a value")
    key = await create_api_key(made.actor, f"Key {made.marker}", "viewer")
    row = await fetch_one("SELECT id FROM trigger_secret WHERE trigger_id = $1", saved.row.id)
    assert row is not None
    made.hook_token = saved.row.hook_token or ""
    template = await create_template(made.actor, workflow.id, f"Template {made.marker}")
    made.ids |= {
        "template_id": template.reference,
        "workflow_id": str(workflow.id),
        "trigger_id": str(saved.row.id),
        "secret_id": str(row["id"]),
        "key_id": str(key.id),
        "name": f"secret_{made.marker}",
        "number": "1",
        "version": "1",
    }


async def _happen(made: Everything) -> None:
    """An event, what was decided about it, what was run: ids of one instant, as they derive."""
    team, trigger, workflow = made.actor.team_id, _id(made, "trigger_id"), _id(made, "workflow_id")
    versions = await fetch_one(
        "SELECT t.version_id, w.published_version_id FROM trigger t "
        "JOIN workflow w ON w.id = t.workflow_id WHERE t.id = $1",
        trigger,
    )
    assert versions is not None
    event, decision, execution = new_id(), new_id(), new_id()
    await execute(
        "INSERT INTO event (id, team_id, trigger_id, kind, headers, query, content_type, title, "
        "sender_id, body) VALUES ($1, $2, $3, 'webhook', $4::jsonb, $5, 'application/json', $5, "
        "$5, $6)",
        event, team, trigger, f'[["x-marker", "{made.marker}"]]', made.marker,
        f'{{"text": "{made.marker}"}}'.encode(),
    )  # fmt: skip
    await execute(
        "INSERT INTO pending_event (event_id, team_id, trigger_id, size) VALUES ($1, $2, $3, 2)",
        event, team, trigger,
    )  # fmt: skip
    await execute(
        "INSERT INTO sender_id (key_hash, team_id, trigger_id, event_id, body_hash, expires_at) "
        "VALUES ($1, $2, $3, $4, $1, now() + interval '7 days')",
        hashlib.sha256(event.bytes).digest(), team, trigger, event,
    )  # fmt: skip
    await execute(
        "INSERT INTO decision (id, team_id, event_id, trigger_id, trigger_version_id, "
        "trigger_version, verdict, trace, execution_id) "
        "VALUES ($1, $2, $3, $4, $5, 1, 'fired', $6::jsonb, $7)",
        decision, team, event, trigger, versions["version_id"],
        '{"result": true, "clauses": []}', execution,
    )  # fmt: skip
    await execute(
        "INSERT INTO execution (id, team_id, event_id, trigger_id, trigger_version_id, "
        "workflow_id, workflow_version_id, workflow_version, state, reason, attempt, started_at, "
        "finished_at) VALUES ($1, $2, $3, $4, $5, $6, $7, 1, 'dead', 'attempts_used_up', 1, "
        "now(), now())",
        execution, team, event, trigger, versions["version_id"], workflow,
        versions["published_version_id"],
    )  # fmt: skip
    now = datetime.now(UTC)
    await execute(
        "INSERT INTO attempt (id, team_id, execution_id, number, state, reason, message, "
        "started_at, finished_at) VALUES ($1, $2, $3, 1, 'failed', 'timeout', $4, $5, $5)",
        new_id(), team, execution, made.marker, now,
    )  # fmt: skip
    await execute(
        "INSERT INTO step_run (id, team_id, execution_id, attempt, position, key, kind, state, "
        "message, request, started_at, finished_at) "
        "VALUES ($1, $2, $3, 1, 0, 'notify', 'http', 'failed', $4, $5::jsonb, $6, $6)",
        new_id(), team, execution, made.marker, f'{{"url": "https://{made.marker}.test/"}}', now,
    )  # fmt: skip
    await execute(
        "INSERT INTO tally (id, team_id, trigger_id, hour, outcome, amount) "
        "VALUES ($1, $2, $3, date_trunc('hour', now()), 'failed', 7)",
        new_id(), team, trigger,
    )  # fmt: skip
    await execute(
        "INSERT INTO trigger_hour (id, team_id, trigger_id, hour, outcome, amount) "
        "VALUES ($1, $2, $3, date_trunc('hour', now()), 'failed', 7)",
        new_id(), team, trigger,
    )  # fmt: skip
    await execute(
        "INSERT INTO refused_request (id, team_id, trigger_id, status, code, reason, method, "
        "address, headers) VALUES ($1, $2, $3, 401, 'bad_signature', $4, 'POST', '192.0.2.1', "
        "$5::jsonb)",
        new_id(), team, trigger, made.marker, f'[["x-marker", "{made.marker}"]]',
    )  # fmt: skip
    await execute(
        "INSERT INTO pending_chain (execution_id, trigger_id, team_id, state) "
        "VALUES ($1, $2, $3, 'dead')",
        execution, trigger, team,
    )  # fmt: skip
    made.ids |= {"event_id": str(event), "execution_id": str(execution)}
    await _run_in_shadow(made)
    await _try_on_history(made)
    await _come_due(made)
    await _plan(made)
    await _replay(made)
    await _wait(made)


async def _try_on_history(made: Everything) -> None:
    """A backtest that has ended, and found the event to fire newly."""
    team, trigger, backtest = made.actor.team_id, _id(made, "trigger_id"), new_id()
    await execute(
        "INSERT INTO backtest (id, team_id, trigger_id, conditions, live_conditions, "
        "live_version, asked_last, from_id, below_id, cursor_id, state, total, chunks, judged, "
        "newly_fires, created_by, finished_at) "
        "VALUES ($1, $2, $3, $4::jsonb, $4::jsonb, 1, 1, $5, $1, $5, 'done', 1, 1, 1, 1, $6, "
        "now())",
        backtest, team, trigger,
        f'{{"all": [{{"path": "$.text", "op": "eq", "value": "{made.marker}"}}]}}',
        _id(made, "event_id"), made.marker,
    )  # fmt: skip
    await execute(
        "INSERT INTO backtest_chunk (backtest_id, number, team_id, event_ids, outcomes, days, "
        "fields) VALUES ($1, 1, $2, $3, 'n', $4::jsonb, $5::jsonb)",
        backtest, team, [_id(made, "event_id")], '{"2026-11-23": [1, 0, 0, 0, 0]}',
        f'{{"body $.{made.marker}": [0, 1, null, "{made.ids["event_id"]}"]}}',
    )  # fmt: skip
    trial = new_id()
    await execute(
        "INSERT INTO limit_trial (id, team_id, trigger_id, limits, live_version, days, from_id, "
        "below_id, state, total, seen, found, created_by, finished_at) "
        "VALUES ($1, $2, $3, $4::jsonb, 1, 7, $5, $1, 'done', 1, 1, $6::jsonb, $7, now())",
        trial, team, trigger, f'{{"rate": [{{"most": 1, "per_s": 60, "key": "$.{made.marker}"}}]}}',
        _id(made, "event_id"), _limits_found(made.marker), made.marker,
    )  # fmt: skip
    made.ids |= {"backtest_id": str(backtest), "limit_trial_id": str(trial)}


def _limits_found(marker: str) -> str:
    """What a trial of limits came to, with one event, whose key found `marker`."""
    trial = LimitTrial(parse_limits({"rate": [{"most": 1, "per_s": 60, "key": f"$.{marker}"}]}))
    trial.add(datetime(2026, 11, 23, tzinfo=UTC), {marker: marker}, matched=True)
    return json.dumps(found_by(trial.days, trial.peaks, trial.values))


async def _run_in_shadow(made: Everything) -> None:
    """A draft beside the trigger, which disagrees about the event."""
    team, trigger, shadow = made.actor.team_id, _id(made, "trigger_id"), new_id()
    await execute(
        "INSERT INTO shadow (id, team_id, trigger_id, conditions, live_version, created_by) "
        "VALUES ($1, $2, $3, $4::jsonb, 1, $5)",
        shadow, team, trigger,
        f'{{"all": [{{"path": "$.text", "op": "ne", "value": "{made.marker}"}}]}}', made.marker,
    )  # fmt: skip
    await execute(
        "INSERT INTO pending_shadow (shadow_id, event_id, team_id, verdict, trigger_version) "
        "VALUES ($1, $2, $3, 'fired', 1)",
        shadow, _id(made, "event_id"), team,
    )  # fmt: skip
    await execute(
        "INSERT INTO shadow_disagreement (shadow_id, event_id, team_id, kind, live, draft, "
        "trigger_version) VALUES ($1, $2, $3, 'only_live', 'matched', 'not_matched', 1)",
        shadow, _id(made, "event_id"), team,
    )  # fmt: skip


async def _plan(made: Everything) -> None:
    """A calendar, a backfill that has ended, and a destination whose breaker is open."""
    team, trigger, calendar, backfill = (
        made.actor.team_id, _id(made, "trigger_id"), new_id(), new_id(),
    )  # fmt: skip
    await execute(
        "INSERT INTO calendar (id, team_id, name, source, content, days) "
        "VALUES ($1, $2, $3, 'dates', $4, jsonb_build_array("
        "jsonb_build_array('2026-12-24', '2026-12-26', $3::text)))",
        calendar, team, made.marker, f"2026-12-24..2026-12-26 {made.marker}",
    )  # fmt: skip
    await execute(
        "INSERT INTO backfill (id, team_id, trigger_id, range_from, range_to, per_minute, note, "
        "state, total, released, release_at, created_by, ended_at) "
        "VALUES ($1, $2, $3, now() - interval '1 day', now(), 60, $4, 'finished', 1, 1, NULL, "
        "$4, now())",
        backfill, team, trigger, made.marker,
    )  # fmt: skip
    destination = destination_id(team, f"{made.marker}.test:443")
    await execute(
        "INSERT INTO destination (id, team_id, host, state, reason, probe_at) "
        "VALUES ($1, $2, $3, 'open', 'in_a_row', now())",
        destination, team, f"{made.marker}.test:443",
    )  # fmt: skip
    await execute(
        "INSERT INTO breaker_change (id, team_id, destination_id, state, reason, changed_by) "
        "VALUES ($1, $2, $3, 'open', 'in_a_row', $4)",
        new_id(), team, destination, made.marker,
    )  # fmt: skip
    made.ids |= {
        "calendar_id": str(calendar),
        "backfill_id": str(backfill),
        "destination_id": str(destination),
    }


async def _come_due(made: Everything) -> None:
    """A schedule with a slot that fired, an event that is expected, and a canary's probe."""
    team, trigger, slot = made.actor.team_id, _id(made, "trigger_id"), new_id()
    await execute(
        "INSERT INTO schedule (trigger_id, epoch, team_id, trigger_version_id, tzdata, audit_at) "
        "SELECT id, 1, team_id, version_id, $2, NULL FROM trigger WHERE id = $1",
        trigger, made.marker,
    )  # fmt: skip
    await execute(
        "INSERT INTO slot (id, team_id, trigger_id, epoch, scheduled_for, due_at, state, event_id, "
        "execution_id) VALUES ($1, $2, $3, 1, now(), now(), 'fired', $4, $5)",
        slot, team, trigger, _id(made, "event_id"), _id(made, "execution_id"),
    )  # fmt: skip
    await execute(
        "INSERT INTO expectation (trigger_id, team_id, config, late_since) "
        "VALUES ($1, $2, '{\"every_s\": 60}', now())",
        trigger, team,
    )  # fmt: skip
    await execute(
        "INSERT INTO canary_probe (kind, minute, team_id, state, reason) "
        "SELECT 'webhook', coalesce(max(minute), now()) + interval '1 minute', $1, 'missed', $2 "
        "FROM canary_probe",
        team, made.marker,
    )  # fmt: skip


async def _wait(made: Everything) -> None:
    """A lane that waits for somebody with an event in it, and a gate."""
    team, trigger, lane = made.actor.team_id, _id(made, "trigger_id"), new_id()
    await execute(
        "INSERT INTO lane (id, team_id, trigger_id, why, key, waiting, due_at) "
        "VALUES ($1, $2, $3, 'limit', $4, 1, 'infinity')",
        lane, team, trigger, made.marker,
    )  # fmt: skip
    await execute(
        "INSERT INTO waiting_event (event_id, team_id, trigger_id, lane_id, why, size) "
        "VALUES ($1, $2, $3, $4, 'limit', 2)",
        new_id(), team, trigger, lane,
    )  # fmt: skip
    await execute(
        "INSERT INTO gate (id, team_id, scope, subject_id, key, most) "
        "VALUES ($1, $2, 'key', $3, $4, 1)",
        new_id(), team, trigger, made.marker,
    )  # fmt: skip


async def _replay(made: Everything) -> None:
    """A bulk action that has one execution left to come to."""
    team, bulk = made.actor.team_id, new_id()
    await execute(
        "INSERT INTO bulk_action (id, team_id, kind, name, filters, options, state, total, "
        "lease_until, created_by) VALUES ($1, $2, 'replay', $3, $4::jsonb, $5::jsonb, 'running', "
        "1, 'infinity', $3)",
        bulk, team, made.marker,
        f'{{"list": "dead_letters", "filters": [["error", "{made.marker}"]]}}',
        '{"version": "same", "start": "beginning"}',
    )  # fmt: skip
    await execute(
        "INSERT INTO bulk_item (bulk_id, execution_id, team_id) VALUES ($1, $2, $3)",
        bulk, _id(made, "execution_id"), team,
    )  # fmt: skip
    made.ids |= {"bulk_id": str(bulk)}


async def _let_in(made: Everything) -> None:
    team, user = made.actor.team_id, made.actor.id
    session, invitation, view = new_id(), new_id(), new_id()
    later = datetime.now(UTC) + timedelta(days=7)
    await execute(
        "INSERT INTO session (id, token_hash, user_id, team_id, expires_at, user_agent) "
        "VALUES ($1, $2, $3, $4, $5, $6)",
        session, secrets.token_bytes(32), user, team, later, made.marker,
    )  # fmt: skip
    await execute(
        "INSERT INTO invitation (id, team_id, email, role, token_hash, invited_by, expires_at) "
        "VALUES ($1, $2, $3, 'viewer', $4, 'Alice', $5)",
        invitation, team, f"asked-{made.marker}@example.org", secrets.token_bytes(32), later,
    )  # fmt: skip
    await execute(
        "INSERT INTO password_reset (id, user_id, token_hash, expires_at) VALUES ($1, $2, $3, $4)",
        new_id(), user, secrets.token_bytes(32), later,
    )  # fmt: skip
    await execute(
        "INSERT INTO saved_view (id, team_id, user_id, page, name, query) "
        "VALUES ($1, $2, $3, 'events', $4, 'kind=webhook')",
        view, team, user, made.marker,
    )  # fmt: skip
    made.ids |= {
        "user_id": str(user),
        "member_id": str(user),
        "session_id": str(session),
        "invitation_id": str(invitation),
        "view_id": str(view),
    }


def _id(made: Everything, name: str) -> UUID:
    return UUID(made.ids[name])
