"""An execution that waits for a person's word, by the API."""

from uuid import UUID

import pytest

from domain.engines.steps import idempotency_key
from domain.rules.ids import new_id
from tests.pages.happenings import History
from tests.support.web_fixtures import Api
from tests.support.world import World


@pytest.fixture
async def held(world: World) -> UUID:
    """An execution of Alice's team whose call may have been carried out."""
    workflow_id = await world.workflow()
    history = History(world, await world.trigger(workflow_id), workflow_id)
    execution_id = await history.execution("unknown", reason="unknown_outcome")
    await history.attempt(execution_id, 1, "unknown", message="No answer.", request={"url": "x"})
    return execution_id


async def test_it_is_shown_with_the_key_of_its_call(alice: Api, held: UUID) -> None:
    shown = (await alice.get(f"/executions/{held}")).json()
    assert (shown["state"], shown["maybe_twice"]) == ("unknown", False)
    (step,) = shown["attempts"][0]["steps"]
    assert step["idempotency_key"] == idempotency_key(held, "notify")


async def test_a_word_sends_it_on_and_the_same_word_again_is_a_conflict(
    alice: Api, held: UUID
) -> None:
    path, said = f"/executions/{held}/resolution", {"resolution": "carried_out", "attempt": 1}
    answer = await alice.post(path, said)
    assert (answer.status_code, answer.json()["state"]) == (200, "queued")
    again = await alice.post(path, said)
    assert (again.status_code, again.json()["error"]) == (409, "not_held")


async def test_another_attempt_is_not_meant(alice: Api, held: UUID) -> None:
    said = {"resolution": "give_up", "attempt": 2}
    assert (await alice.post(f"/executions/{held}/resolution", said)).status_code == 409
    assert (await alice.get(f"/executions/{held}")).json()["state"] == "unknown"


@pytest.mark.parametrize("resolution", ["", "maybe", 3, None])
async def test_what_is_no_word_is_refused(alice: Api, held: UUID, resolution: object) -> None:
    answer = await alice.post(f"/executions/{held}/resolution", {"resolution": resolution})
    assert answer.status_code == 400


async def test_viewers_and_other_teams_cannot_say_anything(
    bob: Api, charlie: Api, held: UUID
) -> None:
    said = {"resolution": "give_up"}
    assert (await bob.post(f"/executions/{held}/resolution", said)).status_code == 403
    assert (await charlie.post(f"/executions/{held}/resolution", said)).status_code == 404
    assert (await charlie.post(f"/executions/{new_id()}/resolution", said)).status_code == 404
