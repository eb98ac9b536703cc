"""What `/fhir` says of itself: the CapabilityStatement of the shared record, made from what is served."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

from channels.gateway.search import PARAMETERS

# When what is served last changed.
DATE = "2026-11-26"


def capability(base: str, beside: Mapping[str, Mapping[str, Any]] = MappingProxyType({})) -> dict[str, Any]:
    """The CapabilityStatement (FHIR R4) of what is served at this base address. `beside`: type → what else than the
    shared record serves it, in place of what it says itself."""
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": DATE,
        "kind": "instance",
        "software": {"name": "Wasl", "version": version("wasl")},
        "implementation": {"description": "The shared medical record", "url": base},
        "fhirVersion": "4.0.1",
        "format": ["application/fhir+json", "application/fhir+xml"],
        "rest": [{"mode": "server", "resource": [_served(kind, beside) for kind in sorted({*PARAMETERS, *beside})]}],
    }


def _served(kind: str, beside: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    if kind in beside:
        return {"type": kind, **beside[kind]}
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
