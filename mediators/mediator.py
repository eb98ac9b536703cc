"""The Mediator contract, what it is given and gives back, and how mediators are found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from typing import Any, Protocol, runtime_checkable

from mediators.codes import Codes
from mediators.hl7v2.profile import Profile
from mediators.units import Conversions
from schemas.domains import Domains
from schemas.events import Event
from schemas.message import Description, Issue, Message, Reply, Unmapped
from schemas.queries import Queried, Question


@dataclass(frozen=True, slots=True)
class Context:
    """What a mediator may know besides the message: its channel's settings, code tables and mapping.

    `zone` is the IANA zone of local times without an offset. `settings` is the channel's `settings:` block;
    `mapping` the parsed file its `mapping:` names, and `mapping_file` that name; `profile` what the channel asks of HL7
    v2 messages. Authorities: assigning authority as sent → identifier system URI; `domains` tells who may assign.
    `answers`: a person registry answers the channel's queries.
    """

    channel: str = "translate"
    zone: str = "Africa/Casablanca"
    settings: Mapping[str, Any] = field(default_factory=dict)
    mapping: Mapping[str, Any] = field(default_factory=dict)
    mapping_file: str = ""
    profile: Profile | None = None
    codes: Codes = field(default_factory=Codes)
    conversions: Conversions = field(default_factory=Conversions)
    authorities: Mapping[str, str] = field(default_factory=dict)
    domains: Domains = field(default_factory=Domains)
    answers: bool = False


@dataclass(slots=True)
class Part:
    """A part of a message that can't be translated: its place, and every reason."""

    place: str
    issues: list[Issue]


@dataclass(slots=True)
class Translation:
    """What one message became. `unmapped` are values without a place in any event; codes without translation
    are in `unknown_codes` as "system|code", for a work list, and `displays` is what the sender calls them."""

    events: list[Event] = field(default_factory=list)
    refused: list[Part] = field(default_factory=list)
    unmapped: list[Unmapped] = field(default_factory=list)
    unknown_codes: list[str] = field(default_factory=list)
    displays: dict[str, str] = field(default_factory=dict)


class Mediator(Protocol):
    """Reads one format. Every method is pure and may be called from any thread, any number of times.

    None of them may raise anything but Refused, whatever bytes they are given.
    """

    def split(self, body: bytes) -> Sequence[bytes]:
        """The single messages in what came: a batch gives several, anything else itself. Never empty."""

    def describe(self, body: bytes, content_type: str) -> Description:
        """A glance, to choose channel and feed. Cheap; tells what it can of bytes it can't read."""

    def check(self, message: Message, context: Context) -> Sequence[Issue]:
        """What the sender is told before the message is taken: warnings, and errors of single parts.

        Cheap. Raises Refused when no part may pass (`reject` when no mending would help: type, version).
        """

    def accept(self, message: Message, issues: Sequence[Issue]) -> Reply:
        """The message is durable: AA / CA / 200 with its report. The body is empty if the sender wants no answer."""

    def refuse(self, message: Message, issues: Sequence[Issue], *, reject: bool = False) -> Reply:
        """The message is not taken: AE or (reject) AR with ERR segments, an OperationOutcome, a report."""

    def join(self, replies: Sequence[Reply]) -> Reply:
        """One reply for a batch."""

    def mediate(self, message: Message, context: Context) -> Translation:
        """Events in the order of the message, the parts refused, and what has no place.

        Raises Refused when nothing of it can be read. Honours `message.places`.
        """


@runtime_checkable
class Asked(Protocol):
    """A mediator whose format has queries of persons, answered in the same exchange. Pure, as everything of it."""

    def question(self, message: Message, context: Context) -> Question | None:
        """What the message asks; None for one that asks nothing. Raises Refused for what can't be asked so."""

    def tell(self, message: Message, context: Context, question: Question, found: Queried) -> Reply:
        """The answer in the asker's own terms."""


class UnknownMediator(LookupError):
    """No installed package offers a mediator of this name."""


def names() -> list[str]:
    return sorted(entry.name for entry in entry_points(group="wasl.mediators"))


@cache
def load(name: str) -> Mediator:
    """The mediator with this entry-point name. Raises UnknownMediator, naming those there are."""
    for entry in entry_points(group="wasl.mediators", name=name):
        mediator: Mediator = entry.load()()
        return mediator
    raise UnknownMediator(f"no mediator {name!r}; installed: {', '.join(names()) or 'none'}")
