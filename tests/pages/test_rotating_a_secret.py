import json
import re
from uuid import UUID

import pytest
from litestar import Litestar

from domain.operations.rotate_trigger_secret import rotate_trigger_secret
from domain.rules.ids import new_id
from domain.store.database import execute, fetch
from domain.store.secrets import trigger_secrets_shown
from tests.pages.browsing import Browser, open_browser, rows, words
from tests.support.world import World

GIVEN = "a secret of the sender's own choice"


@pytest.fixture
async def signed(world: World) -> UUID:
    """A trigger of Alice's whose sender signs."""
    return (await world.trigger(await world.workflow(), scheme="github")).row.id


async def secret_ids(world: World, trigger_id: UUID) -> list[UUID]:
    return [one.id for one in await trigger_secrets_shown(world.alice.team_id, trigger_id)]


async def test_a_secret_that_is_made_is_shown_once(alice: Browser, signed: UUID) -> None:
    path = f"/triggers/{signed}/secrets"

    made = await alice.press("POST", path, {"overlap_s": "3600"}, "section#secrets")

    found = re.search(r'<code id="new-secret"[^>]*>([^<]+)</code>', made.text)
    assert found, made.text
    for page in (path, f"/triggers/{signed}"):
        assert found[1] not in (await alice.get(page)).text
    kept = await fetch("SELECT after FROM audit_entry WHERE object_id = $1", signed)
    assert not any(found[1] in (row["after"] or "") for row in kept)


async def test_the_old_one_is_listed_with_its_end(
    alice: Browser, world: World, signed: UUID
) -> None:
    await alice.press("POST", f"/triggers/{signed}/secrets", {"overlap_s": "3600"})

    new, old = rows((await alice.get(f"/triggers/{signed}/secrets")).text)

    assert new.startswith("In force")
    assert "not set" in new
    assert old.startswith("Ending")
    assert "not set" not in old


async def test_with_no_overlap_the_old_one_is_gone_at_once(
    alice: Browser, world: World, signed: UUID
) -> None:
    await alice.press("POST", f"/triggers/{signed}/secrets", {"overlap_s": "0"})

    assert len(await secret_ids(world, signed)) == 1


async def test_a_given_secret_is_taken_and_never_sent_back(alice: Browser, signed: UUID) -> None:
    form = {"overlap_s": "86400", "secret": GIVEN}

    told = await alice.press("POST", f"/triggers/{signed}/secrets", form)

    assert "The secret that you gave is in force." in words(told.text)
    assert GIVEN not in told.text


@pytest.mark.parametrize(
    "form", [{"overlap_s": "86400", "secret": "short"}, {"overlap_s": "soon"}, {}]
)
async def test_what_cannot_be_is_refused_at_its_field(
    alice: Browser, world: World, signed: UUID, form: dict[str, str]
) -> None:
    before = await secret_ids(world, signed)

    answer = await alice.press("POST", f"/triggers/{signed}/secrets", form)

    assert answer.status_code == 422
    assert "aria-invalid" in answer.text
    assert await secret_ids(world, signed) == before


async def test_the_page_says_that_senders_still_use_the_old_one(
    alice: Browser, world: World, signed: UUID
) -> None:
    await rotate_trigger_secret(world.alice, world.vault, signed)
    _, old = await secret_ids(world, signed)
    await execute("UPDATE trigger_secret SET used_at = now() WHERE id = $1", old)

    told = await alice.read(f"/triggers/{signed}/secrets")

    assert "Senders still sign with an old one. The old one was last used" in told


async def test_one_of_several_can_be_stopped_at_once(
    alice: Browser, world: World, signed: UUID
) -> None:
    await rotate_trigger_secret(world.alice, world.vault, signed)
    new, old = await secret_ids(world, signed)

    told = await alice.press("DELETE", f"/triggers/{signed}/secrets/{old}")

    assert [row.startswith("In force") for row in rows(told.text)] == [True]
    assert await secret_ids(world, signed) == [new]
    assert "Stop this one now" not in told.text


async def test_the_only_one_cannot_be_stopped(alice: Browser, world: World, signed: UUID) -> None:
    [only] = await secret_ids(world, signed)

    told = await alice.press("DELETE", f"/triggers/{signed}/secrets/{only}")

    assert told.status_code == 409
    assert "This is the only secret of the trigger" in words(told.text)
    assert await secret_ids(world, signed) == [only]


async def test_a_refresh_gets_the_list_and_leaves_the_form_alone(
    alice: Browser, signed: UUID
) -> None:
    part = (await alice.get(f"/triggers/{signed}/secrets", htmx=True)).text

    assert part.strip().startswith('<div id="secret-list"')
    assert "<form" not in part


async def test_an_unsigned_trigger_has_nothing_to_rotate(alice: Browser, world: World) -> None:
    saved = await world.trigger(await world.workflow())

    told = await alice.read(f"/triggers/{saved.row.id}")

    assert "This trigger is not signed" in told
    assert "Rotate" not in told


async def test_rotating_is_on_record(alice: Browser, signed: UUID) -> None:
    await alice.press("POST", f"/triggers/{signed}/secrets", {"overlap_s": "0"})

    [entry] = await fetch(
        "SELECT actor_name, after FROM audit_entry WHERE object_id = $1 "
        "AND action = 'rotate_secret'",
        signed,
    )
    assert entry["actor_name"] == "Alice"
    assert json.loads(entry["after"])["overlap_s"] == 0


async def test_an_editor_may_rotate(app: Litestar, world: World, signed: UUID) -> None:
    async with open_browser(app, world.alice, "editor") as erin:
        answer = await erin.press("POST", f"/triggers/{signed}/secrets", {"overlap_s": "0"})
        assert answer.status_code == 200


async def test_nobody_else_may(
    world: World, bob: Browser, charlie: Browser, alice: Browser, signed: UUID
) -> None:
    path, before = f"/triggers/{signed}/secrets", await secret_ids(world, signed)
    stranger = Browser(alice.client, "0" * 64)
    for person, status in ((bob, 403), (charlie, 404), (stranger, 403)):
        assert (await person.press("POST", path, {"overlap_s": "0"})).status_code == status
        assert (await person.press("DELETE", f"{path}/{before[0]}")).status_code == status
    assert "Signing secrets" not in await bob.read(f"/triggers/{signed}")
    assert (await alice.press("DELETE", f"{path}/{new_id()}")).status_code == 404
    assert await secret_ids(world, signed) == before
