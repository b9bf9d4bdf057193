"""Two worker processes, rings that come twice, and rings for what is done: each starts once."""

import signal
from collections.abc import Iterator

import pytest

from tests.faults.rig import Rig

NUMBER = 200


@pytest.fixture(autouse=True)
def two_workers(rig: Rig) -> Iterator[None]:
    """A second worker beside the first."""
    rig.start("worker-2")
    yield
    rig.kill("worker-2")


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
    hook = rig.team.trigger(rig.team.workflow(rig.team.step("/f4", timeout_s=60)))
    rig.installation.tell_target("/f4", "hold/f4")
    sent = rig.sender.send(hook.url, NUMBER // 4)
    rig.wait_for_calls("POST /f4", NUMBER // 4)
    rig.sender.settle()
    rig.ring_again(sent, times=10)
    rig.installation.release_target("f4")
    rig.finish()
    rig.ring_again(sent, times=10)
    facts = rig.finish()
    assert {facts.execution_of(one)["attempt"] for one in sent} == {1}
    assert {len(facts.calls_of(one)) for one in sent} == {1}


def test_a_worker_that_slept_through_its_lease_settles_nothing(rig: Rig) -> None:
    """One is frozen during its call; the other takes over; the first wakes up with an answer."""
    rig.kill("worker-2")
    hook = rig.team.trigger(rig.team.workflow(rig.team.step("/zombie", timeout_s=60)))
    rig.installation.tell_target("/zombie", "hold/first", "hold/second")
    (sent,) = rig.sender.send(hook.url, 1)
    rig.wait_for_calls("POST /zombie", 1)
    with rig.frozen("worker"):
        rig.start("worker-2")
        rig.wait_for_calls("POST /zombie", 2)
        rig.installation.release_target("first")
    # It ends after its call and after what it has to say about it.
    rig.installation.kill("worker", signal.SIGTERM)
    assert rig.running() == {sent.id: 2}
    rig.installation.release_target("second")
    facts = rig.finish()
    assert [a["state"] for a in facts.attempts_of(sent)] == ["unknown", "succeeded"]
    rig.start("worker")
