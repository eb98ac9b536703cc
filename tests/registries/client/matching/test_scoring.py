"""What joins two records, what keeps them apart, and what is left for a person to decide."""

from __future__ import annotations

from typing import Any

import pytest

from registries.client.matching.profile import Profile, profile
from registries.client.matching.rules import Outcome, shipped
from registries.client.matching.scoring import Score, outcome, score
from schemas.events import Patient

ID = "https://hie.sante.gov.ma/id/"
RULES = shipped()


def told(**fields: str) -> Patient:
    """A patient by given, family, birth, sex, phone, town, order and identifiers; "" is not told."""
    systems = {"ins": f"{ID}ins", "idcs": f"{ID}idcs", "cin": f"{ID}cnie", "cnss": f"{ID}cnss", "ipp": "urn:id:HP"}
    who: dict[str, Any] = {
        "names": [{"given": [fields["given"]] if fields.get("given") else [], "family": fields.get("family")}],
        "birth_date": fields.get("birth"),
        "sex": fields.get("sex"),
        "identifiers": [{"system": systems[name], "value": fields[name]} for name in systems if fields.get(name)],
        "telecoms": [{"value": fields["phone"]}] if fields.get("phone") else [],
        "addresses": [{"city": fields["town"]}] if fields.get("town") else [],
        "birth_order": int(fields["order"]) if fields.get("order") else None,
    }
    return who  # type: ignore[return-value]


def person(**fields: str) -> Profile:
    base = {"given": "Nisrine", "family": "Touzani", "birth": "1988-04-19", "town": "Safi"}
    return profile(told(**{**base, **fields}))


def between(one: Profile, other: Profile) -> Outcome:
    return outcome(score(one, other, RULES), RULES)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({}, {}),
        ({"given": "Touzani", "family": "Nisrine"}, {}),
        ({"birth": "1988-04-09"}, {"birth": "1988-09-04"}),
        ({"birth": "1988-04-29"}, {}),
        ({"phone": "+212 661-22-33-44"}, {"phone": "0661223344"}),
        ({"idcs": "2345678906", "town": ""}, {"idcs": "2345678906", "birth": "", "family": "Alami"}),
        ({"cin": "AB 34521", "town": ""}, {"cin": "ab34521", "town": "Oujda"}),
        ({"cnss": "143270581", "town": ""}, {"cnss": "143270581", "town": "Oujda", "family": ""}),
    ],
)
def test_these_are_one(one: dict[str, str], other: dict[str, str]) -> None:
    assert between(person(**one), person(**other)) == "certain"


@pytest.mark.parametrize(
    ("why", "one", "other"),
    [
        ("another sex", {"sex": "female"}, {"sex": "male"}),
        ("another INS", {"ins": "77312"}, {"ins": "90455"}),
        ("another IDCS", {"idcs": "2345678906"}, {"idcs": "7986120439"}),
        ("another CIN", {"cin": "AB34521"}, {"cin": "JK90133"}),
        ("a CIN with a slip", {"cin": "AB34521"}, {"cin": "AB34531"}),
        ("another year", {"phone": "0661223344"}, {"phone": "0661223344", "birth": "1993-04-19"}),
        ("twins", {}, {"given": "Hind"}),
        ("twins with a phone", {"phone": "0661223344"}, {"given": "Hind", "phone": "0661223344"}),
        ("twins with one number", {"cnss": "143270581"}, {"given": "Hind", "cnss": "143270581"}),
        ("twins of like names", {"given": "Tazrit", "phone": "0661223344"}, {"given": "Tazrif", "phone": "0661223344"}),
        (
            "like twins, one CIN",
            {"given": "Tazrit", "cin": "AB34521"},
            {"given": "Tazri", "cin": "AB34521"},
        ),
        ("twins by order", {"order": "1", "phone": "0661223344"}, {"order": "2", "phone": "0661223344"}),
        ("newborns", {"given": "BEBE", "phone": "0661223344"}, {"given": "Bébé de Touzani", "phone": "0661223344"}),
        ("a newborn, named since", {"given": "NN", "phone": "0661223344"}, {"phone": "0661223344"}),
        ("a child under a CIN", {"cin": "AB34521"}, {"cin": "AB34521", "birth": "2016-02-01", "given": "Hind"}),
        ("sisters under a CIN", {"cin": "AB34521", "birth": "2016-02-01"}, {"cin": "AB34521", "given": "Nisrine Hind"}),
        ("a child of the same name", {"cin": "AB34521"}, {"cin": "AB34521", "birth": "2016-04-19"}),
        (
            "a child under a number",
            {"cnss": "143270581"},
            {"cnss": "143270581", "birth": "2016-02-01", "given": "Hind"},
        ),
        ("a child with a phone", {"phone": "0661223344"}, {"phone": "0661223344", "birth": "2016-04-19"}),
        ("no given name", {"given": ""}, {}),
        ("no given name, but a phone", {"given": "", "phone": "0661223344"}, {"phone": "0661223344"}),
        ("a name more, with a phone", {"phone": "0661223344"}, {"given": "Nisrine Hind", "phone": "0661223344"}),
        ("no birth date, but a phone", {"birth": "", "phone": "0661223344"}, {"phone": "0661223344"}),
        ("no birth date", {"birth": ""}, {}),
        ("a year only", {"birth": "1988"}, {"birth": "1988-04-19"}),
        ("first of January", {"birth": "1988-01-01"}, {"birth": "1988-01-01"}),
    ],
)
def test_these_are_never_joined_by_a_rule(why: str, one: dict[str, str], other: dict[str, str]) -> None:
    assert between(person(**one), person(**other)) != "certain", why


@pytest.mark.parametrize("kind", ["ipp", "cnss"])
def test_two_numbers_of_one_source_or_insurance_are_left_for_a_person_to_decide(kind: str) -> None:
    one, other = person(**{kind: "143270581"}), person(**{kind: "143270977"})
    assert between(one, other) == "possible"
    assert score(one, other, RULES).veto == "two-numbers"
    strong = {"cin": "AB34521"}
    assert between(person(**{kind: "143270581"}, **strong), person(**{kind: "143270977"}, **strong)) == "certain"


@pytest.mark.parametrize(("name", "one", "other"), [("ipp", "41", "42"), ("sex", "female", "male")])
def test_what_contradicts_is_asked_about_only_where_all_the_rest_is_certain(name: str, one: str, other: str) -> None:
    for phone, birth, asked in (("0661223344", "1988-04-19", "possible"), ("", "1988", "none")):
        told = {"phone": phone, "birth": birth, "town": "", "given": "Fatima", "family": "Alaoui"}
        assert between(person(**told, **{name: one}), person(**told, **{name: other})) == asked


def test_who_differs_by_a_generation_or_by_all_names_is_not_asked_about() -> None:
    home = {"phone": "0661223344"}
    assert between(person(**home), person(**home, birth="1994-04-19")) == "none"
    assert between(person(), person(family="Belkadi")) == "none"
    assert between(person(given="", birth=""), person()) == "none"


def housed(line: str, **fields: str) -> Profile:
    patient = told(**{"given": "Nisrine", "family": "Touzani", "birth": "1948", "sex": "female", **fields})
    return profile({**patient, "addresses": [{"city": "Safi", "lines": [line]}]})


def test_one_house_joins_who_knows_the_year_alone_and_one_village_does_not() -> None:
    one = housed("12 Rue des Orangers, Biada")
    assert between(one, housed("12, rue des Orangers Biada")) == "certain"
    assert between(one, housed("14 Rue des Orangers, Biada")) == "possible"
    assert between(housed("2 Rue Atlas", phone="0661223344"), housed("2 Rue Atlas", phone="0537987654")) == "possible"
    assert between(housed("Douar Ouled Salem"), housed("Douar Ouled Salem")) == "possible"


@pytest.mark.parametrize("number", ["0000000", "INCONNU", "X", "999999999"])
def test_a_filler_counts_for_nothing(number: str) -> None:
    bare = score(person(), person(), RULES)
    filled = score(person(cin=number, phone=number, ipp=number), person(cin=number, phone=number, ipp=number), RULES)
    assert filled == bare
    assert between(person(given=number), person(given=number)) != "certain"


def test_what_is_missing_is_no_disagreement() -> None:
    full = person(sex="female", phone="0661223344")
    assert score(full, person(), RULES).weight > score(full, person(sex="male", phone="0522998877"), RULES).weight
    assert {part.field for part in score(full, person(), RULES).parts} == {"given", "family", "birth", "town"}


def test_a_common_name_tells_less_than_a_rare_one() -> None:
    common = score(person(given="Mohamed"), person(given="Mohamed"), RULES)
    rare = score(person(given="Zoulikha"), person(given="Zoulikha"), RULES)
    spelled = score(person(given="Mohamed"), person(given="Mohammed"), RULES)
    assert rare.weight > common.weight + 3
    assert common.weight != spelled.weight


def test_a_decision_is_told_in_words_without_values() -> None:
    found = score(person(cin="AB34521", phone="0661223344"), person(given="Nesrine", cin="AB34521"), RULES)
    said = found.explained()
    assert said[0] == "rule: same CIN and birth date"
    assert "the given names are one name spelled twice" in said
    assert not any(value in " ".join(said) for value in ("AB34521", "Touzani", "1988", "Safi", "Nesrine"))
    twins = score(person(given="Yattou"), person(given="Mamass"), RULES).explained()
    assert twins[0] == "the given names of one birth date and family differ, as of twins"


def test_every_level_has_words() -> None:
    every = tuple(part for parts in RULES.parts for part in parts)
    assert all(Score(0, 0, "", every).explained())


def test_the_best_of_several_names_counts() -> None:
    married = profile({**told(birth="1988-04-19", town="Safi"), "names": [
        {"given": ["Nisrine"], "family": "Alami", "use": "official"},
        {"given": ["Nisrine"], "family": "Touzani", "use": "maiden"},
        {"given": ["نسرين"], "family": "التوزاني"},
    ]})  # fmt: skip
    assert between(married, person()) == "certain"
    assert between(person(given="نسرين", family="التوزاني", town="آسفي"), person()) == "certain"
