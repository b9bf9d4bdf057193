"""The forms in which triggers are made and edited."""

from dataclasses import replace
from typing import Any

from litestar import Controller, Response, get, post
from litestar.params import FromPath
from litestar.response import Template

from domain.errors import Conflict, InvalidInput
from domain.operations.create_trigger import SavedTrigger, create_trigger
from domain.operations.edit_trigger import edit_trigger
from domain.rules.permissions import EDIT_TRIGGERS, Actor
from domain.store.pages_triggers import (
    workflow_choices,
)
from web.controllers.api.views import hook_url
from web.controllers.trigger_parts import find_or_404, nudge
from web.forms.reading import FORM, Errors, read_form, whole_number_in
from web.forms.trigger import TriggerForm, trigger_errors
from web.htmx import (
    CurrentActor,
    HtmxRequest,
    OurServices,
    go_to,
    page_or_partial,
)
from web.presenters.triggers import trigger_shown
from web.services import Services

_STALE = (
    "Someone else saved this trigger after you opened it. What you see here is what you typed: "
    "compare it with the present state, then save again to replace that."
)


async def _form(
    request: HtmxRequest, name: str, form: TriggerForm, errors: Errors, status: int, **more: Any
) -> Template:
    workflows = await workflow_choices(request.user.team_id)
    context = {"form": form, "errors": errors, "workflows": workflows, **more}
    return page_or_partial(
        request, f"triggers/{name}.html", "triggers/_form.html", context, status=status
    )


async def _saved(
    request: HtmxRequest, actor: Actor, services: Services, saved: SavedTrigger
) -> Response[Any]:
    """The trigger's page; with a secret that was made, this once."""
    nudge(services, actor, saved.row.id)
    path = f"/triggers/{saved.row.id}"
    if saved.secret is None:
        return go_to(request, path)
    url = hook_url(services.settings, actor, saved.row.hook_token)
    context = {"trigger": trigger_shown(saved.row, url, saved.secret), "secret": saved.secret}
    answer = page_or_partial(
        request, "triggers/secret.html", "triggers/_secret.html", context, status=201
    )
    answer.headers["hx-push-url"] = path
    return answer


class TriggerForms(Controller):
    """/triggers/new and /triggers/{id}/edit."""

    path = "/triggers"

    @get("/new", opt={"permission": EDIT_TRIGGERS})
    async def new(self, request: HtmxRequest) -> Template:
        """An empty form."""
        return await _form(request, "new", TriggerForm(), {}, 200)

    @post(opt={"permission": EDIT_TRIGGERS})
    async def create(
        self, request: HtmxRequest, actor: CurrentActor, services: OurServices
    ) -> Response[Any]:
        """The trigger, or the form again with everything that was typed."""
        form = TriggerForm.typed(await read_form(request))
        try:
            saved = await create_trigger(actor, services.vault, form.draft())
        except InvalidInput as refused:
            return await _form(request, "new", form, trigger_errors(refused), 422)
        return await _saved(request, actor, services, saved)

    @get("/{trigger_id:str}/edit", opt={"permission": EDIT_TRIGGERS})
    async def edit(
        self, request: HtmxRequest, trigger_id: FromPath[str], actor: CurrentActor
    ) -> Template:
        """The form with what is in force."""
        row = await find_or_404(actor, trigger_id)
        return await _form(request, "edit", TriggerForm.of(row), {}, 200, row=row)

    @post("/{trigger_id:str}", opt={"permission": EDIT_TRIGGERS})
    async def update(
        self,
        request: HtmxRequest,
        trigger_id: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Saved, unless someone else saved in the meantime."""
        row, given = await find_or_404(actor, trigger_id), await read_form(request)
        form = TriggerForm.typed(given, whole_number_in(given.get("revision", "")))
        try:
            edit = form.edit(TriggerForm.of(row))
            saved = await edit_trigger(actor, services.vault, row.id, edit)
        except InvalidInput as refused:
            return await _form(request, "edit", form, trigger_errors(refused), 422, row=row)
        except Conflict:
            form = replace(form, revision=row.revision)  # saving again is meant
            return await _form(request, "edit", form, {FORM: [_STALE]}, 409, row=row)
        return await _saved(request, actor, services, saved)
