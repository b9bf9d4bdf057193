"""Invitations and resets by mail, through a real mail server; and without one nothing is lost."""

import asyncio
import secrets
from collections.abc import Iterator

import httpx
import pytest
from litestar import Litestar

from domain import mail
from domain.mail import Mail, Mailer, _connection
from domain.store.database import fetch_one
from tests.pages.browsing import Browser, words
from tests.pages.entering import NEW_PASSWORD, accept, path_of, shown_link, token_of
from tests.support.post_office import PostOffice, open_post_office
from tests.support.web_fixtures import Person, client_of, person_of, sign_in
from tests.support.world import World
from web.services import Services

SENDER = "Signalbox <box@example.org>"


@pytest.fixture(scope="module")
def office() -> Iterator[PostOffice]:
    with open_post_office() as running:
        yield running


@pytest.fixture
def services(app: Litestar, office: PostOffice) -> Iterator[Services]:
    """The services of the app, with the post office as their mail server."""
    found: Services = app.state["services"]
    before, found.mailer = found.mailer, Mailer(office.url, SENDER)
    office.refuses = False
    yield found
    found.mailer = before


@pytest.fixture
def email() -> str:
    return f"erin-{secrets.token_hex(6)}@example.org"


async def test_an_invitation_goes_by_mail(
    app: Litestar, services: Services, office: PostOffice, alice: Browser, email: str
) -> None:
    form = {"email": email, "role": "viewer"}
    answer = await alice.press("POST", "/team/invitations", form)

    assert f"The invitation was sent to {email}." in words(answer.text)
    assert "one-time-link" not in answer.text
    sent = office.mails[-1]
    assert (sent["to"], sent["from"]) == (email, SENDER)
    assert (await accept(app, path_of(office.link_to(email)))).status_code == 303


@pytest.fixture(params=["away", "refuses"])
def trouble(request: pytest.FixtureRequest, services: Services, office: PostOffice) -> None:
    """What may be wrong with a mail server."""
    if request.param == "away":
        services.mailer = Mailer("smtp://127.0.0.1:1", SENDER)
    office.refuses = request.param == "refuses"


async def test_when_the_mail_cannot_go_the_link_is_shown_instead(
    app: Litestar, trouble: None, alice: Browser, email: str
) -> None:
    answer = await alice.press("POST", "/team/invitations", {"email": email, "role": "viewer"})

    assert (await accept(app, shown_link(answer))).status_code == 303


async def ask(app: Litestar, email: str) -> httpx.Response:
    async with client_of(app) as client:
        return await client.post("/password-resets", data={"email": email})


async def test_a_forgotten_password_is_mended_by_mail(
    app: Litestar, services: Services, office: PostOffice, world: World
) -> None:
    """Row A96: the answer is the same for everybody, and does not wait for the mail."""
    person = await person_of(world.alice, "viewer")
    known, unknown = await ask(app, person.email), await ask(app, "nobody@example.org")
    await services.errands.finish()

    assert known.status_code == unknown.status_code == 200
    assert known.text == unknown.text
    assert not [m for m in office.mails if m["to"] == "nobody@example.org"]
    async with client_of(app) as client:
        form = {"token": token_of(office.link_to(person.email)), "password": NEW_PASSWORD}
        assert (await client.post("/password-reset", data=form)).status_code == 303
        new = Person(person.email, NEW_PASSWORD, person.actor)
        assert (await sign_in(client, new)).status_code == 303


async def test_nobody_is_flooded_with_mail(app: Litestar, services: Services, email: str) -> None:
    statuses = [(await ask(app, email)).status_code for _ in range(6)]

    assert statuses == [200] * 5 + [429]


async def test_who_signs_in_elsewhere_gets_no_password_by_mail(
    app: Litestar, services: Services, office: PostOffice, world: World
) -> None:
    person = await person_of(world.alice, "viewer")
    await fetch_one(
        "UPDATE app_user SET password_hash = NULL WHERE id = $1 RETURNING id", person.actor.id
    )

    await ask(app, person.email)
    await services.errands.finish()

    assert not [m for m in office.mails if m["to"] == person.email]


async def test_a_server_that_says_nothing_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "SEND_WITHIN_S", 0.2)
    gone = asyncio.Event()

    async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()  # until the other end closes
        writer.close()
        gone.set()

    async with await asyncio.start_server(say_nothing, "127.0.0.1", 0) as silent:
        port = silent.sockets[0].getsockname()[1]
        sent = await Mailer(f"smtp://127.0.0.1:{port}", SENDER).send(Mail("a@b.c", "Hello", "text"))
        await asyncio.wait_for(gone.wait(), 5)

    assert not sent


async def test_no_address_adds_a_header(office: PostOffice) -> None:
    before = len(office.mails)

    sent = await Mailer(office.url, SENDER).send(Mail("a@b.c\nBcc: d@e.f", "Hello", "text"))

    assert not sent
    assert len(office.mails) == before


@pytest.mark.parametrize(
    ("url", "tls"),
    [
        ("smtps://user:password@mail.example.org", (True, False)),
        ("smtp://user:password@mail.example.org", (False, True)),
        ("smtp://user:password@127.0.0.1.example.org", (False, True)),
        ("smtp://mail.example.org", (False, None)),
        ("smtp://user:password@127.0.0.1", (False, None)),
        ("smtp://user:password@[::1]:25", (False, None)),
    ],
)
def test_a_password_leaves_this_machine_over_tls_only(
    url: str, tls: tuple[bool, bool | None]
) -> None:
    told = _connection(url)

    assert (told["use_tls"], told["start_tls"]) == tls
