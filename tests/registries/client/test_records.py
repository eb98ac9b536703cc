"""What every source says of a patient is kept as it came, found again, and read by nobody else."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from registries.client.history import of_persons
from registries.client.records import Records, SourceRecord
from registries.database import reading
from registries.sealing import Seal
from registries.tables import TABLES, blocks, history, records
from schemas.events import Patient
from tests.registries.people import SECRET, SYSTEMS, Registry, about, patient

WARD, CIN = SYSTEMS["ipp"], SYSTEMS["cin"]


@pytest.fixture
def registry(engine: Engine) -> Registry:
    return Registry(engine)


@pytest.fixture
def kept(engine: Engine) -> Records:
    return Records(engine, SECRET)


def said(registry: Registry, told: Patient, **more: Any) -> str:
    return registry.answer(about(told, **more)).entry


def rows(engine: Engine, table: Any) -> int:
    with reading(engine) as connection:
        return connection.scalar(select(func.count()).select_from(table)) or 0


def test_every_source_has_a_record_of_its_own(registry: Registry, kept: Records) -> None:
    ward = patient(ipp="7", cin="AB1", family="El Fassi", given="Rim", birth="1968-02-11")
    person = said(registry, ward)
    desk = patient(cin="AB1", family="ELFASSI", given="Rim", birth="1968-02-11")
    assert said(registry, desk, channel="desk", sender="HIS") == person
    found = kept.of_persons([person])
    assert [(one.source, one.channel) for one in found] == [(WARD, "lab"), ("desk|HIS", "desk")]
    assert [one.patient for one in found] == [ward, desk]
    assert all(one.profile.names for one in found)


def test_a_later_saying_replaces_and_what_stood_before_is_in_the_history(
    registry: Registry, kept: Records, engine: Engine
) -> None:
    person = said(registry, patient(ipp="7", family="Fassi", given="Rim"), version=10)
    said(registry, patient(ipp="7", family="Tazi", given="Rim"), version=20)
    (record,) = kept.of_persons([person])
    assert (record.version, record.patient["names"][0]["family"]) == (20, "Tazi")
    with reading(engine) as connection:
        (line,) = of_persons(connection, Seal(SECRET), [person])
    assert (line.action, line.record) == ("replaced", record.id)
    assert line.detail["patient"]["names"][0]["family"] == "Fassi"


def test_an_earlier_version_never_overwrites(registry: Registry, kept: Records) -> None:
    person = said(registry, patient(ipp="7", family="Tazi"), version=20)
    said(registry, patient(ipp="7", family="Fassi"), version=10)
    assert kept.of_persons([person])[0].patient["names"][0]["family"] == "Tazi"


def test_what_a_source_does_not_tell_again_stands(registry: Registry, kept: Records) -> None:
    whole = patient(ipp="7", cin="AB1", family="Fassi", given="Rim", birth="1968-02-11", sex="female")
    person = said(registry, whole)
    said(registry, patient(ipp="7", birth="1968"))
    assert kept.of_persons([person])[0].patient == whole
    said(registry, patient({"system": "urn:id:LAB", "value": "1"}, ipp="7"))
    said(registry, patient({"system": "urn:id:LAB", "value": "2"}, ipp="7"))
    assert [one["value"] for one in kept.of_persons([person])[0].patient["identifiers"]] == ["AB1", "7", "2"]


def test_what_a_source_clears_is_gone(registry: Registry, kept: Records) -> None:
    person = said(registry, patient(ipp="7", family="Fassi", sex="female") | {"telecoms": [{"value": "0612345678"}]})
    said(registry, patient(ipp="7", family="Fassi") | {"cleared": ["telecoms"]})
    assert "telecoms" not in kept.of_persons([person])[0].patient


def test_the_same_again_writes_nothing(registry: Registry, kept: Records, engine: Engine) -> None:
    told = patient(ipp="7", family="Fassi", given="Rim")
    said(registry, told)
    before = kept.since(0)
    said(registry, told | {"account": {"system": "urn:id:VISITS", "value": "9"}}, version=99)
    assert kept.since(0) == before
    assert kept.since(before[-1].number) == []
    assert rows(engine, history) == 0


def test_changes_are_read_in_their_order_and_none_is_missed(registry: Registry, kept: Records) -> None:
    for number in range(7):
        said(registry, patient(ipp=str(100 + number), family="Fassi"))
    said(registry, patient(ipp="100", family="Tazi"))
    seen: list[SourceRecord] = []
    while news := kept.since(seen[-1].number if seen else 0, most=3):
        seen += news
    assert [one.patient["identifiers"][0]["value"] for one in seen] == [str(100 + n) for n in (1, 2, 3, 4, 5, 6, 0)]


def test_a_number_finds_the_persons_of_whom_it_is_said(registry: Registry, kept: Records) -> None:
    one = said(registry, patient(ipp="7", cnss="143270581", given="Rim", birth="2011-04-01"))
    other = said(registry, patient(ipp="8", cnss="143270581", given="Rami", birth="2011-04-01"))
    assert kept.persons_with(SYSTEMS["cnss"], "143 270 581") == {one, other}
    assert kept.persons_with(WARD, "8") == {other}
    assert kept.persons_with("urn:id:ELSEWHERE", "8") == kept.persons_with(WARD, "00000") == set()
    for file in ("1", "2"):
        assert said(registry, patient({"system": "urn:id:LAB", "value": file}, ipp="8")) == other
    assert kept.persons_with("urn:id:LAB", "2") == {other}
    assert kept.persons_with("urn:id:LAB", "1") == set(), "its source says another number now"
    assert kept.knows(WARD)
    assert not kept.knows("urn:id:ELSEWHERE")


def test_who_is_parked_leaves_no_record(registry: Registry, kept: Records) -> None:
    registry.answer(about(patient(ipp="7", family="Fassi")), "require")
    assert kept.since(0) == []


def test_nobody_can_read_the_tables(registry: Registry, engine: Engine) -> None:
    """A name, a number, a birth date, a phone, an address: in no table, whatever they are written as."""
    canary = {"given": "Qwortelina", "cin": "QK918273", "birth": "1931-07-29"}
    more: Any = {
        "telecoms": [{"value": "0698765432", "system": "phone"}],
        "addresses": [{"lines": ["12 rue Vvquillon"], "city": "Xauenopolis"}],
        "mother_name": {"family": "Mmwexford", "given": ["Hhjulia"]},
    }
    for number, family in enumerate(("Zzyzxcanary", "Zzyzxcanari", "Ouzzyzx")):
        told: Any = patient(**canary, family=family, ipp=f"IP91827{number}") | more
        said(registry, told, channel=f"channel-{number}")
    again: Any = patient(**canary, family="Zzyzxcanary", ipp="IP918270", sex="male") | more
    said(registry, again, channel="channel-0", version=2)
    assert rows(engine, history)
    assert rows(engine, blocks) > 5
    held = b"\n".join(_dumped(engine))
    told_of = ("Zzyzxcanary", "IP918270", "0698765432", "98765432", "Vvquillon", "Xauenopolis", "Mmwexford", "Hhjulia")
    for word in (*canary.values(), *told_of):
        for form in {word, word.upper(), word.lower(), word.replace("-", "")}:
            for bytes_ in (form.encode(), form.encode("utf-16-le"), form.encode("utf-16-be")):
                encoded = [base64.b64encode(b"x" * shift + bytes_)[(shift * 8 + 5) // 6 : -4] for shift in range(3)]
                assert not [one for one in (bytes_, *encoded) if one in held], form


def _dumped(engine: Engine) -> list[bytes]:
    found = []
    with reading(engine) as connection:
        for table in TABLES.sorted_tables:
            for row in connection.execute(select(table)):
                found += [value if isinstance(value, bytes) else str(value).encode() for value in row]
    return found


def test_a_record_opens_only_with_the_secret(registry: Registry, engine: Engine) -> None:
    person = said(registry, patient(ipp="7", family="Fassi"))
    assert Records(engine, SECRET).of_persons([person])
    with pytest.raises(ValueError, match="sealed with another key"):
        Records(engine, SECRET, Seal(b"another")).of_persons([person])
    assert Records(engine, b"another").persons_with(WARD, "7") == set()
    assert rows(engine, records) == 1
