"""What is believed of a person, out of what every source said."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from registries.client.golden import Choice, Golden, golden
from registries.client.survivorship import BESIDE, FIELDS, LEFT, UNANIMOUS, Trust, read_trust
from schemas.events import Patient

_ids = itertools.count(1)
OLD, NEW, ONE, TWO, THREE, LATIN, ARABIC, MAIDEN, ELSEWHERE = range(101, 110)


@dataclass(frozen=True)
class Record:
    id: int
    source: str
    channel: str
    at: int
    version: int
    patient: Patient


def record(source: str = "urn:id:CHU", *, when: int = 1, id: int = 0, channel: str = "lab", **told: Any) -> Record:
    patient = cast(Patient, told)
    return Record(id or next(_ids), source, channel, when, when, patient)


def named(family: str, *given: str, **more: str) -> Any:
    return {"family": family, "given": list(given), **more}


def believed(*records: Record, trust: Trust | None = None, choices: tuple[Choice, ...] = ()) -> dict[str, Any]:
    return cast(dict[str, Any], golden(records, trust, choices).patient)


def test_every_field_of_a_patient_has_its_rule() -> None:
    beside = {name for group in BESIDE.values() for name in group}
    assert {*FIELDS, *beside, *LEFT, *UNANIMOUS} == set(Patient.__annotations__)


def test_what_only_one_source_tells_survives_the_newest() -> None:
    old = record(when=1, mother_name=named("Berrada", "Salma"), multiple_birth=True, birth_order=2, birth_place="Fès")
    new = record(when=9, names=[named("Tahiri", "Nour")], sex="female")
    told = believed(old, new)
    assert told["mother_name"] == named("Berrada", "Salma")
    assert (told["multiple_birth"], told["birth_order"], told["birth_place"]) == (True, 2, "Fès")
    assert told["sex"] == "female"


def test_the_newest_address_stands_and_tells_where_it_came_from() -> None:
    old = record(when=1, id=OLD, addresses=[{"city": "Salé"}])
    new = record(when=2, id=NEW, addresses=[{"city": "Oujda"}])
    told = golden([old, new])
    assert told.patient["addresses"] == [{"city": "Oujda"}]
    assert told.sources["addresses"] == NEW


def test_a_trusted_source_is_believed_before_a_newer_one() -> None:
    trusted = record("urn:id:RNP", when=1, addresses=[{"city": "Salé"}], sex="male")
    newer = record("urn:id:LABO", when=2, addresses=[{"city": "Oujda"}], sex="female")
    trust = read_trust({"sources": {"addresses": ["urn:id:RN*"]}})
    told = believed(trusted, newer, trust=trust)
    assert told["addresses"] == [{"city": "Salé"}]
    assert told["sex"] == "female"


def test_a_channel_can_be_trusted_too() -> None:
    hospital = record("a", when=1, channel="hospital-adt", religion={"text": "one"})
    lab = record("b", when=2, channel="lab", religion={"text": "other"})
    assert believed(hospital, lab, trust=Trust({"*": ["hospital-*"]}))["religion"] == {"text": "one"}


def test_a_whole_birth_date_stands_against_a_newer_year() -> None:
    for year in ("1957", "1957-01-01", "1957-12-31", "1900-01-01"):
        assert believed(record(when=1, birth_date="1957-05-06"), record(when=2, birth_date=year))["birth_date"] == (
            "1957-05-06"
        )


def test_fillers_never_stand_against_what_somebody_knows() -> None:
    filler = record("urn:id:RNP", when=9, names=[named("Tahiri", "BEBE")], sex="unknown", birth_date="1900-01-01")
    known = record(when=1, names=[named("Tahiri", "Rim")], sex="female", birth_date="2020-02-02")
    told = believed(filler, known, trust=Trust({"*": ["urn:id:RNP"]}))
    assert told["names"] == [named("Tahiri", "Rim")]
    assert (told["sex"], told["birth_date"]) == ("female", "2020-02-02")


def test_a_filler_is_better_than_nothing() -> None:
    assert believed(record(names=[named("Tahiri", "BEBE")]))["names"] == [named("Tahiri", "BEBE")]


def test_names_in_both_scripts_and_a_maiden_name_stay() -> None:
    latin = record(when=3, id=LATIN, names=[named("Tahiri", "Nour")])
    arabic = record(when=2, id=ARABIC, names=[named("الطاهري", "نور"), named("Tahri", "Noor")])
    maiden = record(when=1, id=MAIDEN, names=[named("Slaoui", "Nour", use="maiden")])
    told = golden([latin, arabic, maiden])
    assert told.patient["names"] == [
        named("Tahiri", "Nour"),
        named("الطاهري", "نور"),
        named("Slaoui", "Nour", use="maiden"),
    ]
    assert told.sources == {"names": LATIN, "names.arabic": ARABIC, "names.latin.maiden": MAIDEN}


def test_every_number_of_every_record_stays_with_who_carries_it() -> None:
    one = record(id=ONE, identifiers=[{"system": "urn:id:A", "value": "7"}, {"system": "urn:id:A", "value": "0000"}])
    cin = "https://hie.sante.gov.ma/id/cnie"
    two = record(id=TWO, identifiers=[{"system": cin, "value": "be 123456", "type": "NI"}])
    three = record(id=THREE, when=5, identifiers=[{"system": cin, "value": "BE123456"}])
    told = golden([one, two, three])
    assert [(number.identifier, number.records) for number in told.numbers] == [
        ({"system": cin, "value": "BE123456", "type": "NI"}, (THREE, TWO)),
        ({"system": "urn:id:A", "value": "7"}, (ONE,)),
    ]
    assert told.patient["identifiers"] == [number.identifier for number in told.numbers]


def test_phones_and_relatives_of_every_source_stand_once() -> None:
    mother = {"names": [named("Berrada", "Salma")], "relationship": {"codings": [{"code": "MTH"}]}}
    one = record(when=1, telecoms=[{"value": "+212 661-223344"}, {"value": "r@example.org"}], contacts=[mother])
    two = record(when=2, telecoms=[{"value": "0661223344", "use": "mobile"}], contacts=[{**mother, "sex": "female"}])
    told = believed(one, two)
    assert told["telecoms"] == [{"value": "0661223344", "use": "mobile"}, {"value": "r@example.org"}]
    assert told["contacts"] == [{**mother, "sex": "female"}]


def test_a_person_is_inactive_or_unknown_only_where_every_source_says_so() -> None:
    replaced, living = record(active=False, identity_unknown=True), record(names=[named("Tahiri", "Rim")])
    assert not {"active", "identity_unknown"} & believed(replaced, living).keys()
    assert believed(replaced)["active"] is False
    assert believed(replaced)["identity_unknown"] is True


def test_twins_stay_twins_where_a_newer_source_says_no_by_default() -> None:
    told = believed(record(when=1, multiple_birth=True), record(when=2, multiple_birth=False))
    assert told["multiple_birth"] is True


def test_a_steward_chooses_the_record_of_a_field() -> None:
    old, new = record(when=1, id=OLD, sex="male", sex_code="M"), record(when=2, id=NEW, sex="female")
    told = golden([old, new], choices=[Choice("sex", at=1, record=OLD)])
    assert (told.patient["sex"], told.patient["sex_code"], told.sources["sex"]) == ("male", "M", OLD)


def test_of_two_choices_the_later_counts_and_a_value_may_be_the_stewards_own() -> None:
    records = [record(id=ONE, birth_date="1980"), record(id=TWO, birth_date="1981")]
    choices = [Choice("birth_date", at=2, value="1982-03-04"), Choice("birth_date", at=1, record=ONE)]
    told = golden(records, choices=choices)
    assert (told.patient["birth_date"], told.sources["birth_date"]) == ("1982-03-04", 0)


def test_a_chosen_list_of_phones_is_the_whole_list() -> None:
    one, two = record(id=ONE, telecoms=[{"value": "0661223344"}]), record(telecoms=[{"value": "0522998877"}])
    told = believed(one, two, choices=(Choice("telecoms", at=1, record=ONE),))
    assert told["telecoms"] == [{"value": "0661223344"}]


def test_chosen_names_leave_those_in_the_other_script() -> None:
    arabic = record(when=3, names=[named("الطاهري", "نور")])
    one, two = record(id=ONE, names=[named("Tahiri", "Nour")]), record(when=2, names=[named("Tahri", "Noor")])
    told = believed(arabic, one, two, choices=(Choice("names", at=1, record=ONE),))
    assert told["names"] == [named("Tahiri", "Nour"), named("الطاهري", "نور")]


def test_a_choice_of_a_record_that_left_does_not_count() -> None:
    assert believed(record(sex="male"), choices=(Choice("sex", at=1, record=ELSEWHERE),))["sex"] == "male"


def test_no_choice_takes_a_number_away() -> None:
    one = record(id=ONE, identifiers=[{"system": "urn:id:A", "value": "7"}])
    two = record(identifiers=[{"system": "urn:id:B", "value": "8"}])
    told = believed(one, two, choices=(Choice("identifiers", at=1, record=ONE),))
    assert len(told["identifiers"]) == 2


@pytest.mark.parametrize(
    ("told", "place"),
    [
        ({"source": {}}, "source"),
        ({"sources": {"shoe_size": []}}, "shoe_size"),
        ({"sources": {"sex": "urn:id:A"}}, "trust.sources.sex"),
        ({"order": {"*": ["oldest"]}}, "oldest"),
    ],
)
def test_a_wrong_setting_says_what_to_mend(told: dict[str, Any], place: str) -> None:
    with pytest.raises(ValueError, match=place):
        read_trust(told)


_NAMES = st.builds(named, st.sampled_from(["Tahiri", "INCONNU", "الطاهري"]), st.sampled_from(["Rim", "BEBE", "نور"]))
_PATIENTS = st.fixed_dictionaries(
    {},
    optional={
        "names": st.lists(_NAMES, max_size=2),
        "birth_date": st.sampled_from(["1980", "1980-01-01", "1980-02-03", "nonsense", None]),
        "sex": st.sampled_from(["male", "female", "unknown", None]),
        "telecoms": st.lists(st.fixed_dictionaries({"value": st.sampled_from(["0661223344", "+212661223344", ""])})),
        "identifiers": st.lists(
            st.fixed_dictionaries({"system": st.sampled_from(["urn:a", "urn:b"]), "value": st.sampled_from("12")})
        ),
        "multiple_birth": st.booleans(),
    },
)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.integers(1, 3), st.sampled_from("AB"), _PATIENTS), max_size=4), st.randoms())
def test_the_order_of_arrival_changes_nothing(told: list[tuple[int, str, Any]], random: Any) -> None:
    records = [record(source, when=when, id=1000 + at, **patient) for at, (when, source, patient) in enumerate(told)]
    before: Golden = golden(records)
    random.shuffle(records)
    assert golden(records) == before
    numbers = {(one["system"], one["value"]) for each in records for one in each.patient.get("identifiers") or ()}
    assert {(one.identifier["system"], one.identifier["value"]) for one in before.numbers} == numbers
