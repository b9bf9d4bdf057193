import json
from typing import Any, get_args
from uuid import UUID

from domain.clock import utc_now
from domain.rules.ids import new_id
from domain.senders import RefusalReason
from domain.store.refused_requests import NewRefused, store_refused
from tests.pages.browsing import Browser, rows, words
from tests.pages.happenings import History
from web.controllers.hook_answers import STATUS
from web.presenters.refusals import REFUSALS, refusal_words


async def refuse(history: History, reason: str = "bad_signature", **changes: Any) -> UUID:
    """A refusal of the trigger's, as the door keeps it."""
    row: dict[str, Any] = {
        "id": new_id(), "team_id": history.team_id, "trigger_id": history.trigger_id,
        "status": 401, "code": "bad_signature", "reason": reason, "method": "POST",
        "address": "192.0.2.7", "headers": json.dumps([["user-agent", "a <sender>"]]), "size": 42,
        "amount": 1, "refused_at": utc_now(), **changes,
    }  # fmt: skip
    await store_refused([NewRefused(**row)])
    return UUID(str(row["id"]))


def test_every_reason_of_a_sender_has_its_words() -> None:
    assert set(get_args(RefusalReason)) <= set(REFUSALS)


def test_every_code_of_the_door_has_its_words() -> None:
    assert {error.code for error in STATUS} | {"bad_sender_id"} <= set(REFUSALS)
    for words_ in REFUSALS.values():
        assert words_.what
        assert words_.why.endswith(".")
        assert words_.remedy.endswith(".")


def test_a_reason_that_nobody_knows_is_spelled_out() -> None:
    assert refusal_words("of_tomorrow").what == "Of tomorrow"


async def test_the_list_says_why_and_what_to_do(alice: Browser, history: History) -> None:
    await refuse(history, amount=1204)

    [row] = rows((await alice.get("/refused")).text)

    assert "Orders" in row
    assert "Wrong signature None of the trigger's secrets makes the signature" in row
    assert "Check that the sender has this trigger's signing secret" in row
    assert "1 header user-agent a <sender>" in row
    assert "1,204 401 POST 192.0.2.7 42 B" in row


async def test_filters_are_in_the_address(alice: Browser, history: History) -> None:
    await refuse(history, "bad_signature")
    await refuse(history, "too_large", status=413, code="too_large", size=None)

    only = rows((await alice.get("/refused?reason=too_large")).text)
    both = rows((await alice.get(f"/refused?trigger={history.trigger_id}")).text)
    none = await alice.read(f"/refused?trigger={new_id()}")

    assert [("Too large" in row, "not read" in row) for row in only] == [(True, True)]
    assert len(both) == 2
    assert "No refused request matches" in none


async def test_an_empty_list_teaches(alice: Browser) -> None:
    assert "When an address turns a request away" in await alice.read("/refused")


async def test_the_list_pages_by_key(alice: Browser, history: History) -> None:
    for _ in range(51):
        await refuse(history)

    first = (await alice.get("/refused")).text
    older = first.split('rel="next" href="')[1].split('"')[0]

    assert len(rows(first)) == 50
    assert len(rows((await alice.get(older)).text)) == 1


async def test_the_triggers_page_shows_the_latest(alice: Browser, history: History) -> None:
    for number in range(6):
        await refuse(history, address=f"192.0.2.{number}")

    part = (await alice.get(f"/triggers/{history.trigger_id}/refused", htmx=True)).text
    page = await alice.read(f"/triggers/{history.trigger_id}")

    assert [f"192.0.2.{number}" in words(part) for number in range(6)] == [False, *[True] * 5]
    assert "192.0.2.5" in page
    assert part.strip().startswith('<section class="panel" id="refused"')


async def test_refreshes_get_the_part_that_first_painted_the_page(
    alice: Browser, history: History
) -> None:
    await refuse(history)

    part = (await alice.get("/refused", htmx=True)).text

    assert part.strip().startswith('<section class="panel" id="list" data-live="refused"')


async def test_who_sees_them(
    alice: Browser, bob: Browser, charlie: Browser, history: History
) -> None:
    await refuse(history)
    path = f"/triggers/{history.trigger_id}"

    assert (await bob.get("/refused")).status_code == 403
    assert (await bob.get(f"{path}/refused")).status_code == 403
    assert "Refused requests" not in await bob.read(path)
    assert "192.0.2.7" not in await charlie.read("/refused")
    assert (await charlie.get(f"{path}/refused")).status_code == 404
    assert (await alice.get(f"/triggers/{new_id()}/refused")).status_code == 404


async def test_every_kind_can_be_shown(alice: Browser, history: History) -> None:
    for reason in REFUSALS:
        await refuse(history, reason)

    told = await alice.read("/refused")

    assert all(each.what in told for each in REFUSALS.values())
