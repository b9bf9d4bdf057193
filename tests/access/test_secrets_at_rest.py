"""The vault: what is sealed opens in its own row, with its own key, unaltered, or not at all."""

import pytest

from domain.encryption import CannotOpen, Vault, derive_key, secret_row, trigger_secret_row

KEY = b"one key that is long enough to be a secret key"
ROW = "secret:team:row"
TEXT = "hunter2, größer"


def test_what_was_sealed_opens() -> None:
    assert Vault(KEY).open(Vault(KEY).seal(TEXT, ROW), ROW) == TEXT


def test_the_same_text_never_looks_the_same_twice() -> None:
    vault = Vault(KEY)
    sealed = {vault.seal(TEXT, ROW) for _ in range(50)}

    assert len(sealed) == 50
    assert not any(TEXT.encode() in each for each in sealed)


def test_a_ciphertext_does_not_open_in_another_row() -> None:
    sealed = Vault(KEY).seal(TEXT, ROW)

    for row in ("secret:team:other", "secret:other:row", "trigger_secret:team:row", ""):
        with pytest.raises(CannotOpen):
            Vault(KEY).open(sealed, row)


def test_another_key_opens_nothing() -> None:
    with pytest.raises(CannotOpen):
        Vault(KEY + b"!").open(Vault(KEY).seal(TEXT, ROW), ROW)


def test_no_altered_byte_goes_unnoticed() -> None:
    vault = Vault(KEY)
    sealed = vault.seal(TEXT, ROW)
    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises(CannotOpen):
            vault.open(bytes(altered), ROW)


@pytest.mark.parametrize("ciphertext", [b"", b"\x01", b"\x01short", b"\x02" + bytes(60)])
def test_what_is_no_ciphertext_does_not_open(ciphertext: bytes) -> None:
    with pytest.raises(CannotOpen):
        Vault(KEY).open(ciphertext, ROW)


def test_each_purpose_has_a_key_of_its_own() -> None:
    keys = {derive_key(KEY, purpose) for purpose in ("vault", "csrf", "cursor")}

    assert len(keys) == 3
    assert KEY not in keys


def test_the_rows_of_the_two_kinds_of_secrets_never_coincide() -> None:
    assert secret_row("t", "i") != trigger_secret_row("t", "i")
