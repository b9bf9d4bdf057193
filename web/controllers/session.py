"""The door: signing in and out."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect, Template

from domain.coordination.live_feed import ACCESS
from domain.errors import Throttled
from domain.operations.sign_in import Credentials, WrongCredentials, sign_in
from domain.operations.sign_out import sign_out
from domain.rules.permissions import SIGN_OUT
from domain.store.users import any_user
from web.auth import session_cookie, session_of, session_token
from web.entering import device_of
from web.errors import SIGN_IN_PATH
from web.forms.credentials import SignInForm, own_path
from web.forms.reading import read_form
from web.headers import request_id
from web.htmx import CurrentActor, HtmxRequest, OurServices

DONE_WORDS = {"password": "Your password was changed. Sign in with the new one."}


def _form(
    form: SignInForm, error: str | None = None, *, status: int = 200, **more: Any
) -> Template:
    context = {"form": form, "error": error, "done": None, "nobody": False, **more}
    return Template("session/new.html", context=context, status_code=status)


@get(SIGN_IN_PATH)
async def show_sign_in(request: HtmxRequest) -> Response[Any]:
    """The form; whoever is signed in goes on to where they wanted to be."""
    wanted = own_path(request.query_params.get("next", "/"))
    if await session_of(request) is not None:
        return Redirect(wanted, status_code=303)
    done = DONE_WORDS.get(request.query_params.get("done", ""))
    return _form(SignInForm(next=wanted), done=done, nobody=not await any_user())


@post(SIGN_IN_PATH, status_code=303)
async def sign_in_with_form(request: HtmxRequest, services: OurServices) -> Response[Any]:
    """Sets the cookie of a session that is made anew. Wrong address and wrong password get the
    same answer."""
    form = SignInForm.typed(await read_form(request))
    given = Credentials(form.email, form.password, device_of(request))
    old, id_ = session_token(request), request_id(request.scope)
    try:
        token = await sign_in(given, services.tries, old_token=old, request_id=id_)
    except WrongCredentials as wrong:
        return _form(form, wrong.message, status=401)
    except Throttled as throttled:
        answer = _form(form, throttled.message, status=429)
        answer.headers["retry-after"] = str(throttled.retry_after_s)
        return answer
    cookie = session_cookie(services.settings, token)
    return Redirect(form.next, status_code=303, cookies=[cookie])


@post("/sign-out", status_code=303, opt={"permission": SIGN_OUT})
async def sign_out_of_session(
    request: HtmxRequest, actor: CurrentActor, services: OurServices
) -> Redirect:
    """The session is dead at once, in every tab."""
    await sign_out(actor, request.auth["id"], session_token(request) or "")
    services.feed.nudge(actor.team_id, ACCESS)
    cookie = session_cookie(services.settings, "")
    return Redirect(SIGN_IN_PATH, status_code=303, cookies=[cookie])
