"""Kill -9 before and after each commit point, while work comes in.

What each test does: start one process anew with a trap at a pause point, send, wait until the
process stands there, kill it, start it again, send again what got no answer, and let the checker
compare sender, database and target. The fault catalogue's rows and where they are here:

| row | killed | pause point |
|-----|--------|-------------|
| F1 | web, body read, nothing committed | `ingest.before_commit` |
| F2 | web, committed, not answered | `ingest.after_commit` |
| F3 | web, answered, not rung | `bell.before_ring` |
| F4 | worker, rung for and decided, but the message not acknowledged: it comes twice | `decide.after_commit`, `settle.after_commit` |
| F5 | worker, message fetched, nothing decided or claimed | `decide.before_commit`, `claim.before` |
| F6 | worker, claimed, not called | `claim.after`, `step.before_call` |
| F7 | worker, bytes of the call sent, no answer yet | the target holds its answer |
| F8 | worker, answer seen, not recorded | `step.after_call`, `settle.before_commit` |
| F9 | worker, a step recorded, the next not begun | `step.after_record` |
"""  # noqa: E501

from collections import Counter

import pytest

from tests.faults.checker import Facts
from tests.faults.rig import Rig
from tests.faults.sender import Sent
from tests.support.installation import wait_until

NUMBER = 20
SWEPT_WITHIN_S = 4.0


def test_f1_killed_before_the_commit_nothing_was_promised_and_a_retry_is_accepted(rig: Rig) -> None:
    with rig.trapped("web", "ingest.before_commit") as trap:
        sent = rig.sender.send(rig.hook.url, NUMBER)
        trap.wait()
    rig.start("web")
    rig.sender.settle()
    assert [answer for one in sent for answer in one.answers] == []
    rig.finish()
    assert [[answer.duplicate for answer in one.answers] for one in sent] == [[False]] * NUMBER


def test_f2_killed_between_commit_and_answer_a_retry_is_told_the_first_event(rig: Rig) -> None:
    with rig.trapped("web", "ingest.after_commit") as trap:
        sent = rig.sender.send(rig.hook.url, NUMBER)
        trap.wait()
    rig.start("web")
    rig.finish()
    answers = Counter(answer.duplicate for one in sent for answer in one.answers)
    assert answers.total() == NUMBER
    assert answers[True] >= 1


def test_f3_killed_before_it_rings_the_sweep_rings_instead(rig: Rig) -> None:
    with rig.trapped("web", "bell.before_ring") as trap:
        sent = rig.sender.send(rig.hook.url, NUMBER)
        trap.wait()
        rig.sender.settle()
        assert all(one.accepted for one in sent)
        # The web process hangs until it is killed: only the clock can have rung.
        facts = rig.checker.check()
    assert max(facts.decided_after_s(one) for one in sent) < SWEPT_WITHIN_S
    rig.start("web")
    rig.finish()


# What the dead process had done for an event, as (attempts, calls of the target) in the end: the
# pair that shows the point, and the others that events may have that were elsewhere just then.
ONCE = {(1, 1)}
TRIED_TWICE = {(2, 1)}
CALLED_TWICE = {(2, 2)}
ANY = ONCE | TRIED_TWICE | CALLED_TWICE


@pytest.mark.parametrize(
    ("point", "shows", "others"),
    [
        pytest.param("decide.before_commit", ONCE, ONCE, id="F5-decide-before"),
        pytest.param("decide.after_commit", ONCE, ONCE, id="F4-decide-after"),
        pytest.param("claim.before", ONCE, ANY, id="F5-claim-before"),
        pytest.param("claim.after", TRIED_TWICE, ONCE | TRIED_TWICE, id="F6-claim-after"),
        pytest.param("step.before_call", TRIED_TWICE, ONCE | TRIED_TWICE, id="F6-call-before"),
        pytest.param("step.after_call", CALLED_TWICE, ANY, id="F8-call-after"),
        pytest.param("settle.before_commit", CALLED_TWICE, ANY, id="F8-settle-before"),
        pytest.param("settle.after_commit", ONCE, ANY, id="F4-settle-after"),
    ],
)
def test_a_worker_killed_there_loses_nothing_and_starts_nothing_twice(
    rig: Rig, point: str, shows: set[tuple[int, int]], others: set[tuple[int, int]]
) -> None:
    before = set(rig.sender.ledger)
    with rig.trapped("worker", point) as trap:
        rig.send_mixture(NUMBER)
        trap.wait()
        rig.sender.settle()
    rig.start("worker")
    facts = rig.finish()
    new = [s for s in rig.sender.ledger.values() if s.id not in before and s.fate == "succeeded"]
    pairs = attempts_and_calls(facts, new)
    assert set(pairs) <= shows | others
    assert set(pairs) & shows, f"no event was at {point}: {pairs}"


def attempts_and_calls(facts: Facts, of: list[Sent]) -> Counter[tuple[int, int]]:
    """How many events took so many attempts and calls."""
    return Counter((facts.execution_of(s)["attempt"], len(facts.calls_of(s))) for s in of)


def test_f7_killed_during_the_call_the_attempt_is_unknown_and_repeated_with_the_same_key(
    rig: Rig,
) -> None:
    hook = rig.team.trigger(rig.team.workflow(rig.team.step("/slowly")))
    rig.installation.tell_target("/slowly", "hold/f7")
    sent = rig.sender.send(hook.url, NUMBER)
    rig.wait_for_calls("POST /slowly", NUMBER)
    rig.kill("worker")
    rig.installation.release_target("f7")
    rig.start("worker")
    facts = rig.finish()
    assert attempts_and_calls(facts, sent) == {(2, 2): NUMBER}
    ends = {tuple((a["state"], a["reason"]) for a in facts.attempts_of(one)) for one in sent}
    assert ends == {(("unknown", "worker_lost"), ("succeeded", None))}


def test_f9_killed_between_two_steps_the_first_is_not_carried_out_again(rig: Rig) -> None:
    steps = [rig.team.step("/first", key="first"), rig.team.step("/second", key="second")]
    hook = rig.team.trigger(rig.team.workflow(*steps))
    with rig.trapped("worker", "step.after_record") as trap:
        (sent,) = rig.sender.send(hook.url, 1)
        trap.wait()
        rig.sender.settle()
    rig.start("worker")
    facts = rig.finish()
    assert [line.request for line in facts.calls_of(sent)] == ["POST /first", "POST /second"]
    assert facts.execution_of(sent)["attempt"] == 2


def test_the_clock_killed_under_load_is_missed_by_nobody(rig: Rig) -> None:
    rig.send_mixture(NUMBER)
    rig.kill("clock")
    rig.send_mixture(NUMBER)
    rig.sender.settle()
    rig.start("clock")
    rig.finish()


@pytest.mark.parametrize("process", ["web", "worker"])
def test_a_process_killed_somewhere_under_load_loses_nothing(rig: Rig, process: str) -> None:
    """At no chosen point: wherever it happens to be."""
    sent = rig.sender.send(rig.hook.url, 100)
    wait_until(lambda: any(one.accepted for one in sent), what="an accepted delivery")
    rig.kill(process)
    rig.start(process)
    rig.finish()
