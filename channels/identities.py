"""What the stewards' pages and API stand on: the client registry's records, links, reviews, rules and decisions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from sqlalchemy import Engine, or_, select

from channels.runtime import House
from registries.client import temporary
from registries.client.choices import chosen
from registries.client.clusters import Link, joining, reason
from registries.client.golden import Choice, Golden, golden
from registries.client.links import APART, Links
from registries.client.matching.scoring import Score, score
from registries.client.queue import Queue
from registries.client.records import Records, SourceRecord
from registries.client.steward import Steward
from registries.client.survivorship import Trust
from registries.client.versions import Versions
from registries.database import among, reading
from registries.sealing import Seal
from registries.tables import links, persons
from schemas.queries import Search


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
    search: Search

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
            house.queries.search,
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
        said = list(records)
        found = golden(said, self.trust, self.choices(joined))
        with reading(self.engine) as connection:
            return replace(found, patient=temporary.shown(connection, found.patient, said))

    def choices(self, joined: Collection[str]) -> list[Choice]:
        """What stewards chose for any of these identities."""
        with reading(self.engine) as connection:
            return chosen(connection, self.seal, joined)

    def links_of(self, joined: Collection[str]) -> tuple[list[Link], list[Link]]:
        """What joins these identities, and from whom any of them is kept apart."""
        with reading(self.engine) as connection:
            here = list(joined)
            either = or_(among(connection, links.c.from_person, here), among(connection, links.c.to_person, here))
            apart = select(links).where(links.c.kind == APART, links.c.ended.is_(None), either)
            return joining(connection, here), list(connection.execute(apart.order_by(links.c.at)))

    def reason(self, link: Link) -> str:
        """Why, in the words of whoever made it."""
        return reason(self.seal, link)

    def known(self, person: str) -> bool:
        with reading(self.engine) as connection:
            return connection.scalar(select(persons.c.id).where(persons.c.id == person)) is not None
