"""/api/v1/keys: thin handlers; the guard has seen to the permission."""

from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody

from domain.operations.create_api_key import CreatedKey, create_api_key
from domain.operations.revoke_api_key import revoke_api_key
from domain.operations.rotate_api_key import rotate_api_key
from domain.rules.permissions import MANAGE_KEYS
from domain.store import api_keys
from domain.store.api_keys import ApiKeyListed
from web.controllers.api.bodies import Body
from web.controllers.api.problems import PROBLEMS
from web.controllers.api.shapes import CreatedKeyView, CreateKey, KeyView, Page, RotateKey
from web.controllers.api.views import id_in_path
from web.services import CurrentActor, OurServices


def _view(key: ApiKeyListed) -> KeyView:
    return KeyView(**{name: getattr(key, name) for name in KeyView.__struct_fields__})


def _made(key: CreatedKey) -> CreatedKeyView:
    return CreatedKeyView(key.id, key.name, key.role, key.prefix, key.text, key.expires_at)


class KeyController(Controller):
    """Keys of this API."""

    path = "/keys"
    tags = ("Keys",)

    @get(opt={"permission": MANAGE_KEYS}, responses=PROBLEMS, summary="List keys")
    async def list_keys(self, actor: CurrentActor) -> Page[KeyView]:
        """By their visible prefixes: those that open something first, each newest first."""
        return Page([_view(key) for key in await api_keys.list_api_keys(actor.team_id)], None)

    @post(
        dto=Body[CreateKey],
        return_dto=None,
        opt={"permission": MANAGE_KEYS},
        responses=PROBLEMS,
        summary="Create a key",
    )
    async def create(
        self, data: JSONBody[CreateKey], actor: CurrentActor, services: OurServices
    ) -> CreatedKeyView:
        """Shows the key, this once. It never may more than the member it belongs to."""
        made = await create_api_key(actor, data.name, data.role, expires_at=data.expires_at)
        services.feed.nudge(actor.team_id, "keys")
        return _made(made)

    @post(
        "/{key_id:str}/rotation",
        dto=Body[RotateKey],
        return_dto=None,
        opt={"permission": MANAGE_KEYS},
        responses=PROBLEMS,
        summary="Rotate a key",
    )
    async def rotate(
        self,
        key_id: FromPath[str],
        data: JSONBody[RotateKey],
        actor: CurrentActor,
        services: OurServices,
    ) -> CreatedKeyView:
        """Shows its successor, this once; the old key works on for the overlap."""
        made = await rotate_api_key(actor, id_in_path(key_id), overlap_s=data.overlap_s)
        services.feed.nudge(actor.team_id, "keys")
        return _made(made)

    @delete(
        "/{key_id:str}", opt={"permission": MANAGE_KEYS}, responses=PROBLEMS, summary="Revoke a key"
    )
    async def revoke(
        self, key_id: FromPath[str], actor: CurrentActor, services: OurServices
    ) -> None:
        """The key is refused from now on."""
        await revoke_api_key(actor, id_in_path(key_id))
        services.feed.nudge(actor.team_id, "keys")
