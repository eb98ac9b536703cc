"""What a patient was vaccinated with: RXA with the OBX around it → ImmunizationRecorded.

Sources: HL7 v2.8.2 chapter 4A.7 (VXU^V04); the LOINC codes by which its OBX speak of the vaccination are those of the
HL7 2.5.1 Implementation Guide for Immunization Messaging (CDC). OBX of one OBX-4 belong together: one information
sheet, one series.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from mediators.hl7v2 import administration
from mediators.hl7v2.dosage import dosages
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.treatments import Given
from schemas.events import Code, Education, Note, Protocol, Result

ELIGIBILITY: Final = "64994-7"
FUNDING: Final = "30963-3"
REACTION: Final = "31044-1"
REMARK: Final = "48767-8"
_DOCUMENT: Final = "69764-9"
_VACCINE_TYPE: Final = "30956-7"
_PUBLISHED: Final = "29768-9"
_PRESENTED: Final = "29769-7"
_SERIES: Final = {"30973-2": "dose_number", "59780-7": "series", "59782-3": "doses"}
_SCHEDULE: Final = "59779-9"
# NIP001, RXA-9: where the record of it comes from; its codes have two digits
SOURCES: Final = frozenset(f"{number:02}" for number in range(9))


def vaccinated(part: Given, results: Sequence[Result], scope: Scope) -> dict[str, Any]:
    """What one RXA tells, with its routes and what was observed."""
    told = administration.read(part.head, scope, {1, 2}, administration.OF_VACCINATION)
    told["vaccine"] = told.pop("product", None) or {}
    dose = told.pop("dose", None) or {}
    told.update((key, dose[name]) for key, name in (("dose", "low"), ("dose_unit", "unit")) if dose.get(name))
    for dosage in dosages(None, part.others, (), scope)[:1]:
        told.update((key, dosage[key]) for key in ("route", "site") if dosage.get(key))
        _leave_other_routes(part, scope)
    _remarks(told, results)
    if reasons := told.pop("reasons", None):
        told["refusals" if _refused(told) else "reasons"] = reasons
    told.update((key, value) for key, value in _observed(results).items() if value)
    return told


def _leave_other_routes(part: Given, scope: Scope) -> None:
    for place, rxr in enumerate(part.all("RXR")):
        scope.rest(rxr, () if place else (1, 2))


def _refused(told: dict[str, Any]) -> bool:
    return str(told.get("status") or "").upper() == "RE"


def _remarks(told: dict[str, Any], results: Iterable[Result]) -> None:
    """RXA-9: where the record comes from, and notes; a note may be an OBX too."""
    notes: list[Note] = []
    for one in told.pop("remarks", ()):
        if "source" not in told and _is_source(one):
            told["source"] = one
        else:
            notes.append(administration.note(one))
    notes += [{"text": words} for one in results if _loinc(one) == REMARK and (words := _text(one))]
    if notes:
        told["notes"] = notes


def _is_source(told: Code) -> bool:
    codings = told.get("codings") or [{}]
    return "NIP001" in (codings[0].get("system") or "") or codings[0].get("code") in SOURCES


def _observed(results: Sequence[Result]) -> dict[str, Any]:
    """What the observations say of the vaccination itself."""
    groups: dict[str, list[Result]] = {}
    for one in results:
        groups.setdefault(one.get("sub_id") or "", []).append(one)
    codes = {name: [found for one in results if _loinc(one) == name and (found := _code(one))]
             for name in (ELIGIBILITY, FUNDING, REACTION)}  # fmt: skip
    return {
        "eligibilities": codes[ELIGIBILITY],
        "funding": next(iter(codes[FUNDING]), None),
        "reactions": codes[REACTION],
        "educations": [one for group in groups.values() for one in _educations(group)],
        "protocols": [one for one in map(_protocol, groups.values()) if one],
        "dose_number": next((text for one in results if _loinc(one) == "30973-2" and (text := _text(one))), None),
    }


def _educations(group: Iterable[Result]) -> list[Education]:
    """The sheets of one group: another begins where something is told again."""
    found: list[Education] = []
    for one in group:
        key, value = _sheet(one)
        if key and value:
            if not found or key in found[-1]:
                found.append({})
            found[-1][key] = value  # type: ignore[literal-required]  # a key of Education
    return [one for one in found if one.keys() - {"document"} or not _only_a_type(one, group)]


def _sheet(one: Result) -> tuple[str, Any]:
    name = _loinc(one)
    if name in (_DOCUMENT, _VACCINE_TYPE):
        return "document", _code(one)
    if name in (_PUBLISHED, _PRESENTED):
        return "published" if name == _PUBLISHED else "presented", _time(one)
    return "", None


def _only_a_type(education: Education, group: Iterable[Result]) -> bool:
    """A vaccine type alone (30956-7) names no sheet."""
    return not any(_loinc(one) == _DOCUMENT and _code(one) == education.get("document") for one in group)


def _protocol(group: Iterable[Result]) -> Protocol | None:
    told: Protocol = {}
    for one in group:
        key = _SERIES.get(_loinc(one))
        if key and (value := _text(one)):
            told.setdefault(key, value)  # type: ignore[misc]  # a key of Protocol
        elif _loinc(one) == _SCHEDULE and (schedule := _code(one)):
            told.setdefault("schedule", schedule)
    return told if told.keys() & {"dose_number", "series"} else None


def _loinc(one: Result) -> str:
    code = one["code"]
    return code.get("loinc") or next((each.get("code") or "" for each in code.get("codings") or ()), "")


def _code(one: Result) -> Code | None:
    for value in one.get("values") or ():
        if code := value.get("code"):
            return code
        if words := value.get("text") or value.get("raw"):
            return {"text": words}
    return None


def _text(one: Result) -> str | None:
    for value in one.get("values") or ():
        code = value.get("code") or {}
        return value.get("number") or value.get("text") or code.get("text") or _bare(code) or value.get("raw")
    return None


def _bare(code: Code) -> str | None:
    return next((one.get("display") or one.get("code") for one in code.get("codings") or ()), None)


def _time(one: Result) -> str | None:
    return next((value["time"] for value in one.get("values") or () if value.get("time")), None)
