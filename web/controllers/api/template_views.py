"""Templates of workflows as the API shows them."""

from collections.abc import Sequence

from domain.operations.foresee_template_update import TemplateUpdate
from domain.store.templates import TemplateRow, TemplateVersion
from domain.store.workflows import WorkflowRow
from web.controllers.api.shapes import Json
from web.controllers.api.template_shapes import (
    PartUpdateView,
    TemplateDetail,
    TemplateUpdateView,
    TemplateVersionView,
    TemplateView,
)
from web.controllers.api.views import json_of


def template_view(row: TemplateRow) -> TemplateView:
    """A template of a list."""
    return TemplateView(
        row.reference, row.name, row.description, row.own, row.version, row.updated_at
    )


def template_detail(row: TemplateRow, versions: Sequence[TemplateVersion]) -> TemplateDetail:
    """A template with its versions."""
    return TemplateDetail(
        row.reference,
        row.name,
        row.description,
        row.own,
        row.version,
        row.updated_at,
        [_version_view(version) for version in versions],
    )


def _version_view(version: TemplateVersion) -> TemplateVersionView:
    return TemplateVersionView(
        version.number,
        version.note,
        json_of(version.contents.steps),
        _optional(version.contents.input_schema),
        json_of(version.contents.policy),
        version.created_by,
        version.created_at,
    )


def update_view(row: WorkflowRow, update: TemplateUpdate) -> TemplateUpdateView:
    """What a newer version would change."""
    result = update.result()
    return TemplateUpdateView(
        template=update.template.reference,
        from_version=update.base.number,
        to_version=update.newest.number,
        notes=[version.note for version in update.news],
        parts=[PartUpdateView(part.name, part.change, part.outcome) for part in update.parts],
        steps=json_of(result.steps),
        input_schema=_optional(result.input_schema),
        policy=json_of(result.policy),
        revision=row.revision,
    )


def _optional(text: str | None) -> Json | None:
    return None if text is None else json_of(text)
