"""The team's secrets by name, and the workflows that use each. A value is never here."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from domain.errors import InvalidInput
from domain.rules.workflow_steps import parse_steps, references_in
from domain.store.workflows import WorkflowRow
from web.presenters.samples import stored_json


@dataclass(frozen=True, slots=True)
class SecretUse:
    """A workflow that names a secret; `draft_only` when what runs does not."""

    workflow_id: UUID
    name: str
    draft_only: bool


@dataclass(frozen=True, slots=True)
class SecretShown:
    """A secret without its value. `workflows` name it."""

    name: str
    created_at: datetime
    updated_at: datetime
    workflows: tuple[SecretUse, ...]

    @property
    def running(self) -> list[str]:
        """The names of published workflows that fail without it."""
        return [use.name for use in self.workflows if not use.draft_only]


def secrets_shown(
    secrets: Sequence[dict[str, Any]], workflows: Sequence[WorkflowRow]
) -> list[SecretShown]:
    """The secrets, each with the workflows that use it."""
    named = [(row, _named_in(row.steps), _named_in(row.draft_steps)) for row in workflows]
    return [
        SecretShown(
            secret["name"],
            secret["created_at"],
            secret["updated_at"],
            tuple(
                SecretUse(row.id, row.name, draft_only=secret["name"] not in published)
                for row, published, draft in named
                if secret["name"] in published | draft
            ),
        )
        for secret in secrets
    ]


def _named_in(steps: str | None) -> frozenset[str]:
    """The secrets that stored steps refer to."""
    if steps is None:
        return frozenset()
    try:
        return references_in(parse_steps(stored_json(steps))).secrets
    except InvalidInput:  # stored by an older set of rules
        return frozenset()
