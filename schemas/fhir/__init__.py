"""Canonical event ⇄ FHIR R4, both ways, pure."""
