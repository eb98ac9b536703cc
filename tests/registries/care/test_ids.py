"""A number that was corrected is free for its real bearer: who is added under it is another entry."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection, Engine

from registries.care.closing import prepared
from registries.care.edited import Edited
from registries.care.editing import add, correct
from registries.care.lookup import id_of
from registries.care.store import Care
from registries.database import writing
from registries.load import load
from schemas import facts
from tests.registries.care.lists import people, places

WRONG, RIGHT = "120000011", "120000022"
TYPES = {"facility": "Organization", "health-worker": "Practitioner"}
KINDS = pytest.mark.parametrize("kind", list(TYPES))


def done(engine: Engine, kind: str, work: Callable[[Connection], Edited]) -> Edited:
    with writing(engine) as connection:
        prepared(connection, kind)
        edited = work(connection)
    assert not edited.issues
    return edited


def listed(engine: Engine, kind: str, number: str, name: str) -> None:
    load_ = places if kind == "facility" else people
    row = f"{number};{name};OFFICINE;;;;;;;" if kind == "facility" else f"{number};{name};Hind;pharmacien;;;"
    assert load_(engine, row).issues == []


def by_fhir(engine: Engine, kind: str, number: str, name: str) -> None:
    called: Any = name if kind == "facility" else [{"family": name}]
    system = f"https://hie.sante.gov.ma/id/inpe-{'es' if kind == 'facility' else 'ps'}"
    told = {"resourceType": TYPES[kind], "name": called, "identifier": [{"system": system, "value": number}]}
    registry: Any = "facilities" if kind == "facility" else "health-workers"
    assert load(registry, orjson.dumps(told), engine).issues == []


def by_hand(engine: Engine, kind: str, number: str, name: str) -> None:
    said = {"inpe": number, "name" if kind == "facility" else "family": name}
    done(engine, kind, lambda one: add(one, kind, said, by="a", why="w"))


def name_of(engine: Engine, kind: str, number: str) -> str:
    kept = Care(engine).read(TYPES[kind], id_of(engine, kind, number))
    assert kept is not None
    name = kept.resource["name"]
    return str(name if kind == "facility" else name[0]["family"])


@KINDS
@pytest.mark.parametrize("way", [listed, by_fhir, by_hand])
def test_the_bearer_of_a_number_that_was_corrected_is_another_entry(
    engine: Engine, kind: str, way: Callable[[Engine, str, str, str], None]
) -> None:
    listed(engine, kind, WRONG, "Alami")
    first = id_of(engine, kind, WRONG)
    said = {"inpe": RIGHT, "name" if kind == "facility" else "family": "Alami"}
    done(engine, kind, lambda one: correct(one, kind, first, said, by="a", why="its papers"))
    way(engine, kind, WRONG, "Bennis")
    assert (name_of(engine, kind, RIGHT), name_of(engine, kind, WRONG)) == ("Alami", "Bennis")
    assert (id_of(engine, kind, RIGHT), len(Care(engine).versions(TYPES[kind], first))) == (first, 2)
    way_again = by_fhir if way is by_fhir else listed
    way_again(engine, kind, WRONG, "Bennis")
    assert name_of(engine, kind, RIGHT) == "Alami"


def test_a_name_that_was_given_up_is_free_too(engine: Engine) -> None:
    said = {"name": "Dispensaire", "aliases": "urn:id:lab|c9"}
    first = done(engine, "facility", lambda one: add(one, "facility", said, by="a", why="w")).id
    given = said | {"aliases": "urn:id:lab|c8"}
    done(engine, "facility", lambda one: correct(one, "facility", first, given, by="a", why="w"))
    other = done(engine, "facility", lambda one: add(one, "facility", said | {"name": "New"}, by="a", why="w")).id
    assert other != first == facts.name("facility", "urn:id:lab|c9")
