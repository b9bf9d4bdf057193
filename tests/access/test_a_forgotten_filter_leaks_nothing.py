"""The second net: whoever acts for a team sees that team, whatever the query says (rows A97, A99).

The filters are taken out of the real queries here, and nothing comes out that should not.
"""

import asyncio
import re
from collections.abc import Iterator
from typing import Any

import asyncpg
import pytest
from litestar import Litestar

from domain.batches import Batcher
from domain.operations.create_trigger import TriggerDraft, create_trigger
from domain.rules.ids import new_id
from domain.store import database
from domain.store.database import execute, fetch, fetch_one, transaction
from domain.store.pages import Position
from domain.store.pages_events import page_of_events
from domain.store.tables_of_access import ApiKey
from domain.store.team_scope import ScopedConnection, every_team, scope_to, scoped_team
from tests.access.test_every_route_names_its_permission import of_the_api, of_the_pages
from tests.support.everything import Everything, make_everything
from tests.support.installation import ROOT
from tests.support.web_fixtures import Api, Person, client_of, key_of, sign_in
from tests.support.world import World

# Tables that no one who acts for a team can see at all, and why.
UNSEEN = {
    "migration": "Piccolo's own record",
    "setup_token": "guards the first admin of the whole installation",
    "system_reliability": "counts of the whole installation",
}
# Tables that are a team's without naming it.
OWN_CONDITION = {"team", "app_user", "password_reset"}
_OWN_FILTER = re.compile(r"(?:\"?\b\w+\"?\.)?\"?\bteam_id\"? = \$(\d+)")


@pytest.fixture
async def ours(world: World) -> Everything:
    return await make_everything(world)


@pytest.fixture
async def theirs(world: World) -> Everything:
    return await make_everything(world)


@pytest.fixture
def acting_for_us(ours: Everything) -> Iterator[None]:
    with every_team():
        scope_to(ours.actor.team_id)
        yield


async def tables() -> dict[str, list[str]]:
    """Every table, and its columns in order."""
    with every_team():
        rows = await fetch(
            "SELECT t.relname AS name, array_agg(a.attname::text ORDER BY a.attnum) AS columns "
            "FROM pg_class t JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 "
            "AND NOT a.attisdropped WHERE t.relnamespace = current_schema()::regnamespace "
            "AND t.relkind IN ('r', 'p') AND NOT t.relispartition GROUP BY t.relname"
        )
    return {row["name"]: list(row["columns"]) for row in rows}


async def views() -> dict[str, list[str]]:
    """Every view of the scope, and its columns in order."""
    rows = await fetch(
        "SELECT table_name AS name, array_agg(column_name::text ORDER BY ordinal_position) "
        "AS columns FROM information_schema.columns WHERE table_schema = 'team_scope' "
        "GROUP BY table_name"
    )
    return {row["name"]: list(row["columns"]) for row in rows}


async def test_every_table_has_its_view_with_all_columns_or_is_not_seen_by_decision(
    store: None,
) -> None:
    known = await tables()

    assert known.keys() - (await views()).keys() == UNSEEN.keys()
    for name, columns in (await views()).items():
        assert columns == known[name], f"{name}: SELECT make_team_views()"
        assert "team_id" in columns or name in OWN_CONDITION


async def test_every_view_shows_our_rows_and_nobody_elses(
    ours: Everything, theirs: Everything, acting_for_us: None
) -> None:
    for name, columns in (await tables()).items():
        if name in UNSEEN:
            with pytest.raises(asyncpg.UndefinedTableError):
                await fetch(f"SELECT * FROM {name}")
            continue
        rows = await fetch(f"SELECT * FROM {name}")
        assert rows, f"{name}: make_everything() makes none, so this proves nothing"
        assert theirs.marker not in str([list(row.values()) for row in rows])
        if "team_id" in columns:
            assert {row["team_id"] for row in rows} == {ours.actor.team_id}, name
    assert [row["id"] for row in await fetch("SELECT id FROM team")] == [ours.actor.team_id]
    assert [row["id"] for row in await fetch("SELECT id FROM app_user")] == [ours.actor.id]


async def test_no_row_of_others_can_be_changed_taken_or_given(
    ours: Everything, theirs: Everything, acting_for_us: None
) -> None:
    us, them = ours.actor.team_id, theirs.actor.team_id
    for name, columns in (await tables()).items():
        if "team_id" not in columns:
            continue
        taken = f"UPDATE {name} SET team_id = $1 WHERE team_id = $2"
        assert await execute(taken, us, them) == 0
        assert await execute(f"DELETE FROM {name} WHERE team_id = $1", them) == 0
        with pytest.raises(
            (asyncpg.WithCheckOptionViolationError, asyncpg.RestrictViolationError,
             asyncpg.ForeignKeyViolationError)
        ):  # fmt: skip
            await execute(f"UPDATE {name} SET team_id = $1", them)
    with pytest.raises(asyncpg.WithCheckOptionViolationError):
        await execute(
            "INSERT INTO secret (id, team_id, name, ciphertext) VALUES ($1, $2, 'planted', '')",
            new_id(), them,
        )  # fmt: skip


@pytest.fixture
def without_filters(monkeypatch: pytest.MonkeyPatch) -> None:
    """Takes `team_id = $n` out of every statement, as if it had been forgotten everywhere."""

    def patch(owner: type, method: str) -> None:
        original = getattr(asyncpg.Connection, method)

        async def forgetful(self: Any, sql: str, *arguments: Any, **more: Any) -> Any:
            if sql.lstrip().startswith(("SELECT", "WITH")):
                sql = _OWN_FILTER.sub(r"$\1::uuid IS NOT NULL", sql)
            return await original(self, sql, *arguments, **more)

        monkeypatch.setattr(owner, method, forgetful, raising=False)

    for method in ("fetch", "fetchrow"):
        patch(ScopedConnection, method)
        patch(asyncpg.Connection, method)


async def test_without_the_net_a_forgotten_filter_would_leak(
    ours: Everything, theirs: Everything, without_filters: None
) -> None:
    """So the tests below are about something."""
    seen = await page_of_events(ours.actor.team_id, None, Position())

    assert theirs.marker in str(seen)


@pytest.fixture
async def key(ours: Everything) -> str:
    """Ours, made while filters hold: without them everybody's keys would count as our team's."""
    return await key_of(ours.actor, "admin")


async def test_pages_and_api_show_nothing_of_others_when_every_filter_is_forgotten(
    app: Litestar, ours: Everything, theirs: Everything, key: str, without_filters: None
) -> None:
    person = Person(f"{ours.marker}@example.org", "a long enough password", ours.actor)
    async with client_of(app) as client:
        assert (await sign_in(client, person)).status_code == 303
        api = {"authorization": f"Bearer {key}"}
        walked = [(each, api) for each in of_the_api(app)]
        walked += [(each, {}) for each in of_the_pages(app) if each.path != "/live"]
        for each, headers in walked:
            if each.method == "GET":
                for ids in (ours.ids, theirs.ids):
                    answer = await client.get(each.with_ids(ids), headers=headers)
                    assert theirs.marker not in answer.text, each.path
                    assert answer.status_code < 500, each.path


async def test_piccolos_own_queries_are_held_too(
    ours: Everything, theirs: Everything, acting_for_us: None
) -> None:
    assert {key["team_id"] for key in await ApiKey.select()} == {ours.actor.team_id}
    async with transaction():
        assert {key["team_id"] for key in await ApiKey.select()} == {ours.actor.team_id}
    assert not await ApiKey.exists().where(ApiKey.team_id == theirs.actor.team_id)


async def test_each_task_sees_its_own_team_whoever_had_the_connection_before(
    ours: Everything, theirs: Everything
) -> None:
    async def look(who: Everything) -> None:
        scope_to(who.actor.team_id)
        rows = await fetch("SELECT id FROM team")
        assert [row["id"] for row in rows] == [who.actor.team_id]

    await asyncio.gather(*(asyncio.create_task(look(who)) for who in [ours, theirs] * 20))


async def test_a_transaction_that_fails_does_not_change_what_is_seen(
    ours: Everything, theirs: Everything
) -> None:
    async def fail(who: Everything) -> None:
        scope_to(who.actor.team_id)
        with pytest.raises(asyncpg.DivisionByZeroError):
            async with transaction():
                await fetch("SELECT 1 / 0")
        rows = await fetch("SELECT id FROM team")
        assert [row["id"] for row in rows] == [who.actor.team_id]

    for who in [ours, theirs, theirs, ours]:
        await asyncio.create_task(fail(who))


async def test_without_a_team_a_scoped_connection_shows_nothing(store: None) -> None:
    connection = await asyncpg.connect(
        database.engine().config["dsn"], server_settings={"search_path": "team_scope"}
    )
    try:
        with pytest.raises(asyncpg.UndefinedObjectError):
            await connection.fetch("SELECT * FROM event")
    finally:
        await connection.close()


async def test_what_is_gathered_from_many_requests_acts_for_all_teams(ours: Everything) -> None:
    async def team_in_the_pass(items: Any) -> list[Any]:
        return [scoped_team() for _ in items]

    batcher = Batcher[int, Any](team_in_the_pass, most=10, passes=1, waiting=10)
    batcher.start()
    with every_team():
        scope_to(ours.actor.team_id)
        seen = await batcher.submit(1)
    await batcher.close()

    assert seen is None


async def test_a_transaction_of_one_team_is_not_taken_for_one_of_all(
    ours: Everything, acting_for_us: None
) -> None:
    """What asks about all teams would be told about one."""
    async with transaction():
        with every_team():
            with pytest.raises(RuntimeError):
                await fetch("SELECT 1")
            with pytest.raises(RuntimeError):
                await ApiKey.select()


# What is asked or done within a request for a person in all of their teams, and why.
FOR_EVERY_TEAM = {
    "domain/operations/accept_invitation.py": "the session is one of another team",
    "domain/operations/change_password.py": "the sessions of all teams end",
    "domain/operations/change_team.py": "from one team to another",
    "domain/operations/end_other_sessions.py": "one's own sessions, in all teams",
    "domain/operations/end_session.py": "one's own session, in whatever team",
    "domain/store/canaries.py": "the system's own team; what is told of it names nobody",
    "domain/store/reliability.py": "numbers of the whole installation, which name nobody",
    "domain/store/sessions.py": "one's own sessions, in all teams",
    "domain/store/teams.py": "one's own teams; whether an admin rules all teams of a member",
    "web/app.py": "every request begins so",
    "web/deliveries.py": "the door acts for all teams",
}


def test_who_steps_out_of_their_team_is_listed() -> None:
    """Adding to the list is a decision, so it stands here by hand."""
    found = {
        str(path.relative_to(ROOT))
        for folder in ("domain", "web", "tasks", "cli")
        for path in (ROOT / folder).rglob("*.py")
        if "with every_team()" in path.read_text(encoding="utf-8")
    }

    assert found == FOR_EVERY_TEAM.keys()


async def test_a_request_leaves_no_team_behind(ours: Everything, alice: Api) -> None:
    await alice.get("/workflows")

    assert scoped_team() is None


async def test_operations_that_lock_and_write_work_through_the_views(
    world: World, ours: Everything, acting_for_us: None
) -> None:
    draft = TriggerDraft(
        name="Made within", kind="webhook", workflow_id=ours.workflow_id,
        config={"scheme": "hmac"}, conditions=None, retry={},
    )  # fmt: skip
    saved = await create_trigger(ours.actor, world.vault, draft)

    assert await fetch_one("SELECT 1 FROM trigger WHERE id = $1 FOR UPDATE", saved.row.id)


PLANS = {
    "by id": ("SELECT * FROM event WHERE team_id = $1 AND id = $2", 1),
    "without the filter": ("SELECT * FROM event WHERE id = $2 OR id = $2 AND $1::uuid IS NULL", 1),
}


@pytest.mark.parametrize("name", PLANS)
async def test_the_views_keep_indexes_and_partition_pruning(
    ours: Everything, acting_for_us: None, name: str
) -> None:
    sql, most = PLANS[name]
    prepared = f"EXPLAIN (COSTS off) {sql}".replace("$1", f"'{ours.actor.team_id}'")
    async with transaction():
        # A table of a few rows is read whole, and rightly; what it holds here hangs on other tests.
        await execute("SET LOCAL enable_seqscan = off")
        rows = await fetch(prepared.replace("$2", f"'{ours.ids['event_id']}'"))
    plan = "\n".join(row["QUERY PLAN"] for row in rows)

    assert "Index" in plan
    assert len(re.findall(r"(?:Index|Bitmap Heap|Seq) Scan[^\n]* on event", plan)) == most, plan
    assert "Seq Scan" not in plan
