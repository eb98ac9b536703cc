"""A data folder and its master key belong together."""

from __future__ import annotations

from pathlib import Path

import pytest

from channels.runtime import House
from channels.security.encryption import KeyFile


def test_the_key_is_made_once_and_found_again(tmp_path: Path) -> None:
    made = House.open(None, tmp_path).master
    assert (tmp_path / "master.key").stat().st_mode & 0o777 == 0o600
    assert House.open(None, tmp_path).master == made


def test_a_lost_key_is_told_and_not_replaced(tmp_path: Path) -> None:
    House.open(None, tmp_path).migrate()
    (tmp_path / "master.key").unlink()
    with pytest.raises(KeyFile, match=r"master\.key"):
        House.open(None, tmp_path).migrate()
    assert not (tmp_path / "master.key").exists()


def test_the_key_of_another_folder_is_told(tmp_path: Path) -> None:
    for name in ("one", "two"):
        House.open(None, tmp_path / name).migrate()
    (tmp_path / "one/master.key").write_bytes((tmp_path / "two/master.key").read_bytes())
    with pytest.raises(KeyFile, match="not the key this data folder was made with"):
        House.open(None, tmp_path / "one").migrate()
