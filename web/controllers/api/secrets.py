"""/api/v1/secrets: thin handlers; the guard has seen to the permission."""

from litestar import Controller, delete, get, put
from litestar.params import FromPath, JSONBody

from domain.operations.delete_secret import delete_secret
from domain.operations.set_secret import set_secret
from domain.rules.permissions import MANAGE_SECRETS, SEE_SECRET_NAMES
from domain.store import secrets
from web.controllers.api.bodies import Body
from web.controllers.api.problems import PROBLEMS
from web.controllers.api.shapes import Page, PutSecret, SecretView
from web.services import CurrentActor, OurServices


class SecretController(Controller):
    """Named secrets, which steps reach as `secrets.<name>`. Their values never come out again."""

    path = "/secrets"
    tags = ("Secrets",)

    @get(opt={"permission": SEE_SECRET_NAMES}, responses=PROBLEMS, summary="List secrets")
    async def list_secrets(self, actor: CurrentActor) -> Page[SecretView]:
        """Names only."""
        rows = await secrets.list_secrets(actor.team_id)
        return Page([SecretView(**row) for row in rows], None)

    @put(
        "/{name:str}",
        dto=Body[PutSecret],
        return_dto=None,
        status_code=204,
        opt={"permission": MANAGE_SECRETS},
        responses=PROBLEMS,
        summary="Set a secret",
    )
    async def put_secret(
        self,
        name: FromPath[str],
        data: JSONBody[PutSecret],
        actor: CurrentActor,
        services: OurServices,
    ) -> None:
        """Makes it, or gives it another value."""
        await set_secret(actor, services.vault, name, data.value)
        services.feed.nudge(actor.team_id, "secrets")

    @delete(
        "/{name:str}",
        opt={"permission": MANAGE_SECRETS},
        responses=PROBLEMS,
        summary="Delete a secret",
    )
    async def remove(self, name: FromPath[str], actor: CurrentActor, services: OurServices) -> None:
        """Steps that name it fail from now on."""
        await delete_secret(actor, name)
        services.feed.nudge(actor.team_id, "secrets")
