"""Finding the version of a template that someone names."""

from dataclasses import dataclass
from uuid import UUID

from domain.errors import InvalidInput, NotFound
from domain.store.templates import (
    TemplateRow,
    TemplateVersion,
    find_template,
    find_template_version,
)


@dataclass(frozen=True, slots=True)
class TemplateUse:
    """The version of a template that a workflow is made from."""

    template: str
    version: int


async def require_version(team_id: UUID, use: TemplateUse) -> TemplateVersion:
    """The version. Raises InvalidInput when the template or the version is not there."""
    if await find_template(team_id, use.template) is None:
        raise InvalidInput.at("template", "there is no such template")
    found = await find_template_version(team_id, use.template, use.version)
    if found is None:
        raise InvalidInput.at("template_version", "the template has no such version")
    return found


async def require_template(team_id: UUID, reference: str) -> TemplateRow:
    """The template. Raises NotFound."""
    found = await find_template(team_id, reference)
    if found is None:
        raise NotFound
    return found
