"""A trigger's source: what its config says, kind by kind, and what has to be kept beside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from domain.errors import InvalidInput
from domain.operations.chain_cycles import refuse_cycle
from domain.operations.keep_schedule import keep_schedule
from domain.operations.require_calendars import require_calendars
from domain.operations.webhook_sources import read_webhook
from domain.rules.chains import Watch, complete_watch, parse_watch
from domain.rules.checking import Problems, clean_json
from domain.rules.schedules.schedule import complete_config, parse_schedule, read_schedule
from domain.senders import Sender
from domain.store import workflows
from domain.store.triggers import TriggerRow

KINDS = ("webhook", "schedule", "email", "poll", "integration", "workflow", "manual")


@dataclass(frozen=True, slots=True)
class Source:
    """Where a trigger's events come from. `config` is as it is stored: without the secret, which is
    apart. `sender` is a webhook's, `watch` a workflow trigger's."""

    kind: str
    config: dict[str, Any]
    sender: Sender[Any] | None = None
    secret: str | None = None
    watch: Watch | None = None


def read_source(kind: str, config: Mapping[str, Any], now: datetime | None) -> Source:
    """The source that a trigger's config describes. Without a `now` the config is one that was
    stored before: what was due in the future then may lie in the past.

    Raises InvalidInput.
    """
    problems = Problems()
    clean = clean_json(dict(config), "config", problems)
    problems.raise_any()
    assert isinstance(clean, dict)  # clean_json keeps the type
    if kind not in _READERS:
        raise InvalidInput.at("kind", _refusal(kind))
    return _READERS[kind](clean, now)


def _refusal(kind: str) -> str:
    if kind in KINDS:
        return f"{kind} triggers are not available in this version"
    return f"must be one of {', '.join(KINDS)}"


def _webhook(config: dict[str, Any], _now: datetime | None) -> Source:
    sender = read_webhook(config)
    public = {name: value for name, value in config.items() if name != "secret"}
    return Source("webhook", public, sender=sender, secret=config.get("secret"))


def _schedule(config: dict[str, Any], now: datetime | None) -> Source:
    if now is None:
        read_schedule(config)
        return Source("schedule", config)
    parse_schedule(config, now)
    return Source("schedule", complete_config(config, now))


def _workflow(config: dict[str, Any], _now: datetime | None) -> Source:
    return Source("workflow", complete_watch(config), watch=parse_watch(config))


def _manual(config: dict[str, Any], _now: datetime | None) -> Source:
    problems = Problems()
    problems.refuse_unknown(config, (), "config")
    problems.raise_any()
    return Source("manual", config)


_READERS: Final[Mapping[str, Callable[[dict[str, Any], datetime | None], Source]]] = {
    "webhook": _webhook,
    "schedule": _schedule,
    "workflow": _workflow,
    "manual": _manual,
}


async def check_watch(team_id: UUID, trigger_id: UUID, workflow_id: UUID, source: Source) -> None:
    """Raises InvalidInput when the workflow that a workflow trigger waits for is not there, or when
    the workflow that it starts leads back to it. Within the transaction that saves the trigger, and
    before that locks a workflow."""
    if source.watch is None:
        return
    watched = source.watch.source_workflow_id
    if await workflows.find_workflow(team_id, watched) is None:
        raise InvalidInput.at("config.source_workflow_id", "there is no such workflow")
    await refuse_cycle(team_id, trigger_id, watched, workflow_id)


async def keep_source(row: TriggerRow, *, changed: bool) -> None:
    """Keep what stands beside a trigger's versions: a schedule's epochs. Within the transaction
    that saved the trigger; `changed` says whether its config is another than before."""
    if row.kind == "schedule":
        if changed:
            await require_calendars(row)
        await keep_schedule(row, changed=changed)
