"""What PostgreSQL alone needs: how its engine is made, and text that it can keep."""

from __future__ import annotations

import select
import time
from typing import Any

import psycopg
from psycopg import Connection
from psycopg.adapt import Dumper
from sqlalchemy import Engine, ExceptionContext, event, make_url
from sqlalchemy.exc import InvalidatePoolError

# seconds
CONNECT = 5
POOL = 10
LOCK = 10
IDLE = 60
RECYCLE = 1800
# A connection that lay longer is asked whether its server is still there
QUIET = 5.0
_LAID = "wasl laid aside"

READ_ONLY = "25006"  # SQLSTATE read_only_sql_transaction


def arguments(
    url: str, *, store: str = "", password: str | None = None, pool: int = 5, statement_timeout: float = 30.0
) -> dict[str, Any]:
    """Arguments of create_engine. `store` is the schema its tables are in; twice `pool` connections are opened at most,
    as they are needed, and stay open: one that was closed after each use costs more than what it is used for.
    `statement_timeout` is in seconds."""
    address = make_url(url).set(drivername="postgresql+psycopg")
    if password:
        address = address.set(password=password)
    milliseconds = round(statement_timeout * 1000)
    limits = {
        "statement_timeout": milliseconds,
        "lock_timeout": min(milliseconds, LOCK * 1000),
        "idle_in_transaction_session_timeout": IDLE * 1000,
        "jit": "off",  # it costs more than these short statements take
        **({"search_path": store} if store else {}),
        # A plan that was made while a table was empty is kept by whoever prepared the statement, and would read all of
        # it for each row until the server counts the rows. Only pages of the journal want whole partitions.
        **({"enable_seqscan": "off"} if store not in ("", "journal") else {}),
    }
    given = address.query.get("options", ())
    said = [given] if isinstance(given, str) else [*given]
    said += [f"-c{name}={value}" for name, value in limits.items()]
    return {
        "url": address,
        "pool_size": 2 * pool,
        "max_overflow": 0,
        "pool_timeout": POOL,
        "pool_recycle": RECYCLE,
        "pool_use_lifo": True,
        "hide_parameters": True,  # they may be a patient's
        "connect_args": {
            "connect_timeout": CONNECT,
            "application_name": f"wasl {store}".strip(),
            "options": " ".join(said),
            # a server that vanished without a word is noticed
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 30_000,
        },
    }


def prepare(engine: Engine) -> None:
    """PostgreSQL takes no NUL in a text, and a message may hold one. A server that was made a replica is left.

    Who reads needs no transaction: BEGIN and ROLLBACK around a statement took two round trips more, and after a
    ROLLBACK the driver forgets, in a third, what it prepared. Who writes begins one.
    """
    _prepare_pool(engine)

    @event.listens_for(engine, "connect")
    def adapt(connection: Connection[Any], _record: Any) -> None:
        connection.autocommit = True
        connection.adapters.register_dumper(str, Kept)

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        if not connection.get_execution_options().get("reading"):
            connection.exec_driver_sql("BEGIN")

    @event.listens_for(engine, "handle_error")
    def demoted(context: ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) == READ_ONLY:
            context.is_disconnect = True


def _prepare_pool(engine: Engine) -> None:
    """A ping before each use would be a round trip for nothing where a connection is used all the time."""

    @event.listens_for(engine, "checkin")
    def laid(_connection: Any, record: Any) -> None:
        record.info[_LAID] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def taken(connection: Connection[Any], record: Any, _fairy: Any) -> None:
        now = time.monotonic()
        if now - record.info.get(_LAID, now) < QUIET and not _spoken(connection):
            return
        try:
            connection.execute("SELECT 1")
        except psycopg.Error:
            raise InvalidatePoolError from None


def _spoken(connection: Connection[Any]) -> bool:
    """Whether the server said anything unasked: that it ends the connection, as a rule."""
    try:
        waiting = select.poll()
        waiting.register(connection.fileno(), select.POLLIN)
        return bool(waiting.poll(0))
    except (psycopg.Error, ValueError, OSError):  # closed on our side
        return True


class Kept(Dumper):
    """Text as it is kept: a NUL as U+FFFD, also in what is searched for."""

    def dump(self, obj: str) -> bytes:
        return (obj.replace("\0", "\ufffd") if "\0" in obj else obj).encode()
