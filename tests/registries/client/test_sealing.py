"""What is sealed opens for its own row, under its own secret, whole; and for nothing else."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registries.sealing import Seal, Unsealable


@settings(max_examples=50)
@given(st.binary(max_size=300), st.text(max_size=20).filter(lambda text: text.isprintable()))
def test_what_was_sealed_opens_as_it_was(plain: bytes, about: str) -> None:
    assert Seal(b"a secret").open(Seal(b"a secret").seal(plain, about), about) == plain


@settings(max_examples=50)
@given(st.text(max_size=60), st.text(max_size=20).filter(lambda text: text.isprintable()))
def test_a_text_stays_a_text_that_any_column_takes(plain: str, about: str) -> None:
    sealed = Seal(b"a secret").seal_text(plain, about)
    assert sealed.isascii()
    assert sealed.isprintable()
    assert Seal(b"a secret").open_text(sealed, about) == plain


def test_a_text_that_was_never_sealed_is_read_as_it_is_and_one_of_another_row_is_not() -> None:
    seal = Seal(b"a secret")
    assert seal.open_text("the names are the same", "1") == "the names are the same"
    for moved in (seal.seal_text("ALAMI", "1"), "sealed:", "sealed:\x00 é"):
        with pytest.raises(Unsealable):
            seal.open_text(moved, "2")


def test_the_same_is_never_sealed_alike() -> None:
    seal = Seal(b"a secret")
    assert len({seal.seal(b"ALAMI", "1") for _ in range(20)} | {Seal(b"a secret").seal(b"ALAMI", "1")}) == 21


@pytest.mark.parametrize(
    ("secret", "about", "damage"),
    [(b"another", "1", bytes), (b"a secret", "2", bytes), (b"a secret", "1", lambda sealed: sealed[:-1])],
)
def test_another_secret_another_row_or_damage_opens_nothing(secret: bytes, about: str, damage: type[bytes]) -> None:
    sealed = damage(Seal(b"a secret").seal(b"ALAMI", "1"))
    with pytest.raises(Unsealable, match="another key, or it is damaged"):
        Seal(secret).open(sealed, about)
    with pytest.raises(Unsealable):
        Seal(secret).open(b"", about)
