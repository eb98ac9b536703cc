"""One result (OBX) as an Observation, its value by OBX-2.

Source: HL7 V2-to-FHIR guide, maps OBX[Observation] and OBX[Observation-Component]. R4 has no attachment as a value:
the bytes of an embedded document stand in DiagnosticReport.presentedForm, or in a DocumentReference where there is
no report, and the Observation tells which document is meant.
"""

from __future__ import annotations

import re
from typing import Any

from schemas.events import Attachment, Code, Result, Value
from schemas.fhir import calculated, details, elements, extensions, people, quantity, terms, times
from schemas.fhir.draft import Draft, Reference, Resource

_SAMPLES = re.compile(r"(?:-?[0-9]+(?:\.[0-9]+)?|E)(?: (?:-?[0-9]+(?:\.[0-9]+)?|E))*")
_ISO = re.compile(r"[A-Z]{3}")
# The elements of a Quantity that tell its unit.
Measure = dict[str, Any]


def write(draft: Draft, source: Result, within: Resource | None, number: str | None = None) -> Reference | None:
    """Writes an Observation; None for an order detail (OBX-11 O), which is no result. `number` stands in for its id.

    `within` holds what its report says of every result: status, category, encounter, specimen, effective; and where
    no DiagnosticReport is written (`alone`), when it was issued and what was asked for; and the `parent` it came from.
    """
    report = within or {}
    told = (source.get("status") or "").upper()
    if told == terms.NO_RESULT:
        return None
    code = elements.required(source.get("code"))
    values = source.get("values") or []
    measure = quantity.measured(source.get("unit"))
    value = _value(values, code, measure)
    number = number or draft.name("Observation", source["id"])
    documents = [one["attachment"] for one in values if one.get("attachment")]
    category = elements.one_of(source.get("category"), terms.OBSERVATION_CATEGORIES) or report.get("category")
    return draft.add(
        "Observation",
        number,
        {
            "extension": _extensions(draft, source, value, documents),
            "identifier": [named] if (named := elements.identifier(source.get("identifier"))) else None,
            "status": _status(told, report.get("status")),
            "category": [elements.coded(terms.OBSERVATION_CATEGORY, category)] if category else None,
            "code": code,
            "subject": draft.subject,
            "encounter": report.get("encounter"),
            "basedOn": [report["request"]] if report.get("request") else None,
            "issued": report.get("issued"),
            "effectiveDateTime": times.date_time(source.get("observed")) or report.get("effective"),
            "performer": _performers(draft, source),
            **value,
            **_calculated(source, value),
            "dataAbsentReason": _absent(told, value, source),
            "interpretation": [made for flag in source.get("flags") or () if (made := _interpretation(flag))],
            "note": people.notes(draft, source.get("notes")),
            "bodySite": elements.concept(source.get("site")),
            "method": elements.joined(source.get("methods")),
            "specimen": report.get("specimen"),
            "device": _device(source),
            "referenceRange": _range(source, measure),
            "derivedFrom": [
                *([report["parent"]] if report.get("parent") else ()),
                *(_documents(draft, number, documents, code) if report.get("alone", not report) else ()),
            ],
        },
    )


def documents(source: Result) -> list[Attachment]:
    """The documents embedded in or pointed to by a result."""
    found = (one.get("attachment") for one in source.get("values") or ())
    return [one for one in found if one]


def _status(told: str, report: str | None) -> str:
    if told:
        return terms.OBSERVATION_STATUS.get(told, "unknown")
    return terms.STATUS_WITHIN.get(report or "", "unknown")


def _value(values: list[Value], code: dict[str, Any], measure: Measure) -> dict[str, Any]:
    """value[x]; texts of several repetitions joined by newlines, other repetitions as components."""
    if len(values) == 1:
        one = _single(values[0], measure)
        return {one[0]: one[1]} if one else {}
    found = [one for value in values if (one := _single(value, measure))]
    if all(kind == "valueString" for kind, _ in found):
        return {"valueString": "\n".join(text for _, text in found)} if found else {}
    if len(found) == 1:
        return dict(found)
    return {"component": [{"code": code, kind: value} for kind, value in found]}


def _single(value: Value, measure: Measure) -> tuple[str, Any] | None:
    """One repetition of OBX-5: the name of its value[x] and the value; None for nothing and for documents."""
    if value.get("attachment"):
        return None
    if value.get("samples") and (data := _sampled(value, measure)):
        return "valueSampledData", data
    if value.get("end") and (span := times.period(value.get("time"), value.get("end"))):
        return "valuePeriod", span
    if currency := elements.text(value.get("currency")):
        measure = _money(currency)
    if (value.get("number") or value.get("high")) and (made := _numeric(value, measure)):
        return made
    if concept := elements.concept(value.get("code")):
        return "valueCodeableConcept", concept
    if time := value.get("time"):
        if stamp := times.date_time(time):
            return "valueDateTime", stamp
        if clock := times.time_of_day(time):
            return "valueTime", clock
    written = elements.text(value.get("text")) or elements.text(value.get("raw")) or elements.text(_spelled(value))
    return ("valueString", written) if written else None


def _sampled(value: Value, measure: Measure) -> dict[str, Any] | None:
    """NA, MA: the wave. How long a sample lasts is told elsewhere, if at all: R4 wants it said."""
    data, dimensions = value.get("samples") or "", value.get("dimensions") or 1
    if not _SAMPLES.fullmatch(data) or not 0 < dimensions < 2**31:
        return None
    origin = quantity.quantity("0", measure)
    return {"origin": origin, "_period": extensions.absent(), "dimensions": dimensions, "data": data}


def _money(currency: str) -> Measure:
    code = terms.CURRENCY.get(currency.upper(), currency)
    return {"unit": currency, "system": terms.CURRENCIES, "code": code} if _ISO.fullmatch(code) else {"unit": currency}


def _numeric(value: Value, measure: Measure) -> tuple[str, Any] | None:
    """NM, SN and NR: a Quantity, Range or Ratio; None where FHIR has no type for it ("<>", "3+")."""
    comparator, separator = value.get("comparator"), value.get("separator")
    comparator = None if comparator in (None, "", "=") else comparator
    if comparator and comparator not in terms.COMPARATORS:
        return None
    if not value.get("high") and not separator:
        made = quantity.quantity(value.get("number"), measure, comparator)
        return ("valueQuantity", made) if made else None
    if comparator:
        return None
    low, high = quantity.quantity(value.get("number"), measure), quantity.quantity(value.get("high"), measure)
    if separator in (":", "/"):
        return ("valueRatio", {"numerator": low, "denominator": high}) if low and high else None
    if separator not in (None, "", "-") or not (low or high):
        return None
    if low and high and low["value"] > high["value"]:
        return None
    return "valueRange", elements.said({"low": low, "high": high})


def _spelled(value: Value) -> str:
    parts = (value.get("comparator"), value.get("number"), value.get("separator"), value.get("high"), value.get("time"))
    return "".join(part for part in parts if part)


def _interpretation(flag: Code) -> dict[str, Any] | None:
    """OBX-8: v3-ObservationInterpretation before the code as sent; one sent without a system is text."""
    codings = flag.get("codings") or ()
    if len(codings) == 1 and not (codings[0].get("system") or flag.get("text")):
        return _bare(codings[0].get("code") or "", codings[0].get("display"))
    made = elements.translated(flag, terms.INTERPRETATION_SYSTEM, terms.INTERPRETATION, "0078")
    if made is None:
        return None
    bare = [one for one in made.get("coding", ()) if "system" not in one]
    if bare:
        made["coding"] = [one for one in made["coding"] if "system" in one]
        made.setdefault("text", bare[0].get("display") or bare[0]["code"])
    return elements.said(made)


def _bare(code: str, display: str | None) -> dict[str, Any] | None:
    """A flag as most senders write it: a code and nothing else."""
    found = terms.INTERPRETATION.get(code.strip().upper())
    made = {"coding": [{"system": terms.INTERPRETATION_SYSTEM, "code": found}]} if found else {}
    return elements.said({**made, "text": elements.text(display) or code}) or None


def _performers(draft: Draft, source: Result) -> list[Reference]:
    """OBX-16, then OBX-23 with OBX-24, then OBX-25."""
    named = source.get("performers") or ()
    found = [people.practitioner(draft, one) or people.organization(draft, one.get("organization")) for one in named]
    laboratory = people.organization(draft, source.get("laboratory"))
    director = people.practitioner(draft, source.get("director"))
    if director and laboratory:
        people.employed(draft, director, laboratory)
    return people.each_once([*found, laboratory, director])


def _calculated(source: Result, value: dict[str, Any]) -> dict[str, Any]:
    """Beside one number only: several values are components themselves."""
    return {"component": calculated.components(source)} if "valueQuantity" in value else {}


def _absent(told: str, value: dict[str, Any], source: Result) -> dict[str, Any] | None:
    """OBX-32, else what OBX-11 tells of it."""
    if value:
        return None
    reason = elements.concept(source.get("absent"))
    return reason or (elements.coded(terms.DATA_ABSENT, "not-asked") if told == terms.NOT_ASKED else None)


def _device(source: Result) -> dict[str, Any] | None:
    """OBX-18, as a logical reference: the analyser is known by its number only."""
    numbers = elements.identifiers(source.get("equipment"))
    if not numbers:
        return None
    others = "; ".join(one["value"] for one in numbers) if len(numbers) > 1 else None
    return elements.said({"type": "Device", "identifier": numbers[0], "display": others})


def _range(source: Result, measure: Measure) -> list[dict[str, Any]] | None:
    """OBX-7. A bound that is no number stays in the text."""
    low = quantity.quantity(source.get("range_low"), measure)
    high = quantity.quantity(source.get("range_high"), measure)
    text = elements.text(source.get("range_text"))
    if not (low or high or text):
        return None
    return [elements.said({"low": low, "high": high, "text": text})]


def _extensions(
    draft: Draft, source: Result, value: dict[str, Any], attached: list[Attachment | None]
) -> list[dict[str, Any]] | None:
    unit, sub_id, analysed = source.get("unit"), elements.text(source.get("sub_id")), source.get("analysed")
    made: list[dict[str, Any]] = []
    if sub_id:
        made.append({"url": extensions.SUB_ID, "valueString": sub_id})
    if analysed and (stamp := times.date_time(analysed)):
        made.append({"url": extensions.ANALYSED, "valueDateTime": stamp})
    if unit and not _measures(value) and (beside := quantity.unit_beside(unit)):
        made.append(beside)
    for one in attached:
        if one and (said := elements.attachment(one, data=False)):
            made.append({"url": extensions.VALUE_ATTACHMENT, "valueAttachment": said})
    for sent in source.get("values") or ():
        if sent.get("details"):
            made += details.written(draft, sent["details"])
        if sent.get("number") and (raw := _beyond(sent)):
            made.append({"url": extensions.VALUE_AS_SENT, "valueString": raw})
    if value and (absent := elements.concept(source.get("absent"))):
        made.append({"url": extensions.VALUE_ABSENT, "valueCodeableConcept": absent})
    if source.get("details"):
        made += details.written(draft, source["details"])
    return made or None


def _beyond(value: Value) -> str | None:
    """What was sent, where the number is but one component of it."""
    raw = value.get("raw")
    return elements.text(raw) if raw and value["type"].upper() == "NM" and "^" in raw else None


def _measures(value: dict[str, Any]) -> bool:
    """Whether the value has a place for its unit."""
    if "valueQuantity" in value or "valueRange" in value or "valueRatio" in value:
        return True
    return any(_measures(one) for one in value.get("component", ()))


def _documents(draft: Draft, number: str, attached: list[Attachment | None], code: dict[str, Any]) -> list[Reference]:
    """Documents in a result that stands in no report (OBX in ADT)."""
    found = []
    for place, one in enumerate(attached):
        if one and (content := elements.attachment(one)):
            told: dict[str, Any] = {"status": "current", "type": code, "subject": draft.subject}
            told["content"] = [{"attachment": content}]
            found.append(draft.add("DocumentReference", draft.name("DocumentReference", number, str(place)), told))
    return found
