"""Leases as they are, without shortening: a dead worker's work is taken up, a slow one's is not."""

from datetime import timedelta

from tests.faults.rig import Rig
from tests.support.installation import wait_until

LEASE = timedelta(seconds=30)
RECOVERED_WITHIN = timedelta(seconds=45)
HELD = timedelta(seconds=33)


def test_the_lease_of_a_dead_worker_runs_out_and_that_of_a_living_one_does_not(rig: Rig) -> None:
    slow = rig.team.trigger(rig.team.workflow(rig.team.step("/slowly", timeout_s=60)))
    rig.installation.tell_target("/slowly", "hold/long")
    with rig.trapped("worker", "step.before_call") as trap:
        (lost,) = rig.sender.send(rig.hook.url, 1)
        trap.wait()
        killed_at = rig.now()
    rig.installation.start("worker")
    (held,) = rig.sender.send(slow.url, 1)
    rig.wait_for_calls("POST /slowly", 1)
    rig.wait_for_calls("POST /notify", 1, within_s=RECOVERED_WITHIN.total_seconds())
    wait_until(lambda: rig.now() - rig.running_since(held) > HELD, what="a long call")
    rig.installation.release_target("long")
    facts = rig.finish()

    first, second = facts.attempts_of(lost)
    assert (first["state"], first["reason"]) == ("unknown", "worker_lost")
    assert second["started_at"] - first["started_at"] > LEASE
    assert second["started_at"] - killed_at < RECOVERED_WITHIN
    (only,) = facts.attempts_of(held)
    assert only["finished_at"] - only["started_at"] > HELD
