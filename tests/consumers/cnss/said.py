"""Events of invented people, as they reach the care sheet."""

from __future__ import annotations

from typing import Any

from schemas import facts
from schemas.events import Event

CNSS = "https://hie.sante.gov.ma/id/cnss"
INPE_ES = "https://hie.sante.gov.ma/id/inpe-es"
INPE_PS = "https://hie.sante.gov.ma/id/inpe-ps"
GTIN = "https://www.gs1.org/gtin"
NGAP = "https://hie.sante.gov.ma/fhir/CodeSystem/ngap"
LOCAL = "urn:id:LABO-ATLAS"

PHARMACY = {"identifiers": [{"system": INPE_ES, "value": "104200317"}]}
LABORATORY = {"identifiers": [{"system": LOCAL, "value": "LAB7"}, {"system": INPE_ES, "value": "100300452"}]}
NOON = 1_749_902_400_000_000  # 2025-06-14T12:00:00Z
SECOND = 1_000_000
DAY = 86_400 * SECOND


def person(name: str) -> str:
    return facts.name("person", name)


def event(
    kind: str, /, who: str, about: str, saying: str = "1", *, insured: str | None = "271828182", **more: Any
) -> Event:
    """`saying` makes another event about the same fact; `insured` None: nobody knows the CNSS number."""
    identifiers = [{"system": LOCAL, "value": f"IPP-{who}"}]
    if insured:
        identifiers.append({"system": CNSS, "value": insured})
    made: Any = {
        "type": kind,
        "id": facts.name("event", kind, who, about, saying),
        "about": about,
        "channel": "essai",
        "sender": "SIL|ATLAS",
        "transaction": f"t-{who}-{about}-{saying}",
        "control_id": "",
        "place": "line 2",
        "received": NOON,
        "version": NOON,
        "person": person(who),
        "patient": {"identifiers": identifiers, "birth_date": "1988-11-02"},
        **more,
    }
    made["fact"] = facts.fact(made)
    result: Event = made
    return result


def sale(who: str = "amina", ticket: str = "T-1", article: str = "6118000041283", **more: Any) -> Event:
    occurrence = more.get("occurrence", 1)
    said = {
        "medication": {"text": "DOLIPRANE 1G", "codings": [{"system": GTIN, "code": article}]},
        "dispensed": "2025-06-14",
        "pharmacy": PHARMACY,
        "quantity": "2",
        "unit_price": "13.65",
        "amount": "27.30",
        "currency": "MAD",
        "ticket": ticket,
    } | more
    return event("MedicationDispensed", who, f"{ticket}|{article}|{occurrence}", **said)


def report(
    who: str = "amina", number: str = "L-77", code: str = "GLY", kind: str = "LabReportIssued", **more: Any
) -> Event:
    said = {
        "code": {"text": "Glycémie", "codings": [{"system": "urn:id:L", "code": code, "display": "GLYCEMIE"}]},
        "status": "F",
        "order": {"filler": {"system": LOCAL, "value": number}},
        "started": "2025-06-13T08:10",
        "laboratory": LABORATORY,
        "results": [{"id": "r1", "code": {}}, {"id": "r2", "code": {}}],
    } | more
    return event(kind, who, f"{number}|{code}", **said)


def visit(who: str = "amina", number: str = "V-5", **more: Any) -> Event:
    encounter = {
        "identifiers": [{"system": LOCAL, "value": number}],
        "class_code": "O",
        "status": "finished",
        "admitted": "2025-06-12T09:30",
        "participants": [{"role": "AT", "identifiers": [{"system": INPE_PS, "value": "101900733"}]}],
    } | more.pop("encounter", {})
    facility = {"identifiers": [{"system": INPE_ES, "value": "100600111"}]}
    return event("EncounterRecorded", who, number, **({"encounter": encounter, "facility": facility} | more))


def charge(who: str = "amina", number: str = "T-1", done: str = "CS", kind: str = "CG", **more: Any) -> Event:
    """FT1 of an ambulatory visit; `kind` CD is the credit of the charge with the same number."""
    said: dict[str, Any] = {
        "code": {"text": "Consultation spécialisée", "codings": [{"system": NGAP, "code": done}]},
        "number": {"system": LOCAL, "value": number},
        "kind": kind,
        "place": "FT1 1",
        "performed": "2025-06-12T09:30",
        "quantity": "1",
        "amount": "150.00",
        "currency": "MAD",
        "performers": [{"identifiers": [{"system": INPE_PS, "value": "101900733"}]}],
        "encounter": {"class_code": "O", "identifiers": [{"system": LOCAL, "value": "V-5"}]},
    } | more
    suffix = "" if kind == "CG" else f"|{kind}"
    return event("ChargeRecorded", who, f"charge|{LOCAL}|{number}|{done}{suffix}", **said)


def act(who: str = "amina", code: str = "DEQP003", **more: Any) -> Event:
    """PR1 of a message to the accounts (BAR)."""
    coding = {"system": "urn:id:CCAM", "code": code}
    told = charge(who, f"PR1-{code}", code) | {"kind": None, "place": "PR1 1", "amount": None, "currency": None}
    return told | {"code": {"codings": [coding]}, "number": None} | more  # type: ignore[return-value]  # a changed copy
