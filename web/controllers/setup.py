"""/setup: the first team and the first admin of a new installation."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.response import Template

from domain.errors import InvalidInput
from domain.operations.set_up import FirstAdmin, check_setup, set_up
from web.entering import device_of, enter
from web.forms.credentials import SetUpForm
from web.forms.reading import Errors, errors_by_field, read_form
from web.headers import request_id
from web.htmx import HtmxRequest

_FIELDS = ("team", "name", "email", "password")


def _form(form: SetUpForm, errors: Errors, status: int) -> Template:
    context = {"form": form, "errors": errors}
    return Template("setup/new.html", context=context, status_code=status)


class SetUpPages(Controller):
    """For whoever reads the server's console, and only while there is no user at all."""

    path = "/setup"

    @get()
    async def new(self, request: HtmxRequest) -> Template:
        """The form. 404 once there is a user, 403 without the right token."""
        form = SetUpForm(token=request.query_params.get("token", ""))
        await check_setup(form.token)
        return _form(form, {}, 200)

    @post(status_code=303)
    async def create(self, request: HtmxRequest) -> Response[Any]:
        """The team and its admin, who is signed in."""
        form = SetUpForm.typed(await read_form(request))
        first = FirstAdmin(form.team, form.name, form.email, form.password)
        try:
            token = await set_up(form.token, first, device_of(request), request_id(request.scope))
        except InvalidInput as refused:
            return _form(form, errors_by_field(refused.problems, _FIELDS, {}), 422)
        return enter(request, token, "/")
