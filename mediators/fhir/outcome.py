"""What the sender is told: an OperationOutcome for every answer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import orjson

from schemas.message import Issue, Reply

CONTENT_TYPE = "application/fhir+json"

# Our reasons in FHIR's words (issue-type)
_TYPES = {
    "required": "required",
    "format": "value",
    "unknown-code": "code-invalid",
    "unknown-element": "structure",
    "unresolved-reference": "not-found",
    "not-a-patient": "invariant",
    "other-patient": "invariant",
    "not-supported": "not-supported",
    "unknown-type": "not-supported",
    "unsupported-type": "not-supported",
    "not-json": "structure",
    "not-xml": "structure",
    "not-fhir": "structure",
    "nothing-usable": "business-rule",
    "unknown-authority": "code-invalid",
    "foreign-authority": "forbidden",
    "across-domains": "business-rule",
    "other-number": "invariant",
    "accepted": "informational",
}
_STATUSES = dict.fromkeys(("not-json", "not-xml"), (400, "Bad Request"))


def accepted(issues: Sequence[Issue]) -> Reply:
    told = [_told(issue) for issue in issues]
    taken = {"severity": "information", "code": "informational", "diagnostics": "the message is taken"}
    return Reply(_outcome([*told, taken]), CONTENT_TYPE, "OK", 200)


def refused(issues: Sequence[Issue]) -> Reply:
    status, code = next(
        (_STATUSES[issue.reason] for issue in issues if issue.reason in _STATUSES), (422, "Unprocessable Entity")
    )
    return Reply(_outcome([_told(issue) for issue in issues]), CONTENT_TYPE, code, status, accepted=False)


def _told(issue: Issue) -> dict[str, Any]:
    return {
        "severity": issue.severity,
        "code": _TYPES.get(issue.reason, "invalid"),
        "details": {"text": issue.reason},
        "diagnostics": f"{issue.text}; {issue.remedy}",
        "expression": [issue.at],
    }


def _outcome(issues: list[dict[str, Any]]) -> bytes:
    return orjson.dumps({"resourceType": "OperationOutcome", "issue": issues})
