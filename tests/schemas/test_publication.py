"""What is published is whole, has its id in the shipped table, and never changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from avro.schema import RecordSchema, parse

from schemas import catalog, codec, publication
from schemas.catalog import Version
from tests.schemas.records import grow

EVERY = [one for name in catalog.written() for one in publication.published(name)]


def test_every_schema_is_published_as_it_is() -> None:
    assert publication.changed() == [], (
        "schemas/avro changed and its new version is not published: run `python -m schemas.publication`"
    )


def test_the_shipped_table_is_what_the_published_versions_say() -> None:
    assert json.loads(catalog.TABLE.read_text()) == publication.ids(), (
        "a published version was changed (restore it), or schemas/ids.json was (run `python -m schemas.publication`)"
    )


@pytest.mark.parametrize("one", EVERY, ids=str)
def test_a_published_version_holds_all_its_parts(one: Version) -> None:
    whole = parse(one.path.read_text())
    assert isinstance(whole, RecordSchema)
    assert whole.fullname == f"wasl.{one.name}"


def test_versions_are_counted_from_one_without_a_gap() -> None:
    for name in catalog.written():
        assert [one.number for one in publication.published(name)] == list(range(1, len(catalog.versions(name)) + 1))


def test_no_id_of_ours_is_one_that_a_schema_registry_would_reach_by_counting() -> None:
    assert min(catalog.table()) > 1_000_000


def test_a_changed_schema_is_noticed_and_published_as_the_next_version(contract: Path) -> None:
    before, following = catalog.id_of("Step"), len(publication.published("Step")) + 1
    path = contract / "avro" / "wasl.Step.avsc"
    path.write_text(path.read_text().replace('"fields": [', '"fields": [{"name": "a", "type": "int", "default": 0},'))
    catalog.forget()
    assert publication.changed() == ["Step"]
    assert publication.publish() == [contract / "history" / f"wasl.Step.{following}.avsc"]
    assert publication.changed() == []
    assert catalog.by_id(before)["fields"][0]["name"] == "transaction"
    assert catalog.by_id(catalog.id_of("Step"))["fields"][0]["name"] == "a"


def test_a_part_that_grows_makes_a_new_version_of_each_event_that_holds_it(contract: Path) -> None:
    before = {name: len(publication.published(name)) for name in catalog.written()}
    made = grow(contract, "Allergy", {"name": "hops", "type": ["null", "string"], "default": None})
    holders = ("PatientRegistered", "PatientUpdated", "OrderRecorded", "ReferralRecorded", "ProblemRecorded")
    assert {path.name for path in made} == {f"wasl.{name}.{before[name] + 1}.avsc" for name in holders}


def test_other_words_about_a_schema_need_no_version(contract: Path) -> None:
    path = contract / "avro" / "wasl.Step.avsc"
    path.write_text(path.read_text().replace("What happened", "All that happened"))
    catalog.forget()
    assert "All that" in catalog.schema("Step")["doc"]
    assert publication.publish() == []


def test_the_tenth_version_comes_after_the_ninth(contract: Path) -> None:
    for number in range(len(publication.published("Step")) + 1, 11):
        grow(contract, "Step", {"name": f"f{number}", "type": "long", "default": 0})
    assert catalog.versions("Step")[-1].number == 10
    assert codec.decode(codec.encode("Step", {"transaction": "t", "kind": "k", "at": 1}))["f10"] == 0


def test_a_published_version_cannot_be_rewritten(contract: Path) -> None:
    path = contract / "history" / "wasl.Step.1.avsc"
    path.write_text(path.read_text().replace('"name": "at", "type": "long"', '"name": "at", "type": "int"'))
    with pytest.raises(publication.Frozen, match=r"Step\.1"):
        publication.publish()
    path.unlink()
    with pytest.raises(publication.Frozen, match=r"Step\.1"):
        publication.publish()
