"""Templates of workflows: a team's own, and the library that comes with the product (files in
`domain/library`, which hold all versions there ever were: updates are told against them)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from uuid import UUID

import msgspec

from domain.rules.ids import new_id, parse_id
from domain.rules.json_values import write_json
from domain.store.database import Row, execute, fetch, fetch_one
from domain.store.workflows import Contents

LIBRARY = "library:"
_FOLDER = Path(__file__).parent.parent / "library"


@dataclass(frozen=True, slots=True)
class TemplateRow:
    """A template. `reference` is how workflows and addresses name it: the id of a team's own, or
    `library:` and a key. `version` is the newest; the library's has no times."""

    reference: str
    name: str
    description: str
    version: int
    updated_at: datetime | None

    @property
    def own(self) -> bool:
        """Whether it is the team's."""
        return not self.reference.startswith(LIBRARY)


@dataclass(frozen=True, slots=True)
class TemplateVersion:
    """An immutable version of a template, with what changed. The library's is nobody's."""

    number: int
    contents: Contents
    note: str
    created_by: str
    created_at: datetime | None


async def list_templates(team_id: UUID) -> list[TemplateRow]:
    """The team's own by name, then the library's."""
    rows = await fetch(
        "SELECT id, name, description, version, updated_at FROM workflow_template "
        "WHERE team_id = $1 AND deleted_at IS NULL ORDER BY lower(name), id",
        team_id,
    )
    return [*map(_own, rows), *(shelved.row for shelved in _library().values())]


async def find_template(team_id: UUID, reference: str) -> TemplateRow | None:
    """The template of that name; None: there is none, or not any more."""
    if reference.startswith(LIBRARY):
        found = _library().get(reference)
        return found.row if found else None
    row = await fetch_one(
        "SELECT id, name, description, version, updated_at FROM workflow_template "
        "WHERE team_id = $1 AND id = $2 AND deleted_at IS NULL",
        team_id,
        parse_id(reference),
    )
    return _own(row) if row else None


async def versions_of_template(team_id: UUID, reference: str) -> Sequence[TemplateVersion]:
    """Its versions, newest first."""
    if reference.startswith(LIBRARY):
        found = _library().get(reference)
        return found.versions if found else ()
    rows = await fetch(
        "SELECT number, steps, input_schema, policy, note, created_by, created_at "
        "FROM workflow_template_version WHERE team_id = $1 AND template_id = $2 "
        "ORDER BY number DESC",
        team_id,
        parse_id(reference),
    )
    return [_version(row) for row in rows]


async def find_template_version(
    team_id: UUID, reference: str, number: int
) -> TemplateVersion | None:
    """One version by its number."""
    if reference.startswith(LIBRARY):
        known = await versions_of_template(team_id, reference)
        return next((each for each in known if each.number == number), None)
    row = await fetch_one(
        "SELECT number, steps, input_schema, policy, note, created_by, created_at "
        "FROM workflow_template_version WHERE team_id = $1 AND template_id = $2 AND number = $3",
        team_id,
        parse_id(reference),
        number,
    )
    return _version(row) if row else None


async def count_templates(team_id: UUID) -> int:
    """How many the team has of its own."""
    row = await fetch_one(
        "SELECT count(*) AS n FROM workflow_template WHERE team_id = $1 AND deleted_at IS NULL",
        team_id,
    )
    return int(row["n"]) if row else 0


async def add_template(team_id: UUID, name: str, description: str) -> UUID:
    """Store a template, whose first version is to be added; its id."""
    template_id = new_id()
    await execute(
        "INSERT INTO workflow_template (id, team_id, name, description, version) "
        "VALUES ($1, $2, $3, $4, 1)",
        template_id,
        team_id,
        name,
        description,
    )
    return template_id


async def add_template_version(team_id: UUID, template_id: UUID, version: TemplateVersion) -> None:
    """Store an immutable version."""
    await execute(
        "INSERT INTO workflow_template_version (id, team_id, template_id, number, steps, "
        "input_schema, policy, note, created_by) "
        "VALUES ($1, $2, $3, $4, $5::jsonb, $6::json, $7::jsonb, $8, $9)",
        new_id(),
        team_id,
        template_id,
        version.number,
        version.contents.steps,
        version.contents.input_schema,
        version.contents.policy,
        version.note,
        version.created_by,
    )


async def raise_template(team_id: UUID, template_id: UUID, seen: int) -> int:
    """Make the version after `seen` the newest; 0 when someone was faster."""
    return await execute(
        "UPDATE workflow_template SET version = version + 1, updated_at = now() "
        "WHERE team_id = $1 AND id = $2 AND version = $3 AND deleted_at IS NULL",
        team_id,
        template_id,
        seen,
    )


async def mark_template_deleted(team_id: UUID, template_id: UUID) -> int:
    """Delete a template; its versions stay, as workflows refer to them. 0: there is none."""
    return await execute(
        "UPDATE workflow_template SET deleted_at = now(), updated_at = now() "
        "WHERE team_id = $1 AND id = $2 AND deleted_at IS NULL",
        team_id,
        template_id,
    )


def _own(row: Row) -> TemplateRow:
    return TemplateRow(
        str(row["id"]), row["name"], row["description"], row["version"], row["updated_at"]
    )


def _version(row: Row) -> TemplateVersion:
    return TemplateVersion(
        row["number"],
        Contents(row["steps"], row["input_schema"], policy=row["policy"]),
        row["note"],
        row["created_by"],
        row["created_at"],
    )


@dataclass(frozen=True, slots=True)
class _Shelved:
    row: TemplateRow
    versions: tuple[TemplateVersion, ...]


@cache
def _library() -> dict[str, _Shelved]:
    """The library's templates by reference, in the order of their names."""
    shelved = [_shelved(path) for path in _FOLDER.glob("*.json")]
    shelved.sort(key=lambda each: each.row.name.lower())
    return {each.row.reference: each for each in shelved}


def _shelved(path: Path) -> _Shelved:
    told = msgspec.json.decode(path.read_bytes())
    versions = tuple(
        TemplateVersion(number, _contents(version), version["note"], "", None)
        for number, version in reversed(list(enumerate(told["versions"], 1)))
    )
    row = TemplateRow(LIBRARY + path.stem, told["name"], told["description"], len(versions), None)
    return _Shelved(row, versions)


def _contents(version: dict[str, object]) -> Contents:
    schema = version.get("input_schema")
    return Contents(
        write_json(version["steps"]).decode(),  # type: ignore[arg-type]  # It was JSON.
        None if schema is None else write_json(schema).decode(),  # type: ignore[arg-type]
        policy=write_json(version.get("policy") or {}).decode(),  # type: ignore[arg-type]
    )
