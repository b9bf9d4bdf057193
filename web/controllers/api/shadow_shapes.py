"""The API's requests and answers about shadows, as types."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType

from domain.rules.shadows import Kind
from domain.rules.traces import Result
from domain.store.pages_shadows import DisagreementListed
from domain.store.shadows import ShadowRow
from web.controllers.api.shapes import Conditions, Json, Revision
from web.controllers.api.views import json_of


class StartShadow(Struct, forbid_unknown_fields=True):
    """The draft to run beside the live conditions."""

    conditions: Conditions


class PromoteShadow(Struct, forbid_unknown_fields=True):
    """What was looked at: another shadow or another revision of the trigger now is a conflict
    (409)."""

    shadow_id: str | UnsetType = UNSET
    revision: Revision | UnsetType = UNSET


class ShadowCounts(Struct):
    """How many events were judged by both, about how many of them both came to the same, and what
    the others came to. `skipped` ones were not judged by the draft."""

    judged: int
    agreed: int
    agreed_fired: int
    agreed_filtered: int
    agreed_error: int
    only_shadow: Annotated[int, Meta(description="Only the draft would have fired.")]
    only_live: Annotated[int, Meta(description="Only the live conditions fired.")]
    error: Annotated[int, Meta(description="Only the draft could not be judged.")]
    live_error: Annotated[int, Meta(description="Only the live conditions could not be judged.")]
    skipped: int


class ShadowView(Struct):
    """A draft beside the live conditions of a trigger; `live_version` was live when it began."""

    id: UUID
    trigger_id: UUID
    state: str
    conditions: Json | None
    live_version: int
    counts: ShadowCounts
    created_by: str
    created_at: datetime
    ended_by: str | None
    ended_at: datetime | None
    last_judged_at: datetime | None


class DisagreementView(Struct):
    """An event about which draft and live conditions came to different results, and which version
    was live for it."""

    event_id: UUID
    kind: Kind
    live: Result
    draft: Result
    trigger_version: int
    judged_at: datetime


_PLAIN = tuple(
    name for name in ShadowView.__struct_fields__ if name not in {"conditions", "counts"}
)


def shadow_view(row: ShadowRow) -> ShadowView:
    """A shadow."""
    counts = {name: getattr(row.counts, name) for name in ShadowCounts.__struct_fields__}
    return ShadowView(
        **{name: getattr(row, name) for name in _PLAIN},
        conditions=None if row.conditions is None else json_of(row.conditions),
        counts=ShadowCounts(**counts),
    )


def disagreement_view(row: DisagreementListed) -> DisagreementView:
    """A disagreement."""
    return DisagreementView(
        event_id=row.id,
        kind=row.kind,
        live=row.live,
        draft=row.draft,
        trigger_version=row.trigger_version,
        judged_at=row.judged_at,
    )
