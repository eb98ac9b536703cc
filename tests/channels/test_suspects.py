"""Which message killed the worker: counted, and never an innocent one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.bus.bus import Record
from channels.suspects import LIMIT, Suspects


class Read(list[Record]):
    """A batch of these transactions."""

    def __init__(self, *transactions: str) -> None:
        super().__init__(Record("t", "k", b"", {"transaction": one}) for one in transactions)

    def done(self, outputs: Sequence[Record] = ()) -> None: ...


class Killed(BaseException):
    """Ends the worker so that nothing of it runs any more."""


def work(path: Path, batch: Read, deadly: set[str]) -> list[str]:
    """One life of a worker: what it did. When a deadly one is tried the file is left as the kernel would leave it."""
    suspects, done = Suspects(path), []
    left = b""
    try:
        with suspects.batch(batch) as tried:
            for record in batch:
                if not tried(record):
                    continue
                if record.headers["transaction"] in deadly:
                    left = path.read_bytes()
                    raise Killed
                done.append(record.headers["transaction"])
    except Killed:
        path.write_bytes(left)
        raise
    return done


def lives(path: Path, batch: Read, deadly: set[str]) -> tuple[int, list[str]]:
    """How often the worker died before it came through, and what it did at last."""
    for deaths in range(100):
        try:
            return deaths, work(path, batch, deadly)
        except Killed:
            continue
    raise AssertionError("it never came through")


def test_a_deadly_message_is_found_and_the_others_pass(tmp_path: Path) -> None:
    deaths, done = lives(tmp_path / "s", Read("a", "b", "c"), {"b"})
    assert (deaths, done) == (1 + LIMIT, ["a", "c"])


@given(st.lists(st.sampled_from("abcdefgh"), unique=True, max_size=8), st.sets(st.sampled_from("abcdefgh"), max_size=3))
def test_several_deadly_ones_are_each_found(
    tmp_path_factory: pytest.TempPathFactory, batch: list[str], deadly: set[str]
) -> None:
    deaths, done = lives(tmp_path_factory.mktemp("w") / "s", Read(*batch), deadly)
    assert done == [one for one in batch if one not in deadly]
    assert deaths <= 1 + LIMIT * len(deadly)


def test_an_error_is_a_clean_end(tmp_path: Path) -> None:
    path = tmp_path / "s"
    for _ in range(5):
        with pytest.raises(ValueError, match="bug"), Suspects(path).batch(Read("a")):
            raise ValueError("bug")
        assert not path.exists()
    assert work(path, Read("a"), set()) == ["a"]


def test_after_a_batch_that_passed_nobody_is_suspected(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with pytest.raises(Killed):
        work(path, Read("a", "b"), {"a"})
    with pytest.raises(Killed):
        work(path, Read("a", "b"), {"a"})
    assert work(path, Read("a", "b"), set()) == ["a", "b"]
    assert not path.exists()
    assert lives(path, Read("a"), {"a"})[0] == 1 + LIMIT


@pytest.mark.parametrize("left", [b"", b"\x00\x00", b"[]", b'{"deaths": 7}', b"nothing"])
def test_a_file_that_was_cut_short_suspects_nobody(tmp_path: Path, left: bytes) -> None:
    path = tmp_path / "s"
    path.write_bytes(left)
    assert work(path, Read("a"), set()) == ["a"]
