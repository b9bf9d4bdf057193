"""The API's requests and answers about templates of workflows."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from web.controllers.api.shapes import Json, Name, Revision

Reference = Annotated[
    str,
    Meta(
        description="The id of a team's own template, or `library:` and the key of one that comes "
        "with Signalbox.",
        examples=["library:post-to-slack"],
    ),
]
Version = Annotated[int, Meta(ge=1, le=2_147_483_647)]


class CreateTemplate(Struct, forbid_unknown_fields=True):
    """A template to make from what a workflow runs."""

    name: Name
    workflow_id: str
    description: Annotated[str, Meta(description="At most 1,000 characters.")] = ""


class AddTemplateVersion(Struct, forbid_unknown_fields=True):
    """What a workflow runs as the next version of a template."""

    workflow_id: str
    note: Annotated[str, Meta(description="What is new, at most 500 characters.")]


class TemplateView(Struct):
    """A template. `version` is the newest."""

    id: Reference
    name: str
    description: str
    own: bool
    version: int
    updated_at: datetime | None


class TemplateVersionView(Struct):
    """An immutable version of a template."""

    number: int
    note: str
    steps: Json
    input_schema: Json | None
    policy: Json
    created_by: str
    created_at: datetime | None


class TemplateDetail(TemplateView):
    """A template with its versions, newest first."""

    versions: list[TemplateVersionView]


class PartUpdateView(Struct):
    """A step (`steps.notify`), the `input_schema` or the `policy` that the template changed, and
    what becomes of that in the workflow: `conflict` was changed here as well, and stays unless it
    is named in `take`."""

    name: str
    change: Literal["added", "changed", "removed"]
    outcome: Literal["taken", "here_already", "conflict"]


class TemplateUpdateView(Struct):
    """A newer version of the template that a workflow was made from, and the draft that taking it
    makes."""

    template: Reference
    from_version: int
    to_version: int
    notes: list[str]
    parts: list[PartUpdateView]
    steps: Json
    input_schema: Json | None
    policy: Json
    revision: int


class WhatIsNew(Struct):
    """None: the workflow was made from no template, that is gone, or its newest version is in."""

    update: TemplateUpdateView | None


class TakeTemplateUpdate(Struct, forbid_unknown_fields=True):
    """The version to take into the draft, which is the newest."""

    version: Version
    take: Annotated[
        list[str],
        Meta(description="Conflicts in which the template wins.", examples=[["steps.notify"]]),
    ] = []
    revision: Revision | UnsetType = UNSET
