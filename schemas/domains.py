"""Identifier domains: what an assigning authority is called, and who may assign numbers in it (IHE ITI-8, 3.8.4.1.3.1).

A domain has one system (URI) by which everything here knows it; senders name it by a namespace, by an OID or by both.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Final, Literal

from schemas import temporary
from schemas.digits import right

NATIONAL: Final = "https://hie.sante.gov.ma/id/"

Check = Literal["none", "verhoeff", "ice", "nine-digits", "temporary"]

# A domain's check: whether a number has the form, and the form in words
_FORMS: Final[Mapping[Check, tuple[Callable[[str], bool], str]]] = {
    "verhoeff": (lambda number: len(number) == 10 and right("verhoeff", number), "ten digits, the last one their key"),
    "ice": (lambda number: len(number) == 15 and right("mod97", number), "fifteen digits, a whole multiple of 97"),
    "nine-digits": (lambda number: len(number) == 9 and number.isascii() and number.isdigit(), "nine digits"),
    "temporary": (temporary.has_form, "TMP, the facility and 26 letters and digits, as on the wristband"),
}
_ANY: Final[tuple[Callable[[str], bool], str]] = (lambda _: True, "")


@dataclass(frozen=True, slots=True)
class Domain:
    """`names`: namespaces as senders write them, the first as we write it. `senders`, `channels`: patterns of those who
    may assign in it ("MSH-3|MSH-4", or the client's name over HTTP); none: everybody may.
    `personal`: a number names one human being whatever the demographics say. `own`: the registry itself assigns it,
    nobody else may."""

    uri: str
    names: tuple[str, ...] = ()
    oid: str = ""
    personal: bool = False
    own: bool = False
    senders: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    check: Check = "none"

    @property
    def temporary(self) -> bool:
        """Whether its numbers are those of people without papers: every other number may replace one."""
        return self.check == "temporary"

    @property
    def name(self) -> str:
        return self.names[0] if self.names else ""

    @property
    def owned(self) -> bool:
        """Whether persons may be merged by its numbers alone, by whoever may assign them: not by national numbers,
        which everybody names, unless the table says whose they are."""
        return bool(self.senders) or not (self.personal or self.uri.startswith(NATIONAL))

    def mistyped(self, number: str) -> tuple[str, str] | None:
        """What is wrong with a number without the form of its domain, and what to do; None for one that has it. A
        warning wherever it is met, for the law gives a form and no check."""
        has_form, form = _FORMS.get(self.check, _ANY)
        if has_form(number.strip()):
            return None
        return "this number has not the form of its domain", f"look it up again: expected are {form}"

    def may_assign(self, sender: str, channel: str) -> bool:
        """Whether this sender on this channel may bring numbers of the domain."""
        if self.own:
            return False
        return _fits(sender, self.senders) and _fits(channel, self.channels)


@dataclass(frozen=True, slots=True)
class Domains:
    """A channel's view of the table. `strict`: who assigned a number must be said and known, and must be its sender."""

    table: Mapping[str, Domain] = field(default_factory=dict)
    strict: bool = False

    @staticmethod
    def of(domains: Iterable[Domain], *, strict: bool = False) -> Domains:
        """By every word that means them: name, OID, `urn:oid:` and URI. Names are met in any case."""
        found: dict[str, Domain] = {}
        for domain in domains:
            words = [*domain.names, domain.uri]
            words += [domain.oid, f"urn:oid:{domain.oid}"] if domain.oid else []
            found.update((word.casefold(), domain) for word in words)
        return Domains(found, strict)

    def named(self, *words: str) -> Domain | None:
        """The domain that all of these words mean; None when one is not known, or means another, or there is none."""
        said = [self.table.get(word.strip().casefold()) for word in words if word.strip()]
        return said[0] if said and all(one is said[0] for one in said) else None

    def of_system(self, system: str) -> Domain | None:
        return self.table.get(system.casefold())

    @property
    def personal(self) -> frozenset[str]:
        """Systems whose numbers name one human being."""
        return frozenset(domain.uri for domain in self.table.values() if domain.personal)

    @property
    def own(self) -> Domain | None:
        """Where the registry's own numbers are."""
        return next((domain for domain in self.table.values() if domain.own), None)

    @property
    def authorities(self) -> dict[str, str]:
        """Every name, OID, `urn:oid:` and URI, casefolded → system."""
        return {word: domain.uri for word, domain in self.table.items()}


def _fits(value: str, patterns: tuple[str, ...]) -> bool:
    return not patterns or any(fnmatchcase(value, pattern) for pattern in patterns)
