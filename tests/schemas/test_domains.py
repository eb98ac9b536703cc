"""Identifier domains: what they are called, and who may assign in them."""

from __future__ import annotations

import pytest

from schemas.domains import Domain, Domains

WARD = Domain("https://ward.example/ipp", ("WARD", "Service"), "2.25.7", senders=("HIS|*",), channels=("adt-*",))
LAB = Domain("https://lab.example/ipp", ("LAB",), "2.25.8")
OWN = Domain("urn:x:own", ("OWN",), own=True)
TABLE = Domains.of([WARD, LAB, OWN])


@pytest.mark.parametrize(
    "words", [("WARD",), ("ward", ""), ("", "2.25.7"), ("service", "2.25.7"), ("urn:oid:2.25.7",), (WARD.uri,)]
)
def test_a_domain_is_met_by_any_of_its_words(words: tuple[str, ...]) -> None:
    assert TABLE.named(*words) is WARD


@pytest.mark.parametrize("words", [("WARD", "2.25.8"), ("WARD", "2.25.9"), ("ELSEWHERE",), ("", ""), ()])
def test_words_that_mean_two_or_none_mean_no_domain(words: tuple[str, ...]) -> None:
    assert TABLE.named(*words) is None


@pytest.mark.parametrize(
    ("domain", "sender", "channel", "may"),
    [
        (WARD, "HIS|RABAT", "adt-north", True),
        (WARD, "HIS|RABAT", "lab", False),
        (WARD, "LIS|RABAT", "adt-north", False),
        (LAB, "anybody", "anywhere", True),
        (OWN, "anybody", "anywhere", False),
    ],
)
def test_who_may_assign(domain: Domain, sender: str, channel: str, may: bool) -> None:
    assert domain.may_assign(sender, channel) is may


def test_names_and_oids_are_one_system_for_whoever_reads_messages() -> None:
    known = TABLE.authorities
    assert {known[word] for word in ("ward", "service", "2.25.7", "urn:oid:2.25.7")} == {WARD.uri}


def test_only_domains_marked_so_name_one_human_being() -> None:
    assert Domains.of([Domain("urn:a", personal=True), LAB]).personal == {"urn:a"}
