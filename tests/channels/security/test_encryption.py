"""Bodies are locked; destroying a key destroys what it locked."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.security.encryption import KeyFile, Keys, derived, made_with, master_key, remember
from tests.home import Place, every_store, home

__all__ = ["every_store", "home"]

DAY = 86_400_000_000


def keys(home: Place, master: bytes = b"m" * 32) -> Keys:
    return Keys(home.open("control"), master)


@given(body=st.binary())
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_locked_can_be_unlocked_by_another_process(tmp_path: Path, body: bytes) -> None:
    home = Place(tmp_path)
    key_id, locked = keys(home).lock(body, "lab", DAY)
    assert keys(home).unlock(key_id, locked) == body
    home.close()


def test_a_key_a_channel_and_day(home: Place) -> None:
    some = keys(home)
    ids = {some.lock(b"x", channel, day * DAY)[0] for channel in ("lab", "adt") for day in (1, 1, 2)}
    assert len(ids) == 4
    assert some.lock(b"x", "lab", DAY, alone="t1")[0] == "t1"


def test_two_processes_share_the_key_of_the_day(home: Place) -> None:
    first, second = keys(home), keys(home)
    locked = [first.lock(b"a", "lab", DAY), second.lock(b"b", "lab", DAY)]
    assert [keys(home).unlock(*one) for one in locked] == [b"a", b"b"]


def test_destroyed_keys_are_gone_for_good(home: Place) -> None:
    some = keys(home)
    key_id, locked = some.lock(b"Khadija", "lab", DAY)
    some.destroy([key_id])
    assert some.unlock(key_id, locked) is None
    assert keys(home).unlock(key_id, locked) is None


def test_retention_destroys_the_keys_of_old_days_of_one_channel(home: Place) -> None:
    some = keys(home)
    kept = {(channel, day): some.lock(b"x", channel, day * DAY) for channel in ("lab", "adt") for day in (1, 2, 3)}
    assert some.destroy_before("lab", 3) == 2
    assert some.destroy_before("lab", 3) == 0
    gone = {which for which, one in kept.items() if keys(home).unlock(*one) is None}
    assert gone == {("lab", 1), ("lab", 2)}


def test_another_master_key_is_told_not_guessed(home: Place) -> None:
    key_id, locked = keys(home).lock(b"x", "lab", DAY)
    with pytest.raises(KeyFile, match="WASL_KEY_FILE"):
        keys(home, b"o" * 32).unlock(key_id, locked)


def test_the_key_file_is_made_once_for_the_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "key"
    made = master_key(path, make=True)
    assert (len(made), path.stat().st_mode & 0o777) == (32, 0o600)
    assert master_key(path, make=True) == made


@pytest.mark.parametrize("content", [None, b"short", b"x" * 100])
def test_an_unusable_key_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(KeyFile, match="key"):
        master_key(path, make=False)


def test_each_purpose_has_a_secret_of_its_own() -> None:
    assert derived(b"m" * 32, "feeds") != derived(b"m" * 32, "subjects")


def test_data_remembers_which_master_key_it_was_made_with(home: Place, tmp_path: Path) -> None:
    database = home.open("control")
    assert made_with(database) is None
    remember(database, tmp_path / "key", b"m" * 32)
    remember(database, tmp_path / "key", b"m" * 32)
    with pytest.raises(KeyFile, match="not the key this data folder was made with"):
        remember(database, tmp_path / "key", b"o" * 32)


@pytest.mark.parametrize("home", ["postgresql"], indirect=True)
def test_of_two_machines_with_keys_of_their_own_one_is_told(home: Place, tmp_path: Path) -> None:
    told: list[KeyFile] = []

    def begin(master: bytes) -> None:
        try:
            remember(home.open("control"), tmp_path / "key", master)
        except KeyFile as error:
            told.append(error)

    machines = [threading.Thread(target=begin, args=(bytes([number]) * 32,)) for number in range(4)]
    for machine in machines:
        machine.start()
    for machine in machines:
        machine.join(30)
    assert len(told) == 3
