"""Give the filters of a list a name, to come back to them."""

from urllib.parse import parse_qs, urlencode
from uuid import UUID

from domain.errors import Forbidden, InvalidInput, Problem
from domain.operations.saving import check
from domain.rules.list_addresses import READERS, pairs_of
from domain.rules.names import name_problems
from domain.rules.permissions import (
    OWN_PROFILE,
    SEE_EVENTS,
    SEE_EXECUTIONS,
    SEE_TRIGGERS,
    Actor,
)
from domain.store import audit, saved_views
from domain.store.database import transaction
from domain.store.saved_views import SavedView

MOST_VIEWS = 30
MOST_NAME_CHARACTERS = 60
MOST_QUERY_CHARACTERS = 2_000
# Who may save a view may see its list.
PERMISSION = {
    "triggers": SEE_TRIGGERS,
    "events": SEE_EVENTS,
    "executions": SEE_EXECUTIONS,
    "dead_letters": SEE_EXECUTIONS,
    "slots": SEE_TRIGGERS,
}


async def save_view(actor: Actor, page: str, name: str, query: str) -> SavedView:
    """The view as it was saved, its address as short as it can be.

    Raises InvalidInput for filters that the list does not have, for none at all, for a name that is
    taken, and for more than 30 views of one list.
    """
    user_id, name = _owner(actor, page), name.strip()
    shortest = _shortest(page, query)
    check(_name_problems(name))
    async with transaction():
        if not await saved_views.lock_views(actor.team_id, user_id):
            raise Forbidden
        _check_room(await saved_views.views_of(actor.team_id, user_id, page), name)
        view_id = await saved_views.add_view(actor.team_id, user_id, page, name, shortest)
        after = {"page": page, "name": name, "query": shortest}
        await audit.record(actor, "create", "saved_view", view_id, after=after)
    return SavedView(view_id, page, name, shortest)


def _owner(actor: Actor, page: str) -> UUID:
    """Whose the view is: keys have none."""
    if page not in PERMISSION:
        raise InvalidInput.at("page", f"must be one of {', '.join(PERMISSION)}")
    actor.require(OWN_PROFILE)
    actor.require(PERMISSION[page])
    if actor.kind != "user" or actor.id is None:
        raise Forbidden
    return actor.id


def _shortest(page: str, query: str) -> str:
    if len(query) > MOST_QUERY_CHARACTERS:
        raise InvalidInput.at("query", f"is longer than {MOST_QUERY_CHARACTERS:,} characters")
    shortest = urlencode(pairs_of(READERS[page](parse_qs(query))))
    if not shortest:
        raise InvalidInput.at("query", "is empty: choose a filter before saving a view")
    return shortest


def _name_problems(name: str) -> list[Problem]:
    if len(name) > MOST_NAME_CHARACTERS:
        return [Problem("name", f"must have at most {MOST_NAME_CHARACTERS} characters")]
    return name_problems(name)


def _check_room(views: list[SavedView], name: str) -> None:
    if any(view.name == name for view in views):
        raise InvalidInput.at("name", "is taken by another view of this list")
    if len(views) >= MOST_VIEWS:
        raise InvalidInput.at("name", f"there are {MOST_VIEWS} views already: delete one first")
