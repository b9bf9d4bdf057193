import html
import json
import re
from typing import Any
from uuid import UUID

import pytest

from domain.store.database import fetch, fetch_one
from tests.pages.browsing import Browser, words
from tests.pages.happenings import History
from tests.support.world import World

CONDITIONS = {"all": [{"path": "$.order.total", "op": "gte", "value": 100.5}]}


def filled(workflow_id: UUID, /, **fields: str) -> dict[str, str]:
    """The form as a person leaves it."""
    return {
        "name": "Big orders",
        "workflow_id": str(workflow_id),
        "scheme": "hmac",
        "secret": "",
        "algorithm": "sha512",
        "header": "X-Shop-Signature",
        "encoding": "base64",
        "prefix": "v1=",
        "id_path": "$.id",
        "conditions": json.dumps(CONDITIONS),
        "attempts": "5",
        "base_s": "0.5",
        "factor": "3",
        "cap_s": "",
        "enabled": "on",
        **fields,
    }


async def made(world: World) -> dict[str, Any]:
    """The team's newest trigger."""
    row = await fetch_one(
        "SELECT t.id, t.name, t.enabled, t.revision, v.number, v.config, v.condition_config, "
        "v.retry, v.workflow_id FROM trigger t JOIN trigger_version v ON v.id = t.version_id "
        "WHERE t.team_id = $1 ORDER BY t.id DESC LIMIT 1",
        world.alice.team_id,
    )
    assert row is not None
    texts = {
        name: json.loads(row[name] or "null") for name in ("config", "condition_config", "retry")
    }
    return {**row, **texts}


@pytest.fixture
async def workflow_id(world: World) -> UUID:
    return await world.workflow()


async def test_it_makes_the_trigger_that_was_described(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    answer = await alice.post("/triggers", filled(workflow_id))

    assert answer.status_code == 201
    trigger = await made(world)
    assert trigger["name"] == "Big orders"
    assert trigger["enabled"] is True
    assert trigger["workflow_id"] == workflow_id
    assert trigger["config"] == {
        "scheme": "hmac", "algorithm": "sha512", "header": "X-Shop-Signature",
        "encoding": "base64", "prefix": "v1=", "id_path": "$.id",
    }  # fmt: skip
    assert trigger["condition_config"] == CONDITIONS
    assert trigger["retry"] == {"attempts": 5, "base_s": 0.5, "factor": 3}


async def test_a_secret_that_was_made_is_shown_this_once(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    page = (await alice.post("/triggers", filled(workflow_id))).text

    found = re.search(r'id="new-secret"[^>]*>([^<]+)<', page)
    assert found
    secret = html.unescape(found[1])
    assert len(secret) >= 43
    assert f"secret={secret}" in words(page)
    trigger_id = (await made(world))["id"]
    for path in (f"/triggers/{trigger_id}", f"/triggers/{trigger_id}/edit", "/triggers"):
        assert secret not in (await alice.get(path)).text, path


async def test_a_secret_that_was_given_is_never_shown(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    secret = "the sender's own secret"

    answer = await alice.post("/triggers", filled(workflow_id, secret=secret))

    assert answer.status_code == 303
    page = await alice.get(answer.headers["location"])
    assert page.status_code == 200
    assert secret not in page.text


async def test_htmx_is_led_on_without_following_unseen(alice: Browser, workflow_id: UUID) -> None:
    answer = await alice.press("POST", "/triggers", filled(workflow_id, scheme="none"))

    assert answer.status_code == 200
    assert answer.headers["hx-redirect"].startswith("/triggers/")


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("name", "", "Must not be empty."),
        ("name", "x" * 101, "Must have at most 100 characters."),
        ("workflow_id", "", "Choose the workflow to run."),
        ("workflow_id", "01a205f4-424b-7c12-86f3-6f0a51858a70", "There is no such workflow."),
        ("scheme", "carrier pigeon", "Must be one of"),
        ("algorithm", "sha1", "Must be one of"),
        ("header", "no blanks here", "Must be the name of a header."),
        ("secret", "short", "Must be 16 to 512 bytes long."),
        ("id_path", "id", "starts with $"),
        ("conditions", "{", "This is not valid JSON."),
        ("conditions", '{"all": [{"path": "$.a", "op": "is"}]}', "all.0.op: must be one of"),
        ("conditions", '{"a": 1, "a": 2}', "same key twice"),
        ("attempts", "many", "Must be a whole number from 1 to 50."),
        ("cap_s", "-1", "Must be a number from 0 to 86400."),
    ],
)
async def test_a_mistake_is_told_at_its_field_and_everything_typed_is_kept(
    alice: Browser, workflow_id: UUID, field: str, typed: str, message: str
) -> None:
    form = filled(workflow_id, **{field: typed})

    answer = await alice.post("/triggers", form)

    assert answer.status_code == 422
    error = re.search(rf'id="error-{field}".*?</div>', answer.text, re.DOTALL)
    assert error, f"no message at {field}"
    assert message in words(error[0])
    assert re.search(rf'id="field-{field}"[^>]*aria-invalid="true"', answer.text, re.DOTALL)
    for name in ("name", "header", "prefix", "id_path", "attempts", "base_s", "factor", "cap_s"):
        assert f'name="{name}" value="{html.escape(form[name])}"' in answer.text, name
    assert html.escape(form["conditions"]).replace("&quot;", "&#34;") in answer.text


async def test_all_mistakes_are_told_at_once(alice: Browser, workflow_id: UUID) -> None:
    wrong = {"name": "", "workflow_id": "", "header": "no blanks", "conditions": "{",
             "attempts": "0"}  # fmt: skip

    page = (await alice.post("/triggers", filled(workflow_id, **wrong))).text

    for field in wrong:
        assert f'id="error-{field}"' in page, field


async def test_nothing_is_stored_of_a_form_that_is_refused(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    await alice.post("/triggers", filled(workflow_id, attempts="0"))

    assert not await fetch("SELECT id FROM trigger WHERE team_id = $1", world.alice.team_id)


async def test_settings_of_another_scheme_are_left_out(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    await alice.post("/triggers", filled(workflow_id, scheme="github", id_path=""))

    assert (await made(world))["config"] == {"scheme": "github"}


async def test_it_shows_what_is_in_force(alice: Browser, world: World, workflow_id: UUID) -> None:
    await alice.post("/triggers", filled(workflow_id))
    page = (await alice.get(f"/triggers/{(await made(world))['id']}/edit")).text

    for name, value in (("name", "Big orders"), ("header", "X-Shop-Signature"), ("prefix", "v1="),
                        ("id_path", "$.id"), ("attempts", "5"), ("base_s", "0.5"),
                        ("factor", "3"), ("cap_s", "300"), ("secret", "")):  # fmt: skip
        assert f'name="{name}" value="{value}"' in page, name
    assert '<option value="sha512" selected>' in page
    assert "&#34;value&#34;: 100.5" in page


async def test_a_new_name_alone_makes_no_new_version(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    await alice.post("/triggers", filled(workflow_id))
    before = await made(world)
    form = filled(workflow_id, name="Bigger orders", cap_s="300", revision="1")

    answer = await alice.post(f"/triggers/{before['id']}", form)

    after = await made(world)
    assert answer.status_code == 303
    assert after["name"] == "Bigger orders"
    assert after["number"] == before["number"] == 1


async def test_other_conditions_make_a_new_version_and_keep_the_secret(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    await alice.post("/triggers", filled(workflow_id))
    before = await made(world)
    secrets = "SELECT id FROM trigger_secret WHERE trigger_id = $1 AND retired_at IS NULL"
    kept = await fetch(secrets, before["id"])

    await alice.post(f"/triggers/{before['id']}", filled(workflow_id, conditions="", revision="1"))

    after = await made(world)
    assert after["number"] == 2
    assert after["condition_config"] is None
    assert await fetch(secrets, before["id"]) == kept


async def test_saving_over_someone_elses_edit_asks_first(
    alice: Browser, history: History, workflow_id: UUID
) -> None:
    path = f"/triggers/{history.trigger_id}"
    theirs = filled(history.workflow_id, name="theirs", scheme="none", revision="1")
    assert (await alice.post(path, theirs)).status_code == 303

    late = await alice.post(
        path, filled(history.workflow_id, name="mine", scheme="none", revision="1")
    )

    assert late.status_code == 409
    assert "Someone else saved this trigger" in late.text
    assert 'name="name" value="mine"' in late.text
    assert 'name="revision" value="2"' in late.text  # so that saving again is meant
    assert (await made(history.world))["name"] == "theirs"


async def test_the_page_has_lines_for_a_shell_and_the_conditions_in_words(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    await alice.post("/triggers", filled(workflow_id))
    shown = await alice.read(f"/triggers/{(await made(world))['id']}")

    assert "curl -X POST http://signalbox.test/hooks/" in shown
    assert "openssl dgst -sha512 -hmac" in shown
    assert "All of these: $.order.total is at least 100.5" in shown
    assert "5, first wait up to 0.5 s" in shown


async def test_a_viewer_sees_no_address_to_send_to(bob: Browser, history: History) -> None:
    page = (await bob.get(f"/triggers/{history.trigger_id}")).text

    assert str(history.saved.row.hook_token) not in page
    assert "Your role does not show the address" in page
