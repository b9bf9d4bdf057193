"""Trigger and workflow versions made ready for use, kept by their immutable id."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar
from uuid import UUID

from domain.logs import logger
from domain.rules.bodies import read_stored
from domain.rules.chains import MOST_DEPTH
from domain.rules.conditions import Conditions, read_conditions
from domain.rules.door_settings import parse_door
from domain.rules.limits import Limits, parse_limits
from domain.rules.paths import Path, compile_path
from domain.rules.policies import WorkflowPolicy, given_retry, parse_policy
from domain.rules.retries import RetryPolicy
from domain.rules.workflow_steps import HttpStep, parse_steps
from domain.senders import sender_for
from domain.store import versions
from domain.store.database import Row
from domain.store.events import DEDUP_DAYS

KEPT = 5_000

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class CompiledTrigger:
    """A trigger version: how to judge an event, and how often to try what it starts."""

    id: UUID
    number: int
    conditions: Conditions
    retry: RetryPolicy | None
    id_path: Path | None
    dedup_days: int
    most_depth: int
    limits: Limits


@dataclass(frozen=True, slots=True)
class CompiledWorkflow:
    """A workflow version: the steps to carry out, and what holds for all its executions."""

    id: UUID
    number: int
    steps: tuple[HttpStep, ...]
    policy: WorkflowPolicy


Compiled = TypeVar("Compiled", CompiledTrigger, CompiledWorkflow)


class _Shelf(Generic[Compiled]):
    """The most recently used versions; what is not there is loaded, all in one query."""

    def __init__(
        self,
        load: Callable[[Sequence[UUID]], Awaitable[Sequence[Row]]],
        compile_row: Callable[[Row], Compiled],
    ) -> None:
        self._load = load
        self._compile: Callable[[Row], Compiled] = compile_row
        self._kept: OrderedDict[UUID, Compiled] = OrderedDict()

    async def get(self, ids: Iterable[UUID]) -> dict[UUID, Compiled]:
        wanted = set(ids)
        found = {key: self._kept[key] for key in wanted if key in self._kept}
        if len(found) < len(wanted):
            for row in await self._load(list(wanted - found.keys())):
                try:
                    found[row["id"]] = self._kept[row["id"]] = self._compile(row)
                except Exception:
                    log.exception("unreadable_version", version_id=str(row["id"]))
        for key in found:
            self._kept.move_to_end(key)
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return found


class CompiledVersions:
    """The versions that this process has used lately. A version never changes, so nothing here
    is ever out of date."""

    def __init__(self) -> None:
        self._triggers = _Shelf(versions.trigger_versions, _compile_trigger)
        self._workflows = _Shelf(versions.workflow_versions, _compile_workflow)

    async def triggers(self, ids: Iterable[UUID]) -> dict[UUID, CompiledTrigger]:
        """The trigger versions of these ids; one that cannot be read is left out."""
        return await self._triggers.get(ids)

    async def workflows(self, ids: Iterable[UUID]) -> dict[UUID, CompiledWorkflow]:
        """The workflow versions of these ids; one that cannot be read is left out."""
        return await self._workflows.get(ids)


def _compile_trigger(row: Row) -> CompiledTrigger:
    config = read_stored(row["config"])
    settings: Mapping[str, Any] = config if isinstance(config, dict) else {}
    scheme = settings.get("scheme")  # of webhooks alone
    id_path = settings.get("id_path") or (sender_for(scheme).id_path if scheme else None)
    return CompiledTrigger(
        id=row["id"],
        number=row["number"],
        conditions=read_conditions(row["condition_config"]),
        retry=given_retry(read_stored(row["retry"])),
        id_path=compile_path(id_path) if isinstance(id_path, str) else None,
        dedup_days=parse_door(settings).dedup_days if scheme else DEDUP_DAYS,
        most_depth=settings.get("most_depth", MOST_DEPTH),
        limits=parse_limits(read_stored(row["limits"])),
    )


def _compile_workflow(row: Row) -> CompiledWorkflow:
    # Nobody may publish a workflow without steps, but the canaries have one: nothing is to be done.
    steps = read_stored(row["steps"])
    policy = parse_policy(read_stored(row["policy"]))
    return CompiledWorkflow(row["id"], row["number"], parse_steps(steps) if steps else (), policy)
