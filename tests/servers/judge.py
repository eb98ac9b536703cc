"""HAPI's FHIR instance validator as a program of its own: what is wrong with R4 resources, offline.

It does not see a reference to the wrong type of resource: `mistaken_references` does.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from tests.servers import maven
from tests.servers.installed import program

_FOLDER = Path(__file__).parent / "validator"
_JVM = ["-Xmx1800m", "-XX:+UseSerialGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=error"]

# What R4 allows a reference to be, where Wasl writes one: element path without indexes → types
_SOMEBODY = frozenset(("Practitioner", "PractitionerRole", "Organization", "Patient", "RelatedPerson"))
TARGETS: Mapping[str, frozenset[str]] = {
    "Patient.managingOrganization": frozenset(("Organization",)),
    "Patient.generalPractitioner": frozenset(("Organization", "Practitioner", "PractitionerRole")),
    "Patient.link.other": frozenset(("Patient", "RelatedPerson")),
    "Encounter.serviceProvider": frozenset(("Organization",)),
    "Encounter.participant.individual": frozenset(("Practitioner", "PractitionerRole", "RelatedPerson")),
    "Encounter.location.location": frozenset(("Location",)),
    "Encounter.diagnosis.condition": frozenset(("Condition", "Procedure")),
    "Encounter.account": frozenset(("Account",)),
    "Encounter.partOf": frozenset(("Encounter",)),
    "DiagnosticReport.basedOn": frozenset(("ServiceRequest", "MedicationRequest", "CarePlan")),
    "DiagnosticReport.result": frozenset(("Observation",)),
    "DiagnosticReport.specimen": frozenset(("Specimen",)),
    "DiagnosticReport.imagingStudy": frozenset(("ImagingStudy",)),
    "DiagnosticReport.performer": _SOMEBODY - {"Patient", "RelatedPerson"},
    "DiagnosticReport.resultsInterpreter": _SOMEBODY - {"Patient", "RelatedPerson"},
    "Observation.performer": _SOMEBODY,
    "Observation.specimen": frozenset(("Specimen",)),
    "Observation.derivedFrom": frozenset(("Observation", "DocumentReference", "ImagingStudy")),
    "Observation.hasMember": frozenset(("Observation",)),
    "ServiceRequest.requester": _SOMEBODY | {"Device"},
    "ServiceRequest.performer": _SOMEBODY | {"Device"},
    "ServiceRequest.insurance": frozenset(("Coverage",)),
    "ServiceRequest.specimen": frozenset(("Specimen",)),
    "ServiceRequest.reasonReference": frozenset(("Condition", "Observation", "DiagnosticReport", "DocumentReference")),
    "ServiceRequest.replaces": frozenset(("ServiceRequest",)),
    "MedicationRequest.requester": _SOMEBODY | {"Device"},
    "MedicationDispense.authorizingPrescription": frozenset(("MedicationRequest",)),
    "MedicationDispense.location": frozenset(("Location",)),
    "MedicationAdministration.request": frozenset(("MedicationRequest",)),
    "Medication.manufacturer": frozenset(("Organization",)),
    "Immunization.manufacturer": frozenset(("Organization",)),
    "Immunization.location": frozenset(("Location",)),
    "Coverage.beneficiary": frozenset(("Patient",)),
    "Coverage.subscriber": frozenset(("Patient", "RelatedPerson")),
    "Coverage.payor": frozenset(("Organization", "Patient", "RelatedPerson")),
    "Account.owner": frozenset(("Organization",)),
    "Account.coverage.coverage": frozenset(("Coverage",)),
    "Account.guarantor.party": frozenset(("Patient", "RelatedPerson", "Organization")),
    "Location.managingOrganization": frozenset(("Organization",)),
    "Location.partOf": frozenset(("Location",)),
    "PractitionerRole.practitioner": frozenset(("Practitioner",)),
    "PractitionerRole.organization": frozenset(("Organization",)),
    "DocumentReference.custodian": frozenset(("Organization",)),
    "DocumentReference.relatesTo.target": frozenset(("DocumentReference",)),
    "ChargeItem.account": frozenset(("Account",)),
    "Condition.asserter": frozenset(("Practitioner", "PractitionerRole", "Patient", "RelatedPerson")),
    "Procedure.performer.actor": _SOMEBODY | {"Device"},
}


class Finding(NamedTuple):
    """`severity`: error or fatal, and warning. `place` is a FHIRPath; `resource` is the type it was found in."""

    severity: str
    resource: str
    place: str
    text: str


def judged(resources: Sequence[dict[str, Any]]) -> list[list[Finding]]:
    """What the validator has to say of each resource. Blocks: 3 s to start, then about 100 resources a second."""
    return judged_texts([orjson.dumps(one) for one in resources], [one["resourceType"] for one in resources])


def judged_texts(texts: Sequence[bytes], kinds: Sequence[str]) -> list[list[Finding]]:
    """The same of resources in JSON or XML, each in one line."""
    lines = b"".join(one + b"\n" for one in texts)
    done = subprocess.run(_command(), input=lines, capture_output=True, check=True)
    blocks = _blocks(done.stdout.decode(), len(texts))
    return [[_finding(line, kind) for line in block] for kind, block in zip(kinds, blocks, strict=True)]


def errors(resources: Sequence[dict[str, Any]]) -> list[Finding]:
    """Everything that makes these resources wrong, mistaken references among it; warnings are left out."""
    found = [one for findings in judged(resources) for one in findings if one.severity in ("error", "fatal")]
    return [*found, *(one for resource in resources for one in mistaken_references(resource))]


def mistaken_references(resource: dict[str, Any]) -> Iterator[Finding]:
    """References to a type of resource that R4 does not allow there."""
    kind = resource["resourceType"]
    for path, value in _walk(resource, kind):
        allowed = TARGETS.get(path.removesuffix(".reference"))
        if path.endswith(".reference") and allowed and value.partition("/")[0] not in allowed:
            text = f"refers to {value.partition('/')[0]}, R4 allows {', '.join(sorted(allowed))}"
            yield Finding("error", kind, path, text)


def _walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from _walk(one, f"{path}.{name}")
    elif isinstance(value, list):
        for one in value:
            yield from _walk(one, path)
    else:
        yield path, value


def _blocks(text: str, count: int) -> list[list[str]]:
    blocks: list[list[str]] = [[]]
    for line in text.splitlines():
        if line == ".":
            blocks.append([])
        else:
            blocks[-1].append(line)
    if len(blocks) != count + 1:
        raise AssertionError(f"the validator judged {len(blocks) - 1} of {count} resources")
    return blocks[:-1]


def _finding(line: str, resource: str) -> Finding:
    severity, place, text = line.split("\t", 2)
    return Finding(severity, resource, place, text)


@cache
def _command() -> list[str]:
    jars = maven.classpath(_FOLDER / "pom.xml", "validator")
    classes = maven.compiled(_FOLDER / "Judge.java", jars, "validator")
    return [program("java"), *_JVM, "-cp", os.pathsep.join([str(classes), jars]), "Judge"]
