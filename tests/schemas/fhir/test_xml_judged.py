"""HAPI's validator reads our XML, finds no error in it, and would find an element in the wrong place."""

from __future__ import annotations

from typing import Any

import orjson

from channels.gateway.capability import capability
from schemas.fhir import bundle
from schemas.fhir.writing_xml import to_xml
from tests.schemas.fhir import reports, samples
from tests.schemas.fhir.test_judged import chosen
from tests.schemas.fhir.test_xml import RICH
from tests.servers.judge import judged_texts

FEWEST_TYPES = 20
ORGANIZATION = {"resourceType": "Organization", "id": "o", "name": "Clinique <de> l'Étoile & fils\nB. P. 7"}
TOLD: dict[str, Any] = {
    **{name: value for name, value in RICH.items() if name != "_gender"},
    "contained": [ORGANIZATION],
    "managingOrganization": {"reference": "#o"},
}


def in_xml(body: bytes) -> bytes:
    """In one line."""
    return to_xml(body).replace(b"\n", b"")


def test_the_judge_finds_no_error_in_our_xml_but_an_element_that_is_out_of_its_place() -> None:
    events: list[Any] = [make() for make in (*samples.ALL, reports.lab_report, reports.imaging_report)]
    made = [entry["resource"] for event in events for entry in bundle.collection([event])["entry"]]
    some = chosen(made, 2 * len({one["resourceType"] for one in made}))
    resources = [*some, TOLD, capability("http://wasl.test/fhir"), bundle.collection(events[:1])]
    texts = [in_xml(orjson.dumps(one)) for one in resources]
    active = b'<active value="true"/>'
    wrong = in_xml(orjson.dumps(TOLD)).replace(active, b"").replace(b"</Patient>", active + b"</Patient>")
    kinds = [*(one["resourceType"] for one in resources), "Patient"]
    assert len(set(kinds)) > FEWEST_TYPES
    *found, misplaced = [
        [one for one in findings if one.severity in ("error", "fatal")]
        for findings in judged_texts([*texts, wrong], kinds)
    ]
    assert not [one for findings in found for one in findings]
    assert misplaced
