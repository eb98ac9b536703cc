"""A channel, as its YAML file says it: a named way in, who may use it, which mediator reads it, which rules apply."""

from __future__ import annotations

import csv
import fnmatch
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from channels.domains import read_domains
from channels.profiles import read_profile
from channels.settings import Misconfigured, Settings, Strict, explained, read_yaml
from mediators.codes import Codes
from mediators.hl7v2.profile import Profile
from mediators.mapping import BadMapping, Mapped, Problem
from mediators.mediator import Asked, Context, Mediator, UnknownMediator, load
from mediators.units import Conversion, Conversions
from registries.registry import Policy
from schemas.events import Coding
from schemas.message import Description, Issue

Acknowledge = Literal["received", "checked", "resolved"]
Conformance = Literal["tolerant", "strict"]
# Who answers queries; "": nobody
Queries = Literal["", "client-registry"]
# what is asked of HL7 v2 messages on a channel that names no profile
BASE = "base"
UNREAD_DAYS = 30
Lines = Mapping[tuple[str, ...], int]


class Match(Strict):
    """Which messages of a shared listener are the channel's. Texts may hold `*`; a list matches if one does."""

    type: list[str] = []
    application: list[str] = []
    facility: list[str] = []
    section: list[str] = []
    receiver: list[str] = []
    content_type: list[str] = []
    path: list[str] = []

    @field_validator("*", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    def reads(self, content_type: str) -> bool:
        """Whether the content type alone is the channel's; a channel that names none reads any."""
        given = content_type.lower()
        return not self.content_type or any(fnmatch.fnmatchcase(given, one) for one in self.content_type)

    def fits(self, glance: Description, content_type: str = "", path: str = "") -> bool:
        said = (
            (self.type, glance.type),
            (self.application, glance.application),
            (self.facility, glance.facility),
            (self.section, glance.section),
            (self.receiver, glance.receiver),
            (self.path, path),
        )
        return self.reads(content_type) and all(
            not wanted or any(fnmatch.fnmatchcase(value, one) for one in wanted) for wanted, value in said
        )


_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}


class Policies(Strict):
    """What to do with what a registry does not know. `stale`: how old the last answer of a national registry may be
    while it is down (30m, 12h, 7d)."""

    patient: Policy = "create"
    facility: Policy = "flag"
    health_worker: Policy = "flag"
    stale: str = "7d"

    @field_validator("stale")
    @classmethod
    def _age(cls, value: str) -> str:
        if not re.fullmatch(r"0|[1-9]\d{0,5}[smhd]", value):
            raise ValueError("expected an age such as 30m, 12h or 7d, or 0")
        return value

    @property
    def seconds(self) -> float:
        """`stale` in seconds."""
        return int(self.stale[:-1] or 0) * _SECONDS.get(self.stale[-1], 0.0)


class Retention(Strict):
    """How long bodies are kept: `full`, a period such as `90d`, `hash-only` or `none`; events likewise."""

    body: str = "90d"
    events: str = "10y"

    @field_validator("body", "events")
    @classmethod
    def _period(cls, value: str) -> str:
        if value not in {"full", "hash-only", "none"} and not re.fullmatch(r"[1-9]\d*[dmy]", value):
            raise ValueError("expected full, hash-only, none, or a period such as 90d, 6m or 10y")
        return value

    @property
    def alone(self) -> bool:
        """Whether each body has a key of its own, destroyed once it is mediated."""
        return self.body in {"hash-only", "none"}

    @property
    def days(self) -> int | None:
        """Days the body is kept; None: as long as the bus."""
        return _days(self.body)

    @property
    def bus_days(self) -> int | None:
        """Days the locked body stays on Kafka; None: for ever. Longer than any outage, where nothing is to be kept."""
        return UNREAD_DAYS if self.alone else self.days

    @property
    def event_days(self) -> int | None:
        """Days events stay on Kafka; None: for ever."""
        return _days(self.events)


def _days(period: str) -> int | None:
    if period in {"full", "hash-only", "none"}:
        return None
    return int(period[:-1]) * {"d": 1, "m": 31, "y": 366}[period[-1]]


class Rate(Strict):
    """So many messages in so many seconds, said as `50/s`, `3000/m` or `10000/h`."""

    messages: int
    seconds: int

    @model_validator(mode="before")
    @classmethod
    def _said(cls, value: Any) -> Any:
        if not (said := re.fullmatch(r"([1-9]\d{0,8})/([smh])", str(value))):
            raise ValueError("expected messages a second, minute or hour, such as 50/s, 3000/m or 10000/h")
        return {"messages": said[1], "seconds": {"s": 1, "m": 60, "h": 3600}[said[2]]}

    @property
    def gain(self) -> float:
        """Messages a second."""
        return self.messages / self.seconds


class Said(Strict):
    """The YAML file itself."""

    description: str = ""
    enabled: bool = True
    listen: list[str] = []
    priority: int = 100
    match: Match = Match()
    mediator: str
    acknowledge: Acknowledge = "checked"
    clients: list[str] = []
    registries: Policies = Policies()
    retention: Retention = Retention()
    mapping: str | None = None
    profile: str | None = None
    conformance: Conformance = "tolerant"
    domains: Conformance = "tolerant"
    queries: Queries = ""
    notify: list[str] = []
    codes: list[str] = []
    conversions: list[str] = []
    authorities: dict[str, str] = {}
    settings: dict[str, Any] = {}
    zone: str | None = None
    max_size: int = Field(16 * 1024 * 1024, gt=0)
    rate: Rate | None = None

    @field_validator("listen", "codes", "conversions", "notify", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("listen")
    @classmethod
    def _known(cls, value: list[str]) -> list[str]:
        for one in value:
            if not re.fullmatch(r"mllp|mllps|mllps?://[^/]+:\d+|http|files:.+", one):
                raise ValueError("expected mllp, mllp://host:port, mllps://host:port, http or files:folder")
        return value

    @field_validator("notify")
    @classmethod
    def _addresses(cls, value: list[str]) -> list[str]:
        for one in value:
            if not re.fullmatch(r"mllps?://[^/\s]+:\d+(/[^/\s]*){0,2}", one):
                raise ValueError(
                    "expected mllp://host:port/APPLICATION/FACILITY, or mllps://…; the names are MSH-5 and -6"
                )
        return value

    @model_validator(mode="after")
    def _judged(self) -> Said:
        if self.domains == "strict" and self.acknowledge == "received":
            raise ValueError("domains: strict refuses at the door; that needs acknowledge: checked or resolved")
        return self


@dataclass(frozen=True)
class Channel:
    """A channel ready for use: what its file says, with its mediator and the context the mediator is given.

    `text` is the file as it was when the channel was read.
    """

    name: str
    said: Said
    mediator: Mediator
    context: Context
    file: Path
    text: str = ""

    @property
    def topic(self) -> str:
        return f"wasl.received.{self.name}"


def load_channels(config: Path, settings: Settings) -> list[Channel]:
    """As `read_channels`, those that are enabled."""
    return [channel for channel in read_channels(config, settings) if channel.said.enabled]


def read_channels(config: Path, settings: Settings) -> list[Channel]:
    """Every channel of `channels/*.yaml` beside the settings, first the one that is asked first.

    Raises Misconfigured, naming file, line, key and what was expected.
    """
    folder = config.parent / "channels"
    paths = [path for path in sorted(folder.glob("*.yaml")) if not path.name.endswith(".test.yaml")]
    channels = [load_channel(path, settings) for path in paths]
    return sorted(channels, key=lambda channel: (channel.said.priority, channel.name))


def load_channel(path: Path, settings: Settings) -> Channel:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", path.stem):
        raise Misconfigured(f"{path}: a channel's name is small letters, digits and hyphens")
    data, lines = read_yaml(path)
    try:
        said = Said.model_validate(data)
    except ValidationError as error:
        raise Misconfigured(explained(error, path, lines)) from error
    config = path.parent.parent
    try:
        mediator = load(said.mediator)
    except UnknownMediator as error:
        raise Misconfigured(f"{path}, line {lines.get(('mediator',), 1)}: mediator: {error}") from error
    domains = replace(read_domains(config), strict=said.domains == "strict")
    context = Context(
        channel=path.stem,
        zone=said.zone or settings.zone,
        settings=said.settings,
        mapping=_mapping(path, lines, config, said.mapping, mediator),
        mapping_file=said.mapping or "",
        profile=_profile(path, lines, config, said),
        codes=_codes(path, lines, config, said.codes, settings.codes),
        conversions=_conversions(path, lines, config, said.conversions),
        authorities={**domains.authorities, **_in_any_case(said.authorities)},
        domains=domains,
        answers=_answers(path, lines, said, mediator),
    )
    return Channel(path.stem, said, mediator, context, path, path.read_text(encoding="utf-8"))


def _in_any_case(authorities: Mapping[str, str]) -> dict[str, str]:
    """Also casefolded, before a name of the table of domains."""
    return {**{name.casefold(): system for name, system in authorities.items()}, **authorities}


def first_fit(
    channels: Sequence[Channel], glance: Description, content_type: str = "", path: str = ""
) -> Channel | None:
    """The first channel whose `match` fits: that is how channels share a listener."""
    return next((c for c in channels if c.said.match.fits(glance, content_type, path)), None)


def _answers(path: Path, lines: Lines, said: Said, mediator: Mediator) -> bool:
    if said.queries and not isinstance(mediator, Asked):
        line = lines.get(("queries",), 1)
        raise Misconfigured(f"{path}, line {line}: queries: this mediator's format has none; remove the key")
    return bool(said.queries)


def _profile(path: Path, lines: Lines, config: Path, said: Said) -> Profile | None:
    asked = next((key for key in ("profile", "conformance") if key in said.model_fields_set), None)
    if said.mediator != "hl7v2":
        if asked:
            line = lines.get((asked,), 1)
            raise Misconfigured(f"{path}, line {line}: {asked}: only HL7 v2 messages have profiles; remove the key")
        return None
    try:
        return read_profile(said.profile or BASE, config, strict=said.conformance == "strict")
    except LookupError as error:
        raise Misconfigured(f"{path}, line {lines.get(('profile',), 1)}: profile: {error}") from error


def _mapping(path: Path, lines: Lines, config: Path, named: str | None, mediator: Mediator) -> dict[str, Any]:
    if named is None:
        return {}
    here = f"{path}, line {lines.get(('mapping',), 1)}: mapping"
    file = config / "mappings" / named
    if not file.is_file():
        raise Misconfigured(f"{here}: no file {file}")
    if not isinstance(mediator, Mapped):
        raise Misconfigured(f"{here}: this mediator takes none; remove the key")
    parsed, known = read_yaml(file)
    try:
        mediator.judge(parsed)
    except BadMapping as error:
        found = sorted(_problem(known, one) for one in error.problems)
        raise Misconfigured("\n".join(f"{file}, line {line}: {text}" for line, text in found)) from error
    return parsed


def _problem(lines: Lines, problem: Problem) -> tuple[int, str]:
    """The line of a mistake, that of its key or of the nearest key above it, and what is wrong."""
    dotted = {".".join(keys): line for keys, line in lines.items()}
    key = problem.key
    while key and key not in dotted:
        key = key.rpartition(".")[0]
    return dotted.get(key, 1), f"{problem.key}: {problem.expected}"


def _codes(path: Path, lines: Lines, config: Path, named: Sequence[str], shared: Sequence[str]) -> Codes:
    """The channel's own tables go before those that all channels share, and later ones before earlier ones."""
    table: dict[tuple[str, str], Coding] = {}
    for number, name in enumerate([*shared, *named]):
        own = number - len(shared)
        where = f"{path}, line {_line(lines, 'codes', own)}" if own >= 0 else f"{config / 'wasl.yaml'}"
        found, issues = Codes.of(_rows(config / "codes" / name, f"{where}: codes"), name)
        _sound(config / "codes" / name, issues)
        table |= found.table
    return Codes(table)


def _conversions(path: Path, lines: Lines, config: Path, named: Sequence[str]) -> Conversions:
    table: dict[tuple[str, str], Conversion] = {}
    for number, name in enumerate(named):
        where = f"{path}, line {_line(lines, 'conversions', number)}: conversions"
        found, issues = Conversions.of(_rows(config / "units" / name, where), name)
        _sound(config / "units" / name, issues)
        table |= found.table
    return Conversions(table)


def _line(lines: Lines, key: str, number: int) -> int:
    return lines.get((key, str(number)), lines.get((key,), 1))


def _rows(file: Path, where: str) -> list[dict[str, str]]:
    if not file.is_file():
        raise Misconfigured(f"{where}: no file {file}")
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            return list(csv.DictReader(opened, delimiter=","))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise Misconfigured(f"{file}: not a table: {error}; expected CSV in UTF-8") from error


def _sound(file: Path, issues: Sequence[Issue]) -> None:
    if issues:
        raise Misconfigured("\n".join(f"{file}, {issue.at}: {issue.text}; {issue.remedy}" for issue in issues))
