"""The one place where everything is put together: what each role needs, made from the settings."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from threading import Event as Stop
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from channels.answers import Answers
from channels.bulletins import Bulletins
from channels.bus.bus import Bus
from channels.bus.embedded import EmbeddedBus
from channels.bus.large import Large
from channels.bus.topics import Topic
from channels.channel import Channel, read_channels
from channels.consumers.cnss import simulator
from channels.consumers.cnss.consumer import Cnss
from channels.consumers.cnss.judgement import Faults
from channels.consumers.cnss.ledger import Ledger
from channels.consumers.cnss.outbox import Outbox
from channels.consumers.cnss.payer import HttpPayer, Payer
from channels.consumers.cnss.submission import Submission
from channels.consumers.consumer import Consumer
from channels.consumers.fhir_server import FhirServer
from channels.consumers.reading import Reading
from channels.consumers.record import Record
from channels.consumers.smr import SharedRecord, Smr
from channels.desk import Desk
from channels.elsewhere import Elsewhere
from channels.gateway.rates import Rates
from channels.hooks import Hooks, Told
from channels.journal.landed import landed
from channels.journal.projection import Journal
from channels.line import Line
from channels.loops import spare_collection, started
from channels.mediate import Mediation, Registries
from channels.migrations.store import STORES
from channels.outputs import EVENTS, REGISTRY, STEPS, Outputs
from channels.questions import Answering, Questions
from channels.receive import Door
from channels.reload import Channels, Look, Reload, look
from channels.rerun import Rerun
from channels.security.audit import Audit
from channels.security.clients import Clients
from channels.security.digests import Digests
from channels.security.encryption import Keys, derived, made_with, master_key, remember
from channels.security.users import Users
from channels.settings import Misconfigured, Settings, find_config, load_settings
from channels.subscriptions import Subscriptions
from channels.suspects import Suspects
from channels.temporaries import Temporaries
from channels.updates import Source, Updates
from channels.waiting import Waiting
from channels.watch.live import Live
from channels.watch.matching import measured
from channels.window import Shared, Window
from registries import clock
from registries.client.filling import helper
from registries.client.happenings import Happenings
from registries.client.keys import PERSONAL
from registries.client.links import Links
from registries.client.load import Hands
from registries.client.matcher import Matcher
from registries.client.news import Changes
from registries.client.queries import Believed, Queries
from registries.client.records import Records
from registries.client.regulars import Regulars
from registries.client.resolve import Clients as Persons
from registries.client.search import People
from registries.client.versions import Versions
from registries.database import open_database
from registries.facility import Facilities
from registries.health_worker import HealthWorkers
from registries.notices import Notices
from registries.outcomes import Outcomes
from registries.sealing import Seal
from schemas import catalog
from schemas.domains import Domains
from schemas.remote import Remote, Unusable

if TYPE_CHECKING:  # their clients take a good part of a start that needs none of them
    from channels.bus.kafka import Cluster
    from channels.memory import Memory

BUILT_IN = "built-in"
SIMULATOR = "simulator"


def _spared(opened: Callable[[], Engine]) -> Engine:
    """In a process that was started to load or to read: more objects are alive in a part of a list than the collector
    waits for elsewhere, and it took a tenth of the time."""
    spare_collection(1_000_000)
    return opened()


@dataclass(frozen=True)
class House:
    """The program on one data folder, seen from one process. Parts are opened when first asked for.

    `channels` live, once somebody turns `reload`; `seen`: what their files were when they were read.
    """

    config: Path
    data: Path
    settings: Settings
    channels: Channels
    seen: Look

    @staticmethod
    def open(config: Path | None, data: Path) -> House:
        """Reads all configuration. Raises Misconfigured, naming file, line, key and what was expected."""
        found = find_config(config)
        settings = load_settings(found)
        try:
            clock.set_to(settings.zone)
        except ValueError:
            raise Misconfigured(f"{found}: zone: expected a time zone, such as Africa/Casablanca") from None
        seen = look(found)
        channels = Channels(read_channels(found, settings))
        os.umask(0o077)  # what is kept is for the program's own user
        try:
            data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Misconfigured(f"--data {data}: {error.strerror}") from error
        return House(found, data, settings, channels, seen)

    def reload(self, bus: Bus) -> Reload:
        """What keeps `channels` as their files are; a new one has its topic on this bus before it opens."""
        return Reload(self.channels, self.config, self.settings, self.seen, lambda read: bus.prepare(received(read)))

    def engine(self, store: str, *, durable: bool = True) -> Engine:
        """A store as it is: a SQLite file in the data folder, or a schema of the PostgreSQL database."""
        return self.opener(store, durable=durable)()

    def opener(self, store: str, *, durable: bool = True) -> Callable[[], Engine]:
        """What opens it; another process may be given it."""
        said = self.settings.database
        if said.url.startswith("postgresql:"):
            limits = partial(open_database, pool=said.pool, statement_timeout=said.statement_timeout)
            return partial(limits, said.url, store=store, password=said.password)
        folder = Path(said.url.removeprefix("sqlite:///")) if ":" in said.url else self.data
        return partial(open_database, f"sqlite:///{folder / store}.db", durable=durable)

    def hands(self, count: int = 0) -> AbstractContextManager[Hands | None]:
        """So many processes to load clients with, by default one a core. A SQLite file has one writer: none."""
        count = count or os.cpu_count() or 1
        if count == 1 or self.registries.dialect.name == "sqlite":
            return nullcontext()
        opened = partial(_spared, self.opener("registries"))
        return Hands(opened, self.registry_secret, count, self.personal, self.domains)

    def database(self, store: str, *, durable: bool = True) -> Engine:
        """A store with its tables. Raises Misconfigured when a start may not make or update them and they are old."""
        engine = self.engine(store, durable=durable)
        if store != "control":
            _ = self.control  # the master key is looked up there
        if self.settings.database.migrate:
            STORES[store].migrate(engine, lambda: self.master)
        else:
            STORES[store].require(engine)
        return engine

    def bus(self, stage: str, member: int = 0, members: int = 1) -> Bus:
        """The bus as the writer of `stage` sees it; on Kafka it is reached in the background."""
        if not self.settings.bus.brokers:
            return self._embedded(stage, member, members)
        from channels.bus.kafka import KafkaBus

        return KafkaBus(self.cluster, f"{self.node}-{stage}-{member}", self.large)

    def _embedded(self, stage: str, member: int = 0, members: int = 1) -> EmbeddedBus:
        return EmbeddedBus(self.data / "bus", stage, derived(self.master, "bus"), member, members)

    @property
    def topics(self) -> list[Topic]:
        """Those of Kafka, as the channels known now want them."""
        known = self.channels.known.values()
        return [
            *received(known),
            Topic(EVENTS, kept_longest([channel.said.retention.event_days for channel in known])),
            Topic(STEPS, self.settings.journal_days),
            Topic(REGISTRY, compacted=True),
        ]

    @cached_property
    def cluster(self) -> Cluster:
        """How Kafka is reached, and the topics that must be there."""
        from channels.bus.access import access
        from channels.bus.kafka import Cluster

        said = self.settings.bus
        reached = access(said.security, self.config.parent)
        return Cluster(said.brokers, reached, self.topics, self.settings.namespace, said.partitions, said.replication)

    def schemas(self) -> None:
        """From here on schema ids are the registry's, where there is one. Blocks. Raises Unavailable, Misconfigured."""
        if (said := self.settings.bus.schema_registry).url:
            try:
                catalog.use(Remote(said.url, said.username, said.password), self.settings.namespace)
            except Unusable as error:
                raise Misconfigured(f"bus.schema_registry (WASL_BUS_SCHEMA_REGISTRY): {error}") from error

    @cached_property
    def large(self) -> Large:
        return Large(self.database("bus"), derived(self.master, "bus"))

    @cached_property
    def node(self) -> str:
        """This machine's name in consumer groups: the one given, else a random one kept in the data folder."""
        return self.settings.node or kept_name(self.data / "node")

    @cached_property
    def master(self) -> bytes:
        """The master key; made at the first start, unless a file is named. Raises KeyFile when it is not the one that
        this folder was made with: what it locked could not be read, nor the persons it stands for be found again."""
        named, known = self.settings.key.file, made_with(self.control)
        if named is None and self.settings.bus.brokers:
            raise Misconfigured("WASL_KEY_FILE: with Kafka every machine needs the same master key: name its file")
        path = named or self.data / "master.key"
        key = master_key(path, make=named is None and known is None)
        remember(self.control, path, key)
        return key

    @cached_property
    def control(self) -> Engine:
        """Who may do what, data keys, pauses: written by every role, rarely."""
        return self.database("control")

    @cached_property
    def journal(self) -> Engine:
        return self.database("journal", durable=False)

    @cached_property
    def registries(self) -> Engine:
        return self.database("registries")

    @cached_property
    def ledger(self) -> Ledger:
        quiet = round(self.settings.payer_quiet * 1e6)
        return Ledger(self._ledger_database, self._ledger_secret, quiet=quiet)

    @property
    def _ledger_secret(self) -> bytes:
        return derived(self.master, "ledger")

    @cached_property
    def _ledger_database(self) -> Engine:
        return self.database("ledger")

    @cached_property
    def record(self) -> Record:
        """The built-in record."""
        return Record(self._record_database, derived(self.master, "record"), self.records.known)

    @cached_property
    def reading(self) -> Reading:
        """The built-in record as it is read."""
        return Reading(self._record_database, derived(self.master, "record"))

    @cached_property
    def _record_database(self) -> Engine:
        return self.database("record")

    @cached_property
    def keys(self) -> Keys:
        return Keys(self.control, self.master)

    @cached_property
    def line(self) -> Line:
        return Line(self.control, self.settings.mediation.stop)

    @cached_property
    def digests(self) -> Digests:
        return Digests(derived(self.master, "subjects"))

    @cached_property
    def links(self) -> Links:
        return Links(self.registries)

    @cached_property
    def users(self) -> Users:
        return Users(self.control)

    @cached_property
    def clients(self) -> Clients:
        return Clients(self.control)

    @cached_property
    def audit(self) -> Audit:
        return Audit(self.control)

    @cached_property
    def redis(self) -> Memory | None:
        """What all processes remember together; None without a Redis."""
        said = self.settings.redis
        if not said.url:
            return None
        from channels.memory import Memory

        return Memory(said, self.settings.namespace, derived(self.master, "redis"))

    @cached_property
    def rates(self) -> Rates:
        """A sender over its rate waits for half the time that its acknowledgement may take, at most."""
        return Rates(self.redis, longest=self.settings.acknowledgement_timeout / 2)

    @cached_property
    def live(self) -> Live | None:
        return Live(self.redis) if self.redis else None

    def tell(self, stop: Stop) -> None:
        """Begins to tell all machines what this process does, until `stop` is set."""
        if live := self.live:
            started("live counters", lambda: live.run(stop))

    @property
    def registry_secret(self) -> bytes:
        return derived(self.master, "client registry")

    def migrate(self) -> None:
        """Makes or updates every store, or finds that they are there: see `database`."""
        _ = self.control, self.master, self.journal, self.registries, self.ledger, self.record
        self.database("payer").dispose()
        if self.settings.bus.brokers:
            _ = self.large
        else:
            bus = self._embedded("received")
            bus.seal()
            bus.close()

    def door(self, bus: Bus) -> Door:
        waiting = Waiting(Outcomes(self.registries).of)
        questions = Questions(self.answering, self._told)
        timeout = self.settings.acknowledgement_timeout
        return Door(bus, self.keys, derived(self.master, "feeds"), timeout, waiting, questions)

    @cached_property
    def queries(self) -> Queries:
        """What is asked about persons, and answered from what all sources said."""
        return Queries(self.records, self.links, self.people, self.believed)

    @cached_property
    def answering(self) -> Answering:
        """What answers readers: the registry here, and of numbers that nobody here has the country's."""
        return Answering(self.queries.answer, self.elsewhere.numbers())

    @cached_property
    def believed(self) -> Believed:
        """The golden record, as the settings trust the sources."""
        return Believed(self.registries, self.registry_secret, self.settings.trust.rules)

    @cached_property
    def records(self) -> Records:
        return Records(self.registries, self.registry_secret)

    @cached_property
    def people(self) -> People:
        """Searched by what sources say of them; in the memory of this process."""
        opened = partial(_spared, self.opener("registries"))
        return People(self.records, partial(helper, opened, self.registry_secret))

    @cached_property
    def temporaries(self) -> Temporaries:
        """Those without papers, of whom nobody knows yet who it is."""
        days = self.settings.client_registry.temporary_days
        return Temporaries(self.registries, self.people, self.records, self.links, days)

    @cached_property
    def matcher(self) -> Matcher:
        """For questions; mediation has its own."""
        seal = Seal(self.registry_secret)
        rules = Versions(self.registries, seal).active
        return Matcher(self.registries, self.registry_secret, seal, rules)

    @property
    def domains(self) -> Domains:
        """The table of identifier domains, as tolerant channels see it now."""
        every = [channel.context.domains.table for channel in self.channels.known.values()]
        return Domains(every[0]) if every else Domains()

    @property
    def personal(self) -> frozenset[str]:
        """Systems whose numbers name one human being: those that the table marks, and the national ones that it does
        not speak of."""
        table = self.domains
        return table.personal | {system for system in PERSONAL if table.of_system(system) is None}

    def updates(self, stop: Stop) -> Updates:
        """What tells subscribers that the numbers of a person changed."""
        source = Source(Changes(self.registries, self.links), Notices(self.registries), self.queries.numbers)
        return Updates(self.channels, source, stop)

    @cached_property
    def subscriptions(self) -> Subscriptions:
        return Subscriptions(self.control, derived(self.master, "subscriptions"))

    def hooks(self, stop: Stop) -> Hooks:
        """What tells subscribers over HTTP that persons changed."""
        bulletins = Bulletins(self.records, self.links, self.believed)
        told = Told(Happenings(self.registries), bulletins, Notices(self.registries), self.subscriptions)
        return Hooks(told, stop)

    def _told(self, asker: str, persons: Sequence[str]) -> None:
        """Into the audit trail, before the asker is told of these persons."""
        for target in [f"Patient/{person}" for person in persons] or ["Patient"]:
            self.audit.note(asker, "query", target)

    def desk(self, bus: Bus, door: Door) -> Desk:
        rerun = Rerun(bus, self.keys, door, self.channels)
        return Desk(self.journal, self.digests, rerun, self.line, self.channels)

    def mediation(self, bus: Bus, member: int, stop: Stop) -> Mediation:
        redis = self.redis
        regulars = Regulars(redis, self.registries) if redis else None
        shared = Shared(redis, partial(landed, self.journal)) if redis else None
        before = self.elsewhere
        local = Persons(self.registries, self.registry_secret, regulars=regulars, personal=self.personal)
        persons = before.clients(local)
        facilities = before.facilities(Facilities(self.registries, redis))
        workers = before.health_workers(HealthWorkers(self.registries, redis))

        def learned() -> list[str]:
            waits = any(channel.said.registries.patient == "require" for channel in self.channels.known.values())
            people = persons.news.keys if waits else ()
            return [*people, *facilities.learned, *workers.learned]

        return Mediation(
            bus,
            self.channels,
            Registries(persons, facilities, workers, learned, measured(local.matcher)),
            self.keys,
            Outputs(self.digests.subjects_of),
            self.line,
            Suspects(self.data / "locks" / f"mediation-{member}.suspects"),
            Window(self.settings.mediation.window, shared=shared),
            stop,
            Answers(Outcomes(self.registries)),
        )

    @property
    def elsewhere(self) -> Elsewhere:
        """The country's registries, asked before ours; an answer is as old as its channel allows."""

        def stale(channel: str) -> float:
            known = self.channels.known.get(channel)
            return known.said.registries.seconds if known else 0.0

        return Elsewhere(self.settings.registries, self.registries, self.registry_secret, stale)

    def consumers(self) -> Sequence[Consumer]:
        return Smr(self._shared_record()), Cnss(self.ledger)

    def _shared_record(self) -> SharedRecord:
        if self.settings.smr == BUILT_IN:
            return self.record
        return FhirServer(self.settings.smr, token=self.settings.smr_token)

    def submission(self) -> Submission:
        deadline = self.settings.payer_deadline
        return Submission(Outbox(self._ledger_database, self._ledger_secret, deadline=deadline), self._payer())

    def _payer(self) -> Payer:
        if self.settings.payer == SIMULATOR:
            faults = Faults.parse(self.settings.payer_faults)
            return simulator.Simulator(self.database("payer"), faults)
        return HttpPayer(self.settings.payer, token=self.settings.payer_token)

    def projection(self) -> Journal:
        return Journal(self.journal, EXPECTS)


EXPECTS = {consumer.name: consumer.wants for consumer in (Smr, Cnss)}


def received(channels: Iterable[Channel]) -> list[Topic]:
    """The topics of what these channels receive."""
    return [Topic(channel.topic, channel.said.retention.bus_days) for channel in channels]


def kept_longest(days: Sequence[int | None]) -> int | None:
    """The longest of these; None is for ever."""
    return None if None in days else max((one for one in days if one is not None), default=None)


def kept_name(path: Path) -> str:
    """The name in the file, which is made at the first call."""
    if not path.exists():
        path.write_text(secrets.token_hex(6))
    return path.read_text().strip()
