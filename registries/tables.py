"""Every table of the registries, defined once for SQLite and PostgreSQL. No identifier of a patient stands in clear."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    literal_column,
    select,
    update,
)

from registries.database import insert_or_skip

TABLES = MetaData()

# A row's own number on SQLite, so that it needs no index beside
_NUMBERED = BigInteger().with_variant(Integer(), "sqlite")

# Identifiers and birth dates are keyed digests: they can be compared, not read. "" is "not known".
persons = Table(
    "persons",
    TABLES,
    Column("id", String(36), primary_key=True),
    Column("created", BigInteger, nullable=False),
    Column("origin", Text, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("ins", String(32), nullable=False),
    Column("idcs", String(32), nullable=False),
    Column("cnss", String(32), nullable=False),
    Column("cin", String(32), nullable=False),
    Column("birth_year", String(32), nullable=False),
    Column("birth_month", String(32), nullable=False),
    Column("birth_day", String(32), nullable=False),
    Column("sex", String(8), nullable=False),
    sqlite_with_rowid=False,
)

# `turn` 0 is who met the number first; the next ones carry the same number but are plainly somebody else.
keys = Table(
    "keys",
    TABLES,
    Column("key", String(32), primary_key=True),
    Column("turn", Integer, primary_key=True, autoincrement=False),
    Column("person", ForeignKey("persons.id"), nullable=False),
    sqlite_with_rowid=False,
)

# Kinds: merged (`from_person` was replaced, as a source tells), matched (the rules), joined and apart (a steward). Of
# the last three the smaller identity is `from_person`. In force until `ended` (µs); made again, it is the same row.
links = Table(
    "links",
    TABLES,
    Column("from_person", ForeignKey("persons.id"), primary_key=True),
    Column("to_person", ForeignKey("persons.id"), primary_key=True, index=True),
    Column("kind", String(8), primary_key=True),
    Column("event", Text, nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    Column("version", Integer, nullable=False, index=True),
    Column("ended", BigInteger),
    Column("by", Text, nullable=False, server_default=""),
    Column("why", Text, nullable=False, server_default=""),
    Column("score", Float),
    Column("rules", Integer, nullable=False, server_default="0"),
)
_ENDED = links.c.ended.is_not(None)
Index("links_ended", links.c.ended, sqlite_where=_ENDED, postgresql_where=_ENDED)

# `state`: open or decided; `decision`: accepted (one person) or rejected (two).
reviews = Table(
    "reviews",
    TABLES,
    Column("id", String(36), primary_key=True),
    Column("person", ForeignKey("persons.id"), nullable=False),
    Column("other", String(36), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("at", BigInteger, nullable=False, index=True),
    Column("state", String(8), nullable=False),
    Column("event", Text, nullable=False),
    Column("transaction", Text, nullable=False),
    Column("score", Float),
    Column("why", Text, nullable=False, server_default=""),
    Column("rules", Integer, nullable=False, server_default="0"),
    Column("decided_at", BigInteger),
    Column("decided_by", Text, nullable=False, server_default=""),
    Column("decision", String(8), nullable=False, server_default=""),
)
# As the indexes below say it: a parameter would hide from the planner that they hold all that is asked for
OPEN = reviews.c.state == literal_column("'open'")
Index("reviews_open", reviews.c.at, reviews.c.id, sqlite_where=OPEN, postgresql_where=OPEN)
Index("reviews_open_by_person", reviews.c.person, sqlite_where=OPEN, postgresql_where=OPEN)
Index("reviews_open_by_other", reviews.c.other, sqlite_where=OPEN, postgresql_where=OPEN)

# What one source says of one patient. `key`: keyed digest of source, the patient's number there, channel and sender;
# `said`: of the content. `patient` and `profile` are sealed with str(id). `number` counts the changes of all records.
records = Table(
    "records",
    TABLES,
    Column("id", _NUMBERED, primary_key=True, autoincrement=False),
    Column("key", String(32), nullable=False),
    Column("person", ForeignKey("persons.id"), nullable=False, index=True),
    Column("source", Text, nullable=False),
    Column("channel", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("version", BigInteger, nullable=False),
    Column("said", String(32), nullable=False),
    Column("patient", LargeBinary, nullable=False),
    Column("profile", LargeBinary, nullable=False),
    Column("number", BigInteger, nullable=False, index=True),
    Column("moved", BigInteger),
    Index("records_of", "key", "person", unique=True),
)

# Changes of records that are still to be compared: the record, the number of the change, and when it was kept.
uncompared = Table(
    "uncompared",
    TABLES,
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
)

# Keyed digests of 63 bits: what candidates for a match have in common, and the identifiers of a record.
blocks = Table(
    "blocks",
    TABLES,
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

numbers = Table(
    "numbers",
    TABLES,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("record", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# Identifier systems that any record ever named
systems = Table("systems", TABLES, Column("system", Text, primary_key=True))

# Only ever added to. `detail` is sealed: see registries/client/history.py.
history = Table(
    "history",
    TABLES,
    Column("id", _NUMBERED, primary_key=True, autoincrement=True),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("action", String(16), nullable=False),
    Column("person", String(36), nullable=False, index=True),
    Column("other", String(36), nullable=False, index=True),
    Column("record", BigInteger),
    Column("why", Text, nullable=False),
    Column("rules", Integer, nullable=False),
    Column("detail", LargeBinary),
)

# What a steward chose for the golden record: a field of this record, or this value (sealed with "person|field")
choices = Table(
    "choices",
    TABLES,
    Column("person", ForeignKey("persons.id"), primary_key=True),
    Column("field", String(32), primary_key=True),
    Column("record", BigInteger),
    Column("value", LargeBinary),
    Column("by", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

rule_versions = Table(
    "rule_versions",
    TABLES,
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("by", Text, nullable=False),
    Column("why", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("active", Boolean, nullable=False),
)

# Facilities and health workers as events find them; what else is known stands in `registries.care.tables` under the id
# `resource` ("": not yet). `periods`, when it operates, and `suspended` are ISO 8601 intervals joined by a space:
# "2008-03-01/2021-12-31 2023-01-01/"; no period is always.
facilities = Table(
    "facilities",
    TABLES,
    Column("number", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("region", String(8), nullable=False),
    Column("province", String(8), nullable=False),
    Column("owner", Text, nullable=False),
    Column("periods", Text, nullable=False),
    Column("latitude", Text, nullable=False),
    Column("longitude", Text, nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("suspended", Text, nullable=False, server_default=""),
    Column("resource", Text, nullable=False, server_default="", index=True),
)

health_workers = Table(
    "health_workers",
    TABLES,
    Column("number", Text, primary_key=True),
    Column("family", Text, nullable=False),
    Column("given", Text, nullable=False),
    Column("profession", Text, nullable=False),
    Column("periods", Text, nullable=False),
    Column("provisional", Boolean, nullable=False),
    Column("suspended", Text, nullable=False, server_default=""),
    Column("resource", Text, nullable=False, server_default="", index=True),
)

roles = Table(
    "roles",
    TABLES,
    Column("worker", ForeignKey("health_workers.number"), primary_key=True),
    Column("facility", Text, primary_key=True),
    Column("role", Text, primary_key=True),
    Column("periods", Text, nullable=False),
)

# What a sender calls it: "system|value", or the local name alone. `kind` is the registry's name.
aliases = Table(
    "aliases",
    TABLES,
    Column("kind", String(16), primary_key=True),
    Column("alias", Text, primary_key=True),
    Column("number", Text, nullable=False),
    Index("aliases_by_number", "kind", "number"),
)

versions = Table(
    "versions",
    TABLES,
    Column("name", String(16), primary_key=True),
    Column("number", Integer, nullable=False),
)


_VERSION = select(versions.c.number).where(versions.c.name == bindparam("name"))


def version(connection: Connection, name: str) -> int:
    """How often `name` (links, facility, health-worker) changed: who keeps a copy in memory compares this."""
    return connection.scalar(_VERSION, {"name": name}) or 0


def next_version(connection: Connection, name: str) -> int:
    """Counts a change, in the transaction that makes it. Until it ends, others who change `name` wait."""
    counted = update(versions).where(versions.c.name == name).values(number=versions.c.number + 1)
    number: int | None = connection.scalar(counted.returning(versions.c.number))
    if number is None:
        insert_or_skip(connection, versions, [{"name": name, "number": 0}])
        return next_version(connection, name)
    return number
