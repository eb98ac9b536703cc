"""Who may use console, API and record: users with passwords, and the sessions of their browsers."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, select, update

from channels.security.passwords import NOBODY, Patience, Remembered, hashed, matches
from channels.security.tables import sessions, users
from registries.database import insert_or_skip, reading, writing

ADMIN = "admin"
SESSION = 12 * 3600 * 1_000_000
RENEWED = 600 * 1_000_000
# Seconds for which a user who was just verified is not looked up again
RECENT = 1.0


@dataclass(frozen=True, slots=True)
class User:
    name: str
    role: str


class Users:
    """Blocks: a password that was not used for a minute costs up to 100 ms. `now` gives µs since the epoch."""

    def __init__(self, engine: Engine, now: Callable[[], int] = lambda: time.time_ns() // 1000) -> None:
        self._engine, self._now = engine, now
        self._remembered, self._patience = Remembered(), Patience()
        self._key = secrets.token_bytes(32)
        self._recent: dict[bytes, tuple[float, User]] = {}

    def prepare(self, password: str | None) -> str | None:
        """Makes the user `admin` at the first start. The generated password, to be shown once; else None.

        A password given (WASL_ADMIN_PASSWORD) becomes the password, at a later start too.
        """
        known = self._kept(ADMIN)
        if known is not None:
            if password and not matches(password, known):
                self.set_password(ADMIN, password)
            return None
        chosen = password or secrets.token_urlsafe(15)
        row = {"name": ADMIN, "role": "admin", "password": hashed(chosen), "changed": self._now()}
        with writing(self._engine) as connection:
            made = insert_or_skip(connection, users, [row])
        if not made:  # another process was first
            return self.prepare(password)
        return None if password else chosen

    @property
    def prepared(self) -> bool:
        """Whether there is an administrator."""
        return self._kept(ADMIN) is not None

    def set_password(self, name: str, password: str) -> None:
        """Ends the user's sessions, too."""
        with writing(self._engine) as connection:
            changed = {"password": hashed(password), "changed": self._now()}
            connection.execute(update(users).where(users.c.name == name).values(**changed))
            connection.execute(delete(sessions).where(sessions.c.user == name))
        self._recent.clear()

    def recent(self, name: str, password: str) -> User | None:
        """The user, if `verify` found this to be the password within the last second. Does not block: who asks a
        hundred times a second is looked up once."""
        until, user = self._recent.get(self._named(name, password), (0.0, None))
        return user if until > time.monotonic() else None

    def verify(self, name: str, password: str, peer: str = "") -> User | None:
        """The user, if this is the password. Raises TooManyAttempts after repeated failures of the name at the peer."""
        with reading(self._engine) as connection:
            row = connection.execute(select(users).where(users.c.name == name)).first()
        if row is not None and self._remembered.knows(password, row.password):
            return self._found(row, password)
        self._patience.check(name, peer)
        if self._remembered.matches(password, row.password if row else NOBODY) and row is not None:
            self._patience.passed(name, peer)
            return self._found(row, password)
        self._patience.failed(name, peer)
        return None

    def open_session(self, user: User) -> str:
        """A token for the browser's cookie; only its hash is kept. Lasts 12 hours from its last use."""
        token = secrets.token_urlsafe(32)
        with writing(self._engine) as connection:
            connection.execute(delete(sessions).where(sessions.c.expires <= self._now()))
            row = {"token": _kept_as(token), "user": user.name, "expires": self._now() + SESSION}
            connection.execute(sessions.insert().values(**row))
        return token

    def session(self, token: str) -> User | None:
        """Whose session this is. Renews it, at most every ten minutes."""
        key, now = _kept_as(token), self._now()
        query = select(users.c.name, users.c.role, sessions.c.expires).join(sessions, sessions.c.user == users.c.name)
        with reading(self._engine) as connection:
            row = connection.execute(query.where(sessions.c.token == key, sessions.c.expires > now)).first()
        if row is None:
            return None
        if row.expires < now + SESSION - RENEWED:
            with writing(self._engine) as connection:
                self._renew(connection, key, now)
        return User(row.name, row.role)

    def close_session(self, token: str) -> None:
        with writing(self._engine) as connection:
            connection.execute(delete(sessions).where(sessions.c.token == _kept_as(token)))

    def _found(self, row: Any, password: str) -> User:
        now, user = time.monotonic(), User(row.name, row.role)
        self._recent = {key: one for key, one in self._recent.items() if one[0] > now}
        self._recent[self._named(row.name, password)] = (now + RECENT, user)
        return user

    def _named(self, name: str, password: str) -> bytes:
        return hmac.digest(self._key, f"{name}\n{password}".encode("utf-8", "surrogatepass"), hashlib.sha256)

    def _renew(self, connection: Connection, key: str, now: int) -> None:
        connection.execute(update(sessions).where(sessions.c.token == key).values(expires=now + SESSION))

    def _kept(self, name: str) -> str | None:
        with reading(self._engine) as connection:
            return connection.execute(select(users.c.password).where(users.c.name == name)).scalar()


def form_token(token: str) -> str:
    """What a form of this session must carry back (against cross-site requests); tells nothing of the token."""
    return hashlib.sha256(f"form\n{token}".encode()).hexdigest()


def _kept_as(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
