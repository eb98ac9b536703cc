from __future__ import annotations

from typing import Any

import pytest

from mediators.hl7v2.patient import contact, patient, prior
from mediators.hl7v2.scope import Scope
from tests.mediators.hl7v2.messages import scope, segment

CODE_N = {"text": "N", "codings": [{"code": "N"}]}


def read(pid: str, *others: str, known: Scope | None = None) -> Any:
    return patient(segment(pid), [segment(one) for one in others], known or scope())


def pid(**fields: str) -> str:
    """A PID with these fields: pid(f7="1987")."""
    numbers = {int(name[1:]): value for name, value in fields.items()}
    return "PID|" + "|".join(numbers.get(number, "") for number in range(1, max(numbers) + 1))


def test_every_identifier_with_its_authority_and_type() -> None:
    found = read("PID|1||0044^^^HOP&1.2.504.1&ISO^PI~AB123456^^^^NNMAR~123456789^^^CNSS^SS")
    assert found["identifiers"] == [
        {"system": "urn:oid:1.2.504.1", "value": "0044", "type": "PI", "authority": "HOP"},
        {"system": "https://hie.sante.gov.ma/id/cnie", "value": "AB123456", "type": "NNMAR"},
        {"system": "https://hie.sante.gov.ma/id/cnss", "value": "123456789", "type": "SS", "authority": "CNSS"},
    ]


def test_numbers_of_older_fields_join_when_they_are_new() -> None:
    found = read("PID|1|0044|0044^^^HOP^PI|55^^^AUTRE~0044")
    assert [(one["system"], one["value"]) for one in found["identifiers"]] == [
        ("urn:id:HOP", "0044"), ("urn:id:AUTRE", "55"),
    ]  # fmt: skip


def test_a_patient_known_only_by_the_old_fields() -> None:
    assert read("PID|1|0044||")["identifiers"] == [{"system": "urn:id:CHU", "value": "0044"}]


@pytest.mark.parametrize(
    ("sent", "authorities", "system"),
    [
        ("123456789", {}, "urn:id:ssn"),
        ("123456789", {"SSN": "https://hie.sante.gov.ma/id/cnss"}, "https://hie.sante.gov.ma/id/cnss"),
        ("123456789^^^CNSS", {}, "https://hie.sante.gov.ma/id/cnss"),
    ],
)
def test_a_social_number_is_of_the_cnss_only_when_somebody_says_so(
    sent: str, authorities: dict[str, str], system: str
) -> None:
    (number,) = read(pid(f19=sent), known=scope(authorities=authorities))["identifiers"]
    assert (number["system"], number["value"], number["type"]) == (system, "123456789", "SS")


def test_licence_account_and_the_mothers_number() -> None:
    found = read(pid(f18="ACC-7^^^CHU^AN", f20="B77^MA^20300101", f21="0099^^^HOP"))
    assert found["identifiers"] == [
        {"system": "urn:id:dl-ma", "value": "B77", "type": "DL", "authority": "MA", "end": "2030-01-01"}
    ]
    assert found["account"] == {"system": "urn:id:CHU", "value": "ACC-7", "type": "AN", "authority": "CHU"}
    assert found["mother_identifiers"][0]["value"] == "0099"


def test_names_aliases_and_the_mothers_maiden_name() -> None:
    found = read(pid(f5="BENNANI^Salma^Khadija^^Mme^^L~TAZI^Salma^^^^^M", f6="EL IDRISSI^Zineb", f9="^Loulou"))
    assert found["names"] == [
        {"family": "BENNANI", "given": ["Salma", "Khadija"], "prefix": "Mme", "use": "official"},
        {"family": "TAZI", "given": ["Salma"], "use": "maiden"},
        {"given": ["Loulou"], "use": "nickname"},
    ]
    assert found["mother_name"] == {"family": "EL IDRISSI", "given": ["Zineb"]}


@pytest.mark.parametrize(
    ("sent", "sex"),
    [("M", "male"), ("F", "female"), ("O", "other"), ("U", "unknown"), ("A", "other"), ("N", "other"), ("f", "female")],
)
def test_sex_by_table_0001(sent: str, sex: str) -> None:
    assert (read(pid(f8=sent))["sex"], read(pid(f8=sent))["sex_code"]) == (sex, sent)


def test_an_unknown_sex_stays_a_code() -> None:
    found = read(pid(f8="7"))
    assert found["sex_code"] == "7"
    assert "sex" not in found


def test_language_marital_status_religion_nationality() -> None:
    found = read(pid(f15="ar^Arabe", f16="M^Mariée^HL70002", f17="MOS", f26="FR", f28="MAR"))
    assert found["language"]["codings"][0]["code"] == "ar"
    assert found["marital_status"]["codings"][0]["system"].endswith("v2-0002")
    assert found["religion"]["text"] == "MOS"
    assert found["nationality"]["text"] == "MAR"


def test_two_nationalities_are_both_kept() -> None:
    found = read(pid(f26="FR~ES", f28="MAR"))
    assert found["nationality"]["text"] == "MAR"
    assert [one["text"] for one in found["citizenships"]] == ["FR", "ES"]
    assert read(pid(f26="FR~ES"))["nationality"]["text"] == "FR"


def test_addresses_and_telecoms_each_once() -> None:
    found = read(
        pid(f11="12 Rue Tarik^^Rabat^^10000^MAR^H", f13="0537001122", f14="0537334455", f40="0537001122^PRN^PH")
    )
    assert found["addresses"][0]["city"] == "Rabat"
    assert [(one["value"], one["use"]) for one in found["telecoms"]] == [
        ("0537001122", "home"), ("0537334455", "work"),
    ]  # fmt: skip


def test_birth_and_death() -> None:
    found = read(pid(f7="198706", f23="Fès", f24="Y", f25="2", f29="20240101", f30="Y"))
    assert (found["birth_date"], found["birth_place"]) == ("1987-06", "Fès")
    assert (found["multiple_birth"], found["birth_order"]) == (True, 2)
    assert (found["deceased_at"], found["deceased"]) == ("2024-01-01", True)


@pytest.mark.parametrize(
    ("number", "sent"),
    [(7, "19999999"), (25, "deux"), (29, "hier"), (41, "34")],
)
def test_what_has_no_place_or_no_meaning_travels_on(number: int, sent: str) -> None:
    known = scope()
    found = read(pid(**{f"f{number}": sent}), known=known)
    assert known.left == [{"place": f"PID-{number}", "value": sent}]
    assert not found


@pytest.mark.parametrize(("number", "sent"), [(24, "peut-être"), (30, "?"), (31, "X")])
def test_what_is_neither_yes_nor_no_is_a_detail(number: int, sent: str) -> None:
    found = read(pid(**{f"f{number}": sent}))
    assert [(one["place"], one["text"]) for one in found.pop("details")] == [(f"PID-{number}", sent)]
    assert not found


def test_of_two_birth_dates_the_first_counts_and_both_travel_on() -> None:
    known = scope()
    found = read(pid(f7="19870604~19870605"), known=known)
    assert found["birth_date"] == "1987-06-04"
    assert [one["time"] for one in found["details"]] == ["1987-06-04", "1987-06-05"]
    assert known.left == []


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (3, "identifiers"), (5, "names"), (6, "mother_name"), (7, "birth_date"), (8, "sex"), (11, "addresses"),
        (13, "telecoms"), (15, "language"), (16, "marital_status"), (17, "religion"), (18, "account"),
        (21, "mother_identifiers"), (23, "birth_place"), (24, "multiple_birth"), (25, "birth_order"),
        (28, "nationality"), (29, "deceased_at"), (30, "deceased"),
    ],
)  # fmt: skip
def test_null_deletes_empty_leaves_and_neither_is_a_text(number: int, name: str) -> None:
    deleted = read(pid(**{f"f{number}": '""', "f31": ""}))
    assert deleted == {"cleared": [name]}
    assert read(pid(**{f"f{number}": "", "f31": ""})) == {}
    assert read(pid(**{f"f{number}": " ", "f31": ""})) == {}


def test_one_telephone_deleted_leaves_the_other() -> None:
    found = read(pid(f13='""', f14="0537334455"))
    assert "cleared" not in found
    assert len(found["telecoms"]) == 1


def test_a_null_within_a_value_is_no_text() -> None:
    found = read(pid(f5='BENNANI^""', f11='12 Rue Tarik^""^Rabat'))
    assert found == {"names": [{"family": "BENNANI"}], "addresses": [{"lines": ["12 Rue Tarik"], "city": "Rabat"}]}


def test_primary_care_and_notes() -> None:
    known = scope()
    found = read("PID|1", "PD1|||Centre Agdal^^77|12^ALAMI^Driss|N", "NTE|1|L|Diabétique", "NTE|2||  ", known=known)
    assert found["general_practitioners"][0]["role"] == "PP"
    assert found["managing_organization"]["name"] == "Centre Agdal"
    assert found["notes"] == [{"text": "Diabétique", "source": "L"}]
    assert found["details"] == [{"place": "PD1-5", "name": "student-indicator", "code": CODE_N}]
    assert not known.left


def test_what_tells_of_a_person_beside_the_usual() -> None:
    found = read(
        pid(f10="B^Brun^HL70005~C", f12="33", f22="AR^Arabe^HL70189", f27="Y^Ancien^HL70172", f31="Y", f32="US~UA",
            f33="20240301103000+0100", f34="CHU^1.2.504.9^ISO")
    )  # fmt: skip
    assert [one["codings"][0]["code"] for one in found["race"]] == ["B", "C"]
    assert found["ethnicity"][0]["text"] == "Arabe"
    assert (found["county"], found["identity_unknown"]) == ("33", True)
    assert found["veteran_status"]["text"] == "Ancien"
    assert [one["text"] for one in found["identity_reliability"]] == ["US", "UA"]
    assert found["updated"] == "2024-03-01T10:30:00+01:00"
    assert found["updated_by"]["identifiers"][0]["system"] == "urn:oid:1.2.504.9"


def test_an_animal_is_told_by_details() -> None:
    found = read(pid(f35="L-80700^Canis^SCT", f37="Berger"))
    assert [(one["name"], one.get("text")) for one in found["details"]] == [
        ("taxonomic-classification-code", None), ("strain", "Berger"),
    ]  # fmt: skip


def test_restrictions_on_what_may_be_seen() -> None:
    found = read("PID|1", "PD1||||||||||||Y", "ARV|1|A|HIV^VIH^HL70717|PSY|", "ARV|2|D|PSY")
    assert found["protected"] is True
    assert [one["text"] for one in found["restrictions"]] == ["VIH"]
    assert ("ARV-4", "access-restriction-reason") in [(one["place"], one["name"]) for one in found["details"]]


def test_every_primary_facility_and_handicap() -> None:
    found = read("PID|1", "PD1|||Centre Agdal~Centre Hay Riad|||DEAF^Surdité~BLIND")
    assert found["managing_organization"]["name"] == "Centre Agdal"
    assert [one["name"] for one in found["other_facilities"]] == ["Centre Hay Riad"]
    assert [one["text"] for one in found["disabilities"]] == ["Surdité", "BLIND"]


@pytest.mark.parametrize(
    ("number", "name"),
    [
        (10, "race"), (12, "county"), (22, "ethnicity"), (26, "citizenships"), (27, "veteran_status"),
        (31, "identity_unknown"), (32, "identity_reliability"),
    ],
)  # fmt: skip
def test_a_null_deletes_these_too(number: int, name: str) -> None:
    assert read(pid(**{f"f{number}": '""', "f39": ""})) == {"cleared": [name]}


def test_a_name_with_nothing_but_nulls_is_deleted() -> None:
    assert read(pid(f5='""^""')) == {"cleared": ["names"]}


@pytest.mark.parametrize("sent", ["0000", "19999999", "1231231", "20112000", "Aug 15, 1942", "196203520"])
def test_a_birth_date_is_never_guessed(sent: str) -> None:
    known = scope()
    assert read(pid(f7=sent), known=known) == {}
    assert known.left == [{"place": "PID-7", "value": sent}]


def test_the_authority_of_a_number_may_say_nothing() -> None:
    (number,) = read(pid(f3="007^^^&&M"))["identifiers"]
    assert number == {"system": "urn:id:CHU", "value": "007"}


def test_who_gave_a_number_that_was_not_sent_is_a_detail() -> None:
    found = read(pid(f3="^^^CHU^PI"))
    assert "identifiers" not in found
    assert {one["place"] for one in found["details"]} == {"PID-3.4", "PID-3.5"}


def test_next_of_kin() -> None:
    found = contact(
        segment("NK1|1|BENNANI^Omar|FTH^Père^HL70063|3 Rue B^^Fès|0661000000^PRN^CP|0535112233|EC|20200101||||||"
                "|M|19600101000000"),
        scope(),
    )  # fmt: skip
    assert found is not None
    assert found["names"] == [{"family": "BENNANI", "given": ["Omar"]}]
    assert found["relationship"] == {
        "text": "Père",
        "codings": [{"code": "FTH", "display": "Père", "system": "http://terminology.hl7.org/CodeSystem/v2-0063"}],
    }
    assert [one["use"] for one in found["telecoms"]] == ["mobile", "work"]
    assert (found["sex"], found["birth_date"], found["start"]) == ("male", "1960-01-01", "2020-01-01")


def test_everything_of_a_next_of_kin() -> None:
    fields = {
        10: "Notaire", 12: "E-5", 13: "Etude Tazi", 14: "M^Marié^HL70002", 19: "MA", 20: "fr", 29: "LEG^Juridique",
        30: "RAMI^Said", 31: "0535778899", 32: "9 Rue C^^Fès", 33: "K-1^^^CHU", 37: "123456789",
        40: "0661111111^PRN^CP", 41: "0662222222^PRN^CP",
    }  # fmt: skip
    found = contact(segment("NK1|1|" + "|".join(fields.get(number, "") for number in range(2, 42))), scope())
    assert found is not None
    assert found["organization"] == {"name": "Etude Tazi"}
    assert (found["job_title"], found["reasons"][0]["text"]) == ("Notaire", "Juridique")
    assert found["marital_status"]["text"] == "Marié"  # type: ignore[index]
    assert found["contact_names"] == [{"family": "RAMI", "given": ["Said"]}]
    assert [one["value"] for one in found["contact_telecoms"]] == ["0535778899", "0662222222"]
    assert [one["value"] for one in found["telecoms"]] == ["0661111111"]
    assert found["contact_addresses"][0]["city"] == "Fès"
    assert [(one["value"], one.get("type")) for one in found["identifiers"]] == [
        ("E-5", "EI"), ("K-1", None), ("123456789", "SS"),
    ]  # fmt: skip
    assert [(one["place"], one["name"]) for one in found["details"]] == [("NK1-19", "citizenship")]


def test_a_contact_who_is_nobody() -> None:
    assert contact(segment("NK1|1||"), scope()) is None


def test_a_note_with_who_wrote_it() -> None:
    found = read("PID|1", "NTE|1|P|Allergique|RE^Remarque|12^ALAMI^Driss|202403011030+0100|20240301|20240401")
    (note,) = found["notes"]
    assert (note["type"], note["kind"]["text"], note["by"]["names"][0]["family"]) == ("RE", "Remarque", "ALAMI")
    assert (note["recorded"], note["start"], note["end"]) == ("2024-03-01T10:30+01:00", "2024-03-01", "2024-04-01")


def test_who_a_patient_was_before() -> None:
    found = prior(segment("MRG|0033^^^HOP~0034^^^HOP|0033^^^HOP|ACC-1|0012|||TAZI^Salma"), scope())
    assert [one["value"] for one in found["identifiers"]] == ["0033", "0034", "0012"]
    assert found["account"] is not None
    assert found["account"]["value"] == "ACC-1"
    assert found["names"] == [{"family": "TAZI", "given": ["Salma"]}]
    assert found["active"] is False
