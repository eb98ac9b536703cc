"""A steward has somebody verified at the population register, from the person's page; the register is its simulator."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from channels.demo.citizens import Citizen, citizens
from channels.identities import Identities
from channels.rnp_simulator import Register, application
from tests.console.identities import patient
from tests.console.place import NAME, Browser, Place
from tests.console.test_transactions import words
from tests.serving import served

TOKEN = "an accredited intermediary"


@pytest.fixture
def register() -> Register:
    return Register.of(citizens())


@pytest.fixture
def citizen(register: Register) -> Citizen:
    return next(one for one in register.people.values() if one.phone)


@pytest.fixture
def place(tmp_path: Path, register: Register, citizen: Citizen) -> Iterator[Place]:
    shutil.copytree("config", tmp_path / "config")
    path = tmp_path / "config" / "wasl.yaml"
    with served(application(register, TOKEN)) as address:
        path.write_text(f"{path.read_text()}\nregistries: {{rnp: {{url: '{address}', token: {TOKEN}}}}}\n")
        place = Place(tmp_path / "data", path)
        told = patient("R1", "BENNANI", "Khadija", laboratory="130310623")
        place.send("lab-hl7v2", told.replace(b"^^^130310623^PI", f"^^^130310623^PI~{citizen.idcs}^^^IDCS^NI".encode()))
        place.send("lab-hl7v2", patient("R2", "TAZI", "Salma", laboratory="130310623"))
        yield place
        place.close()


@pytest.fixture
def admin(place: Place) -> Browser:
    return place.logged_in(**{"Accept-Language": "en"})


def home(place: Place, control_id: str) -> str:
    (person,) = Identities.of(place.house).records.persons_with("urn:id:130310623", f"N-{control_id}")
    return f"/people/{person}"


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    return found[1] if found else ""


def test_the_secret_that_the_person_was_sent_confirms_them_and_both_are_audited(
    place: Place, admin: Browser, register: Register, citizen: Citizen
) -> None:
    person = home(place, "R1")
    assert "Verify at the RNP" in words(admin.get(person))
    first = admin.get(f"{person}/verify")
    assert citizen.idcs not in first.text
    sent = admin.submit(f"{person}/verify/secret", by="sms")
    assert f"Sent to ******{citizen.phone[-2:]}" in words(sent)
    request = hidden(sent.text, "request")
    wrong = admin.submit(f"{person}/verify", request=request, secret="x", mode="confirm")
    assert "No: the register does not confirm it. Tries left with this secret: 2" in words(wrong)
    right = admin.submit(f"{person}/verify", request=request, secret=register.outbox[-1]["secret"], mode="data")
    assert "Yes: the register confirms" in words(right)
    assert citizen.birth_date in words(right)
    target = person.replace("/people", "Patient")
    actions = [action for actor, action, about in place.audited() if (actor, about) == (NAME, target)]
    assert [action for action in actions if action != "read"] == [
        *("person verified", "verify person", "person verified", "verify person", "send secret"),
    ]


def test_who_has_no_such_number_tells_it_and_the_birth_date_gives_no_data(
    place: Place, admin: Browser, citizen: Citizen
) -> None:
    person = home(place, "R2")
    said = {"idcs": citizen.idcs, "birth": citizen.birth_date}
    assert "Yes: the register confirms" in words(admin.submit(f"{person}/verify", mode="confirm", **said))
    refused = admin.submit(f"{person}/verify", mode="data", **said)
    assert refused.status_code == 409
    assert "demographic items alone are not enough" in words(refused)
    assert "ten digits" in words(admin.submit(f"{person}/verify/secret", by="sms", idcs="12"))
    typed = admin.submit(f"{person}/verify/secret", by="sms", idcs=citizen.idcs)
    assert hidden(typed.text, "idcs") == citizen.idcs


def test_a_person_who_is_nobody_is_not_asked_for(place: Place, admin: Browser, register: Register) -> None:
    nobody = "/people/8d0ee6a8-7a9e-4f8e-9f55-9e3f4d5c1b2a/verify"
    assert admin.get(nobody).status_code == 404
    assert admin.submit(f"{nobody}/secret", by="sms", idcs="1").status_code == 404
    assert not register.outbox
