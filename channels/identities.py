"""What the stewards' pages and API stand on: the client registry's records, links, reviews, rules and decisions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Engine

from channels.runtime import House
from registries.client.choices import chosen
from registries.client.golden import Golden, golden
from registries.client.links import Links
from registries.client.matching.scoring import Score, score
from registries.client.queue import Queue
from registries.client.records import Records, SourceRecord
from registries.client.steward import Steward
from registries.client.survivorship import Trust
from registries.client.versions import Versions
from registries.database import reading
from registries.sealing import Seal


@dataclass(frozen=True, slots=True)
class Side:
    """One of two identities, as it is compared: with the records of everybody joined with it, unless the other is."""

    person: str
    joined: frozenset[str]
    records: list[SourceRecord]


@dataclass(frozen=True, slots=True)
class Identities:
    """Every method blocks, and raises Unavailable."""

    engine: Engine
    seal: Seal
    trust: Trust
    links: Links
    records: Records
    queue: Queue
    steward: Steward
    versions: Versions

    @staticmethod
    def of(house: House) -> Identities:
        engine, secret = house.registries, house.registry_secret
        seal = Seal(secret)
        return Identities(
            engine,
            seal,
            house.settings.trust.rules,
            house.links,
            Records(engine, secret, seal),
            Queue(engine),
            Steward(engine, secret, seal, house.redis),
            Versions(engine, seal),
        )

    def side(self, person: str, other: str = "") -> Side:
        joined = self.links.following(person)
        if other in joined:
            joined = frozenset((person,))
        return Side(person, joined, self.records.of_persons(joined))

    def compared(self, one: Side, other: Side) -> Score | None:
        """The likest two records of the two sides, under the rules in force; None where a side has none."""
        rules = self.versions.active()
        found = [score(mine.profile, theirs.profile, rules) for mine in one.records for theirs in other.records]
        return max(found, key=lambda said: said.weight, default=None)

    def golden(self, joined: Collection[str], records: Iterable[SourceRecord]) -> Golden:
        """What is believed of these identities together."""
        with reading(self.engine) as connection:
            choices = chosen(connection, self.seal, joined)
        return golden(records, self.trust, choices)
