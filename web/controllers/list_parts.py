"""What the pages of lists have in common: reading their address, and answering whole or in part."""

from collections.abc import Iterable, Mapping
from typing import Any

from litestar.response import Redirect, Template

from domain.rules.list_addresses import Given
from domain.rules.permissions import Actor
from domain.store.pages import HasId, Page
from domain.store.pages_triggers import Choice
from domain.store.saved_views import views_of
from web.htmx import HtmxRequest, page_or_partial
from web.presenters import filters
from web.presenters.filters import Asked, chips_of, names_in, read_asked
from web.presenters.pagers import Pager, address_of, pager

BAD_REQUEST = 400
# The id of what the filters change: chips, views and the table.
RESULTS = "results"


def given_in(request: HtmxRequest) -> Given:
    """The parameters of the address, each with all of its values."""
    found: dict[str, list[str]] = {}
    for name, value in request.query_params.multi_items():
        found.setdefault(name, []).append(str(value))
    return found


def asked_in(request: HtmxRequest, name: str) -> Asked:
    """What the address of the list `name` asks for."""
    return read_asked(name, given_in(request))


async def list_context(actor: Actor, asked: Asked, *choices: Iterable[Choice]) -> dict[str, Any]:
    """What every list shows above its rows. `choices` name triggers and workflows."""
    views = await views_of(actor.team_id, actor.id, asked.name) if actor.id else []
    return {
        "asked": asked,
        "chips": chips_of(asked, names_in(*choices)),
        "views": [(view, f"{asked.path}?{view.query}") for view in views],
        "shown_at": address_of(asked.path, asked.pairs),
        "option": filters,
    }


def pager_of(asked: Asked, page: Page[HasId]) -> Pager:
    """The links around a page of the list."""
    return pager(asked.path, asked.pairs, asked.position, page)


def answer_list(
    request: HtmxRequest, asked: Asked, context: Mapping[str, Any], *, index: str = "index"
) -> Template:
    """The list's page `index`; for its filters what they found, and for a refresh only the table.

    When the filters asked, the address follows them, with the defaults left out.
    """
    # Told by where the answer goes: a form with a field called `id` has no name of its own.
    by_filters = request.htmx.target_id == RESULTS
    part = "_results" if by_filters else "_table"
    answer = page_or_partial(
        request,
        f"{asked.name}/{index}.html",
        f"{asked.name}/{part}.html",
        context,
        status=BAD_REQUEST if asked.problems else 200,
    )
    if request.htmx.wants_part and by_filters:
        answer.headers["hx-push-url"] = _address(asked, context)
    return answer


def _address(asked: Asked, context: Mapping[str, Any]) -> str:
    """Where the browser's address goes: what cannot be used stays there as it was typed."""
    if asked.problems:
        pairs = [(name, value) for name, values in asked.given.items() for value in values]
        return address_of(asked.path, pairs)
    return str(context["pager"].here)


def shorter(request: HtmxRequest, asked: Asked) -> Redirect | None:
    """To the shortest address of the same list, when a form without scripts sent a longer one."""
    if request.htmx or asked.problems or not asked.wordy:
        return None
    return Redirect(address_of(asked.path, asked.pairs), status_code=303)
