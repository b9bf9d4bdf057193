"""What caused what, as a tree: from the first cause down, bounded, the present event marked."""

from uuid import UUID

import pytest

from domain.operations.create_workflow import create_workflow
from domain.operations.start_chained import start_chained
from domain.operations.trace_lineage import trace_lineage
from domain.rules.ids import new_id
from domain.store import chains
from domain.store.database import execute, fetch
from tests.chains.conftest import watch
from tests.pages.browsing import Browser, words
from tests.pages.happenings import History
from tests.support.world import CALL, World


async def told(history: History, *executions: UUID) -> list[UUID]:
    """The events that tell of these ends, all undecided."""
    await chains.note_ends(executions)
    found: list[UUID] = []
    while (chained := await start_chained()).taken:
        found += chained.event_ids
    # Other tests may have left ends that nobody told of.
    rows = await fetch(
        "SELECT id FROM event WHERE team_id = $1 AND id = ANY ($2) ORDER BY id",
        history.team_id,
        found,
    )
    return [row["id"] for row in rows]


@pytest.fixture
async def chain(history: History) -> tuple[UUID, UUID, UUID]:
    """An event, the execution that it started, and the event of its end."""
    then = await create_workflow(history.world.alice, "Then this", [CALL])
    await watch(history.world, history.workflow_id, then.id)
    execution_id = await history.execution()
    (row,) = await fetch("SELECT event_id FROM execution WHERE id = $1", execution_id)
    (event_id,) = await told(history, execution_id)
    return row["event_id"], execution_id, event_id


async def test_the_tree_begins_at_the_first_cause(
    alice: Browser, chain: tuple[UUID, UUID, UUID]
) -> None:
    first, execution_id, second = chain

    answer = await alice.get(f"/events/{second}/lineage")

    assert answer.status_code == 200
    page = answer.text
    assert page.index(f'/events/{first}"') < page.index(f"/executions/{execution_id}")
    assert page.index(f"/executions/{execution_id}") < page.index(f'id="link-{second}"')
    assert page.count('aria-current="true"') == 1
    assert "Notify: succeeded Queued This event" in words(page)
    assert "What caused what: 2 events" in words(page)


async def test_events_and_executions_lead_there(
    alice: Browser, chain: tuple[UUID, UUID, UUID]
) -> None:
    first, execution_id, second = chain

    assert (
        f'href="/events/{first}/lineage"' in (await alice.get(f"/executions/{execution_id}")).text
    )
    shown = (await alice.get(f"/events/{second}")).text
    assert f'href="/events/{second}/lineage"' in shown
    assert f'href="/executions/{execution_id}"' in shown


async def test_a_wide_tree_is_cut_but_never_the_way_to_the_event(history: History) -> None:
    world = history.world
    for _ in range(6):
        await watch(world, history.workflow_id, await world.workflow())
    events = await told(history, await history.execution())
    last = max(events)

    found = await trace_lineage(history.team_id, last, most=4)

    shown = [branch.link.id for branch in found.root.walk()]
    assert found.cut
    assert len(shown) == 4
    assert last in shown
    assert [branch.link.id for branch in found.root.walk() if branch.current] == [last]
    whole = await trace_lineage(history.team_id, last)
    assert (len(list(whole.root.walk())), whole.cut) == (7, False)


async def test_what_is_past_its_retention_is_said(
    alice: Browser, history: History, world: World
) -> None:
    then = await watch(world, history.workflow_id, await world.workflow())
    event_id = new_id()
    await execute(
        "INSERT INTO event (id, team_id, trigger_id, kind, headers, query, content_type, title, "
        "body, caused_by, chain_depth) VALUES ($1, $2, $3, 'workflow', '[]', '', "
        "'application/json', 'Notify: dead letter', '{}', $4, 3)",
        event_id, history.team_id, then.row.id, new_id(),
    )  # fmt: skip

    assert "past its retention" in await alice.read(f"/events/{event_id}/lineage")


async def test_a_loop_says_how_long_the_chain_is(alice: Browser, history: History) -> None:
    event_id = await history.event()
    await history.decision(
        event_id, "loop", reason="chain_too_deep", trace={"depth": 11, "most": 10}
    )

    shown = await alice.read(f"/events/{event_id}")

    assert "Loop" in shown
    assert "It is a chain of 11, at most 10 is let through." in shown
    assert "Chain short enough? No: a loop" in shown


async def test_others_see_nothing_of_it(
    charlie: Browser, bob: Browser, chain: tuple[UUID, UUID, UUID]
) -> None:
    assert (await bob.get(f"/events/{chain[2]}/lineage")).status_code == 200
    for event_id in (chain[2], new_id(), "none"):
        assert (await charlie.get(f"/events/{event_id}/lineage")).status_code == 404
