"""The second net: while a request acts for a team, its SQL can see and touch that team only.

A connection of the scoped pool resolves table names in the schema `team_scope` and nowhere else.
In it is one view a table (`piccolo_migrations/sql/06_team_views.sql`), which shows the rows of the
team that the connection's setting `signalbox.team` names, and lets no other team's row be written.
So a query that forgets its team filter finds nothing of others, a table without a view does not
exist, and without the setting every query fails.

Why views and not row-level security: an owner passes by policies unless they are forced, a
superuser always, and a small hosted database gives one role for everything.

Who acts for a team: the guards of pages, live streams and API (`web/auth.py`), once they know who
asks. Who does not, on purpose: the webhook door and the group commit behind it, worker, clock and
command, which act for all teams; signing in, key and session look-ups, which find out the team;
and what is marked with `every_team()`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, Token
from uuid import UUID

import asyncpg

SCHEMA = "team_scope"
_team: ContextVar[UUID | None] = ContextVar("team_scope", default=None)


def scope_to(team_id: UUID) -> Token[UUID | None]:
    """From here on this task acts for one team."""
    return _team.set(team_id)


def scoped_team() -> UUID | None:
    """The team that this task acts for, or None for what acts for all."""
    return _team.get()


@contextmanager
def every_team() -> Iterator[None]:
    """Within it this task acts for no team: for what concerns a person in all of their teams.

    Rare, and never within a transaction, which has its connection already: that raises
    RuntimeError at the first query. A request begins in one, whatever the task that started it was
    doing.
    """
    token = _team.set(None)
    try:
        yield
    finally:
        _team.reset(token)


class ScopedConnection(asyncpg.Connection):  # type: ignore[misc]
    """A connection that remembers which team it shows."""

    __slots__ = ("_shown",)

    async def show(self, team_id: UUID) -> None:
        """Show this team's rows: a round trip when the connection showed another's before.

        Called outside of transactions only: a rollback would take the setting back.
        """
        if getattr(self, "_shown", None) == team_id:
            return
        self._shown: UUID | None = None  # whatever happens on the way, it is set again next time
        await self.execute("SELECT set_config('signalbox.team', $1, false)", str(team_id))
        self._shown = team_id
