"""The built-in record passes the battery of every record; and what only it promises."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select, text

from channels.consumers.reading import Beginning, Criterion, Query, Reading, Token
from channels.consumers.record import Record, digests, metadata, resources
from channels.consumers.smr import said
from channels.consumers.standing import Saying
from registries.database import open_database
from schemas.message import Unavailable
from tests.contract.record import CNIE, HOUR, IPP, MONDAY, RecordBattery, merge, person, registered, report
from tests.home import Place, every_store, home

__all__ = ["every_store", "home"]


SECRET = b"a secret of the tests, 32 bytes."


class TestRecord(RecordBattery):
    @pytest.fixture(autouse=True)
    def database(self, home: Place) -> None:
        self.home = home
        self.engine = home.open("record")
        self.reading = Reading(self.engine, SECRET)

    def record(self) -> Record:
        return Record(self.home.open("record"), SECRET)

    def stands(self, kind: str, name: str) -> dict[str, Any] | None:
        kept = self.reading.read(kind, name)
        return orjson.loads(kept.body) if kept else None

    def all_of(self, kind: str) -> list[dict[str, Any]]:
        return [orjson.loads(kept.body) for kept in self.reading.search(Query(kind)).page]

    def search(self, *alternatives: Token | Beginning, parameter: str = "identifier") -> list[str]:
        found = self.reading.search(Query("Patient", (Criterion((parameter,), alternatives),)))
        return [one.id for one in found.page]

    def test_every_version_is_kept_as_it_was_served(self) -> None:
        self.deliver(report(glucose="1.05"))
        self.deliver(report(version=MONDAY + HOUR, status="C", glucose="1.50 C"))
        name = self.one_of("Observation")["id"]
        history = self.reading.history("Observation", name)
        assert [one.version for one in history] == [2, 1]
        values = [orjson.loads(one.body)["valueQuantity"]["value"] for one in history]
        assert values == [1.5, 1.05]
        assert [orjson.loads(one.body)["meta"]["versionId"] for one in history] == ["2", "1"]

    def test_two_sayings_of_one_call_are_two_versions(self) -> None:
        self.deliver(report(glucose="1.05"), report(version=MONDAY + HOUR, status="C", glucose="1.50 C"))
        assert len(self.reading.history("Observation", self.one_of("Observation")["id"])) == 2
        assert len(self.reading.history("Patient", person(1))) == 1

    def test_the_same_said_later_is_no_new_version(self) -> None:
        self.deliver(registered())
        self.deliver(registered(version=MONDAY + HOUR))
        assert len(self.reading.history("Patient", person(1))) == 1

    def test_a_late_older_message_does_not_bring_back_what_was_deleted(self) -> None:
        self.deliver(registered(version=MONDAY + HOUR, cleared=["telecoms"]))
        self.deliver(registered(telecoms=[{"value": "0612345678", "system": "phone"}]))
        assert "telecom" not in self.patient()

    def test_whom_the_registry_finds_the_record_finds_by_number_only(self) -> None:
        """By name, birth date and gender the registry is asked: nothing in the record tells who is called alike."""
        Record(self.engine, SECRET, registered=lambda persons: persons).write([said(registered())])
        assert self.search(Token("TT00001")) == [person(1)]
        assert self.search(Beginning("el"), parameter="family") == []
        with self.engine.connect() as connection:
            assert set(connection.scalars(select(digests.c.parameter))) == {"identifier"}

    def test_a_former_name_of_whom_the_registry_met_meanwhile_finds_nobody(self) -> None:
        self.deliver(registered())
        renamed = registered(version=MONDAY + HOUR, names=[{"family": "El Alami", "given": ["Aïcha"]}])
        Record(self.engine, SECRET, registered=lambda persons: persons).write([said(renamed)])
        assert self.search(Beginning("el fa"), parameter="family") == []
        assert self.search(Beginning("aicha"), parameter="given") == [person(1)]

    def test_a_person_is_found_by_every_identifier_ever_sent(self) -> None:
        self.deliver(registered())
        self.deliver(registered(version=MONDAY + HOUR, identifiers=[{"system": IPP, "value": "77"}]))
        assert self.search(Token("77")) == self.search(Token("TT00001", CNIE)) == [person(1)]
        assert self.search(Token(None, IPP)) == [person(1)]
        assert self.search(Token("77", CNIE)) == self.search(Token("77", "")) == []

    def test_names_are_found_without_accents_and_only_the_newest(self) -> None:
        self.deliver(registered())
        assert self.search(Beginning("aich"), parameter="given") == [person(1)]
        self.deliver(registered(version=MONDAY + HOUR, names=[{"family": "Bennani", "given": ["Aïcha"]}]))
        assert self.search(Beginning("bennani"), parameter="family") == [person(1)]
        assert self.search(Beginning("el fassi"), parameter="family") == []

    def test_a_beginning_that_two_names_share_stays_when_one_of_them_goes(self) -> None:
        self.deliver(registered(names=[{"family": "Alami", "given": ["Ali", "Alia"]}]))
        self.deliver(registered(version=MONDAY + HOUR, names=[{"family": "Alami", "given": ["Ali"]}]))
        assert self.search(Beginning("ali"), parameter="given") == [person(1)]
        assert self.search(Beginning("alia"), parameter="given") == []

    def test_long_names_are_told_apart_by_their_ends(self) -> None:
        long = "Ben Abdellah El Idrissi El Hassani"
        self.deliver(registered(1, names=[{"family": f"{long} Un"}]), registered(2, names=[{"family": f"{long} Deux"}]))
        found = {end: self.search(Beginning(f"{long} {end}".lower()), parameter="family") for end in ("Un", "Deux")}
        assert found == {"Un": [person(1)], "Deux": [person(2)]}

    def test_no_name_or_number_stands_in_its_tables(self) -> None:
        self.deliver(registered(names=[{"family": "Zwiknarbi", "given": ["Aïcha"]}], birth_date="1937-07-19"))
        self.deliver(registered(version=MONDAY + HOUR, names=[{"family": "Bennani", "given": ["Aïcha"]}]))
        with self.engine.connect() as connection:
            rows = [row for table in metadata.tables.values() for row in connection.execute(select(table))]
        written = b" ".join(one if isinstance(one, bytes) else str(one).encode() for row in rows for one in row).lower()
        assert not [one for one in (b"zwiknarbi", b"bennani", b"cha", b"1937-07", b"tt00001") if one in written]

    def test_pages_hold_each_resource_once(self) -> None:
        self.deliver(*(registered(n) for n in range(25)))
        seen: list[str] = []
        while True:
            found = self.reading.search(Query("Patient", after=seen[-1] if seen else "", count=10))
            assert found.total == 25
            seen += [one.id for one in found.page]
            if not found.more:
                break
        assert sorted(seen) == sorted(person(n) for n in range(25))

    def test_everything_of_a_person_has_what_it_refers_to_and_nobody_else(self) -> None:
        self.deliver(report(1, glucose="1.05"), report(2, about="F2", glucose="1.10"))
        self.deliver(merge(1, 3))
        kept = self.reading.everything([person(1), person(3)])
        assert {"Patient", "Organization", "Observation", "DiagnosticReport", "Provenance"} <= {k.type for k in kept}
        assert {one.person for one in kept if one.person} <= {person(1), person(3)}
        assert kept[0].type == kept[1].type == "Patient"
        assert person(2) not in repr(kept)

    def test_a_call_is_one_commit_and_fails_as_a_whole(self) -> None:
        record = self.record()
        good, other = said(registered(1)), said(registered(2))
        broken = Saying([*other.resources, {"resourceType": "Patient", "id": "x", "no": object()}], 1, "x", "t")
        with pytest.raises(TypeError):
            record.write([good, broken])
        assert self.all_of("Patient") == []
        asyncio.run(record.close())

    @pytest.mark.parametrize("home", ["sqlite"], indirect=True)
    def test_a_database_that_fails_is_unavailable_and_its_rows_are_not_told(self) -> None:
        record = self.record()
        with self.engine.begin() as connection:
            connection.execute(text("DROP TABLE digests"))
        with pytest.raises(Unavailable) as caught:
            record.write([said(registered())])
        assert "Fassi" not in str(caught.value)
        assert caught.value.__suppress_context__
        asyncio.run(record.close())

    @pytest.mark.parametrize("home", ["sqlite"], indirect=True)
    def test_a_commit_is_synced_to_the_disk(self, tmp_path: Path) -> None:
        engine = open_database(f"sqlite:///{tmp_path}/record.db")
        with engine.connect() as connection:
            assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2
        engine.dispose()

    def test_what_persons_share_belongs_to_nobody(self) -> None:
        self.deliver(report(glucose="1.05"))
        with self.engine.connect() as connection:
            rows = connection.execute(select(resources.c.type, resources.c.person)).all()
            kinds = set(connection.execute(select(digests.c.type)).scalars())
        assert {kind for kind, owner in rows if owner is None} == {"Organization"}
        assert {"Patient", "Organization"} <= kinds

    @pytest.mark.parametrize("home", ["postgresql"], indirect=True)
    def test_two_machines_that_write_the_same_at_once_both_land(self) -> None:
        """Reports of one laboratory share it and its persons: keys meet, in any order."""
        crowd = [
            report(person % 3, version=MONDAY + person, about=f"F{person}", glucose="1.05") for person in range(24)
        ]
        failures: list[BaseException] = []

        def land(events: list[Any]) -> None:
            record = self.record()
            try:
                for event in events:
                    record.write([said(event)])
            except BaseException as error:
                failures.append(error)

        threads = [
            threading.Thread(target=land, args=(events,)) for events in (crowd, crowd[::-1], crowd[::2] + crowd[1::2])
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert failures == []
        assert len(self.all_of("Patient")) == 3
        assert len(self.all_of("DiagnosticReport")) == 24
        assert len(self.all_of("Organization")) == 1

    def test_a_name_with_a_nul_and_a_name_without_end_stop_nobody(self) -> None:
        record = self.record()
        strange = registered(1, names=[{"family": "Fa\0ssi", "given": ["A"]}])
        assert record.write([said(strange), said(registered(2))])[1].verdict == "landed"
