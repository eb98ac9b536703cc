"""What `/fhir` says of itself: the CapabilityStatement of the shared record, made from what is served."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from channels.gateway.search import PARAMETERS

# When what is served last changed.
DATE = "2026-11-23"


def capability(base: str) -> dict[str, Any]:
    """The CapabilityStatement (FHIR R4) of the reads at this base address."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": DATE,
        "kind": "instance",
        "software": {"name": "Wasl", "version": version("wasl")},
        "implementation": {"description": "The shared medical record", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json"],
        "rest": [{"mode": "server", "resource": [_served(kind) for kind in sorted(PARAMETERS)]}],
    }


def _served(kind: str) -> dict[str, Any]:
    served: dict[str, Any] = {
        "type": kind,
        "interaction": [{"code": one} for one in ("read", "vread", "history-instance", "search-type")],
        "versioning": "versioned",
        "readHistory": True,
        "updateCreate": False,
        "searchParam": [{"name": name, "type": what} for name, what in PARAMETERS[kind].items()],
    }
    if kind == "Patient":
        definition = "http://hl7.org/fhir/OperationDefinition/Patient-everything"
        served["operation"] = [{"name": "everything", "definition": definition}]
    return served
