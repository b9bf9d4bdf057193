"""/triggers/{id}/shadow/promotion: what makes the draft the version that is live."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from domain.errors import Conflict, InvalidInput, NotFound
from domain.operations.promote_shadow import promote_shadow
from domain.rules.ids import parse_id
from domain.rules.permissions import EDIT_TRIGGERS
from domain.store.shadows import running_shadow
from domain.store.triggers import TriggerRow
from web.controllers.shadows import nudge_shadow
from web.controllers.trigger_parts import find_or_404
from web.forms.reading import read_form, whole_number_in
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, page_or_partial
from web.presenters.shadows import change_shown, shadow_shown

_BEATEN = (
    "Someone else changed this trigger or its draft after you opened this page. Below stands what "
    "promoting would do now: go on if you still mean it."
)
_CANNOT = "The draft cannot be promoted: {}."


async def _review(
    request: HtmxRequest, row: TriggerRow, *, trouble: str = "", status: int = 200
) -> Template:
    """What promoting the draft changes, and what it came to so far."""
    found = await running_shadow(row.team_id, row.id)
    context = {
        "row": row,
        "shadow": shadow_shown(found) if found else None,
        "change": change_shown(row, found) if found else None,
        "trouble": trouble,
    }
    return page_or_partial(
        request, "shadows/promotion.html", "shadows/_promotion.html", context, status=status
    )


class ShadowPromotionPages(Controller):
    """A promoted draft is the trigger's next version."""

    path = "/triggers/{trigger_id:str}/shadow/promotion"

    @get(opt={"permission": EDIT_TRIGGERS})
    async def new(
        self, request: HtmxRequest, trigger_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """Asks, with the difference shown."""
        return await _review(request, await find_or_404(actor, trigger_id))

    @post(status_code=200, opt={"permission": EDIT_TRIGGERS})
    async def create(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """The draft that was looked at becomes the version that is live."""
        row, given = await find_or_404(actor, trigger_id), await read_form(request)
        seen, revision = parse_id(given.get("shadow", "")), given.get("revision", "")
        try:
            await promote_shadow(
                actor, services.vault, row.id, shadow_id=seen, revision=whole_number_in(revision)
            )
        except (Conflict, NotFound):
            row = await find_or_404(actor, trigger_id)
            return await _review(request, row, trouble=_BEATEN, status=409)
        except InvalidInput as refused:
            why = "; ".join(f"{each.field} {each.message}" for each in refused.problems)
            return await _review(request, row, trouble=_CANNOT.format(why), status=422)
        nudge_shadow(services, actor, row.id)
        return go_to(request, f"/triggers/{row.id}")
