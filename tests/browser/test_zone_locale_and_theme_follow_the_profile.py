from tests.browser.watching import Person, Tab, Yard, deliver

EXACT = "document.querySelector('time[data-exact]').textContent"
BACKGROUND = "getComputedStyle(document.body).backgroundColor"
WHO = "(SELECT user_id FROM membership m JOIN team t ON t.id = m.team_id WHERE t.slug = $1)"


async def test_times_follow_the_profile_and_one_switch_shows_utc(tab: Tab, alice: Person) -> None:
    event_id = await deliver(alice.team.hook(), {"id": "1"})
    await alice.ask(
        f"UPDATE app_user SET zone = 'Asia/Tokyo', locale = 'de' WHERE id = {WHO} RETURNING 1",
        alice.slug,
    )
    await tab.go(f"/events/{event_id}")
    await tab.eventually(f"{EXACT}.includes('GMT+9')")

    assert await tab.page.inner_text(".rail > .rail-foot [data-zone-switch]") == "Asia/Tokyo"
    await tab.page.click("[data-zone-switch]")
    await tab.eventually(f"{EXACT}.includes('UTC')")
    await tab.go("/events")
    await tab.sees("[data-zone-switch]", "UTC")


async def test_a_profile_that_no_browser_knows_does_no_harm(tab: Tab, alice: Person) -> None:
    event_id = await deliver(alice.team.hook(), {"id": "1"})
    await alice.ask(
        f"UPDATE app_user SET zone = 'Nowhere/Land', locale = 'x-??' WHERE id = {WHO} RETURNING 1",
        alice.slug,
    )

    await tab.go(f"/events/{event_id}")

    await tab.eventually(f"/20\\d\\d/.test({EXACT})")


async def test_the_profiles_theme_holds_until_the_switch_says_otherwise(
    yard: Yard, alice: Person
) -> None:
    tab = await yard.open(theme="light")
    light = await tab.page.evaluate(BACKGROUND)
    theme = f"UPDATE app_user SET theme = $2 WHERE id = {WHO} RETURNING 1"
    await alice.ask(theme, alice.slug, "dark")
    await tab.go("/")
    assert await tab.page.evaluate(BACKGROUND) != light

    await tab.page.click("[data-theme-switch]")
    await tab.go("/events")
    assert await tab.page.evaluate(BACKGROUND) == light

    await alice.ask(theme, alice.slug, "system")  # what was switched then is no answer to this
    await alice.ask(theme, alice.slug, "light")
    await tab.go("/events")
    assert await tab.page.evaluate(BACKGROUND) == light
