"""What PostgreSQL alone needs: how its engine is made, and text that it can keep."""

from __future__ import annotations

from typing import Any

from psycopg import Connection
from psycopg.adapt import Dumper
from sqlalchemy import Engine, ExceptionContext, event, make_url

# seconds
CONNECT = 5
POOL = 10
LOCK = 10
IDLE = 60
RECYCLE = 1800

READ_ONLY = "25006"  # SQLSTATE read_only_sql_transaction


def arguments(
    url: str, *, store: str = "", password: str | None = None, pool: int = 5, statement_timeout: float = 30.0
) -> dict[str, Any]:
    """Arguments of create_engine. `store` is the schema its tables are in; `pool` connections stay open, twice as many
    at most; `statement_timeout` is in seconds."""
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
    }
    given = address.query.get("options", ())
    said = [given] if isinstance(given, str) else [*given]
    said += [f"-c{name}={value}" for name, value in limits.items()]
    return {
        "url": address,
        "pool_size": pool,
        "max_overflow": pool,
        "pool_timeout": POOL,
        "pool_recycle": RECYCLE,
        "pool_pre_ping": True,
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
    """PostgreSQL takes no NUL in a text, and a message may hold one. A server that was made a replica is left."""

    @event.listens_for(engine, "connect")
    def adapt(connection: Connection[Any], _record: Any) -> None:
        connection.adapters.register_dumper(str, Kept)

    @event.listens_for(engine, "handle_error")
    def demoted(context: ExceptionContext) -> None:
        if getattr(context.original_exception, "sqlstate", None) == READ_ONLY:
            context.is_disconnect = True


class Kept(Dumper):
    """Text as it is kept: a NUL as U+FFFD, also in what is searched for."""

    def dump(self, obj: str) -> bytes:
        return (obj.replace("\0", "\ufffd") if "\0" in obj else obj).encode()
