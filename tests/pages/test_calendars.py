"""The pages of calendars, and the API's side of them."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from litestar import Litestar

from domain.clock import utc_now
from domain.operations.create_trigger import TriggerDraft, create_trigger
from domain.operations.delete_trigger import delete_trigger
from domain.store.calendars import list_calendars
from tests.pages.browsing import Browser, open_browser, rows, words
from tests.support.web_fixtures import Api, client_of, key_of
from tests.support.world import World

CHRISTMAS = "2026-12-24..2026-12-26 Christmas\n# a note\n2027-01-01 New Year"
ICS = """BEGIN:VCALENDAR
VERSION:2.0
BEGIN:VEVENT
UID:1@example.org
DTSTART;VALUE=DATE:20261224
DTEND;VALUE=DATE:20261227
SUMMARY:Days off
END:VEVENT
END:VCALENDAR
"""


@pytest.fixture
async def erin(app: Litestar, world: World) -> AsyncIterator[Browser]:
    """An editor of Alice's team."""
    async with open_browser(app, world.alice, "editor") as browser:
        yield browser


@pytest.fixture
async def api(app: Litestar, world: World) -> AsyncIterator[Api]:
    """An editor's key."""
    async with client_of(app) as client:
        yield Api(client, await key_of(world.alice, "editor"))


async def made(erin: Browser, world: World, content: str = CHRISTMAS) -> UUID:
    """A calendar made in the browser."""
    form = {"name": "Holidays", "content": content}
    answer = await erin.post("/calendars", form)
    assert answer.status_code == 303, words(answer.text)
    (calendar,) = await list_calendars(world.alice.team_id)
    return calendar.id


async def scheduled(world: World, calendar_id: UUID | str, **config: Any) -> UUID:
    """A schedule of Alice's that does not run on the calendar's days."""
    draft = TriggerDraft(
        name="Each morning",
        kind="schedule",
        workflow_id=await world.workflow(),
        config={
            "form": "cron",
            "cron": "0 9 * * *",
            "calendars": [{"id": str(calendar_id), "use": "not_on"}],
            **config,
        },
    )
    return (await create_trigger(world.alice, world.vault, draft)).row.id


async def test_dates_are_typed_and_shown_as_a_year(
    erin: Browser, bob: Browser, world: World
) -> None:
    calendar = await made(erin, world)

    listed = rows((await bob.get("/calendars")).text)
    assert listed[0].startswith("Holidays 4 2026-12-24 to 2026-12-26 Christmas no trigger")
    page = (await bob.get(f"/calendars/{calendar}?year=2026")).text
    assert page.count('<td class="held"') == 3
    assert "24 : Christmas" in words(page)
    assert "2026-12-24 to 2026-12-26 Christmas" in words(page)
    assert (await bob.get(f"/calendars/{calendar}?year=2027")).text.count('class="held') == 1


@pytest.mark.parametrize("year", ["", "0", "1969", "2200", "99999999", "x", "٢٠٢٦"])
async def test_a_year_that_is_none_is_the_nearest_one(
    erin: Browser, world: World, year: str
) -> None:
    calendar = await made(erin, world)

    page = await erin.get(f"/calendars/{calendar}?year={year}")

    assert page.status_code == 200
    assert 'id="year">2026<' in page.text


async def test_a_calendar_file_is_uploaded(erin: Browser, world: World) -> None:
    fields = {"_csrf": erin.token, "name": "From a file", "content": "2026-01-01"}
    file = {"file": ("off.ics", ICS.replace("\n", "\r\n").encode(), "text/calendar")}

    answer = await erin.client.post("/calendars", data=fields, files=file)

    assert answer.status_code == 303
    (calendar,) = await list_calendars(world.alice.team_id)
    assert (calendar.source, calendar.dates.days) == ("ics", 3)


@pytest.mark.parametrize(
    ("form", "field", "message"),
    [
        ({"name": "", "content": "2026-12-24"}, "name", "Must not be empty"),
        ({"name": "x", "content": "2026-02-30"}, "content", "Line 1 has a day that no month has"),
        ({"name": "x", "content": "soon"}, "content", "Line 1 is no date"),
        ({"name": "x", "content": ""}, "content", "Holds no dates"),
        ({"name": "x", "content": "BEGIN:VCALENDAR\nEND:VCALENDAR"}, "content", "Holds no dates"),
        ({"name": "Holidays", "content": "2026-12-24"}, "name", "Is taken"),
    ],
)
async def test_a_mistake_stands_at_its_field_and_nothing_is_lost(
    erin: Browser, world: World, form: dict[str, str], field: str, message: str
) -> None:
    await made(erin, world)

    answer = await erin.press("POST", "/calendars", form)

    assert answer.status_code == 422
    assert message in words(answer.text)
    assert f'id="error-{field}"' in answer.text
    assert f'value="{form["name"]}"' in answer.text
    assert form["content"] in answer.text


async def test_a_file_that_is_no_text_is_refused(erin: Browser) -> None:
    fields = {"_csrf": erin.token, "name": "x"}
    file = {"file": ("off.ics", b"\xff\xfe\x00", "text/calendar")}

    answer = await erin.client.post("/calendars", data=fields, files=file)

    assert answer.status_code == 422
    assert 'id="error-file"' in answer.text


async def test_before_coming_slots_change_the_page_says_which(erin: Browser, world: World) -> None:
    calendar = await made(erin, world, content="2020-01-01")
    trigger = await scheduled(world, calendar)
    tomorrow = utc_now().date().toordinal() + 1
    days = [type(utc_now().date()).fromordinal(tomorrow + each) for each in range(3)]
    form = {"name": "Holidays", "content": f"{days[0]}..{days[2]}", "revision": "1"}

    shown = await erin.press("POST", f"/calendars/{calendar}", form)

    assert shown.status_code == 200
    assert "Each morning : 3 slots do not run any more" in words(shown.text)
    assert f"/triggers/{trigger}" in shown.text
    assert (await list_calendars(world.alice.team_id))[0].dates.days == 1
    (mark,) = [line.split('"')[5] for line in shown.text.splitlines() if 'name="agreed"' in line]
    other = {**form, "content": f"{days[0]}..{days[1]}", "agreed": mark}
    assert "2 slots" in words((await erin.press("POST", f"/calendars/{calendar}", other)).text)
    saved = await erin.press("POST", f"/calendars/{calendar}", {**form, "agreed": mark})
    assert saved.headers["hx-redirect"] == f"/calendars/{calendar}"
    assert (await list_calendars(world.alice.team_id))[0].dates.days == 3


async def test_of_two_who_edit_it_the_second_is_told(erin: Browser, world: World) -> None:
    calendar = await made(erin, world)
    form = {"name": "Days off", "content": CHRISTMAS, "revision": "1"}
    await erin.post(f"/calendars/{calendar}", form)

    answer = await erin.press("POST", f"/calendars/{calendar}", {**form, "name": "Others"})

    assert answer.status_code == 409
    assert "Someone else changed this calendar" in words(answer.text)
    assert 'value="Others"' in answer.text


async def test_while_a_trigger_uses_it_it_stays(erin: Browser, world: World) -> None:
    calendar = await made(erin, world)
    trigger = await scheduled(world, calendar)

    answer = await erin.press("DELETE", f"/calendars/{calendar}")

    assert answer.status_code == 409
    assert "Triggers use this calendar: Each morning." in words(answer.text)
    await delete_trigger(world.alice, trigger)
    gone = await erin.press("DELETE", f"/calendars/{calendar}")
    assert gone.headers["hx-redirect"] == "/calendars"
    assert (await erin.get(f"/calendars/{calendar}")).status_code == 404


async def test_viewers_look_and_others_find_nothing(
    erin: Browser, bob: Browser, charlie: Browser, world: World
) -> None:
    calendar = await made(erin, world)
    page = f"/calendars/{calendar}"

    for path in ("/calendars", page):
        assert "hx-delete" not in (await bob.get(path)).text
    assert (await bob.get("/calendars/new")).status_code == 403
    assert (await bob.press("DELETE", page)).status_code == 403
    assert rows((await charlie.get("/calendars")).text) == []
    for answer in (
        await charlie.get(page),
        await charlie.post(page, {"name": "Taken", "content": CHRISTMAS}),
        await charlie.press("DELETE", page),
    ):
        assert answer.status_code == 404


def problems(answer: httpx.Response) -> dict[str, str]:
    return {each["field"]: each["message"] for each in answer.json()["problems"]}


async def test_the_api_makes_edits_and_deletes_them(api: Api, world: World) -> None:
    new = await api.post("/calendars", {"name": "Off", "source": "ics", "content": ICS})
    assert new.status_code == 201
    assert new.json()["dates"] == [
        {"first": "2026-12-24", "last": "2026-12-26", "name": "Days off"}
    ]
    path = f"/calendars/{new.json()['id']}"
    trigger = await scheduled(world, new.json()["id"])

    assert (await api.get(path)).json()["trigger_ids"] == [str(trigger)]
    assert (await api.patch(path, {"name": "Days off", "revision": 1})).json()["revision"] == 2
    assert (await api.patch(path, {"name": "x", "revision": 1})).status_code == 409
    assert (await api.patch(path, {"source": "csv"})).status_code == 400
    assert (await api.call("DELETE", path)).status_code == 409
    listed = (await api.get("/calendars", limit=1)).json()
    assert [each["name"] for each in listed["items"]] == ["Days off"]
    assert listed["next"] is None


async def test_a_schedule_names_calendars_of_its_own_team_only(
    api: Api, erin: Browser, charlie: Browser, world: World
) -> None:
    form = {"name": "Theirs", "content": CHRISTMAS}
    await charlie.post("/calendars", form)
    (theirs,) = await list_calendars(world.charlie.team_id)
    body = {
        "name": "Each hour",
        "kind": "schedule",
        "workflow_id": str(await world.workflow()),
        "config": {
            "form": "cron",
            "cron": "0 * * * *",
            "calendars": [{"id": str(theirs.id), "use": "only_on"}],
        },
    }

    refused = await api.post("/triggers", body)

    assert refused.status_code == 400
    assert problems(refused) == {"config.calendars.0.id": "there is no such calendar"}
