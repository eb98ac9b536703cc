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
        ("2024-05", "2024-05"),
        ("20240512T103015", "2024-05-12T10:30:15+01:00"),
        ("20240512 10:30", "2024-05-12T10:30+01:00"),
        ("20240512103015070+0000", "2024-05-12T10:30:15.070+00:00"),
        ("20240512103015+01", "2024-05-12T10:30:15+01:00"),
        ("}202107300000", "2021-07-30T00:00+01:00"),
        ("19800300", "1980-03"),
        ("19800000", "1980"),
    ],
)
def test_a_time_keeps_its_precision_and_its_offset(sent: str, read: str) -> None:
    assert times.time(sent, CASABLANCA) == read


NONSENSE = (
    "0000", "00000000", "19999999", "1231231", "20112000", "Aug 15, 1942", "196203520", "195808101020304",
    "2021}0730", "20240230", "2024031225", "202403121060", "20240312103061", "2024-0730", "202403121030+9900", "-",
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


def test_a_number_tells_all_that_its_giver_said() -> None:
    number = datatypes.cx(
        field("0044^^^HOP&hop.ma&DNS^MR^SITE 2&1.2.504.9&ISO^^^MA&Maroc&ISO3166^MED&Médecine&HL70530"), scope()
    )
    assert number is not None
    assert (number["authority"], number["authority_id"]) == ("HOP", "urn:id:DNS:hop.ma")
    assert (number["facility"], number["facility_id"]) == ("SITE 2", "urn:oid:1.2.504.9")
    assert number["jurisdiction"] == {
        "text": "Maroc",
        "codings": [{"code": "MA", "system": "urn:id:ISO3166", "display": "Maroc"}],
    }
    assert number["agency"]["text"] == "Médecine"  # type: ignore[index]


def test_a_code_keeps_the_oids_and_value_sets_of_all_its_codings() -> None:
    code = datatypes.code(
        field("A^Un^L^B^Deux^L2^1^2^Texte^C^Trois^L3^3^1.2.504.1^1.2.504.11^2024^1.2.504.2^^^1.2.504.3^1.2.504.33^2023")
    )
    assert code is not None
    first, second, third = code["codings"]
    assert first == {
        "code": "A", "display": "Un", "system": "urn:id:L", "version": "1", "oid": "1.2.504.1",
        "value_set": "1.2.504.11", "value_set_version": "2024",
    }  # fmt: skip
    assert (second["version"], second["oid"]) == ("2", "1.2.504.2")
    assert (third["version"], third["oid"], third["value_set"]) == ("3", "1.2.504.3", "1.2.504.33")
    assert code["text"] == "Texte"


def test_an_oid_stands_in_for_the_name_of_a_coding_system() -> None:
    code = datatypes.code(field("A^Un^^^^^^^^^^^^1.2.504.1"))
    assert code is not None
    assert code["codings"][0]["system"] == "urn:oid:1.2.504.1"
    assert "oid" not in code["codings"][0]


def test_the_alternate_text_without_a_code_is_not_lost() -> None:
    code = datatypes.code(field("GLU^Glycémie^L^^Sucre à jeun"))
    assert code is not None
    assert [one.get("display") for one in code["codings"]] == ["Glycémie", "Sucre à jeun"]


def test_a_name_keeps_both_surnames_its_validity_and_how_it_is_said() -> None:
    name = datatypes.xpn(field("EL FASSI TAZI&EL&FASSI&&TAZI^Salma^^^^PhD^C^A^^^F^20200101^2030^MSc^Lila"), scope())
    assert name == {
        "family": "EL FASSI TAZI", "own_prefix": "EL", "own_family": "FASSI", "partner_family": "TAZI",
        "given": ["Salma"], "degree": "PhD", "type": "C", "representation": "A", "order": "F", "start": "2020-01-01",
        "end": "2030", "professional_suffix": "MSc", "called_by": "Lila",
    }  # fmt: skip


def test_the_surnames_alone_are_the_family_name() -> None:
    name = datatypes.xpn(field("&EL&FASSI^Salma"))
    assert name is not None
    assert name["family"] == "EL FASSI"


def test_a_validity_range_of_older_versions_is_read_too() -> None:
    name = datatypes.xpn(field("FASSI^Salma^^^^^M^^^20100101&20191231"))
    assert name is not None
    assert (name["start"], name["end"]) == ("2010-01-01", "2019-12-31")


@pytest.mark.parametrize(
    ("sent", "use", "type_", "code"),
    [
        ("1 Rue B^^Fès^^^^N", None, None, "N"),
        ("1 Rue B^^Fès^^^^C", "temp", None, "C"),
        ("1 Rue B^^Fès^^^^H", "home", None, None),
        ("1 Rue B^^Fès^^^^^^^^^^^^^Y", "temp", None, None),
        ("1 Rue B^^Fès^^^^^^^^^^^^^^Y", "old", None, None),
        ("1 Rue B^^Fès^^^^^^^^^^^^^^^V", None, "physical", None),
    ],
)
def test_what_an_address_is_for(sent: str, use: str | None, type_: str | None, code: str | None) -> None:
    address = datatypes.xad(field(sent))
    assert address is not None
    assert (address.get("use"), address.get("type"), address.get("type_code")) == (use, type_, code)


def test_an_address_keeps_its_county_with_its_code_and_what_else_tells_where() -> None:
    address = datatypes.xad(field("1 Rue B^^Fès^^^^^Médina^33&Préfecture de Fès&HCP^12.04^^^2020^2024"))
    assert address is not None
    assert (address["district"], address["other_geographic"]) == ("Préfecture de Fès", "Médina")
    assert address["county"]["codings"][0] == {  # type: ignore[index]
        "code": "33", "display": "Préfecture de Fès", "system": "urn:id:HCP",
    }  # fmt: skip
    assert (address["census_tract"], address["start"], address["end"]) == ("12.04", "2020", "2024")


def test_a_telephone_told_in_parts_keeps_them() -> None:
    (one,) = datatypes.xtn(field("^VHN^CP^^212^537^001122^12^après 18 h^^^^2024^2025^^^^2"))
    assert one == {
        "value": "+212 537 001122 x12", "system": "phone", "use": "mobile", "use_code": "VHN", "equipment": "CP",
        "country": "212", "area": "537", "local": "001122", "extension": "12", "comment": "après 18 h",
        "start": "2024", "end": "2025", "rank": 2,
    }  # fmt: skip


def test_two_spellings_of_one_number_are_one_and_two_numbers_two() -> None:
    assert len(datatypes.xtn(field("0537-001122^WPN^PH^^^^^^^^^0537001122"))) == 1
    assert [one["value"] for one in datatypes.xtn(field("0537001122^WPN^PH^^^^^^^^^0661000000"))] == [
        "0537001122", "0661000000",
    ]  # fmt: skip


def test_a_practitioner_whole() -> None:
    person = datatypes.xcn(
        field("12^ALAMI&EL&ALAMI^Driss^^^Dr^MD^TAB^CNOM&1.2.504.5&ISO^L^7^M10^DN^CHU&1.2.504.9&ISO^^^^G^2020^2030^Pr"),
        scope(),
    )
    assert person is not None
    (number,) = person["identifiers"]
    assert number == {
        "system": "urn:oid:1.2.504.5", "value": "12", "type": "DN", "authority": "CNOM", "source_table": "TAB",
        "check_digit": "7", "check_scheme": "M10", "facility": "CHU", "facility_id": "urn:oid:1.2.504.9",
    }  # fmt: skip
    (name,) = person["names"]
    assert (name["degree"], name["order"], name["professional_suffix"]) == ("MD", "G", "Pr")
    assert (name["start"], name["end"], name["own_family"]) == ("2020", "2030", "ALAMI")


def test_an_organisation_whole_and_with_two_numbers() -> None:
    body = datatypes.xon(field("Labo Atlas^D^77^1^M10^RC&1.2.504.7&ISO^XX^CHU^^LAB-9"), scope())
    assert body is not None
    assert body["name_type"] == "D"
    assert [one["value"] for one in body["identifiers"]] == ["LAB-9", "77"]
    assert body["identifiers"][0] == {
        "system": "urn:oid:1.2.504.7", "value": "LAB-9", "type": "XX", "authority": "RC", "check_digit": "1",
        "check_scheme": "M10", "facility": "CHU",
    }  # fmt: skip


def test_a_universal_id_that_is_no_uri_is_a_number_of_its_own() -> None:
    facility = datatypes.hd(field("CHU^chu.ma^DNS"))
    assert facility is not None
    assert facility["identifiers"] == [
        {"system": "urn:id:CHU", "value": "CHU"}, {"system": "urn:id:DNS", "value": "chu.ma"},
    ]  # fmt: skip


def test_the_levels_of_a_place_keep_their_universal_ids() -> None:
    place = datatypes.pl(
        field("CARDIO&1.2.504.21&ISO^12&1.2.504.22&ISO^B^CHU^^^A^3^^LOC-7&CHU^REG&1.2.504.30&ISO"), scope()
    )
    assert place is not None
    assert (place["point_of_care"], place["room"]) == ("CARDIO", "12")
    assert place["systems"] == {"point_of_care": "urn:oid:1.2.504.21", "room": "urn:oid:1.2.504.22"}
    assert place["identifiers"] == [{"system": "urn:id:CHU", "value": "LOC-7", "authority": "CHU"}]
    assert place["authority"]["name"] == "REG"  # type: ignore[index]


def test_the_number_of_a_place_is_of_its_authority_else_of_the_sender() -> None:
    named = datatypes.pl(field("^^^^^^^^^LOC-7^REG&1.2.504.30&ISO"), scope())
    bare = datatypes.pl(field("^^^^^^^^^LOC-7"), scope())
    assert named is not None
    assert bare is not None
    assert named["identifiers"] == [{"system": "urn:oid:1.2.504.30", "value": "LOC-7"}]
    assert bare["identifiers"] == [{"system": "urn:id:CHU", "value": "LOC-7"}]


@pytest.mark.parametrize(
    ("sent", "is_emptied"),
    [
        ('""', True),
        ('""^""', True),
        ('""^^""&""', True),
        ('""^Rabat', False),
        ("", False),
        (" ", False),
        ('"x"', False),
    ],
)
def test_a_field_is_emptied_when_all_that_was_sent_of_it_is_null(sent: str, is_emptied: bool) -> None:
    assert datatypes.emptied(segment(f"ZZZ|{sent}"), 1) is is_emptied


def test_a_single_value_that_repeats_keeps_all_as_details() -> None:
    known = scope()
    found = datatypes.only(segment("ZZZ|A~B"), 1, datatypes.code, known)
    assert found == {"text": "A", "codings": [{"code": "A"}]}
    assert [(number, component) for _, number, component in known.others] == [(1, 0)]
    same = scope()
    datatypes.only(segment("ZZZ|A~A"), 1, datatypes.code, same)
    assert not same.others


@given(st.text(alphabet="AZ09^&~\\\"' .-/@:", max_size=60))
@settings(max_examples=200)
def test_no_content_of_a_field_is_too_odd(text: str) -> None:
    one, known = field(text), scope()
    for read in (datatypes.code, datatypes.xpn, datatypes.xad, datatypes.xtn, datatypes.hd, datatypes.pl):
        read(one)
    datatypes.cx(one, known), datatypes.ei(one, known), datatypes.xcn(one, known)
    datatypes.cnn(one, known), datatypes.xon(one, known)
