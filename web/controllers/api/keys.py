"""/api/v1/keys: thin handlers; the guard has seen to the permission."""

from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody

from domain.operations.create_api_key import create_api_key
from domain.operations.revoke_api_key import revoke_api_key
from domain.rules.permissions import MANAGE_KEYS
from domain.store import api_keys
from web.controllers.api.bodies import Body
from web.controllers.api.problems import PROBLEMS
from web.controllers.api.shapes import CreatedKeyView, CreateKey, KeyView, Page
from web.controllers.api.views import id_in_path
from web.services import CurrentActor


class KeyController(Controller):
    """Keys of this API."""

    path = "/keys"
    tags = ("Keys",)

    @get(opt={"permission": MANAGE_KEYS}, responses=PROBLEMS, summary="List keys")
    async def list_keys(self, actor: CurrentActor) -> Page[KeyView]:
        """Newest first, by their visible prefixes."""
        rows = await api_keys.list_api_keys(actor.team_id)
        return Page([KeyView(**row) for row in rows], None)

    @post(
        dto=Body[CreateKey],
        return_dto=None,
        opt={"permission": MANAGE_KEYS},
        responses=PROBLEMS,
        summary="Create a key",
    )
    async def create(self, data: JSONBody[CreateKey], actor: CurrentActor) -> CreatedKeyView:
        """Shows the key, this once."""
        made = await create_api_key(actor, data.name, data.role)
        return CreatedKeyView(made.id, data.name, data.role, made.prefix, made.text)

    @delete(
        "/{key_id:str}", opt={"permission": MANAGE_KEYS}, responses=PROBLEMS, summary="Revoke a key"
    )
    async def revoke(self, key_id: FromPath[str], actor: CurrentActor) -> None:
        """The key is refused from now on."""
        await revoke_api_key(actor, id_in_path(key_id))
