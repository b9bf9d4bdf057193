"""Row A20 of the attack catalogue: whether a hook is unknown, disabled, deleted or no hook at all,
nobody can tell from the answer or from the time it takes."""

import http.client
import re
import secrets
import time
from statistics import median

import httpx
import pytest

from tests.support.installation import Hook, Installation, Team, wait_until

SAMPLES = 300
SAME_TIME_S = 0.002
TRIES = 3
REQUEST_ID = re.compile(rb"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Seen = tuple[int, tuple[tuple[str, str], ...], bytes]


@pytest.fixture(scope="module")
def tokens(signalbox: Installation, alice: Team, charlie: Team) -> dict[str, str]:
    """What is no open hook, by why."""
    disabled, deleted, foreign = alice.hook(), alice.hook(), charlie.hook()
    edited = alice.api.patch(f"/triggers/{disabled.id}", json={"enabled": False})
    assert edited.status_code == 200, edited.text
    assert alice.api.delete(f"/triggers/{deleted.id}").status_code == 204
    found = {
        "unknown": secrets.token_urlsafe(24),
        "disabled": disabled.token,
        "deleted": deleted.token,
        "another team's id": foreign.id,
        "an id": disabled.id,
    }
    # A change is in force everywhere within a second.
    wait_until(lambda: {ask(signalbox, token)[0] for token in found.values()} == {404})
    return found


def ask(signalbox: Installation, token: str) -> Seen:
    connection = http.client.HTTPConnection("127.0.0.1", signalbox.port)
    try:
        return ask_over(connection, token)
    finally:
        connection.close()


def ask_over(connection: http.client.HTTPConnection, token: str) -> Seen:
    """What a sender sees, without the request's id and the date."""
    connection.request("POST", f"/hooks/{token}", b'{"id": 1}')
    answer = connection.getresponse()
    body, found = REQUEST_ID.subn(b"<id>", answer.read())
    assert found == 1
    headers = tuple(pair for pair in answer.getheaders() if pair[0].lower() != "date")
    return answer.status, headers, body


def test_a20_the_answer_is_the_same(signalbox: Installation, tokens: dict[str, str]) -> None:
    answers = {why: ask(signalbox, token) for why, token in tokens.items()}
    assert len(set(answers.values())) == 1, answers
    assert answers["unknown"][0] == 404
    assert answers["unknown"][2] == b'{"error":"not_found","id":"<id>"}'


def test_a20_the_time_is_the_same(signalbox: Installation, tokens: dict[str, str]) -> None:
    # The machine is shared: what differs by chance does not differ each time.
    spreads = []
    for _ in range(TRIES):
        medians = medians_of(signalbox, tokens)
        spreads.append(max(medians.values()) - min(medians.values()))
        if spreads[-1] < SAME_TIME_S:
            break
    assert min(spreads) < SAME_TIME_S, "the answers take different times"


def medians_of(signalbox: Installation, tokens: dict[str, str]) -> dict[str, float]:
    """Seconds for each kind, measured in turns."""
    took: dict[str, list[float]] = {why: [] for why in tokens}
    connection = http.client.HTTPConnection("127.0.0.1", signalbox.port)
    try:
        for _ in range(SAMPLES):
            for why, token in tokens.items():
                begun = time.perf_counter()
                ask_over(connection, token)
                took[why].append(time.perf_counter() - begun)
    finally:
        connection.close()
    return {why: median(seconds) for why, seconds in took.items()}


@pytest.mark.parametrize("noun", ["triggers", "workflows", "events", "executions"])
def test_a20_another_teams_object_is_as_unknown_as_none(
    alice: Team, charlie: Team, noun: str
) -> None:
    theirs = one_of(charlie, noun)
    assert charlie.api.get(f"/{noun}/{theirs}").status_code == 200
    answers = [alice.api.get(f"/{noun}/{id_}") for id_ in (theirs, unknown_like(theirs), "x")]
    assert {answer.status_code for answer in answers} == {404}
    assert len({REQUEST_ID.sub(b"<id>", answer.content) for answer in answers}) == 1


def one_of(team: Team, noun: str) -> str:
    hook = team.hook()
    if noun == "triggers":
        return hook.id
    if noun == "workflows":
        workflow_id: str = team.api.get(f"/triggers/{hook.id}").json()["workflow_id"]
        return workflow_id
    event_id = deliver(hook)
    execution_id: str = team.decision(event_id)["execution_id"]
    return event_id if noun == "events" else execution_id


def deliver(hook: Hook) -> str:
    event_id: str = httpx.post(hook.url, json={"id": "x"}).json()["event_id"]
    return event_id


def unknown_like(known: str) -> str:
    """An id of the same age that nothing has."""
    return known[:-4] + ("0000" if not known.endswith("0000") else "1111")
