"""The versions of a trigger, each with what it changed."""

from collections.abc import Sequence
from dataclasses import dataclass

from domain.rules.json_values import JsonValue
from domain.store.pages_trigger_versions import VersionListed
from web.presenters.differences import Difference, differences
from web.presenters.samples import stored_json


@dataclass(frozen=True, slots=True)
class VersionShown:
    """A version; `changes` is None for the first one, which had nothing before it."""

    version: VersionListed
    changes: tuple[Difference, ...] | None


def versions_shown(versions: Sequence[VersionListed]) -> list[VersionShown]:
    """The versions, newest first, each compared with the next of them."""
    before: list[VersionListed | None] = [*versions[1:], None]
    return [
        VersionShown(version, None if older is None else _changes(older, version))
        for version, older in zip(versions, before, strict=True)
    ]


def _changes(before: VersionListed, after: VersionListed) -> tuple[Difference, ...]:
    return differences(_document(before), _document(after))


def _document(version: VersionListed) -> JsonValue:
    """What people may change of a trigger, under the names that its form and the API have."""
    return {
        "workflow": version.workflow_name,
        "pinned_version": version.pinned_version,
        "config": stored_json(version.config),
        "conditions": stored_json(version.conditions),
        "limits": stored_json(version.limits),
        "retry": stored_json(version.retry),
    }
