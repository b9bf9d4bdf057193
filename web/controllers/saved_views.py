"""/saved-views: the filters of a list under a name, each person's own."""

from typing import Any
from urllib.parse import parse_qs

from litestar import Controller, Response, post
from litestar.params import FromPath
from litestar.response import Redirect, Template

from domain.errors import InvalidInput
from domain.operations.delete_view import delete_view
from domain.operations.save_view import save_view
from domain.rules.list_addresses import READERS
from domain.rules.permissions import OWN_PROFILE
from domain.store.pages_triggers import trigger_choices, workflow_choices
from web.controllers.api.views import id_in_path
from web.controllers.list_parts import list_context
from web.forms.reading import Fields, read_form
from web.htmx import CurrentActor, HtmxRequest, go_to, page
from web.presenters.filters import path_of, read_asked


class SavedViews(Controller):
    """/saved-views."""

    path = "/saved-views"

    @post(opt={"permission": OWN_PROFILE})
    async def create(self, request: HtmxRequest, actor: CurrentActor) -> Response[Any] | Template:
        """Save the filters of a list; on to that list. What is wrong is told beside the name."""
        form = await read_form(request)
        name, query = form.get("name", ""), form.get("query", "")
        try:
            saved = await save_view(actor, form.get("page", ""), name, query)
        except InvalidInput as error:
            if form.get("page") not in READERS:
                raise
            return await self._again(request, actor, form, error)
        return go_to(request, f"{path_of(saved.page)}?{saved.query}")

    async def _again(
        self, request: HtmxRequest, actor: CurrentActor, form: Fields, error: InvalidInput
    ) -> Template:
        asked = read_asked(form["page"], parse_qs(form.get("query", "")))
        choices = await trigger_choices(actor.team_id), await workflow_choices(actor.team_id)
        told = [problem.message for problem in error.problems]
        wrong = [f"{each[:1].upper()}{each[1:]}." for each in told]
        context = {"wrong": wrong, "typed_name": form.get("name", "")}
        context |= await list_context(actor, asked, *choices)
        return page(request, "saved_views/new.html", context, status=400)


class SavedViewRemovals(Controller):
    """/saved-views/{id}/removal: forms know no DELETE."""

    path = "/saved-views/{view_id:str}/removal"

    @post(opt={"permission": OWN_PROFILE})
    async def create(
        self, request: HtmxRequest, view_id: FromPath[str], actor: CurrentActor
    ) -> Response[Any] | Redirect:
        """Delete the view; on to its list."""
        gone = await delete_view(actor, id_in_path(view_id))
        return go_to(request, path_of(gone.page))
