"""Whatever the order of arrival, the newest said of each element stands and nothing added is lost."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from channels.consumers.standing import Change, Key, Saying, Standing, beside, elements, key_of, person_of, settle
from schemas.fhir.extensions import RELIGION, VERSION

BORN = st.sampled_from(["1980-01-02", "1980-02-01", "1981"])
DEMOGRAPHICS = st.fixed_dictionaries(
    {},
    optional={
        "name": st.sampled_from([[{"family": "Alaoui"}], [{"family": "Tazi", "given": ["Zineb"]}]]),
        "birthDate": BORN,
        "deceasedBoolean": st.booleans(),
        "deceasedDateTime": st.just("2025-02-03"),
        "identifier": st.lists(st.builds(lambda n: {"system": "urn:id:x", "value": str(n)}, st.integers(1, 5))),
        "extension": st.just([{"url": RELIGION, "valueString": "as sent"}]),
    },
).filter(lambda said: not {"deceasedBoolean", "deceasedDateTime"} <= said.keys())
CLEARED = st.sets(st.sampled_from(["name", "birthDate", "_birthDate", "telecom", f"extension:{RELIGION}"]))
SAID = st.tuples(DEMOGRAPHICS, CLEARED)


def saying(resource: dict[str, Any], version: int, cleared: set[str] | None = None) -> Saying:
    return Saying([resource], version, "p", f"t{version}", {key_of(resource): cleared or set()})


def patient(version: int, **said: Any) -> dict[str, Any]:
    own = [{"url": VERSION, "valueString": str(version)}, *said.pop("extension", ())]
    return {"resourceType": "Patient", "id": "p", "extension": own, **said}


def after(*sayings: Saying) -> Standing:
    standing: dict[Key, Standing] = {}
    settle(standing, sayings)
    (one,) = standing.values()
    return one


def seen(standing: Standing) -> dict[str, Any]:
    """What does not depend on the order of arrival: identifiers as a set."""
    parts: dict[str, Any] = dict(elements(standing.resource))
    numbers = parts.pop("identifier", {"identifier": []})["identifier"]
    return parts | {"identifier": {one["value"] for one in numbers}, "version": standing.version}


@settings(max_examples=150, deadline=None)
@given(st.lists(SAID, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_any_order_of_arrival_makes_the_same_patient(said: list[tuple[dict[str, Any], set[str]]], random: Any) -> None:
    sayings = [saying(patient(n, **one), n, cleared) for n, (one, cleared) in enumerate(said)]
    shuffled = list(sayings)
    random.shuffle(shuffled)
    assert seen(after(*shuffled)) == seen(after(*sayings))


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sets(st.integers(0, 5)), min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_a_report_has_every_result_and_the_newest_status_in_any_order(told: list[set[int]], random: Any) -> None:
    sayings = [
        saying({"resourceType": "DiagnosticReport", "id": "r", "status": f"s{n}", **_results(ones)}, n)
        for n, ones in enumerate(told)
    ]
    random.shuffle(sayings)
    stands = after(*sayings).resource
    assert stands["status"] == f"s{len(told) - 1}"
    assert {one["reference"] for one in stands.get("result", ())} == {f"Observation/{n}" for n in set().union(*told)}
    assert stands.get("result") != []


def _results(ones: set[int]) -> dict[str, Any]:
    return {"result": [{"reference": f"Observation/{n}"} for n in sorted(ones)]} if ones else {}


@given(DEMOGRAPHICS, CLEARED)
def test_saying_it_twice_is_saying_it_once(said: dict[str, Any], cleared: set[str]) -> None:
    one = saying(patient(7, **said), 7, cleared)
    standing: dict[Key, Standing] = {}
    settle(standing, [one])
    assert settle(standing, [one]) == [[]]


def change(old: dict[str, Any], new: dict[str, Any], version: int = 2) -> Change:
    before = beside(None, old, 1).after
    return beside(before, new, version)


def test_an_element_of_several_types_has_one_value() -> None:
    died = change(patient(1, deceasedBoolean=True), patient(2, deceasedDateTime="2025-02-03")).after.resource
    assert "deceasedBoolean" not in died
    assert died["deceasedDateTime"] == "2025-02-03"


def test_the_time_of_birth_goes_with_the_day_it_was_said_with() -> None:
    told = patient(1, birthDate="1980-01-02", _birthDate={"extension": [{"url": "urn:time", "valueTime": "03:04:05"}]})
    assert "_birthDate" not in change(told, patient(2, birthDate="1980-02-01")).after.resource


def test_extensions_are_told_apart_and_the_version_follows_the_newest() -> None:
    told = patient(1, extension=[{"url": "urn:one", "valueString": "1"}])
    stands = change(told, patient(2, extension=[{"url": "urn:two", "valueString": "2"}])).after.resource
    assert {one["url"]: one["valueString"] for one in stands["extension"]} == {
        VERSION: "2",
        "urn:one": "1",
        "urn:two": "2",
    }


def test_a_newer_time_alone_is_no_new_content() -> None:
    again = change(patient(1, birthDate="1980-01-02"), patient(2, birthDate="1980-01-02"))
    assert not again.content
    assert again.renewed


def test_an_unknown_status_says_nothing() -> None:
    visit = {"resourceType": "Encounter", "id": "e", "status": "finished"}
    assert change(visit, {**visit, "status": "unknown"}).after.resource["status"] == "finished"
    assert beside(None, {**visit, "status": "unknown"}, 1).after.resource["status"] == "unknown"
    assert change({**visit, "status": "unknown"}, visit, 0).after.resource["status"] == "finished"


def test_a_resource_belongs_to_its_own_subject_and_shared_ones_to_nobody() -> None:
    assert person_of({"resourceType": "Observation", "id": "o", "subject": {"reference": "Patient/a"}}, "b") == "a"
    assert person_of({"resourceType": "Coverage", "id": "c", "beneficiary": {"reference": "Patient/a"}}, "b") == "a"
    assert person_of({"resourceType": "Provenance", "id": "v"}, "b") == "b"
    assert person_of({"resourceType": "Patient", "id": "a"}, "b") == "a"
    assert person_of({"resourceType": "Organization", "id": "o"}, "b") is None


def test_of_two_that_share_an_organization_the_later_sees_the_earlier() -> None:
    def laboratory(**said: Any) -> dict[str, Any]:
        return {"resourceType": "Organization", "id": "o", **said}

    standing: dict[Key, Standing] = {}
    first, second = settle(standing, [saying(laboratory(name="Labo"), 1), saying(laboratory(alias=["L"]), 2)])
    assert first[0].before is None
    assert second[0].before == first[0].after
    assert standing["Organization", "o"].resource == laboratory(name="Labo", alias=["L"])


def visit(version: int, **said: Any) -> dict[str, Any]:
    own = [{"url": VERSION, "valueString": str(version)}]
    known = {"status": "in-progress", "class": {"code": "IMP"}}
    return {"resourceType": "Encounter", "id": "v", "extension": own, **known, **said}


def place(name: str, id: str = "") -> dict[str, Any]:
    made = {"location": {"reference": f"Location/{name}"}, "status": "active"}
    return {"id": id, **made} if id else made


def test_who_tells_of_one_place_or_doctor_leaves_the_others() -> None:
    told = visit(1, location=[place("bed", "place"), place("next", "pending")], participant=[{"id": "AT.1"}])
    standing = after(saying(told, 1), saying(visit(2, location=[place("other", "place")]), 2))
    assert [one["location"]["reference"] for one in standing.resource["location"]] == [
        "Location/other",
        "Location/next",
    ]
    assert standing.resource["participant"] == [{"id": "AT.1"}]


def test_all_of_a_list_are_emptied_or_one() -> None:
    told = saying(visit(1, location=[place("bed", "place")], participant=[{"id": "AT.1"}, {"id": "CP.1"}]), 1)
    one = after(told, saying(visit(2), 2, {"participant:AT"})).resource
    assert one["participant"] == [{"id": "CP.1"}]
    assert "participant" not in after(told, saying(visit(2), 2, {"participant"})).resource


def test_places_written_before_they_were_told_apart_make_room_for_those_that_are() -> None:
    old, new = saying(visit(1, location=[place("bed")]), 1), saying(visit(2, location=[place("other", "place")]), 2)
    assert [one["location"]["reference"] for one in after(old, new).resource["location"]] == ["Location/other"]
    assert after(old, saying(visit(2), 2)).resource["location"] == [place("bed")]


def test_what_is_said_for_want_of_better_stands_only_where_nothing_else_was() -> None:
    weak = Saying([visit(2)], 2, "p", "t2", {}, (), {("Encounter", "v"): ("status",)})
    assert after(weak).resource["status"] == "in-progress"
    assert after(saying(visit(1, status="finished"), 1), weak).resource["status"] == "finished"
    assert after(weak, saying(visit(1, status="finished"), 1)).resource["status"] == "finished"
    assert after(saying(visit(1, status="unknown"), 1), weak).resource["status"] == "in-progress"
