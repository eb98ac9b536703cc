"""Identifier domains for the tests: two hospitals that may each assign in their own, and two national ones."""

from __future__ import annotations

from mediators.mediator import Context
from schemas.domains import Domain, Domains

NORTH = Domain("https://north.example/ipp", ("NORTH", "NORD"), "2.25.101", senders=("HIS_N|NORTH", "north"))
SOUTH = Domain("https://south.example/ipp", ("SOUTH",), "2.25.102", senders=("HIS_S|*",))
IDCS = Domain("https://hie.sante.gov.ma/id/idcs", ("IDCS",), personal=True, check="verhoeff")
CNSS = Domain("https://hie.sante.gov.ma/id/cnss", ("CNSS",), check="nine-digits")
OWN = Domain("https://hie.sante.gov.ma/id/ecid", ("ECID",), "2.25.100", own=True)
EVERY = (NORTH, SOUTH, IDCS, CNSS, OWN)

STRICT, TOLERANT = Domains.of(EVERY, strict=True), Domains.of(EVERY)


def context(domains: Domains = STRICT) -> Context:
    return Context(channel="client-registry", authorities=domains.authorities, domains=domains)
