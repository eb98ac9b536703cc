"""Where a transaction stands, from what is known of it and of its reruns."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.journal.standing import Delivery, Part, Run, Said, stand


def run(name: str = "t", places: tuple[str, ...] = (), **rest: object) -> Run:
    made = Run(name, received=1, places=frozenset(places), mediated=10)
    for key, value in rest.items():
        setattr(made, key, value)
    return made


def said(place: str, position: int = 0, expects: tuple[str, ...] = ("smr",)) -> Said:
    return Said(place, position, expects)


def landed(consumer: str = "smr", at: int = 20) -> list[Delivery]:
    return [Delivery(consumer, "landed", "", at)]


def refused(reason: str, consumer: str = "smr") -> list[Delivery]:
    return [Delivery(consumer, "refused", reason, 20)]


def refusal(place: str, reason: str = "required") -> Part:
    return Part("refused", place, "", reason, 10)


def parked(place: str, entry: str = "facility|100000001") -> Part:
    return Part("parked", place, "", "waiting", 10, (entry,))


def test_nothing_known_is_received() -> None:
    assert stand([run(mediated=None)]).status == "received"


def test_a_rerun_of_the_bad_line_mends_the_original() -> None:
    first = run(said={"a": said("line 2")}, heard={"a": landed()}, parts=[refusal("line 3")])
    assert stand([first]).status == "partial"
    again = run("r", ("line 3",), said={"b": said("line 3")})
    assert stand([first, again]).status == "mediated"
    again.heard["b"] = landed()
    standing = stand([first, again])
    assert (standing.status, standing.trouble, standing.open()) == ("delivered", None, {})


def test_a_rerun_that_fails_for_another_reason_moves_the_original_to_that_reason() -> None:
    first = run(parts=[refusal("line 3"), refusal("line 4")])
    again = run("r", ("line 3",), parts=[refusal("line 3", "unknown-code")])
    assert stand([first, again]).open() == {
        ("refused", "required"): ["line 4"],
        ("refused", "unknown-code"): ["line 3"],
    }


def test_a_rerun_refused_at_the_door_leaves_only_its_places_open() -> None:
    first = run(said={"a": said("line 2")}, heard={"a": landed()}, parts=[refusal("line 3")])
    again = run("r", ("line 3",), mediated=None, refused="MSH-9: unsupported")
    assert stand([first, again]).open() == {("refused", "MSH-9: unsupported"): ["line 3"]}


def test_a_rerun_of_everything_replaces_everything() -> None:
    first = run(said={"a": said("OBR 1")}, heard={"a": refused("unknown-act")}, parts=[refusal("OBR 2")])
    again = run("r", said={"a": said("OBR 1"), "b": said("OBR 2")}, heard={"a": landed(), "b": landed()})
    assert stand([first, again]).status == "delivered"


def test_a_rerun_not_yet_mediated_changes_nothing() -> None:
    first = run(parts=[refusal("OBR 1")])
    assert stand([first, run("r", mediated=None)]).status == "refused"


def test_parked_parts_say_what_they_wait_for_until_they_are_released() -> None:
    first = run(said={"a": said("line 2")}, heard={"a": landed()}, parts=[parked("line 3")])
    standing = stand([first])
    assert (standing.status, standing.settled) == ("parked", None)
    assert [piece.waiting_for for piece in standing.pieces if piece.state == "parked"] == [("facility|100000001",)]
    first.parts.append(Part("released", "line 3", "", "", 15))
    assert stand([first]).status == "mediated"


def test_a_parked_event_that_went_out_after_all_is_not_parked() -> None:
    held = Part("parked", "OBR 1", "a", "waiting", 10)
    assert stand([run(said={"a": said("OBR 1")}, parts=[held], heard={"a": landed()})]).status == "delivered"


@pytest.mark.parametrize(
    ("parts", "heard", "status"),
    [
        ([refusal("1"), refusal("2")], {}, "refused"),
        ([refusal("1")], {"a": refused("x")}, "failed"),
        ([refusal("1")], {"a": landed()}, "partial"),
        ([parked("1")], {"a": refused("x")}, "parked"),
        ([], {"a": [*landed(), *refused("x", "cnss")]}, "partial"),
    ],
)
def test_the_word_for_a_mixture(parts: list[Part], heard: dict[str, list[Delivery]], status: str) -> None:
    assert stand([run(parts=parts, heard=heard, said={name: said("9") for name in heard})]).status == status


places = st.sampled_from(["1", "2", "3"])
pieces = st.lists(st.tuples(places, st.sampled_from(["landed", "refused", "silent", "bad", "parked"])), max_size=6)


def made(name: str, limits: tuple[str, ...], told: list[tuple[str, str]]) -> Run:
    result = run(name, limits)
    for number, (place, how) in enumerate(told):
        if how in ("bad", "parked"):
            result.parts.append(refusal(place) if how == "bad" else parked(place))
            continue
        result.said[f"e{number}"] = said(place, number)
        if how != "silent":
            result.heard[f"e{number}"] = landed() if how == "landed" else refused("x")
    return result


@given(st.lists(st.tuples(st.lists(places, max_size=2, unique=True), pieces), min_size=1, max_size=4))
def test_nothing_bad_is_ever_called_delivered(told: list[tuple[list[str], list[tuple[str, str]]]]) -> None:
    runs = [made(f"t{n}", tuple(limits) if n else (), parts) for n, (limits, parts) in enumerate(told)]
    standing = stand(runs)
    states = {piece.state for piece in standing.pieces}
    assert (standing.status == "delivered") == (states <= {"landed"})
    assert (standing.trouble is None) == (not standing.open())
    assert (standing.settled is None) or not states & {"pending", "parked"}


@given(pieces, pieces)
def test_a_rerun_of_everything_stands_as_if_it_were_the_first(
    before: list[tuple[str, str]], after: list[tuple[str, str]]
) -> None:
    again = made("r", (), after)
    assert stand([made("t", (), before), again]) == stand([again])
