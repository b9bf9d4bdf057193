import html
import json
import re
from typing import Any
from uuid import UUID

import pytest

from domain.store.database import fetch, fetch_one
from tests.pages.browsing import Browser, Sent, rows, words
from tests.pages.happenings import History
from tests.support.world import World
from web.forms.trigger_source import size_in, size_words

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
        "retry.attempts": "5",
        "retry.base_s": "0.5",
        "retry.factor": "3",
        "retry.cap_s": "",
        "enabled": "on",
        **fields,
    }


# A signed string with an instant, so that the oldest delivery counts.
DATED = {"signed": "{timestamp}.{body}", "timestamp_header": "X-Time"}
EVERYTHING = {
    **DATED, "id_header": "X-Id", "signed": "{id}:{timestamp}\n{body}", "tolerance_s": "60",
    "dedup_days": "14", "dedup_body": "true", "method.shown": "1", "method.GET": "on",
    "method.PUT": "on", "addresses": "192.0.2.7\n\n 2001:db8::/32 ", "max_body": "2.5 MiB",
    "cors_origins": "https://shop.example", "answer_own": "on", "answer_status": "200",
    "answer_type": "text/xml", "answer_body": "<ok/>", "when_disabled": "keep",
}  # fmt: skip


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
    secret = "the sender's very own secret"

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
        ("secret", "short", "Must be 24 to 512 bytes long."),
        ("id_path", "id", "starts with $"),
        ("conditions", "{", "This is not valid JSON."),
        ("conditions", '{"all": [{"path": "$.a", "op": "is"}]}', "all.0.op: must be one of"),
        ("conditions", '{"a": 1, "a": 2}', "same key twice"),
        ("retry.attempts", "many", "Must be a whole number from 1 to 50."),
        ("retry.cap_s", "-1", "Must be a number from 0 to 86400."),
        ("signed", "no placeholder", "{body}"),
        ("tolerance_s", "0", "Must be a whole number of seconds from 1 to 3600."),
        ("addresses", "192.0.2.7\n\n10.0.0.300", "“10.0.0.300” is no address"),
        ("cors_origins", "https://shop.example/path", "“https://shop.example/path” must be"),
        ("max_body", "a lot", "Must be a size of at most 10 MiB, such as 512 KiB."),
        ("max_body", "11 MiB", "Must be a size of at most 10 MiB, such as 512 KiB."),
        ("dedup_days", "31", "Must be a whole number from 1 to 30."),
        ("answer_status", "404", "Must be a whole number from 200 to 299."),
    ],
)
async def test_a_mistake_is_told_at_its_field_and_everything_typed_is_kept(
    alice: Browser, workflow_id: UUID, field: str, typed: str, message: str
) -> None:
    form = filled(workflow_id, **{**DATED, "answer_own": "on", field: typed})

    answer = await alice.post("/triggers", form)

    assert answer.status_code == 422
    error = re.search(rf'id="error-{field}".*?</div>', answer.text, re.DOTALL)
    assert error, f"no message at {field}"
    assert message in words(error[0])
    assert re.search(rf'id="field-{field}"[^>]*aria-invalid="true"', answer.text, re.DOTALL)
    retries = ("retry.attempts", "retry.base_s", "retry.factor", "retry.cap_s")
    for name in ("name", "header", "prefix", "id_path", *retries):
        assert f'name="{name}" value="{html.escape(form[name])}"' in answer.text, name
    assert html.escape(form["conditions"]).replace("&quot;", "&#34;") in answer.text


async def test_all_mistakes_are_told_at_once(alice: Browser, workflow_id: UUID) -> None:
    wrong = {"name": "", "workflow_id": "", "header": "no blanks", "conditions": "{",
             "retry.attempts": "0"}  # fmt: skip

    page = (await alice.post("/triggers", filled(workflow_id, **wrong))).text

    for field in wrong:
        assert f'id="error-{field}"' in page, field


async def test_nothing_is_stored_of_a_form_that_is_refused(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    await alice.post("/triggers", filled(workflow_id, **{"retry.attempts": "0"}))

    assert not await fetch("SELECT id FROM trigger WHERE team_id = $1", world.alice.team_id)


async def test_settings_of_another_scheme_are_left_out(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    await alice.post("/triggers", filled(workflow_id, scheme="github", id_path=""))

    assert (await made(world))["config"] == {"scheme": "github"}


async def test_it_says_how_the_address_answers(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    answer = await alice.post("/triggers", filled(workflow_id, **EVERYTHING))

    assert answer.status_code == 201, words(answer.text)
    assert (await made(world))["config"] == {
        "scheme": "hmac", "algorithm": "sha512", "header": "X-Shop-Signature",
        "encoding": "base64", "prefix": "v1=", "id_path": "$.id",
        "signed": "{id}:{timestamp}\n{body}", "timestamp_header": "X-Time", "id_header": "X-Id",
        "tolerance_s": 60, "dedup_days": 14, "dedup_body": True, "methods": ["PUT", "GET"],
        "addresses": ["192.0.2.7", "2001:db8::/32"], "max_body_bytes": 2621440,
        "cors_origins": ["https://shop.example"], "when_disabled": "keep",
        "answer": {"status": 200, "content_type": "text/xml", "body": "<ok/>"},
    }  # fmt: skip


async def test_saving_what_the_form_shows_changes_nothing(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    await alice.post("/triggers", filled(workflow_id, **EVERYTHING))
    before = await made(world)
    path = f"/triggers/{before['id']}"
    sent = Sent((await alice.get(f"{path}/edit")).text).fields

    answer = await alice.post(path, sent)

    after = await made(world)
    assert answer.status_code == 303, words(answer.text)
    assert (after["number"], after["config"]) == (1, before["config"])
    assert after["condition_config"] == CONDITIONS


async def test_at_least_one_method_is_needed(alice: Browser, workflow_id: UUID) -> None:
    answer = await alice.post("/triggers", filled(workflow_id, **{"method.shown": "1"}))

    assert answer.status_code == 422
    assert 'id="error-methods"' in answer.text


@pytest.mark.parametrize(
    ("typed", "octets", "shown"),
    [("1 MiB", 1048576, "1 MiB"), ("512KiB", 524288, "512 KiB"), ("1 kb", 1000, "1000 bytes"),
     ("1000", 1000, "1000 bytes"), ("2,5 MiB", 2621440, "2560 KiB"), ("3 m", 3145728, "3 MiB"),
     ("1 parsec", "1 parsec", None), ("", "", None)],
)  # fmt: skip
def test_sizes_are_typed_as_people_say_them(
    typed: str, octets: int | str, shown: str | None
) -> None:
    assert size_in(typed) == octets
    if shown is not None:
        assert size_words(int(octets)) == shown
        assert size_in(shown) == octets


async def test_it_shows_what_is_in_force(alice: Browser, world: World, workflow_id: UUID) -> None:
    await alice.post("/triggers", filled(workflow_id))
    page = (await alice.get(f"/triggers/{(await made(world))['id']}/edit")).text

    for name, value in (("name", "Big orders"), ("header", "X-Shop-Signature"), ("prefix", "v1="),
                        ("id_path", "$.id"), ("retry.attempts", "5"), ("retry.base_s", "0.5"),
                        ("retry.factor", "3"), ("retry.cap_s", ""), ("secret", "")):  # fmt: skip
        assert f'name="{name}" value="{value}"' in page, name
    assert '<option value="sha512" selected>' in page
    for name, value in (("path", "$.order.total"), ("value", "100.5")):
        assert f'name="conditions.0.{name}" value="{value}"' in page, name
    assert '<option value="gte" selected>' in page
    assert '<option value="number" selected>' in page


async def test_a_new_name_alone_makes_no_new_version(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    await alice.post("/triggers", filled(workflow_id))
    before = await made(world)
    form = filled(workflow_id, name="Bigger orders", revision="1")

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


async def edited_meanwhile(alice: Browser, history: History) -> tuple[str, dict[str, str]]:
    """Alice has the form open and changes the name; someone else saves another one, and other
    conditions. The trigger's path, and what her form sends."""
    path = f"/triggers/{history.trigger_id}"
    mine = Sent((await alice.get(f"{path}/edit")).text).fields | {"name": "mine"}
    theirs = filled(history.workflow_id, name="theirs", scheme="none", revision="1")
    assert (await alice.post(path, theirs)).status_code == 303
    return path, mine


async def test_saving_over_someone_elses_edit_shows_the_difference(
    alice: Browser, history: History
) -> None:
    path, mine = await edited_meanwhile(alice, history)

    late = await alice.post(path, mine)

    assert late.status_code == 409
    shown = rows(late.text)
    assert "name Changed Orders theirs" in shown
    assert any(row.startswith("conditions") and "$.order.total" in row for row in shown)
    assert "name Changed theirs mine" in shown
    assert 'name="name" value="mine"' in late.text
    assert (await made(history.world))["name"] == "theirs"


async def test_mine_can_be_saved_over_theirs(alice: Browser, history: History) -> None:
    path, mine = await edited_meanwhile(alice, history)
    form = Sent((await alice.post(path, mine)).text).fields

    answer = await alice.post(path, form)

    trigger = await made(history.world)
    assert answer.status_code == 303
    assert trigger["name"] == "mine"
    assert trigger["condition_config"] is None


async def test_theirs_can_be_taken(alice: Browser, history: History) -> None:
    path, mine = await edited_meanwhile(alice, history)
    late = (await alice.post(path, mine)).text

    assert f'<a class="button outline" href="{path}/edit" data-leave>Take theirs</a>' in late
    form = Sent((await alice.get(f"{path}/edit")).text).fields
    assert form["name"] == "theirs"
    assert (await alice.post(path, form)).status_code == 303


@pytest.mark.parametrize("was", ["", "{", "[]", '{"name": {"deep": [1]}}'])
async def test_a_form_that_forgot_how_it_was_opened_still_compares(
    alice: Browser, history: History, was: str
) -> None:
    path, mine = await edited_meanwhile(alice, history)

    late = await alice.post(path, {**mine, "was": was})

    assert late.status_code == 409
    assert "name Changed theirs mine" in rows(late.text)


async def test_the_page_has_lines_for_a_shell_and_the_conditions_in_words(
    alice: Browser, world: World, workflow_id: UUID
) -> None:
    await alice.post("/triggers", filled(workflow_id))
    shown = await alice.read(f"/triggers/{(await made(world))['id']}")

    assert "curl -X POST http://signalbox.test/hooks/" in shown
    assert "openssl dgst -sha512 -hmac" in shown
    assert "All of these: $.order.total is at least 100.5" in shown
    assert "5, first wait up to 500 ms, then 3 times as long, 5 min at most" in shown


async def test_a_viewer_sees_no_address_to_send_to(bob: Browser, history: History) -> None:
    page = (await bob.get(f"/triggers/{history.trigger_id}")).text

    assert str(history.saved.row.hook_token) not in page
    assert "Your role does not show the address" in page
