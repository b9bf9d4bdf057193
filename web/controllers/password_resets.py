"""A forgotten password: asking for a link, and choosing a new one by it."""

from typing import Any

from litestar import Controller, Response, get, post
from litestar.response import Redirect, Template

from domain.errors import InvalidInput, Throttled
from domain.operations.request_password_reset import count_request, mail_password_reset
from domain.operations.reset_password import reset_of, reset_password
from domain.store.users import user_by_email
from web.entering import device_of, doubt_streams_of
from web.errors import SIGN_IN_PATH
from web.forms.credentials import NewPasswordForm, SignInForm
from web.forms.reading import Errors, errors_by_field, read_form
from web.headers import request_id
from web.htmx import HtmxRequest, OurServices


def _asking(services: OurServices, status: int = 200, **more: Any) -> Template:
    context = {"mail": services.mailer.is_set, "email": "", "sent": False, "error": None, **more}
    return Template("password_resets/ask.html", context=context, status_code=status)


async def _choosing(form: NewPasswordForm, errors: Errors, status: int) -> Template:
    person = await reset_of(form.token)
    context = {"form": form, "errors": errors, "email": person["email"]}
    return Template("password_resets/choose.html", context=context, status_code=status)


class PasswordResetPages(Controller):
    """/password-resets: asks for a link by mail."""

    path = "/password-resets"

    @get()
    async def new(self, services: OurServices) -> Template:
        """The form; where no mail can be sent, whom to ask instead."""
        return _asking(services)

    @post(status_code=200)
    async def create(self, request: HtmxRequest, services: OurServices) -> Response[Any]:
        """The same answer, at the same time, whether or not the address is somebody's: the work
        is done beside it."""
        email = SignInForm.typed(await read_form(request)).email
        try:
            await count_request(email, device_of(request).address, services.tries)
        except Throttled as throttled:
            answer = _asking(services, 429, email=email, error=throttled.message)
            answer.headers["retry-after"] = str(throttled.retry_after_s)
            return answer
        if services.mailer.is_set:
            base_url = services.settings.base_url
            services.errands.run(mail_password_reset(services.mailer, base_url, email))
        return _asking(services, email=email, sent=services.mailer.is_set)


class PasswordResetLink(Controller):
    """/password-reset?token=…: chooses a new password. To look uses nothing up."""

    path = "/password-reset"

    @get()
    async def show(self, request: HtmxRequest) -> Template:
        """The form. 404 for a link that does nothing any more."""
        return await _choosing(NewPasswordForm(request.query_params.get("token", "")), {}, 200)

    @post(status_code=303)
    async def update(self, request: HtmxRequest, services: OurServices) -> Response[Any]:
        """The new password counts, every session of the old one has ended; on to signing in."""
        form = NewPasswordForm.typed(await read_form(request))
        try:
            email = await reset_password(form.token, form.password, request_id(request.scope))
        except InvalidInput as refused:
            return await _choosing(form, errors_by_field(refused.problems, ("password",), {}), 422)
        user = await user_by_email(email)
        if user is not None:
            await doubt_streams_of(services, user["id"])
        return Redirect(f"{SIGN_IN_PATH}?done=password", status_code=303)
