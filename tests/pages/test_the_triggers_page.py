from typing import Any

import pytest

from domain.rules.door_settings import DOOR_SETTINGS, DoorSettings
from domain.senders import SENDERS
from tests.pages.browsing import Browser, words
from tests.pages.happenings import History
from tests.support.world import World
from web.presenters.door_words import USUAL, door_settings, signing_settings
from web.presenters.triggers import scheme_words

LARGE = {"all": [{"path": "$.order.total", "op": "gte", "value": 100}]}


def told(config: dict[str, Any]) -> list[str]:
    return [f"{setting.name}: {setting.words}" for setting in door_settings(config)]


def test_every_setting_of_a_door_has_its_words() -> None:
    assert set(USUAL) == DOOR_SETTINGS
    usual = DoorSettings()
    for name, value in USUAL.items():
        kept = getattr(usual, name)
        assert value == (list(kept) if isinstance(kept, tuple) else kept)


def test_what_is_as_usual_is_not_said() -> None:
    assert told({}) == told(dict(USUAL)) == []


@pytest.mark.parametrize(
    ("config", "words_"),
    [
        ({"methods": ["PUT", "POST"]}, "Takes: PUT, POST"),
        ({"addresses": ["192.0.2.0/24", "2001:db8::1"]}, "Only from: 192.0.2.0/24, 2001:db8::1"),
        ({"max_body_bytes": 10 * 1024 * 1024}, "Bodies up to: 10 MiB"),
        ({"cors_origins": ["*"]}, "Pages of: every site"),
        ({"answer": {"status": 200, "body": "ok"}}, "Answers: 200 ok"),
        ({"answer": {"status": 204, "body": ""}}, "Answers: 204"),
        ({"answer": {"status": 200, "body": "x" * 100}}, f"Answers: 200 {'x' * 60}…"),
        ({"dedup_days": 1}, "Remembers ids: for 1 day"),
        ({"dedup_body": True}, "Same body again: is a duplicate"),
        ({"dedup_body": False}, "Same body again: is another event"),
        ({"when_disabled": "keep"}, "While off: keeps what comes, decided as Paused"),
    ],
)
def test_what_someone_set_is_said(config: dict[str, Any], words_: str) -> None:
    assert told(config) == [words_]


def test_settings_of_the_scheme_are_apart_from_those_of_the_door() -> None:
    config = {"scheme": "hmac", "header": "X-Sig", "prefix": "", "dedup_days": 3, "id_path": "$.id"}

    assert [setting.words for setting in signing_settings(config)] == ["X-Sig", "$.id"]


def test_every_scheme_has_a_name() -> None:
    assert all(scheme_words(scheme) != scheme for scheme in SENDERS if scheme != "none")


async def test_it_says_what_it_asks_for_and_how_its_address_answers(
    alice: Browser, world: World
) -> None:
    saved = await world.trigger(
        await world.workflow(), scheme="github", conditions=LARGE, max_body_bytes=2048
    )

    page = await alice.read(f"/triggers/{saved.row.id}")

    assert "All of these: $.order.total is at least 100" in page
    assert "Signature GitHub" in page
    assert "How its address answers Bodies up to 2 KiB" in page
    assert "Version 1" in page


async def test_a_viewer_sees_neither_address_nor_samples_nor_secrets(
    bob: Browser, world: World
) -> None:
    saved = await world.trigger(await world.workflow(), scheme="github")

    page = (await bob.get(f"/triggers/{saved.row.id}")).text

    assert str(saved.row.hook_token) not in page
    assert "as good as a key" in words(page)
    for heading in ("Signing secrets", "Refused requests", "Send a test event", "Python"):
        assert heading not in words(page)


async def test_a_refresh_gets_what_changes_and_leaves_forms_alone(
    alice: Browser, history: History
) -> None:
    await history.execution()
    part = (await alice.get(f"/triggers/{history.trigger_id}", htmx=True)).text

    assert part.strip().startswith('<div id="show"')
    assert "<form" not in part
    assert "<textarea" not in part
