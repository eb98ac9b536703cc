"""What stands around a patient in messages about something else: allergies, insurances, guarantors, results."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

from mediators.hl7v2.allergy import allergy
from mediators.hl7v2.groups import Branch
from mediators.hl7v2.guarantor import guarantor
from mediators.hl7v2.insurance import insurances
from mediators.hl7v2.reader import Segment
from mediators.hl7v2.results import Numbering, result
from mediators.hl7v2.scope import Scope

SEGMENTS: Final = ("AL1", "IAM", "IN1", "IN2", "IN3", "GT1")
_INSURANCE: Final = ("IN1", "IN2", "IN3")


def around(segments: Iterable[Segment], results: Iterable[Branch], about: str, scope: Scope) -> dict[str, Any]:
    """The fields of an event that AL1, IAM, IN1 to IN3, GT1 and a patient's own OBX fill; others are passed over."""
    found = [segment for segment in segments if segment.name in SEGMENTS]
    numbering = Numbering(about)
    told: dict[str, Any] = {
        "allergies": [allergy(one, scope) for one in found if one.name in ("AL1", "IAM")],
        "insurances": insurances([one for one in found if one.name in _INSURANCE], scope),
        "guarantors": [guarantor(one, scope) for one in found if one.name == "GT1"],
        "observations": [result(branch.head, branch.others, numbering, scope) for branch in results],
    }
    said = {key: [one for one in value if one] for key, value in told.items()}
    return {key: value for key, value in said.items() if value}
