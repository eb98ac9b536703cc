"""What an error of the database means: away for now, two writers that met, or a fault that stays."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from schemas.message import Unavailable

# SQLSTATE: connection lost (08), a replica or an idle transaction (25006, 25P03), rolled back for another (40), no
# resources (53), locked (55P03), stopped by an operator or a time-out (57), the disk (58).
_PASSING = ("08", "25006", "25P03", "40", "53", "55P03", "57", "58")
# serialization failure, deadlock, unique key
_COLLISION = frozenset({"40001", "40P01", "23505"})


def is_away(error: BaseException) -> bool:
    """Whether the database is away or busy for now: a later try of the same may pass."""
    if isinstance(error, PoolTimeout):
        return True
    if not isinstance(error, DBAPIError):
        return False
    if state := getattr(error.orig, "sqlstate", None):
        return str(state).startswith(_PASSING)
    return error.connection_invalidated or isinstance(error, OperationalError | InterfaceError)


def collided(error: DBAPIError) -> bool:
    """Whether another writer was in the way, so that the whole transaction may pass at once. Only on PostgreSQL."""
    return getattr(error.orig, "sqlstate", None) in _COLLISION


@contextmanager
def outages_told() -> Iterator[None]:
    """Turns an outage of the database into Unavailable; every other error passes."""
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        if not is_away(error):
            raise
        # without the cause: its text may hold what was written
        raise Unavailable("the database does not answer", retry_after=5) from None
