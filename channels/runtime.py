"""The one place where everything is put together: what each role needs, made from the settings."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Event as Stop

from sqlalchemy import Engine, MetaData

from channels import line as lines
from channels.bus.embedded import EmbeddedBus
from channels.channel import Channel, load_channels
from channels.consumers import record
from channels.consumers.cnss import simulator
from channels.consumers.cnss import tables as cnss
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
from channels.journal import tables as journal
from channels.journal.projection import Journal
from channels.line import Line
from channels.mediate import Mediation, Registries
from channels.outputs import Outputs
from channels.receive import Door
from channels.rerun import Rerun
from channels.security import encryption
from channels.security import tables as security
from channels.security.audit import Audit
from channels.security.clients import Clients
from channels.security.digests import Digests
from channels.security.encryption import Keys, derived, made_with, master_key, remember
from channels.security.users import Users
from channels.settings import Misconfigured, Settings, find_config, load_settings
from channels.suspects import Suspects
from channels.window import Window
from registries import tables as registries
from registries.client.links import Links
from registries.client.resolve import Clients as Persons
from registries.database import open_database
from registries.facility import Facilities
from registries.health_worker import HealthWorkers

BUILT_IN = "built-in"
SIMULATOR = "simulator"


@dataclass(frozen=True)
class House:
    """The program on one data folder, seen from one process. Parts are opened when first asked for."""

    config: Path
    data: Path
    settings: Settings
    channels: tuple[Channel, ...]

    @staticmethod
    def open(config: Path | None, data: Path) -> House:
        """Reads all configuration. Raises Misconfigured, naming file, line, key and what was expected."""
        found = find_config(config)
        settings = load_settings(found)
        channels = tuple(load_channels(found, settings))
        os.umask(0o077)  # what is kept is for the program's own user
        try:
            data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Misconfigured(f"--data {data}: {error.strerror}") from error
        return House(found, data, settings, channels)

    def database(self, name: str, tables: MetaData, *, durable: bool = True) -> Engine:
        """One SQLite file a stage, in the data folder."""
        return open_database(f"sqlite:///{self.data / name}.db", tables, durable=durable)

    def bus(self, stage: str, member: int = 0, members: int = 1) -> EmbeddedBus:
        return EmbeddedBus(self.data / "bus", stage, member, members)

    @cached_property
    def master(self) -> bytes:
        """The master key; made at the first start, unless a file is named. Raises KeyFile when it is not the one that
        this folder was made with: what it locked could not be read, nor the persons it stands for be found again."""
        named, known = self.settings.key.file, made_with(self.control)
        path = named or self.data / "master.key"
        key = master_key(path, make=named is None and known is None)
        remember(self.control, path, key)
        return key

    @cached_property
    def control(self) -> Engine:
        """Who may do what, data keys, pauses: written by every role, rarely."""
        engine = self.database("control", security.metadata)
        for tables in (encryption.metadata, lines.metadata):
            tables.create_all(engine)
        return engine

    @cached_property
    def journal(self) -> Engine:
        return self.database("journal", journal.metadata, durable=False)

    @cached_property
    def registries(self) -> Engine:
        return self.database("registries", registries.TABLES)

    @cached_property
    def ledger(self) -> Ledger:
        quiet = round(self.settings.payer_quiet * 1e6)
        return Ledger(self._ledger_database, derived(self.master, "ledger"), quiet=quiet)

    @cached_property
    def _ledger_database(self) -> Engine:
        return self.database("ledger", cnss.TABLES)

    @cached_property
    def record(self) -> Record:
        """The built-in record."""
        return Record(self._record_database)

    @cached_property
    def reading(self) -> Reading:
        """The built-in record as it is read."""
        return Reading(self._record_database)

    @cached_property
    def _record_database(self) -> Engine:
        return self.database("record", record.metadata)

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

    @property
    def registry_secret(self) -> bytes:
        return derived(self.master, "client registry")

    def migrate(self) -> None:
        """Makes or updates every database of this data folder."""
        _ = self.control, self.master, self.journal, self.registries, self.ledger, self.record
        self.database("payer", simulator.TABLES)
        self.bus("received").close()

    def door(self, bus: EmbeddedBus) -> Door:
        return Door(bus, self.keys, derived(self.master, "feeds"), self.settings.acknowledgement_timeout)

    def desk(self, bus: EmbeddedBus, door: Door) -> Desk:
        rerun = Rerun(bus, self.keys, door, self.channels)
        return Desk(self.journal, self.digests, rerun, self.line, self.channels)

    def mediation(self, bus: EmbeddedBus, member: int, stop: Stop) -> Mediation:
        persons = Persons(self.registries, self.registry_secret)
        facilities, workers = Facilities(self.registries), HealthWorkers(self.registries)
        waits_for_people = any(channel.said.registries.patient == "require" for channel in self.channels)

        def learned() -> list[str]:
            people = persons.news.keys if waits_for_people else ()
            return [*people, *facilities.learned, *workers.learned]

        return Mediation(
            bus,
            self.channels,
            Registries(persons, facilities, workers, learned),
            self.keys,
            Outputs(self.digests.subjects_of),
            self.line,
            Suspects(self.data / "locks" / f"mediation-{member}.suspects"),
            Window(self.settings.mediation.window),
            stop,
        )

    def consumers(self) -> Sequence[Consumer]:
        return Smr(self._shared_record()), Cnss(self.ledger)

    def _shared_record(self) -> SharedRecord:
        if self.settings.smr == BUILT_IN:
            return self.record
        return FhirServer(self.settings.smr, token=self.settings.smr_token)

    def submission(self) -> Submission:
        return Submission(Outbox(self._ledger_database, deadline=self.settings.payer_deadline), self._payer())

    def _payer(self) -> Payer:
        if self.settings.payer == SIMULATOR:
            faults = Faults.parse(self.settings.payer_faults)
            return simulator.Simulator(self.database("payer", simulator.TABLES), faults)
        return HttpPayer(self.settings.payer, token=self.settings.payer_token)

    def projection(self) -> Journal:
        return Journal(self.journal, EXPECTS)


EXPECTS = {consumer.name: consumer.wants for consumer in (Smr, Cnss)}
