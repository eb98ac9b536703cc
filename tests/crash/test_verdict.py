"""The checks of the crash test can fail: each sees what it is there for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.crash.load import followed, own
from tests.crash.verdict import Found, Sent, faults

# LABO1 sent three messages about persons 7, 8 and 7; LABO2 one about person 7.
SENT = Sent({"LABO1": [7, 8, 7], "LABO2": [7]}, {"LABO1": [1, 2, 3], "LABO2": [1]})
MESSAGES = [("LABO1", 1, 7), ("LABO2", 1, 7), ("LABO1", 2, 8), ("LABO1", 3, 7)]


def all_well() -> Found:
    codes = [own(feed, number) for feed, number, _ in MESSAGES]
    people = [followed("LABO1", 7), followed("LABO1", 8), followed("LABO2", 7)]
    return Found(
        transactions=[*((feed, number, "delivered") for feed, number, _ in MESSAGES), ("LABO1", 2, "duplicate")],
        events=[
            (feed, number, code, "") for feed, number, p in MESSAGES for code in (own(feed, number), followed(feed, p))
        ],
        results=[*((own(feed, n), [n]) for feed, n, _ in MESSAGES), *zip(people, ([1, 3], [2], [1]), strict=True)],
        lines=[*codes, *people],
        accepted=[*codes, *people],
        patients=2,
        provenances=8,
    )


def test_nothing_is_said_when_all_is_well() -> None:
    assert faults(SENT, all_well()) == []


def test_a_message_sent_again_and_mediated_again_is_no_fault() -> None:
    found = all_well()
    found.transactions.append(("LABO1", 3, "delivered"))
    found.events += [("LABO1", 3, own("LABO1", 3), ""), ("LABO1", 3, followed("LABO1", 7), "")]
    assert faults(SENT, found) == []


def test_a_message_without_an_acknowledgement_may_have_arrived() -> None:
    assert faults(Sent(SENT.persons, {"LABO1": [1, 2], "LABO2": [1]}), all_well()) == []


def never_delivered(found: Found) -> None:
    found.transactions = [one for one in found.transactions if one[:2] != ("LABO1", 2)]


def without_event(found: Found) -> None:
    found.events = [one for one in found.events if one[:2] != ("LABO2", 1)]


def refused(found: Found) -> None:
    found.transactions.append(("LABO1", 3, "refused"))


def stuck(found: Found) -> None:
    found.transactions.append(("LABO1", 3, "received"))


def overtaken(found: Found) -> None:
    found.events[0], found.events[-1] = found.events[-1], found.events[0]


def said_twice(found: Found) -> None:
    found.results[0] = (own("LABO1", 1), [1, 1])


def two_observations(found: Found) -> None:
    found.results.append((own("LABO1", 1), [1]))


def no_observation(found: Found) -> None:
    found.results.pop(0)


def version_missing(found: Found) -> None:
    found.results[4] = (followed("LABO1", 7), [3])


def versions_swapped(found: Found) -> None:
    found.results[4] = (followed("LABO1", 7), [3, 1])


def billed_twice(found: Found) -> None:
    found.lines.append(own("LABO1", 1))


def not_billed(found: Found) -> None:
    found.lines.remove(followed("LABO2", 7))


def paid_twice(found: Found) -> None:
    found.accepted.append(own("LABO1", 1))


def billed_out_of_nothing(found: Found) -> None:
    found.lines.append("LABO9-N1")


def one_person_two_patients(found: Found) -> None:
    found.patients += 1


def one_saying_two_provenances(found: Found) -> None:
    found.provenances += 1


@pytest.mark.parametrize(
    "doctored",
    [
        never_delivered, without_event, refused, stuck, overtaken, said_twice, two_observations, no_observation,
        version_missing, versions_swapped, billed_twice, not_billed, paid_twice, billed_out_of_nothing,
        one_person_two_patients, one_saying_two_provenances,
    ],
)  # fmt: skip
def test_each_fault_is_seen(doctored: Callable[[Found], None]) -> None:
    found = all_well()
    doctored(found)
    assert faults(SENT, found) != []
