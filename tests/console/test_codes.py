"""The work list of codes: what no table translates, until one does."""

from __future__ import annotations

from tests.console.place import Browser, Place, result
from tests.console.test_transactions import words


def local(control_id: str, code: str = "GLY^Glycémie^L") -> bytes:
    return result(control_id, ipp=control_id).replace(b"OBX|1|NM|15074-8^Glucose^LN", f"OBX|1|NM|{code}".encode())


def test_every_code_translated_is_said(admin: Browser) -> None:
    assert "Every code has its translation" in admin.get("/codes").text


def test_a_local_code_is_listed_with_how_often_it_came(place: Place, admin: Browser) -> None:
    place.send("lab-hl7v2", local("C1"), local("C2"), local("C3", "NA^Sodium^L"), result("C4"))
    page = words(admin.get("/codes"))
    assert "GLY" in page
    assert "Glycémie" in page
    assert "15074-8" not in page
    assert [(one["code"], one["count"]) for one in place.desk.unknown_codes()] == [("GLY", 2), ("NA", 1)]
    assert place.desk.unknown_codes("hospital-adt") == []
    assert "BENNANI" not in page


def test_a_program_reads_the_same_list(place: Place, admin: Browser) -> None:
    place.send("lab-hl7v2", local("C1"))
    (found,) = admin.get("/api/unknown-codes?channel=lab-hl7v2").json()["items"]
    assert found.pop("last").startswith("20")
    assert found == {
        "channel": "lab-hl7v2", "system": "urn:id:L", "code": "GLY", "display": "Glycémie", "count": 1,
    }  # fmt: skip
    assert admin.get("/api/unknown-codes?channel=fhir").json()["items"] == []
