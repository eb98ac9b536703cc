"""The program's own settings: `wasl.yaml`, then the environment. Every error names file, line, key and remedy."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from importlib.resources import files
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, IPvAnyNetwork, ValidationError, field_validator, model_validator

from registries.client.survivorship import Trust, read_trust

# libyaml where it is there: a start reads some ninety files
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class Misconfigured(ValueError):
    """A setting can't be used. The text names the file, the line, the key and what was expected."""


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Http(Strict):
    """Console, API and HTTP intake."""

    host: str = "127.0.0.1"
    port: int = Field(8080, ge=0, le=65535)
    max_body: int = Field(16 * 1024 * 1024, gt=0)
    timeout: float = Field(30.0, gt=0)
    certificate: Path | None = None
    private_key: Path | None = None


class Mllp(Strict):
    """The shared MLLP listener. TLS opens `tls_port` once there is a certificate; `client_ca` asks senders for one.

    `trusted`: networks whose senders need no certificate of their own; all others do.
    """

    host: str = "127.0.0.1"
    port: int = Field(2575, ge=0, le=65535)
    tls_port: int = Field(2576, ge=0, le=65535)
    certificate: Path | None = None
    private_key: Path | None = None
    client_ca: Path | None = None
    trusted: tuple[IPvAnyNetwork, ...] = (ip_network("127.0.0.0/8"), ip_network("::1/128"))
    max_frame: int = Field(16 * 1024 * 1024, gt=0)
    idle: float = Field(600.0, gt=0)
    frame_timeout: float = Field(30.0, gt=0)
    max_connections: int = Field(2000, gt=0)

    @field_validator("trusted", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return _listed(value)


class Admin(Strict):
    password: str | None = None


class Key(Strict):
    file: Path | None = None


class Line(Strict):
    """When to stop the line: this many messages, this part of them refused, within this many seconds."""

    messages: int = Field(50, gt=0)
    ratio: float = Field(0.9, gt=0, le=1)
    window: float = Field(300.0, gt=0)


class Mediation(Strict):
    processes: int | None = Field(None, gt=0)
    stop: Line = Line()
    window: int = Field(100_000, ge=0)


class Addressed(Strict):
    """Another server, and how to use it. Its address alone may stand for the section: `redis: redis://host:6379/0`."""

    @model_validator(mode="before")
    @classmethod
    def _address(cls, value: Any) -> Any:
        return {"url": value} if isinstance(value, str) else value


class Security(Strict):
    """How Kafka knows us and we know Kafka. A certificate and private key of our own make it mutual TLS.

    OAUTHBEARER fetches tokens at `token_url` by client credentials (RFC 6749, 4.4).
    """

    tls: bool = False
    verify: bool = True
    ca: Path | None = None
    certificate: Path | None = None
    private_key: Path | None = None
    mechanism: Literal["", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"] = ""
    username: str = ""
    password: str = ""
    token_url: str = ""
    client_id: str = ""
    client_secret: str = ""
    scope: str = ""


class SchemaRegistry(Addressed):
    """A schema registry with Confluent's API; without an address, ids come from the schemas' own fingerprints."""

    url: str = Field("", pattern="^(https?://.+)?$")
    username: str = ""
    password: str = ""


class Bus(Addressed):
    """`embedded`, or `kafka://host:port,host:port`. The rest is for Kafka: how topics are made, and how to log in.

    `replication`: copies of each record; by default three, or as many as there are brokers.
    """

    url: str = Field("embedded", pattern=r"^(embedded|kafka://[^,/\s]+:\d+(,[^,/\s]+:\d+)*)$")
    partitions: int = Field(12, gt=0)
    replication: int | None = Field(None, gt=0)
    security: Security = Security()
    schema_registry: SchemaRegistry = SchemaRegistry()

    @property
    def brokers(self) -> list[str]:
        """host:port of each broker named; empty when embedded."""
        scheme, _, listed = self.url.partition("://")
        return listed.split(",") if scheme == "kafka" else []


class Database(Addressed):
    """Empty: SQLite files in the data folder; `sqlite:///FOLDER`: in that folder; or `postgresql://…`.

    `pool`: half of the connections that each part of a process opens at most. `statement_timeout`: seconds. `migrate`:
    whether a start makes or updates the tables; without it they must be there (`wasl database migrate`).
    """

    url: str = Field("", pattern="^(|sqlite|sqlite:///.+|postgresql://.+)$")
    password: str | None = None
    migrate: bool = True
    pool: int = Field(5, gt=0)
    statement_timeout: float = Field(30.0, gt=0)


class Redis(Addressed):
    """Saves work, never decides: everything is right without it."""

    url: str = Field("", pattern="^(rediss?://.+)?$")
    password: str | None = None


class NationalRegistry(Addressed):
    """`built-in`, or the FHIR base address of a national registry that is asked first: PIXm for clients, mCSD for
    facilities and health workers.

    `timeout`: seconds for one question. `fresh`: seconds for which an answer is believed without asking again; how old
    it may be while the registry is down is the channel's to say (`registries.stale`). `again`: seconds until it is
    asked again for whom it did not know and a message waits for; twice as long each time, at most a day.
    """

    url: str = Field("built-in", pattern="^(built-in|https?://.+)$")
    token: str | None = None
    timeout: float = Field(3.0, gt=0)
    fresh: float = Field(300.0, ge=0)
    again: float = Field(300.0, gt=0)

    @property
    def elsewhere(self) -> bool:
        return self.url != "built-in"


class PopulationRegister(Addressed):
    """The accredited intermediary that asks the national population register (RNP); without an address, nobody does."""

    url: str = Field("", pattern="^(https?://.+)?$")
    token: str = ""
    timeout: float = Field(5.0, gt=0)


class UpstreamRegistry(Addressed):
    """The registry that facilities and health workers are taken over from; without an address, none is followed.

    `speaks`: `mcsd` (a FHIR base address: `_history?_since`) or `dhis2` (organisation units by `lastUpdated`). `token`,
    or `username` and `password`. `every`: seconds between two questions; `timeout`: for one.
    """

    url: str = Field("", pattern="^(https?://.+)?$")
    speaks: Literal["mcsd", "dhis2"] = "mcsd"
    token: str | None = None
    username: str = ""
    password: str | None = None
    every: float = Field(300.0, gt=0)
    timeout: float = Field(30.0, gt=0)


class RegistriesElsewhere(Strict):
    """Whose registries answer who, where and by whom: ours alone, or the country's before ours. `upstream` is whose
    directory ours follows."""

    client: NationalRegistry = NationalRegistry()
    facility: NationalRegistry = NationalRegistry()
    health_worker: NationalRegistry = NationalRegistry()
    rnp: PopulationRegister = PopulationRegister()
    upstream: UpstreamRegistry = UpstreamRegistry()


class Trusted(Strict):
    """Whose word the golden record takes, by field of a patient or "*": see `registries.client.survivorship`."""

    sources: dict[str, tuple[str, ...]] = {}
    order: dict[str, tuple[str, ...]] = {}

    @model_validator(mode="after")
    def _checked(self) -> Trusted:
        read_trust(self.model_dump())
        return self

    @property
    def rules(self) -> Trust:
        return read_trust(self.model_dump())


class ClientRegistry(Strict):
    """`merged`: what `/fhir/Patient/{id}` answers for an identity that was merged: whom it was merged into
    (`survivor`), or itself, no longer active (`inactive`). `delete`: whether a source may take its record of a patient
    back (DELETE, ITI-104). `unmerge`: whether a source may take a merge back that a source told (PMIR ITI-93).
    `temporary_days`: after which a temporary identity that is not linked is overdue."""

    merged: Literal["survivor", "inactive"] = "survivor"
    delete: bool = False
    unmerge: bool = False
    temporary_days: int = Field(30, gt=0)


class Watch(Strict):
    """A port for /healthz, /readyz and /metrics of a role that has no HTTP of its own. None opens by itself."""

    host: str = "127.0.0.1"
    port: int | None = Field(None, ge=0, le=65535)


class Settings(Strict):
    """`smr`: `built-in` or a FHIR base address; `payer`: `simulator` or an address.

    `namespace` goes before every topic, group and Redis key, for several Wasls on the same servers. `node` names this
    machine in consumer groups; by default a random name kept in the data folder.

    `codes`: code tables (files of `codes/`) of all channels; a channel's own go before them.

    `masked`: kinds of numbers (cin, cnss, ins, idcs, cnops, passport, or a system) of which the pages show the last two
    signs until somebody asks for all; the CIN always is one.

    `payer_quiet`: seconds without a new line before a care sheet is submitted. `payer_deadline`: what becomes of a
    sheet filed later than the law allows (decree 2-05-733 art. 12): submitted and put on the work list, or held.
    """

    http: Http = Http()
    mllp: Mllp = Mllp()
    admin: Admin = Admin()
    key: Key = Key()
    namespace: str = Field("", pattern="^[a-z0-9.-]*$")
    node: str = Field("", pattern="^[A-Za-z0-9._-]*$")
    bus: Bus = Bus()
    database: Database = Database()
    redis: Redis = Redis()
    registries: RegistriesElsewhere = RegistriesElsewhere()
    trust: Trusted = Trusted()
    client_registry: ClientRegistry = ClientRegistry()
    watch: Watch = Watch()
    gisre: Literal["simulator"] = "simulator"
    smr: str = Field("built-in", pattern="^(built-in|https?://.+)$")
    smr_token: str | None = None
    payer: str = Field("simulator", pattern="^(simulator|https?://.+)$")
    payer_token: str | None = None
    payer_faults: str = ""
    payer_quiet: float = Field(1.0, ge=0)
    payer_deadline: Literal["warn", "enforce"] = "warn"
    codes: tuple[str, ...] = ()
    zone: str = "Africa/Casablanca"
    acknowledgement_timeout: float = Field(10.0, gt=0)
    bytes_in_flight: int = Field(256 * 1024 * 1024, gt=0)
    mediation: Mediation = Mediation()
    journal_days: int = Field(400, gt=0)
    language: Literal["fr", "en"] = "fr"
    masked: tuple[str, ...] = ("cin",)

    @field_validator("codes", "masked", mode="before")
    @classmethod
    def _commas(cls, value: Any) -> Any:
        return _listed(value)


def _listed(value: Any) -> Any:
    """A text with commas is a list."""
    return [one.strip() for one in value.split(",") if one.strip()] if isinstance(value, str) else value


def default_config() -> Path:
    """The configuration shipped with the program: in the wheel, or in the source tree."""
    shipped = Path(str(files("channels"))) / "_config"
    return (shipped if shipped.is_dir() else Path(__file__).parent.parent / "config") / "wasl.yaml"


def find_config(given: Path | None) -> Path:
    """The file given, else ./config/wasl.yaml, else the shipped one. Raises Misconfigured."""
    if given is not None:
        if not given.is_file():
            raise Misconfigured(f"{given}: no such file; --config names a wasl.yaml")
        return given
    local = Path("config/wasl.yaml")
    return local if local.is_file() else default_config()


def load_settings(path: Path, environment: Mapping[str, str] = os.environ) -> Settings:
    """Settings of the file, with the environment on top. Raises Misconfigured.

    WASL_…_FILE names a file that holds the value, as secrets are mounted: WASL_ADMIN_PASSWORD_FILE.
    """
    data, lines = read_yaml(path)
    from_environment: dict[tuple[str, ...], str] = {}
    for keys in _leaves(Settings):
        variable = _variable(keys)
        if (value := _said(variable, environment)) is not None:
            from_environment[keys] = variable
            _put(data, keys, value or None if keys in _OPTIONAL else value)
    try:
        return Settings.model_validate(data)
    except ValidationError as error:
        raise Misconfigured(explained(error, path, lines, from_environment)) from error


_OPTIONAL = {
    *(("admin", "password"), ("key", "file"), ("watch", "port"), ("database", "password"), ("redis", "password")),
    *(("registries", name, "token") for name in ("client", "facility", "health_worker", "upstream")),
    ("registries", "upstream", "password"),
}


def _variable(keys: tuple[str, ...]) -> str:
    """http.port is WASL_HTTP_PORT; an address is named as its section: bus.url is WASL_BUS."""
    return "_".join(("WASL", *(keys[:-1] if keys[-1] == "url" else keys))).upper()


def _said(variable: str, environment: Mapping[str, str]) -> str | None:
    if (value := environment.get(variable)) is not None or (path := environment.get(f"{variable}_FILE")) is None:
        return value
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not text"
        raise Misconfigured(f"{variable}_FILE: {path}: {reason}; it names a file that holds the value") from error


def _put(data: dict[str, Any], keys: tuple[str, ...], value: Any) -> None:
    """Sets a value below its sections; a section said by its address alone becomes one that holds it."""
    for key in keys[:-1]:
        if isinstance(section := data.setdefault(key, {}), str):
            section = data[key] = {"url": section}
        data = section
    data[keys[-1]] = value


def read_yaml(path: Path) -> tuple[dict[str, Any], dict[tuple[str, ...], int]]:
    """A YAML mapping and the line of each of its keys. Raises Misconfigured."""
    data, lines = parsed_yaml(path)
    if data is None:
        return {}, {}
    if not isinstance(data, dict):
        raise Misconfigured(f"{path}, line 1: expected keys with values, found a {type(data).__name__}")
    return data, lines


def parsed_yaml(path: Path) -> tuple[Any, dict[tuple[str, ...], int]]:
    """Whatever a YAML file holds, and the line of each of its keys. Raises Misconfigured."""
    try:
        text = path.read_text(encoding="utf-8")
        loader = _LOADER(text)
        node = loader.get_single_node()
        data = None if node is None else loader.construct_document(node)
    except OSError as error:
        raise Misconfigured(f"{path}: {error.strerror}") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        raise Misconfigured(f"{path}{line}: not YAML: {getattr(error, 'problem', error)}") from error
    return data, dict(_lines(node, ()))


def explained(
    error: ValidationError,
    path: Path,
    lines: Mapping[tuple[str, ...], int],
    environment: Mapping[tuple[str, ...], str] | None = None,
) -> str:
    """Every mistake on a line of its own: file, line, key, what was expected."""
    said = []
    for one in error.errors():
        keys = tuple(str(part) for part in one["loc"])
        if environment and keys in environment:
            where = environment[keys]
        else:
            line = next((lines[keys[:n]] for n in range(len(keys), 0, -1) if keys[:n] in lines), 1)
            where = f"{path}, line {line}: {'.'.join(keys)}"
        expected = _PLAIN.get(one["type"]) or _ADDRESSES.get(".".join(keys)) or one["msg"]
        said.append(f"{where}: {expected}")
    return "\n".join(said)


_PLAIN = {"extra_forbidden": "this key is not known"}
_ADDRESSES = {
    "smr": "expected built-in, or the http(s):// address of a FHIR R4 server",
    "payer": "expected simulator, or the http(s):// address that takes FHIR Claims",
    "bus.url": "expected embedded, or kafka://host:port,host:port",
    "bus.schema_registry.url": "expected nothing, or the http(s):// address of a schema registry",
    "database.url": "expected nothing (SQLite in the data folder), sqlite:///FOLDER or postgresql://user@host/database",
    "registries.client.url": "expected built-in, or the http(s):// address of a FHIR R4 server",
    "registries.facility.url": "expected built-in, or the http(s):// address of a FHIR R4 server",
    "registries.health_worker.url": "expected built-in, or the http(s):// address of a FHIR R4 server",
    "registries.upstream.url": "expected nothing, or the http(s):// address of a registry",
    "registries.rnp.url": "expected nothing, or the http(s):// address of an accredited intermediary",
    "redis.url": "expected nothing, or redis://host:port/number",
    "namespace": "expected lower-case letters, digits, dots and hyphens",
}


def _lines(node: Any, above: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], int]]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            keys = (*above, str(key.value))
            yield keys, key.start_mark.line + 1
            yield from _lines(value, keys)
    elif isinstance(node, yaml.SequenceNode):
        for number, value in enumerate(node.value):
            keys = (*above, str(number))
            yield keys, value.start_mark.line + 1
            yield from _lines(value, keys)


def _leaves(model: type[BaseModel], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            yield from _leaves(inner, (*above, name))
        else:
            yield (*above, name)
