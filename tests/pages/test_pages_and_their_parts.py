import re

import pytest

from tests.pages.browsing import Browser
from tests.pages.happenings import History

PAGES = ("/", "/triggers", "/events", "/executions", "/workflows", "/triggers/new",
         "/triggers/new?kind=webhook", "/triggers/new?kind=schedule")  # fmt: skip


def timeless(markup: str) -> str:
    # A sample beside a form arrived when it was asked for.
    return re.sub(r"<time.*?</time>|[0-9-]{10}T[0-9:.]{8,}Z", "", markup)


@pytest.mark.parametrize("path", PAGES)
async def test_a_refresh_gets_the_part_that_first_painted_the_page(
    alice: Browser, history: History, path: str
) -> None:
    await history.execution()

    whole, part = await alice.get(path), await alice.get(path, htmx=True)

    assert whole.text.startswith("<!DOCTYPE html>")
    assert "<html" not in part.text
    assert timeless(part.text).strip() in timeless(whole.text)


@pytest.mark.parametrize("path", PAGES)
async def test_caches_keep_pages_and_parts_apart(alice: Browser, path: str) -> None:
    for htmx in (False, True):
        vary = (await alice.get(path, htmx=htmx)).headers["vary"]
        assert {"HX-Request", "HX-Request-Type"} <= set(vary.split(", "))


@pytest.mark.parametrize(
    "headers", [{"hx-history-restore-request": "true"}, {"hx-request-type": "full"}]
)
async def test_going_back_in_history_gets_the_whole_page(
    alice: Browser, headers: dict[str, str]
) -> None:
    page = await alice.client.get("/events", headers={"hx-request": "true", **headers})

    assert page.text.startswith("<!DOCTYPE html>")


async def test_every_live_part_says_where_it_comes_from(alice: Browser, history: History) -> None:
    page = await alice.get(f"/events?trigger={history.trigger_id}")

    assert f'data-live-src="/events?trigger={history.trigger_id}"' in page.text
    assert 'data-live="events executions"' in page.text


async def test_the_page_that_is_open_is_marked_in_the_navigation(alice: Browser) -> None:
    page = (await alice.get("/triggers/new")).text

    # Once beside the page, and once in the menu that narrow screens have in its stead.
    marked = re.findall(r'href="([^"]*)"\s+aria-current="page"', page)
    assert marked == ["/triggers", "/triggers"]


async def test_forms_and_refreshes_carry_the_sessions_token(alice: Browser) -> None:
    page = (await alice.get("/workflows/new")).text

    assert f'hx-headers:inherited=\'{{"X-CSRF-Token": "{alice.token}"}}\'' in page
    forms = re.findall(r'<form[^>]*method="post".*?</form>', page, re.DOTALL)
    assert len(forms) > 1
    assert all(f'name="_csrf" value="{alice.token}"' in form for form in forms)
