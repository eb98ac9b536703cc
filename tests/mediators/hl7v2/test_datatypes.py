from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediators.hl7v2 import datatypes, times
from mediators.hl7v2.reader import Field
from tests.mediators.hl7v2.messages import scope, segment

CASABLANCA = ZoneInfo("Africa/Casablanca")
HIE = "https://hie.sante.gov.ma/id/"


def field(text: str) -> Field:
    return segment(f"ZZZ|{text}").field(1)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("1980", "1980"),
        ("198003", "1980-03"),
        ("19800312", "1980-03-12"),
        ("2024031210", "2024-03-12T10+00:00"),  # in Ramadan Morocco is on UTC
        ("2024051210", "2024-05-12T10+01:00"),
        ("202405121030", "2024-05-12T10:30+01:00"),
        ("20240512103015", "2024-05-12T10:30:15+01:00"),
        ("20240512103015.2340-0400", "2024-05-12T10:30:15.2340-04:00"),
        ("202405121030+0000", "2024-05-12T10:30+00:00"),
        ("20240512+0100", "2024-05-12"),
        ("2024-05-12", "2024-05-12"),
        ("2024-05-12T10:30:15Z", "2024-05-12T10:30:15+00:00"),
        ("19800300", "1980-03"),
        ("19800000", "1980"),
    ],
)
def test_a_time_keeps_its_precision_and_its_offset(sent: str, read: str) -> None:
    assert times.time(sent, CASABLANCA) == read


NONSENSE = (
    "0000", "00000000", "19999999", "1231231", "20112000", "Aug 15, 1942", "196203520", "195808101020304",
    "}20210730", "20240230", "2024031225", "202403121060", "20240312103061", "2024-0730", "202403121030+9900", "-",
    "١٩٨٠", "19800012",
)  # fmt: skip


@pytest.mark.parametrize("sent", NONSENSE)
def test_what_is_no_date_is_never_guessed(sent: str) -> None:
    assert times.time(sent, CASABLANCA) is None


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)), st.integers(0, 6))
@settings(max_examples=200)
def test_any_moment_is_read_as_precisely_as_it_was_sent(moment: datetime, precision: int) -> None:
    length = (4, 6, 8, 10, 12, 14, 14)[precision]
    sent = f"{moment.year:04d}{moment:%m%d%H%M%S}"[:length]
    read = times.time(sent, UTC)
    assert read is not None
    assert "".join(char for char in read.removesuffix("+00:00") if char.isdigit()) == sent


@given(st.text(alphabet="0123456789+-.:TZ ", max_size=24))
@settings(max_examples=300)
def test_whatever_is_read_is_a_real_day(sent: str) -> None:
    read = times.time(sent, CASABLANCA)
    if read and len(read) >= 10:
        date.fromisoformat(read[:10])
    if read and len(read) > 10:
        assert datetime.fromisoformat(read).tzinfo


@pytest.mark.parametrize(
    ("sent", "born"),
    [
        ("19870604", "1987-06-04"),
        ("19870604000000", "1987-06-04"),
        ("198706040000+0100", "1987-06-04"),
        ("198706040430", "1987-06-04T04:30+01:00"),
        ("1987", "1987"),
    ],
)
def test_midnight_is_no_time_of_birth(sent: str, born: str) -> None:
    assert times.birth_date(sent, ZoneInfo("Etc/GMT-1")) == born


def test_the_order_of_sayings_is_in_microseconds() -> None:
    assert times.micros("1970-01-01T01:00:00.25+01:00") == 250_000
    assert times.micros("2024-03-12T10:30+00:00") == 1_710_239_400_000_000
    assert times.micros("2024-03-12") is times.micros("2024-03-12T10+01:00") is times.micros(None) is None


@pytest.mark.parametrize(("sent", "read"), [("14", "14"), ("1430", "14:30"), ("143015.5+0100", "14:30:15.5")])
def test_a_time_of_day(sent: str, read: str) -> None:
    assert times.clock(sent) == read


@pytest.mark.parametrize("sent", ["24", "1460", "noon", ""])
def test_what_is_no_time_of_day(sent: str) -> None:
    assert times.clock(sent) is None


@pytest.mark.parametrize(
    ("sent", "system"),
    [
        ("44^^^CHU-RABAT&1.2.504.1&ISO^PI", "urn:oid:1.2.504.1"),
        ("44^^^&6f1c1f3e-6a57-4d0c-8b0e-77a51a57f001&UUID", "urn:uuid:6f1c1f3e-6a57-4d0c-8b0e-77a51a57f001"),
        ("44^^^&https://labo.ma/ipp&URI", "https://labo.ma/ipp"),
        ("44^^^CHU RABAT", "urn:id:CHU%20RABAT"),
        ("44^^^Lab&not-an-oid&L", "urn:id:Lab"),
        ("44", "urn:id:CHU"),
        ("44^^^&&M", "urn:id:CHU"),
        ("123456789^^^CNSS", HIE + "cnss"),
        ("123456789^^^^CNSS", HIE + "cnss"),
        ("AB123456^^^^NNMAR", HIE + "cnie"),
        ("AB123456^^^cin&1.2.3.4&ISO", HIE + "cnie"),
        ("2345678906^^^RNP", HIE + "idcs"),
        ("77^^^INS", HIE + "ins"),
        ("AA1234567^^^^PPN", HIE + "passport"),
    ],
)
def test_the_system_of_a_number_comes_from_who_gave_it(sent: str, system: str) -> None:
    number = datatypes.cx(field(sent), scope())
    assert number is not None
    assert number["system"] == system


def test_the_channel_knows_its_authorities_best() -> None:
    number = datatypes.cx(field("44^^^HOP&9.9&L"), scope(authorities={"HOP": "urn:oid:1.2.504.7"}))
    assert number is not None
    assert number["system"] == "urn:oid:1.2.504.7"


def test_a_number_keeps_zeros_type_authority_and_validity() -> None:
    number = datatypes.cx(field("0044^7^M11^HOP&1.2.504.1&ISO^MR^^20200101^2030"), scope())
    assert number == {
        "system": "urn:oid:1.2.504.1", "value": "0044", "type": "MR", "authority": "HOP", "start": "2020-01-01",
        "end": "2030", "check_digit": "7", "check_scheme": "M11",
    }  # fmt: skip


def test_a_code_keeps_every_coding_and_an_unescaped_ampersand() -> None:
    code = datatypes.code(field("GLU^Sucre & co^L^2345-7^Glucose^LN^v1^2.81^Glycémie à jeun"))
    assert code == {
        "text": "Glycémie à jeun",
        "codings": [
            {"system": "urn:id:L", "code": "GLU", "display": "Sucre & co", "version": "v1"},
            {"system": "http://loinc.org", "code": "2345-7", "display": "Glucose", "version": "2.81"},
        ],
    }


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ("F", {"text": "F", "codings": [{"code": "F"}]}),
        ("^Positif", {"text": "Positif"}),
        ("^^LN", None),
        ('""', None),
        ("H^Haut^HL70078", {
            "text": "Haut",
            "codings": [
                {"code": "H", "display": "Haut", "system": "http://terminology.hl7.org/CodeSystem/v2-0078"}
            ],
        }),
    ],
)  # fmt: skip
def test_a_code_may_be_bare_or_only_text(sent: str, code: dict[str, Any] | None) -> None:
    assert datatypes.code(field(sent)) == code


@pytest.mark.parametrize(
    ("sent", "use"),
    [("L", "official"), ("D", "usual"), ("M", "maiden"), ("N", "nickname"), ("S", "anonymous"), ("", None)],
)
def test_a_name_with_its_use(sent: str, use: str | None) -> None:
    name = datatypes.xpn(field(f"EL FASSI&EL&FASSI^Fatima Zahra^Khadija^Jr^Dr^PhD^{sent}"))
    assert name is not None
    assert name.get("use") == use
    assert name["family"] == "EL FASSI"
    assert name["given"] == ["Fatima Zahra", "Khadija"]
    assert (name["prefix"], name["suffix"], name["degree"]) == ("Dr", "Jr", "PhD")
    assert (name["own_prefix"], name["own_family"]) == ("EL", "FASSI")


def test_an_address_with_its_street_told_in_parts() -> None:
    address = datatypes.xad(field("&Rue Tarik&12^Apt 3^Rabat^Rabat-Salé^10000^MAR^H^^Agdal"))
    assert address == {
        "lines": ["12 Rue Tarik", "Apt 3"], "city": "Rabat", "state": "Rabat-Salé", "postal_code": "10000",
        "country": "MAR", "use": "home", "district": "Agdal", "street_name": "Rue Tarik", "house_number": "12",
    }  # fmt: skip


def test_a_postal_address_has_no_use_of_its_own() -> None:
    address = datatypes.xad(field("BP 12^^Fès^^^^M"))
    assert address == {"lines": ["BP 12"], "city": "Fès", "type": "postal"}


@pytest.mark.parametrize(
    ("sent", "telecoms"),
    [
        ("0537001122", [("0537001122", "phone", "home")]),
        ("^WPN^PH^^212^537^001122^12", [("+212 537 001122 x12", "phone", "work")]),
        ("^PRN^CP^^^^^^^^^+212661000000", [("+212661000000", "phone", "mobile")]),
        ("^NET^Internet^salma@example.ma", [("salma@example.ma", "email", "home")]),
        ("0661000000^PRN^PH^s@example.ma", [("0661000000", "phone", "home"), ("s@example.ma", "email", "home")]),
        ("0537001123^^FX", [("0537001123", "fax", "home")]),
        ("^^PH", []),
    ],
)
def test_a_telecom_in_every_spelling(sent: str, telecoms: list[tuple[str, str, str]]) -> None:
    found = datatypes.xtn(field(sent), "home")
    assert [(one["value"], one["system"], one["use"]) for one in found] == telecoms


def test_a_practitioner_with_number_name_and_role() -> None:
    person = datatypes.xcn(field("101020304^ALAMI^Driss^^^Dr^^^INPE^L^^^INPE"), scope(), "AT")
    assert person == {
        "identifiers": [{"system": HIE + "inpe-ps", "value": "101020304", "type": "INPE", "authority": "INPE"}],
        "names": [{"family": "ALAMI", "given": ["Driss"], "prefix": "Dr", "use": "official"}],
        "role": "AT",
    }


def test_an_interpreter_is_read_as_one_component_or_as_many() -> None:
    nested = datatypes.cnn(field("7&TAZI&Mouna&&&Dr&&&INPE^20240312"), scope(), "PI")
    flat = datatypes.cnn(field("7^TAZI^Mouna^^^Dr^^^INPE"), scope(), "PI")
    assert nested == flat
    assert nested is not None
    assert nested["identifiers"] == [{"system": HIE + "inpe-ps", "value": "7", "authority": "INPE"}]


@pytest.mark.parametrize(
    ("sent", "value", "system"),
    [
        ("100061234", "100061234", HIE + "inpe-es"),
        ("LABO ATLAS^100061234^INPE", "100061234", HIE + "inpe-es"),
        ("LABO", "LABO", "urn:id:LABO"),
        ("LABO^1.2.504.9^ISO", "LABO", "urn:oid:1.2.504.9"),
    ],
)
def test_a_facility_by_its_inpe_or_its_name(sent: str, value: str, system: str) -> None:
    facility = datatypes.hd(field(sent))
    assert facility is not None
    assert facility["identifiers"] == [{"system": system, "value": value}]


def test_an_organisation_by_either_of_its_numbers() -> None:
    late = datatypes.xon(field("Labo Atlas^L^^^^INPE^XX^^^100061234"), scope())
    early = datatypes.xon(field("Labo Atlas^^100061234"), scope())
    assert late is not None
    assert early is not None
    assert late["identifiers"][0]["system"] == early["identifiers"][0]["system"] == HIE + "inpe-es"
    assert late["name"] == early["name"] == "Labo Atlas"


def test_a_place_with_every_level() -> None:
    place = datatypes.pl(field("CARDIO^12^B^CHU^O^N^TOUR A^3^Près de la baie"))
    assert place == {
        "point_of_care": "CARDIO", "room": "12", "bed": "B", "status": "O", "type": "N", "building": "TOUR A",
        "floor": "3", "text": "Près de la baie",
        "facility": {"name": "CHU", "identifiers": [{"system": "urn:id:CHU", "value": "CHU"}]},
    }  # fmt: skip


@given(st.text(alphabet="AZ09^&~\\\"' .-/@:", max_size=60))
@settings(max_examples=200)
def test_no_content_of_a_field_is_too_odd(text: str) -> None:
    one, known = field(text), scope()
    for read in (datatypes.code, datatypes.xpn, datatypes.xad, datatypes.xtn, datatypes.hd, datatypes.pl):
        read(one)
    datatypes.cx(one, known), datatypes.ei(one, known), datatypes.xcn(one, known)
    datatypes.cnn(one, known), datatypes.xon(one, known)
