"""Bodies on the bus are encrypted; destroying a key destroys what it locked, in an immutable log too.

A data key a channel and day (AES-256-GCM), wrapped by the master key of `WASL_KEY_FILE`. Channels that keep only a
hash, or nothing, get a key for every message, destroyed once the message is mediated or refused.
"""

from __future__ import annotations

import base64
import itertools
import os
import secrets
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy import BigInteger, Column, Engine, Index, Integer, LargeBinary, MetaData, String, Table, select, update

from registries.database import alone, insert_or_skip, reading, writing

DAY = 86_400_000_000
_LOCK = 0x4B455953

metadata = MetaData()
data_keys = Table(
    "data_keys",
    metadata,
    Column("id", String, primary_key=True),
    Column("channel", String, nullable=False),
    Column("day", Integer, nullable=False),
    Column("wrapped", LargeBinary),
    Column("destroyed", BigInteger),
    Index("data_keys_by_day", "day"),
)

master_keys = Table("master_keys", metadata, Column("fingerprint", String, primary_key=True))


class KeyFile(ValueError):
    """The master key can't be used: says which file and why."""


def master_key(path: Path, *, make: bool) -> bytes:
    """The 32 bytes in the file (base64). Makes it, mode 0600, when it is missing and `make`. Raises KeyFile."""
    if make and not path.exists():
        _make_key(path)
    try:
        text = path.read_bytes()
    except OSError as error:
        raise KeyFile(f"{path}: {error.strerror}; WASL_KEY_FILE names the file that holds the master key") from error
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise KeyFile(f"{path}: expected 32 bytes in base64, on one line")
    return key


def _make_key(path: Path) -> None:
    """Whole or not at all: a process killed half-way, or another one that is faster, leaves one good key."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(base64.b64encode(secrets.token_bytes(32)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        with suppress(FileExistsError):
            os.link(draft, path)
    finally:
        draft.unlink()


def derived(master: bytes, purpose: str) -> bytes:
    """A secret of its own for each purpose, from the master key (HKDF-SHA256)."""
    return HKDF(SHA256(), 32, None, f"wasl {purpose}".encode()).derive(master)


def made_with(database: Engine) -> str | None:
    """The fingerprint of the master key that this data was made with; None before the first start."""
    with reading(database) as connection:
        return connection.scalar(select(master_keys.c.fingerprint))


def remember(database: Engine, path: Path, master: bytes) -> None:
    """Writes down which master key this data is made with. Raises KeyFile when it was made with another."""
    fingerprint = derived(master, "fingerprint").hex()
    known = made_with(database)
    if known is None:
        with writing(database) as connection:
            alone(connection, _LOCK)  # machines that start at once may have keys of their own
            if (known := connection.scalar(select(master_keys.c.fingerprint))) is None:
                insert_or_skip(connection, master_keys, [{"fingerprint": fingerprint}])
    if known not in (None, fingerprint):
        raise KeyFile(f"{path}: not the key this data folder was made with; WASL_KEY_FILE names the right one")


class Keys:
    """The data keys. Kept durable before the first message they lock. Every method may block, and raise Unavailable."""

    def __init__(self, database: Engine, master: bytes) -> None:
        self._database = database
        self._wrap = AESGCM(derived(master, "data keys"))
        self._open: dict[str, AESGCM] = {}
        self._today: dict[tuple[str, int], str] = {}
        self._doomed: set[str] = set()
        # a nonce must never come twice under one key: random for each process, then counted
        self._prefix, self._counter = secrets.token_bytes(6), itertools.count()

    def at_hand(self, channel: str, received: int) -> bool:
        """Whether `lock` has the channel's key of that day, and need not ask the database."""
        return self._today.get((channel, received // DAY)) in self._open

    def lock(self, body: bytes, channel: str, received: int, alone: str = "") -> tuple[str, bytes]:
        """The key's id and the locked body. `alone` (a transaction) asks for a key of its own."""
        day = received // DAY
        if alone:
            key_id = self._make(alone, channel, day)
        elif (known := self._today.get((channel, day))) is None:
            key_id = self._today[channel, day] = self._make(f"{channel}/{day}", channel, day)
        else:
            key_id = known
        nonce = self._prefix + next(self._counter).to_bytes(6)
        return key_id, nonce + self._key(key_id).encrypt(nonce, body, key_id.encode())

    def unlock(self, key_id: str, locked: bytes) -> bytes | None:
        """The body, or None when it or its key is gone. Raises KeyFile when the master key does not fit."""
        if not locked:
            return None
        try:
            return self._key(key_id).decrypt(locked[:12], locked[12:], key_id.encode())
        except LookupError:
            return None
        except (InvalidTag, ValueError) as error:  # the latter: too short to have been locked
            raise KeyFile("a body can't be unlocked: WASL_KEY_FILE is not the key it was locked with") from error

    def destroy(self, key_ids: Iterable[str]) -> None:
        """What these keys locked is gone for good when this returns. After Unavailable, the next call does it."""
        self._doomed.update(key_ids)
        gone = sorted(self._doomed)
        if not gone:
            return
        with writing(self._database) as connection:
            connection.execute(
                update(data_keys).where(data_keys.c.id.in_(gone)).values(wrapped=None, destroyed=time.time_ns() // 1000)
            )
        self._doomed.difference_update(gone)
        for key_id in gone:
            self._open.pop(key_id, None)

    def destroy_before(self, channel: str, day: int) -> int:
        """Destroys the channel's keys of days (since the epoch) before this one; tells how many."""
        with reading(self._database) as connection:
            found = connection.execute(
                select(data_keys.c.id).where(
                    data_keys.c.channel == channel, data_keys.c.day < day, data_keys.c.wrapped.is_not(None)
                )
            )
            old = [row.id for row in found]
        self.destroy(old)
        return len(old)

    def _make(self, key_id: str, channel: str, day: int) -> str:
        nonce = secrets.token_bytes(12)
        wrapped = nonce + self._wrap.encrypt(nonce, AESGCM.generate_key(256), key_id.encode())
        with writing(self._database) as connection:
            insert_or_skip(connection, data_keys, [{"id": key_id, "channel": channel, "day": day, "wrapped": wrapped}])
        return key_id

    def _key(self, key_id: str) -> AESGCM:
        if (known := self._open.get(key_id)) is not None:
            return known
        with reading(self._database) as connection:
            wrapped = connection.execute(select(data_keys.c.wrapped).where(data_keys.c.id == key_id)).scalar()
        if wrapped is None:
            raise LookupError(key_id)
        try:
            key = AESGCM(self._wrap.decrypt(wrapped[:12], wrapped[12:], key_id.encode()))
        except InvalidTag as error:
            raise KeyFile("WASL_KEY_FILE is not the key this data folder was made with") from error
        if "/" in key_id:  # keys of one message are used twice at most
            self._open[key_id] = key
        return key
