"""Another SECRET_KEY: the former one still opens what it sealed, until all is sealed anew."""

import pytest

from domain.encryption import CannotOpen, Vault, secret_row, trigger_secret_row
from domain.errors import BadSettings
from domain.operations.reseal_secrets import reseal_secrets
from domain.operations.set_secret import set_secret
from domain.settings import read_settings
from domain.store.database import fetch
from tests.support.world import KEY, World

NEW_KEY = b"the key that replaces the one of the tests, 0123456789"
GIVEN = "a sender's own secret of old"


async def test_all_is_sealed_anew_and_then_the_former_key_is_needed_no_more(world: World) -> None:
    saved = await world.trigger(await world.workflow(), scheme="github", secret=GIVEN)
    await set_secret(world.alice, world.vault, "token", "the value of a secret")
    rotating, after = Vault(NEW_KEY, [KEY]), Vault(NEW_KEY)
    with pytest.raises(CannotOpen):
        after.open(*await _sealed(world, saved.row.id))
    assert rotating.open(*await _sealed(world, saved.row.id)) == GIVEN

    done = await reseal_secrets(rotating)

    assert done.resealed >= 2
    assert after.open(*await _sealed(world, saved.row.id)) == GIVEN
    (named,) = await fetch(
        "SELECT id, team_id, ciphertext FROM secret WHERE team_id = $1", world.alice.team_id
    )
    row = secret_row(named["team_id"], named["id"])
    assert after.open(named["ciphertext"], row) == "the value of a secret"
    with pytest.raises(CannotOpen):
        after.open(named["ciphertext"], trigger_secret_row(named["team_id"], named["id"]))
    # And back, for the tests that share this database; what is done once is done.
    again = await reseal_secrets(rotating)
    assert (again.resealed, again.lost) == (0, done.lost)
    await reseal_secrets(Vault(KEY, [NEW_KEY]))


async def _sealed(world: World, trigger_id: object) -> tuple[bytes, str]:
    (row,) = await fetch(
        "SELECT id, team_id, ciphertext FROM trigger_secret WHERE trigger_id = $1", trigger_id
    )
    return row["ciphertext"], trigger_secret_row(row["team_id"], row["id"])


def test_former_keys_are_a_setting() -> None:
    told = {
        "DATABASE_URL": "postgres://127.0.0.1/x",
        "REDIS_URL": "redis://127.0.0.1",
        "SECRET_KEY": NEW_KEY.decode(),
    }
    assert read_settings(told).previous_secret_keys == ()
    other = "0123456789abcdef" * 2
    for former, expected in (
        (other, {other}),
        (f"{other} , {other[::-1]}", {other, other[::-1]}),
        (KEY.decode(), {KEY.decode()}),  # a key that holds a comma itself
    ):
        found = read_settings({**told, "SECRET_KEY_PREVIOUS": former}).previous_secret_keys
        assert expected <= {key.decode() for key in found}
    with pytest.raises(BadSettings, match="SECRET_KEY_PREVIOUS"):
        read_settings({**told, "SECRET_KEY_PREVIOUS": "short"})
