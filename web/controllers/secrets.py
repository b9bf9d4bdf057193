"""The team's named secrets: what steps reach as `secrets.<name>`. Values go in and never out."""

from typing import Any

from litestar import Controller, Response, delete, get, post
from litestar.params import FromPath
from litestar.response import Template

from domain.errors import Conflict, InvalidInput, NotFound
from domain.operations.delete_secret import delete_secret
from domain.operations.set_secret import set_secret
from domain.rules.permissions import MANAGE_SECRETS, SEE_SECRET_NAMES, Actor
from domain.store.secrets import list_secrets
from domain.store.workflows import workflows_with_secrets
from web.forms.reading import Errors, errors_by_field, read_form
from web.htmx import CurrentActor, HtmxRequest, OurServices, go_to, page_or_partial
from web.presenters.secrets import SecretShown, secrets_shown

_FIELDS = ("name", "value")


async def _shown(actor: Actor) -> list[SecretShown]:
    workflows = await workflows_with_secrets(actor.team_id)
    return secrets_shown(await list_secrets(actor.team_id), workflows)


async def _list(
    request: HtmxRequest, actor: Actor, name: str = "", *, errors: Errors | None = None
) -> Template:
    """The page; a name that was typed comes back, a value does not."""
    context = {"secrets": await _shown(actor), "name": name, "errors": errors or {}}
    part = "secrets/_form.html" if errors else "secrets/_table.html"
    return page_or_partial(
        request, "secrets/index.html", part, context, status=422 if errors else 200
    )


async def _one(
    request: HtmxRequest, actor: Actor, name: str, *, errors: Errors | None = None
) -> Template:
    found = next((secret for secret in await _shown(actor) if secret.name == name), None)
    if found is None:
        raise NotFound
    context = {"secret": found, "errors": errors or {}}
    return page_or_partial(
        request, "secrets/show.html", "secrets/_show.html", context, status=422 if errors else 200
    )


class SecretPages(Controller):
    """/secrets."""

    path = "/secrets"

    @get(opt={"permission": SEE_SECRET_NAMES})
    async def index(self, request: HtmxRequest, actor: CurrentActor) -> Template:
        """By name, with the workflows that use each."""
        return await _list(request, actor)

    @post(opt={"permission": MANAGE_SECRETS})
    async def create(
        self, request: HtmxRequest, actor: CurrentActor, services: OurServices
    ) -> Response[Any]:
        """Makes a secret; another value for one that is there is set on its own page."""
        given = await read_form(request)
        name = given.get("name", "").strip()
        try:
            await set_secret(actor, services.vault, name, given.get("value", ""), new=True)
        except (InvalidInput, Conflict) as refused:
            return await _list(request, actor, name, errors=_errors(refused))
        services.feed.nudge(actor.team_id, "secrets")
        return go_to(request, "/secrets")

    @get("/{name:str}", opt={"permission": SEE_SECRET_NAMES})
    async def show(
        self, request: HtmxRequest, name: FromPath[str], actor: CurrentActor
    ) -> Template:
        """One secret: who uses it, another value for it, and taking it away."""
        return await _one(request, actor, name)

    @post("/{name:str}", opt={"permission": MANAGE_SECRETS})
    async def update(
        self,
        request: HtmxRequest,
        name: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Gives it another value."""
        given = await read_form(request)
        try:
            await set_secret(actor, services.vault, name, given.get("value", ""), new=False)
        except (InvalidInput, Conflict) as refused:
            return await _one(request, actor, name, errors=_errors(refused))
        services.feed.nudge(actor.team_id, "secrets")
        return go_to(request, "/secrets")

    @delete("/{name:str}", status_code=200, opt={"permission": MANAGE_SECRETS})
    async def remove(
        self,
        request: HtmxRequest,
        name: FromPath[str],
        actor: CurrentActor,
        services: OurServices,
    ) -> Response[Any]:
        """Gone; the page named the workflows whose steps fail from now on."""
        await delete_secret(actor, name)
        services.feed.nudge(actor.team_id, "secrets")
        return go_to(request, "/secrets")


def _errors(refused: InvalidInput | Conflict) -> Errors:
    if isinstance(refused, Conflict):
        return {"name": [refused.message]}
    return errors_by_field(refused.problems, _FIELDS, {})
