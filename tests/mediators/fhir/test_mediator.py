"""What the sender is told, element by element; and that no input at all breaks the reading."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediators.mediator import Context
from schemas.message import Issue, Refused
from tests.mediators.fhir.messages import (
    FHIR,
    GLUCOSE,
    LABORATORY,
    PATIENT,
    SUBJECT,
    VISIT,
    body,
    bundle,
    entry,
    laboratory_bundle,
    mediated,
    message,
    patient,
)


def checked(resource: Any) -> list[tuple[str, str, str]]:
    try:
        issues = FHIR.check(message(resource), Context())
    except Refused as refused:
        return [("refused", issue.at, issue.reason) for issue in refused.issues]
    return [(issue.severity, issue.at, issue.reason) for issue in issues]


def test_a_good_message_has_no_issues() -> None:
    assert checked(laboratory_bundle()) == []


def test_a_patient_without_identifier_is_refused_at_the_door() -> None:
    assert checked(bundle(patient(identifier=[]), entry(GLUCOSE))) == [
        ("refused", "entry[0].resource.identifier", "required")
    ]
    assert [event["type"] for event in mediated(bundle(patient(identifier=[]), entry(GLUCOSE))).events] == [
        "LabReportIssued"
    ]


def test_elements_that_are_not_fhir_are_named_without_their_values() -> None:
    wrong = {**GLUCOSE, "status": "done", "colour": "SECRET", "effectiveDateTime": "SECRET", "code": "SECRET"}
    found = checked(bundle(patient(gender="F"), entry(wrong)))
    assert set(found) == {
        ("refused", "entry[0].resource.gender", "unknown-code"),
        ("refused", "entry[1].resource.status", "unknown-code"),
        ("refused", "entry[1].resource.colour", "unknown-element"),
        ("refused", "entry[1].resource.effectiveDateTime", "format"),
        ("refused", "entry[1].resource.code", "format"),
    }
    with pytest.raises(Refused) as refused:
        FHIR.check(message(bundle(patient(gender="F"), entry(wrong))), Context())
    reply = FHIR.refuse(message(b""), refused.value.issues)
    assert (reply.status, reply.accepted) == (422, False)
    assert b"SECRET" not in reply.body


def test_a_required_element_is_named() -> None:
    assert checked({"resourceType": "Observation", "status": "final", "subject": SUBJECT}) == [
        ("refused", "Observation.code", "required")
    ]


def test_types_that_are_not_read_are_warnings_beside_those_that_are() -> None:
    allergy = {"resourceType": "AllergyIntolerance", "patient": SUBJECT}
    deletion = entry({"resourceType": "Observation"}, method="DELETE")
    assert checked(bundle(patient("POST"), entry(allergy), deletion, kind="batch")) == [
        ("warning", "entry[1].resource", "not-supported"),
        ("warning", "entry[2].resource", "not-supported"),
    ]
    assert checked({"resourceType": "Potion"}) == [("refused", "Potion.resourceType", "unknown-type")]


def test_nothing_usable_is_refused() -> None:
    assert checked(bundle(entry(LABORATORY)))[-1] == ("refused", "Bundle.entry", "nothing-usable")
    assert checked(bundle())[-1] == ("refused", "Bundle.entry", "nothing-usable")


def test_a_part_without_its_patient_is_an_error_and_the_rest_passes() -> None:
    lost = {**GLUCOSE, "id": "lost", "subject": {"reference": "Patient/nobody"}}
    place = "entry[1].resource.subject"
    assert checked(bundle(patient(), entry(lost))) == [("error", place, "unresolved-reference")]
    assert checked(bundle(entry(lost))) == [("refused", "entry[0].resource.subject", "unresolved-reference")]


def outcome(reply_body: bytes) -> list[dict[str, Any]]:
    read = json.loads(reply_body)
    assert read["resourceType"] == "OperationOutcome"
    issues: list[dict[str, Any]] = read["issue"]
    return issues


def test_replies_are_operation_outcomes() -> None:
    reply = FHIR.accept(message(b""), [Issue("entry[1].resource", "not-supported", "not read", "leave out", "warning")])
    assert (reply.status, reply.content_type, reply.accepted) == (200, "application/fhir+json", True)
    warning, taken = outcome(reply.body)
    assert warning == {
        "severity": "warning",
        "code": "not-supported",
        "details": {"text": "not-supported"},
        "diagnostics": "not read; leave out",
        "expression": ["entry[1].resource"],
    }
    assert taken["severity"] == "information"
    assert FHIR.join([reply]) is reply


@pytest.mark.parametrize(
    ("raw", "content_type", "status"),
    [
        (b"MSH|", "application/fhir+json", 400),
        (b"<Bundle/>", "application/fhir+xml", 400),
        (b"{}", "application/json", 422),
    ],
)
def test_the_status_tells_what_kind_of_refusal_it_is(raw: bytes, content_type: str, status: int) -> None:
    with pytest.raises(Refused) as refused:
        FHIR.check(message(raw, content_type=content_type), Context())
    assert FHIR.refuse(message(raw), refused.value.issues, reject=refused.value.reject).status == status


@pytest.mark.parametrize(
    ("resource", "type", "control_id"),
    [
        (bundle(kind="transaction", identifier={"value": "M-7"}), "Bundle/transaction", "M-7"),
        (PATIENT, "Patient", ""),
        ({"resourceType": "Bundle"}, "Bundle", ""),
    ],
)
def test_a_glance(resource: dict[str, Any], type: str, control_id: str) -> None:
    description = FHIR.describe(body(resource), "application/fhir+json")
    assert (description.type, description.control_id) == (type, control_id)


def test_a_glance_at_noise() -> None:
    assert FHIR.describe(b"\xff", "").type == ""
    assert FHIR.split(b"\xff") == [b"\xff"]


def test_references_in_a_circle_end() -> None:
    circle = {
        "resourceType": "PractitionerRole",
        "id": "a",
        "practitioner": {"reference": "PractitionerRole/a"},
        "organization": {"reference": "Location/l"},
    }
    place = {
        "resourceType": "Location",
        "id": "l",
        "partOf": {"reference": "Location/l"},
        "managingOrganization": {"reference": "PractitionerRole/a"},
    }
    panel = {
        **GLUCOSE,
        "hasMember": [{"reference": "Observation/glu"}],
        "performer": [{"reference": "PractitionerRole/a"}, {"reference": "Location/l"}],
    }
    visit = {**VISIT, "location": [{"location": {"reference": "Location/l"}}]}
    assert mediated(bundle(patient(), entry(circle), entry(place), entry(panel), entry(visit, method="POST"))).events


KEYS = [
    "resourceType",
    "id",
    "identifier",
    "name",
    "code",
    "status",
    "subject",
    "reference",
    "result",
    "valueQuantity",
    "value",
    "entry",
    "resource",
    "type",
    "coding",
    "extension",
    "url",
    "contained",
    "category",
    "performer",
    "gender",
]


TYPES = [
    "Bundle",
    "Patient",
    "Observation",
    "DiagnosticReport",
    "Encounter",
    "MedicationDispense",
    "collection",
    "#x",
    "x",
]


trees = st.recursive(
    st.none()
    | st.booleans()
    | st.sampled_from(TYPES)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.integers(),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from(KEYS), below, max_size=6),
    max_leaves=25,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(TYPES[1:6]), st.dictionaries(st.sampled_from(KEYS), trees, max_size=8), st.booleans())
def test_any_json_gives_events_or_a_refusal(kind: str, tree: dict[str, Any], in_bundle: bool) -> None:
    resource = {**tree, "resourceType": kind}
    whole = body(bundle(patient(), entry(resource)) if in_bundle else resource)
    for call in (FHIR.check, FHIR.mediate):
        with suppress(Refused):
            call(message(whole), Context())
    FHIR.describe(whole, "")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_give_a_refusal(raw: bytes) -> None:
    for call in (FHIR.check, FHIR.mediate):
        with suppress(Refused):
            call(message(raw), Context())
