"""What is new in the template that a workflow was made from."""

from collections.abc import Sequence
from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from domain.errors import Conflict, InvalidInput
from domain.operations.foresee_template_update import foresee_template_update
from domain.operations.take_template_update import take_template_update
from domain.rules.permissions import EDIT_WORKFLOWS
from domain.store.workflows import WorkflowRow
from web.controllers.workflow_parts import find_or_404, nudge
from web.forms.reading import Fields, read_form, whole_number_in
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, page_or_partial
from web.presenters.templates import update_shown

_TAKE = "take."


class TemplateUpdatePages(Controller):
    """/workflows/{id}/template-update: nothing is taken over by itself."""

    path = "/workflows/{workflow_id:str}/template-update"

    @get(opt={"permission": EDIT_WORKFLOWS})
    async def show(
        self, request: HtmxRequest, workflow_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """What the newest version changes, and what becomes of that here."""
        row = await find_or_404(actor, workflow_id)
        return await _update(request, row, _taken(request.query_params))

    @post(opt={"permission": EDIT_WORKFLOWS})
    async def take(
        self,
        request: HtmxRequest,
        workflow_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Into the draft; publishing that is another matter."""
        row, given = await find_or_404(actor, workflow_id), await read_form(request)
        version = whole_number_in(given.get("version", "")) or 0
        revision, take = whole_number_in(given.get("revision", "")), _taken(given)
        try:
            await take_template_update(actor, row.id, version, take=take, revision=revision)
        except (Conflict, InvalidInput) as refused:
            row, trouble = await find_or_404(actor, workflow_id), _sentence(refused)
            return await _update(request, row, take, trouble=trouble, status=409)
        nudge(services, actor, row.id)
        return go_to(request, f"/workflows/{row.id}")


async def _update(
    request: HtmxRequest,
    row: WorkflowRow,
    take: Sequence[str],
    *,
    trouble: str | None = None,
    status: int = 200,
) -> Template:
    found = await foresee_template_update(row)
    context = {
        "row": row,
        "shown": found and update_shown(found, take),
        "trouble": trouble,
    }
    whole, part = "workflow_templates/update.html", "workflow_templates/_update.html"
    return page_or_partial(request, whole, part, context, status=status)


def _taken(given: Fields) -> list[str]:
    """The parts in which the template is to win."""
    return [name.removeprefix(_TAKE) for name in given if name.startswith(_TAKE)]


def _sentence(refused: Conflict | InvalidInput) -> str:
    if isinstance(refused, Conflict):
        return refused.message
    told = "; ".join(f"{problem.field}: {problem.message}" for problem in refused.problems)
    return f"The draft that comes of it cannot be saved: {told}."
