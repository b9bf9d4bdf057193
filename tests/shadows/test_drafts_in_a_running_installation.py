"""The real processes: the live conditions act, the draft is counted, and a lost worker counts
nothing twice."""

from typing import Any

import httpx

from tests.faults.trap import trap_at
from tests.support.installation import Hook, Installation, Team, wait_until
from tests.support.target import read_ledger

OVER_100 = {"all": [{"path": "$.total", "op": "gt", "value": 100}]}
OVER_200 = {"all": [{"path": "$.total", "op": "gt", "value": 200}]}


def hook_with_draft(team: Team, draft: Any) -> Hook:
    hook = team.hook(conditions=OVER_100)
    started = team.api.put(f"/triggers/{hook.id}/shadow", json={"conditions": draft})
    assert started.status_code == 200, started.text
    return hook


def send(hook: Hook, *totals: object) -> list[str]:
    """Deliveries that were accepted; the events' ids."""
    found = []
    for number, total in enumerate(totals):
        answer = httpx.post(hook.url, json={"id": f"{hook.token}-{number}", "total": total})
        assert answer.status_code == 202, answer.text
        found.append(answer.json()["event_id"])
    return found


def counts_of(team: Team, hook: Hook) -> dict[str, int]:
    counts: dict[str, int] = team.api.get(f"/triggers/{hook.id}/shadow").json()["counts"]
    return {name: amount for name, amount in counts.items() if amount}


def judged(team: Team, hook: Hook, number: int) -> dict[str, int]:
    """The counts as soon as so many events were judged by both."""

    def enough() -> dict[str, int] | None:
        counts = counts_of(team, hook)
        return counts if counts.get("judged", 0) >= number else None

    found: dict[str, int] = wait_until(enough, what=f"{number} events judged by the draft")
    return found


def calls_with(signalbox: Installation, hook: Hook) -> list[str]:
    ledger = read_ledger(signalbox.ledger)
    return sorted(line.id for line in ledger if line.id.startswith(hook.token))


def test_each_event_is_judged_by_both_and_the_target_hears_of_the_live_ones_alone(
    signalbox: Installation,
) -> None:
    team = signalbox.team("shadows")
    hook = hook_with_draft(team, OVER_200)

    ids = send(hook, 50, 150, 250, 300, "many")

    assert judged(team, hook, 5) == {
        "judged": 5, "agreed": 4, "agreed_fired": 2, "agreed_filtered": 1, "agreed_error": 1,
        "only_live": 1,
    }  # fmt: skip
    verdicts = [team.decision(event_id)["verdict"] for event_id in ids]
    assert verdicts == ["filtered", "fired", "fired", "fired", "error"]
    expected = [f"{hook.token}-{number}" for number in (1, 2, 3)]
    wait_until(lambda: calls_with(signalbox, hook) == expected, what="three calls of the target")
    disagreed = team.api.get(f"/triggers/{hook.id}/shadow/disagreements").json()["items"]
    assert [each["event_id"] for each in disagreed] == [ids[1]]


def test_a_draft_that_fails_on_every_event_changes_nothing_for_the_live_ones(
    signalbox: Installation,
) -> None:
    team = signalbox.team("failing-shadows")
    draft = {"all": [{"path": "$.nowhere", "op": "eq", "value": 1, "missing": "error"}]}
    hook = hook_with_draft(team, draft)

    ids = send(hook, *[150] * 10)

    assert judged(team, hook, 10) == {"judged": 10, "error": 10}
    assert {team.decision(event_id)["verdict"] for event_id in ids} == {"fired"}
    wait_until(lambda: len(calls_with(signalbox, hook)) == 10, what="ten calls of the target")


def test_killed_between_judging_and_its_commit_a_pass_counts_nothing_twice(
    signalbox: Installation,
) -> None:
    team = signalbox.team("killed-shadows")
    hook = hook_with_draft(team, OVER_200)
    signalbox.kill("worker")
    with trap_at("shadow.before_commit") as trap:
        signalbox.start("worker", **trap.env)
        ids = send(hook, *[150] * 30)
        trap.wait()
        # The live path goes on beside a pass that stands still.
        assert {team.decision(event_id)["verdict"] for event_id in ids} == {"fired"}
        assert counts_of(team, hook) == {}
        signalbox.kill("worker")
    signalbox.start("worker")

    assert judged(team, hook, 30) == {"judged": 30, "only_live": 30}
    shown = team.api.get(f"/triggers/{hook.id}/shadow/disagreements").json()["items"]
    assert sorted(each["event_id"] for each in shown) == sorted(ids)


def test_two_workers_judge_each_event_once(signalbox: Installation) -> None:
    team = signalbox.team("sharing-shadows")
    signalbox.start("worker-2")
    hook = hook_with_draft(team, OVER_200)

    send(hook, *[150, 250] * 20)

    assert judged(team, hook, 40) == {
        "judged": 40, "agreed": 20, "agreed_fired": 20, "only_live": 20,
    }  # fmt: skip
    signalbox.kill("worker-2")


def test_promoted_the_draft_decides_what_comes_next(signalbox: Installation) -> None:
    team = signalbox.team("promoted-shadows")
    hook = hook_with_draft(team, OVER_200)
    send(hook, 150)
    judged(team, hook, 1)

    promoted = team.api.post(f"/triggers/{hook.id}/shadow/promotion", json={})

    assert promoted.status_code == 201, promoted.text
    (event_id,) = send(hook, 150)
    decision = team.decision(event_id)
    assert (decision["verdict"], decision["trigger_version"]) == ("filtered", 2)
