"""Hashes, what is remembered of them, and patience with those who guess."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.security.passwords import (
    FORGOTTEN,
    LONGEST,
    REMEMBERED,
    Patience,
    Remembered,
    TooManyAttempts,
    hashed,
    matches,
)


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_hash_is_of_one_secret_and_never_the_same() -> None:
    one, two = hashed("la clé"), hashed("la clé")
    assert one != two
    assert matches("la clé", one)
    assert not matches("la cle", one)


def test_what_was_right_is_remembered_for_a_minute_after_its_last_use() -> None:
    clock = Clock()
    remembered, kept = Remembered(clock), hashed("secret")
    assert not remembered.knows("secret", kept)
    assert remembered.matches("secret", kept)
    for _ in range(3):
        clock.now += REMEMBERED - 1
        assert remembered.knows("secret", kept)
    assert not remembered.knows("wrong", kept)
    assert not remembered.knows("secret", hashed("secret"))  # the hash was changed
    clock.now += REMEMBERED + 1
    assert not remembered.knows("secret", kept)


def test_of_many_who_ask_at_once_one_pays_for_the_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    remembered, kept, looks = Remembered(), hashed("secret"), list[str]()

    def counted(secret: str, kept: str) -> bool:
        looks.append(secret)
        return matches(secret, kept)

    monkeypatch.setattr("channels.security.passwords.matches", counted)
    with ThreadPoolExecutor(20) as threads:
        said = list(threads.map(lambda secret: remembered.matches(secret, kept), ["secret", "wrong"] * 10))
    assert said == [True, False] * 10
    assert sorted(looks) == ["secret", *["wrong"] * 10]


def test_what_was_wrong_is_not_remembered() -> None:
    remembered, kept = Remembered(), hashed("secret")
    assert not remembered.matches("wrong", kept)
    assert not remembered.knows("wrong", kept)


def waits(patience: Patience, name: str = "admin", peer: str = "10.0.0.1") -> float:
    try:
        patience.check(name, peer)
    except TooManyAttempts as error:
        return error.retry_after
    return 0.0


def test_the_wait_doubles_after_five_failures_up_to_five_minutes() -> None:
    patience, told = Patience(Clock()), []
    for _ in range(16):
        patience.failed("admin", "10.0.0.1")
        told.append(round(waits(patience)))
    assert told == [0, 0, 0, 0, 0, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]


def test_others_do_not_wait_and_calm_or_success_forgets() -> None:
    clock = Clock()
    patience = Patience(clock)
    for _ in range(9):
        patience.failed("admin", "10.0.0.1")
    assert waits(patience, peer="10.0.0.2") == waits(patience, name="other") == 0.0
    clock.now += FORGOTTEN + LONGEST
    patience.failed("admin", "10.0.0.1")
    assert waits(patience) == 0.0
    for _ in range(9):
        patience.failed("admin", "10.0.0.1")
    patience.passed("admin", "10.0.0.1")
    assert waits(patience) == 0.0


@given(st.lists(st.sampled_from(["fail", "wait", "pass"]), max_size=60))
def test_nobody_waits_longer_than_the_longest(told: list[str]) -> None:
    clock = Clock()
    patience = Patience(clock)
    for one in told:
        if one == "wait":
            clock.now += 60
        elif one == "fail":
            patience.failed("a", "p")
        else:
            patience.passed("a", "p")
            assert waits(patience, "a", "p") == 0.0
        assert 0.0 <= waits(patience, "a", "p") <= LONGEST


def test_what_the_guesser_is_told() -> None:
    with pytest.raises(TooManyAttempts, match="try again in 9 s"):
        raise TooManyAttempts(9.2)
