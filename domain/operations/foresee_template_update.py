"""What a newer version of its template would change in a workflow."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from domain.rules.bodies import read_stored
from domain.rules.json_values import write_json
from domain.rules.template_updates import PartUpdate, Side, merged, updates
from domain.store.templates import (
    TemplateRow,
    TemplateVersion,
    find_template,
    find_template_version,
    versions_of_template,
)
from domain.store.workflows import Contents, WorkflowRow


@dataclass(frozen=True, slots=True)
class TemplateUpdate:
    """A newer version of the template that a workflow was made from. `news` are the versions since
    then, oldest first; `kept` is the workflow's draft, or else what runs."""

    template: TemplateRow
    base: TemplateVersion
    newest: TemplateVersion
    news: tuple[TemplateVersion, ...]
    kept: Contents
    parts: tuple[PartUpdate, ...]

    def result(self, also: Collection[str] = ()) -> Contents:
        """The draft that taking it makes; `also` names the conflicts in which the template wins."""
        mixed = merged(
            side_of(self.base.contents), side_of(self.newest.contents), side_of(self.kept), also
        )
        schema = mixed.input_schema
        return Contents(
            write_json(list(mixed.steps)).decode(),
            None if schema is None else write_json(schema).decode(),
            self.newest.number,
            write_json(mixed.policy or {}).decode(),
        )


def side_of(contents: Contents) -> Side:
    """A version as the comparison takes it."""
    steps: Any = read_stored(contents.steps)
    return Side(steps, read_stored(contents.input_schema), read_stored(contents.policy))


async def foresee_template_update(row: WorkflowRow) -> TemplateUpdate | None:
    """What is new. None for a workflow that was made from no template, whose template is gone, or
    which has the newest version already."""
    kept = row.draft or row.published
    if row.template is None or kept is None or kept.template_version is None:
        return None
    template = await find_template(row.team_id, row.template)
    if template is None or template.version <= kept.template_version:
        return None
    base = await find_template_version(row.team_id, row.template, kept.template_version)
    newest = await find_template_version(row.team_id, row.template, template.version)
    if base is None or newest is None:
        return None
    known = await versions_of_template(row.team_id, row.template)
    news = tuple(each for each in reversed(known) if each.number > base.number)
    parts = updates(side_of(base.contents), side_of(newest.contents), side_of(kept))
    return TemplateUpdate(template, base, newest, news, kept, parts)
