"""/triggers/{id}/versions: what a trigger was judged by, and the way back."""

from dataclasses import dataclass
from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from domain.errors import Conflict, InvalidInput, NotFound
from domain.operations.create_trigger import SavedTrigger
from domain.operations.roll_back_trigger import roll_back_trigger
from domain.rules.permissions import EDIT_TRIGGERS, SEE_TRIGGERS, Actor
from domain.store.pages_trigger_versions import VERSIONS_A_PAGE, versions_below
from domain.store.triggers import TriggerRow
from web.controllers.api.views import hook_url
from web.controllers.trigger_parts import find_or_404, nudge
from web.forms.reading import Fields, read_form, whole_number_in
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, page_or_partial
from web.presenters.trigger_versions import VersionShown, versions_shown
from web.presenters.triggers import trigger_shown
from web.services import Services

LATEST_VERSIONS = 5
_STALE = (
    "Someone else changed this trigger after you opened the page. Look at the newest version, then "
    "roll back again if you still mean it."
)
_GONE = "Cannot roll back to version {}: {}."


@dataclass(frozen=True, slots=True)
class VersionsPage:
    """Some versions, and below which number there are more (None: there are not)."""

    versions: list[VersionShown]
    below: int | None
    older: int | None


async def versions_page(row: TriggerRow, below: int | None, size: int) -> VersionsPage:
    """The newest `size` versions below a number, each compared with the one before it."""
    first = row.version + 1 if below is None else below
    # One more than is shown: the last one is compared with it.
    found = await versions_below(row.team_id, row.id, first, limit=size + 1)
    shown = versions_shown(found)[:size]
    more = len(found) > size
    return VersionsPage(shown, below, shown[-1].version.number if more else None)


async def _panel(
    request: HtmxRequest, row: TriggerRow, *, trouble: str = "", status: int = 200
) -> Template:
    below = whole_number_in(request.query_params.get("below", ""))
    latest = "latest" in request.query_params
    size = LATEST_VERSIONS if latest else VERSIONS_A_PAGE
    shown = await versions_page(row, below, size)
    context = {"row": row, "shown": shown, "latest": latest, "trouble": trouble}
    return page_or_partial(
        request, "trigger_versions/index.html", "trigger_versions/_panel.html", context,
        status=status,
    )  # fmt: skip


async def _rolled_back(
    request: HtmxRequest, actor: Actor, services: Services, saved: SavedTrigger
) -> Response[Any]:
    """The versions as they are now; or a secret that was made, this once."""
    nudge(services, actor, saved.row.id)
    if saved.secret is not None:
        url = hook_url(services.settings, actor, saved.row.hook_token)
        context = {"trigger": trigger_shown(saved.row, url, saved.secret), "secret": saved.secret}
        answer = page_or_partial(
            request, "triggers/secret.html", "triggers/_secret.html", context, status=201
        )
        # Not where the versions stand: the next refresh of those would take it away.
        answer.headers.update({"hx-retarget": "#main", "hx-reswap": "innerHTML"})
        return answer
    if request.htmx:
        return await _panel(request, saved.row)
    return go_to(request, f"/triggers/{saved.row.id}")


class TriggerVersionPages(Controller):
    """Versions are never changed: rolling back makes a new one."""

    path = "/triggers/{trigger_id:str}"

    @get("/versions", opt={"permission": SEE_TRIGGERS})
    async def index(
        self, request: HtmxRequest, trigger_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """Newest first, with what each one changed."""
        return await _panel(request, await find_or_404(actor, trigger_id))

    @post("/rollbacks", status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def roll_back(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """An earlier version's parts, as a new version."""
        row, given = await find_or_404(actor, trigger_id), await read_form(request)
        number = whole_number_in(given.get("number", ""))
        if number is None:
            raise NotFound
        try:
            saved = await roll_back_trigger(
                actor, services.vault, row.id, number, revision=_revision(given)
            )
        except Conflict:
            return await _panel(request, row, trouble=_STALE, status=409)
        except InvalidInput as refused:
            why = "; ".join(problem.message for problem in refused.problems)
            return await _panel(request, row, trouble=_GONE.format(number, why), status=422)
        return await _rolled_back(request, actor, services, saved)


def _revision(given: Fields) -> int | None:
    return whole_number_in(given.get("revision", ""))
