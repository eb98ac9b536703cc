"""What one event says, resource by resource, while it is being written."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any
from urllib.parse import quote

from schemas import facts
from schemas.events import Event, Identifier, plain
from schemas.fhir import elements, extensions

Resource = dict[str, Any]
Reference = dict[str, Any]

# Who and where: the same in many messages, told from identifiers alone. They carry no version and no source, so
# that saying them again changes nothing.
SHARED = frozenset({"Organization", "Practitioner", "PractitionerRole", "Location"})

# Elements that are identifiers: those within other elements keep a logical reference to who assigned them
_NUMBERED = frozenset({"identifier", "requisition", "groupIdentifier", "masterIdentifier", "accessionIdentifier"})

# Elements that have one of several types
_CHOICES = (
    "abatement", "asNeeded", "collected", "deceased", "effective", "medication", "multipleBirth", "occurrence", "onset",
    "performed", "value",
)  # fmt: skip

_ID = re.compile(r"[A-Za-z0-9.-]{1,64}")


class Draft:
    """The resources of one event, each once, in the order they were first said."""

    __slots__ = ("event", "fact", "met", "person", "resources", "roles", "scope", "source", "version")

    def __init__(self, event: Event) -> None:
        self.event = plain(event)
        self.person = resource_id(event.get("person")) or facts.provisional_person(event["patient"])
        self.fact = resource_id(event.get("fact")) or facts.fact({**event, "person": self.person})
        self.scope = f"{event['channel']}|{event['sender']}"
        self.source = f"urn:wasl:{quote(event['channel'], safe='._-')}"
        self.version = str(event["version"])
        self.resources: dict[str, Resource] = {}
        self.met: list[tuple[Any, Reference]] = []
        self.roles: set[tuple[str, ...]] = set()

    @property
    def subject(self) -> Reference:
        return {"reference": f"Patient/{self.person}"}

    def add(self, kind: str, id: str, body: dict[str, Any], version: str | None = None) -> Reference:
        """Writes a resource, leaving out what is not said. Said twice, it gains what it lacked.

        `version` stands in for the event's own: "0" for what is told in passing and must replace nothing.
        """
        key = f"{kind}/{id}"
        resource = self.resources.get(key)
        if resource is not None:
            body = lacking(resource, body)
        else:
            resource = self.resources[key] = {"resourceType": kind, "id": id}
            own = body.pop("extension", None) or []
            if kind not in SHARED:
                resource["meta"] = {"source": self.source}
                own = [{"url": extensions.VERSION, "valueString": version or self.version}, *own]
            if own:
                resource["extension"] = own
        for name, element in body.items():
            if type(element) is str:
                element = elements.text(element)
            elif element and name in _NUMBERED:
                self._assigned(element if type(element) is list else [element])
            if (element or element == 0) and name not in resource:
                resource[name] = element
        return {"reference": key}

    def _assigned(self, numbers: list[dict[str, Any]]) -> None:
        """Makes whoever gave a number, and where, resources of their own."""
        for one in numbers:
            if "assigner" in one:
                self._body(one["assigner"])
            for beside in one.get("extension", ()):
                if beside["url"] == extensions.ASSIGNING_FACILITY:
                    self._body(beside["valueReference"])

    def _body(self, reference: Reference) -> None:
        """Turns a logical reference to an Organization (`elements.body`) into one to a resource."""
        if "identifier" in reference:
            number, name = reference.pop("identifier"), reference["display"]
            id = shared_id("Organization", number["system"], number["value"])
            del reference["type"]
            reference |= self.add("Organization", id, {"identifier": [number], "name": name})

    def name(self, kind: str, *parts: str) -> str:
        """The id of something that belongs to this event's fact."""
        return facts.name(kind, self.fact, *parts)

    def of_person(self, kind: str, *parts: str) -> str:
        """The id of something that belongs to the person, whichever message told it."""
        return facts.name(kind, self.person, *parts)


@lru_cache(maxsize=8192)
def shared_id(kind: str, *parts: str) -> str:
    """`facts.name`, remembered: the same few establishments and professionals are named all day."""
    return facts.name(kind, *parts)


def lacking(resource: Resource, body: dict[str, Any]) -> dict[str, Any]:
    """The body without another type of what the resource tells already: FHIR takes one (value[x])."""
    told = {*map(_choice, resource)} - {None}
    return {name: one for name, one in body.items() if _choice(name) not in told} if told else body


@lru_cache(maxsize=1024)
def _choice(name: str) -> str | None:
    """Which element of several types it is a type of, if of one."""
    return next((choice for choice in _CHOICES if name.startswith(choice)), None)


def resource_id(text: str | None) -> str | None:
    """A registry's id as a resource id; one that FHIR would not take is hashed."""
    if not text or text.isspace():
        return None
    return text if _ID.fullmatch(text) else facts.name("entry", text)


def key_of(identifiers: list[Identifier] | None) -> tuple[str, str] | None:
    """System and value of the first identifier that has a value."""
    for one in identifiers or ():
        if value := elements.text(one.get("value")):
            return one.get("system") or "", value
    return None
