"""Two worker processes, rings that come twice, and rings for what is done: each starts once."""

from collections.abc import Iterator

import pytest

from tests.faults.rig import Rig

NUMBER = 200


@pytest.fixture(autouse=True)
def two_workers(rig: Rig) -> Iterator[None]:
    """A second worker beside the first."""
    rig.installation.start("worker-2")
    yield
    rig.installation.kill("worker-2")


def test_each_of_many_executions_is_carried_out_by_one_of_them(rig: Rig) -> None:
    sent = rig.sender.send(rig.hook.url, NUMBER)
    facts = rig.finish()
    assert {facts.execution_of(one)["attempt"] for one in sent} == {1}
    assert {len(facts.calls_of(one)) for one in sent} == {1}


def test_one_killed_under_load_leaves_its_work_to_the_other(rig: Rig) -> None:
    rig.send_mixture(NUMBER // 2)
    rig.kill("worker")
    rig.send_mixture(NUMBER // 2)
    rig.start("worker")
    rig.finish()


def test_f4_doubled_and_late_rings_start_nothing_twice(rig: Rig) -> None:
    hook = rig.team.trigger(rig.team.workflow(rig.team.step("/slow/0.3")))
    sent = rig.sender.send(hook.url, NUMBER // 4)
    rig.sender.settle()
    rig.ring_again(sent, times=10)
    rig.finish()
    rig.ring_again(sent, times=10)
    facts = rig.finish()
    assert {facts.execution_of(one)["attempt"] for one in sent} == {1}
    assert {len(facts.calls_of(one)) for one in sent} == {1}
