"""CSV files into the registries: right rows in, wrong rows told, twice is once."""

from __future__ import annotations

from importlib.resources import files

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from registries.database import reading
from registries.load import KINDS, Kind, load
from registries.rows import rows
from registries.tables import facilities, health_workers, roles, version
from tests.registries.people import SECRET, Registry, about, patient


def sample(kind: str) -> bytes:
    return files("registries").joinpath("samples", f"{kind.replace('-', '_')}.csv").read_bytes()


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_loaded_twice_changes_nothing(engine: Engine, kind: Kind) -> None:
    first = load(kind, sample(kind), engine, SECRET)
    again = load(kind, sample(kind), engine, SECRET)
    assert first.issues == again.issues == []
    assert (first.loaded, first.updated, first.unchanged) == (again.unchanged, 0, 0)
    assert (again.loaded, again.updated) == (0, 0)
    assert again.learned == first.learned


def test_the_samples_show_the_whole_country(engine: Engine) -> None:
    load("facilities", sample("facilities"), engine)
    load("health-workers", sample("health-workers"), engine)
    with reading(engine) as connection:
        places = connection.execute(select(facilities)).all()
        workers = connection.execute(select(health_workers)).all()
        posts = connection.execute(select(roles)).all()
    assert {place.region for place in places} == {f"MA-{number:02}" for number in range(1, 13)}
    assert {"CHU", "CHR", "CHP", "CLINIQUE", "LABM", "RADIO", "OFFICINE"} <= {place.type for place in places}
    assert len(workers) >= 30
    assert {post.facility for post in posts} <= {place.number for place in places}
    assert any(not place.periods.endswith("/") for place in places), "some are closed"


def test_a_sample_family_stays_a_family(engine: Engine) -> None:
    load("clients", sample("clients"), engine, SECRET)
    registry = Registry(engine)
    amine = registry.answer(about(patient(cnss="143270581", given="Mohamed Amine", birth="2003-01-19")))
    yassine = registry.answer(about(patient(cnss="143270581", given="MOHAMED YASSINE", birth="2003-01-19")))
    assert (amine.verdict, yassine.verdict) == ("found", "found")
    assert amine.entry != yassine.entry


def test_a_parked_person_is_among_what_was_learned(engine: Engine) -> None:
    event = about(patient(cnss="143270581", given="Naïma", birth="1972-07-30"))
    waiting = Registry(engine).answer(event, "require").waiting_for
    assert set(waiting) <= set(load("clients", sample("clients"), engine, SECRET).learned)
    assert Registry(engine).answer(event, "require").verdict == "found"


CLIENTS = "cnss;cin;ipp;authority;given;birth_date;sex\n"


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        (";AB1;;;Rim;31/02/1990;F", "birth_date", "not-a-date"),
        (";AB1;;;Rim;1990-02-01;Q", "sex", "unknown-code"),
        (";;7;;Rim;1990-02-01;F", "authority", "required"),
        ("143270581;;;;;1990-02-01;F", "ins", "required"),
        (";AB1;;;Rim;1990-02-01;F;more", "", "too-many-values"),
    ],
)
def test_a_wrong_client_is_told_and_the_others_pass(engine: Engine, row: str, column: str, reason: str) -> None:
    report = load("clients", f"{CLIENTS};AB9;;;Ali;01/02/1990;H\n{row}\n".encode("cp1252"), engine, SECRET)
    assert report.loaded == 1
    assert [(issue.line, issue.column, issue.reason) for issue in report.issues] == [(3, column, reason)]
    assert report.issues[0].remedy
    assert Registry(engine).answer(about(patient(cin="AB9", birth="1990-02-01"))).verdict == "found"


PLACES = "inpe;name;type;region;province;owner;periods;latitude;longitude;aliases\n"


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("12000;CHU;CHU;MA-04;MA-RAB;;;;;", "inpe"),
        ("120000033;CHU;CHU;MA-13;MA-RAB;;;;;", "region"),
        ("120000033;CHU;CHU;MA-04;Rabat;;;;;", "province"),
        ("120000033;CHU;CHU;MA-04;MA-RAB;;2020-13-01/;;;", "periods"),
        ("120000033;CHU;CHU;MA-04;MA-RAB;;2020-01-01/2019-01-01;;;", "periods"),
        ("120000033;CHU;CHU;MA-04;MA-RAB;;;;;CHU_COLLINE", "aliases"),
    ],
)
def test_a_wrong_facility_is_told_and_the_others_pass(engine: Engine, row: str, column: str) -> None:
    good = "120000011;CHU de la Colline;CHU;MA-04;MA-RAB;MSPS;;;;CHU_COLLINE"
    report = load("facilities", f"{PLACES}{good}\n{row}\n".encode(), engine)
    assert report.loaded == 1
    assert [(issue.line, issue.column) for issue in report.issues] == [(3, column)]


def test_a_changed_row_is_an_update_and_moves_the_version(engine: Engine) -> None:
    before = f"{PLACES}120000011;CHU;CHU;MA-04;MA-RAB;MSPS;;;;ONE,TWO"
    load("facilities", before.encode(), engine)
    with reading(engine) as connection:
        number = version(connection, "facility")
    report = load("facilities", before.replace("TWO", "THREE").encode(), engine)
    assert (report.loaded, report.updated, report.unchanged) == (0, 1, 0)
    assert report.learned == ["facility|120000011", "facility|one", "facility|three"]
    with reading(engine) as connection:
        assert version(connection, "facility") == number + 1


def test_a_role_without_a_period_is_told(engine: Engine) -> None:
    body = "inpe;family;given;profession;periods;roles\n121000011;TAZROUT;Hind;cardiologue;;120000011 praticien never"
    assert [issue.column for issue in load("health-workers", body.encode(), engine).issues] == ["roles"]


@pytest.mark.parametrize("body", [b"", b"nothing\n1\n", b'inpe;"name\n1'])
def test_a_file_of_another_kind_says_what_is_missing(engine: Engine, body: bytes) -> None:
    report = load("facilities", body, engine)
    assert report.loaded == 0
    assert report.issues


def test_clients_need_the_secret_and_a_kind_must_exist(engine: Engine) -> None:
    with pytest.raises(ValueError, match="secret"):
        load("clients", b"", engine)
    with pytest.raises(ValueError, match="there are: clients"):
        load("payers", b"", engine)  # type: ignore[arg-type]  # what a person may type


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200) | st.text(alphabet='a1;,"\n\r\ufeffé', max_size=60).map(str.encode))
def test_any_bytes_are_rows_or_issues(body: bytes) -> None:
    for row in rows(body, ("a",)):
        assert row.values or row.issues
