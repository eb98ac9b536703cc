"""Where people are reached: addresses (XAD, AD) → Address, telephone and mail (XTN, TN) → Telecom.

Words follow the HL7 V2-to-FHIR guide, STU 1 (tables 0190, 0201, 0202); what the guide leaves open and we decide is
marked "ours". A code that its word says less than stands beside it as sent.
"""

from __future__ import annotations

from typing import Final

from mediators.hl7v2.coded import code
from mediators.hl7v2.names import moment
from mediators.hl7v2.reader import Field, Segment
from mediators.hl7v2.scope import Scope
from mediators.hl7v2.texts import part, said
from schemas.events import Address, Telecom

# Table 0190. Guide; L, P and V are ours, and the words are as met.
ADDRESS_USE: Final = {
    "B": "work", "O": "work", "H": "home", "BA": "old", "BI": "billing", "C": "temp", "L": "home", "P": "home",
    "V": "temp", "HOME": "home", "WORK": "work",
}  # fmt: skip
ADDRESS_TYPE: Final = {"M": "postal", "SH": "postal"}
# Table 0201. Guide; ORN (another residence), VHN (vacation) are ours, and the words are as met.
TELECOM_USE: Final = {
    "PRN": "home", "WPN": "work", "ORN": "home", "VHN": "temp", "PRS": "mobile", "HOME": "home", "WORK": "work",
    "MOBILE": "mobile", "CELL": "mobile", "H": "home", "W": "work",
}  # fmt: skip
# Table 0202. Guide.
TELECOM_SYSTEM: Final = {
    "PH": "phone", "CP": "phone", "FX": "fax", "BP": "pager", "INTERNET": "email", "X.400": "email", "SAT": "phone",
    "MD": "other", "TDD": "other", "TTY": "other",
}  # fmt: skip
# Codes that their word says whole
_TOLD_TYPES: Final = frozenset({"B", "H", "BI", "M", "HOME", "WORK"})
_TOLD_USES: Final = frozenset({"PRN", "WPN", "PRS", "HOME", "WORK", "MOBILE", "CELL", "H", "W"})
_TOLD_EQUIPMENT: Final = frozenset({"PH", "FX", "BP", "INTERNET"})


def xad(field: Field, scope: Scope | None = None) -> Address | None:
    """XAD and AD. A street told in parts (SAD) is one line, and its parts stand beside it."""
    address: Address = {}
    street = field.component(1)
    if lines := [line for line in (_street(street), part(field, 2)) if line]:
        address["lines"] = lines
    if city := part(field, 3):
        address["city"] = city
    if state := part(field, 4):
        address["state"] = state
    if postal_code := part(field, 5):
        address["postal_code"] = postal_code
    if country := part(field, 6):
        address["country"] = country
    if field.components > 7:
        _district(field, address)
    if not address:
        return None
    if street.components > 1:
        _streets(street, address)
    _kind(field, address)
    if field.components > 9:
        _validity(field, scope, address)
    return address


def _district(field: Field, address: Address) -> None:
    """The county (XAD.9), which may be coded; without one, what other geography was told (XAD.8)."""
    county, other = field.component(9), part(field, 8)
    told = (said(county.text(2)) or said(county.text(1))) if county.components > 1 else said(county.whole)
    if district := told or other:
        address["district"] = district
    if other and other != address.get("district"):
        address["other_geographic"] = other
    if county.components > 1 and (coded := code(county)):
        address["county"] = coded


def _kind(field: Field, address: Address) -> None:
    """XAD.7. Where it is silent XAD.17 (bad), .16 (temporary) and .18 (M for mail, V for a visit) tell: ours."""
    sent = field.text(7).strip()
    kind = sent.upper()
    if use := ADDRESS_USE.get(kind):
        address["use"] = use
    elif said(field.text(17)) == "Y":
        address["use"] = "old"
    elif said(field.text(16)) == "Y":
        address["use"] = "temp"
    if type_ := ADDRESS_TYPE.get(kind) or {"M": "postal", "V": "physical"}.get(field.text(18).strip().upper()):
        address["type"] = type_
    if said(sent) and kind not in _TOLD_TYPES:
        address["type_code"] = sent


def _validity(field: Field, scope: Scope | None, address: Address) -> None:
    if tract := said(field.text(10)):
        address["census_tract"] = tract
    valid = field.component(12)
    if start := moment(field.text(13) or valid.text(1), scope):
        address["start"] = start
    if end := moment(field.text(14) or valid.text(2), scope):
        address["end"] = end


def _street(field: Field) -> str | None:
    """SAD: the street as one text, then its name and number where the text does not hold them."""
    line = said(field.text(1)) or ""
    for number in (3, 2):
        detail = said(field.text(number))
        if detail and detail not in line:
            line = f"{line} {detail}".strip()
    return line or None


def _streets(street: Field, address: Address) -> None:
    if name := said(street.text(2)):
        address["street_name"] = name
    if number := said(street.text(3)):
        address["house_number"] = number


def xtn(field: Field, use: str | None = None, scope: Scope | None = None) -> list[Telecom]:
    """XTN and TN: a number, an e-mail address, or both. `use` where XTN.2 is silent."""
    equipment, told = field.text(3).strip().upper(), field.text(2).strip().upper()
    kind = "mobile" if equipment == "CP" else TELECOM_USE.get(told, use)
    found: list[Telecom] = []
    if number := part(field, 1) or part(field, 12) or _dialled(field):
        system = "email" if "@" in number else TELECOM_SYSTEM.get(equipment, "phone")
        if system == "email" and "@" not in number:
            system = "url" if "://" in number else "phone"
        found.append({"value": number, "system": system})
    if (mail := part(field, 4)) and mail not in (one.get("value") for one in found):
        found.append({"value": mail, "system": "url" if "://" in mail else "email"})
    for telecom in found:
        if kind:
            telecom["use"] = kind
        _as_sent(field, telecom)
        if field.components > 4:
            _parts(field, telecom, scope)
    if found and (other := part(field, 12)) and _digits(other) != _digits(found[0]["value"] or ""):
        found.append({**found[0], "value": other})
    return found


def _as_sent(field: Field, telecom: Telecom) -> None:
    """XTN.2 and .3 where the words tell less; of a mobile that says it is at home both do."""
    told, equipment = said(field.text(2)), said(field.text(3))
    if told and (told.upper() not in _TOLD_USES or TELECOM_USE[told.upper()] != telecom.get("use")):
        telecom["use_code"] = told
    if equipment and equipment.upper() not in _TOLD_EQUIPMENT:
        telecom["equipment"] = equipment


def _parts(field: Field, telecom: Telecom, scope: Scope | None) -> None:
    if telecom.get("system") != "email":
        for key, number in (("country", 5), ("area", 6), ("local", 7), ("extension", 8)):
            if text := part(field, number):
                telecom[key] = text  # type: ignore[literal-required]  # four keys of Telecom
    if (comment := part(field, 9)) and comment != telecom.get("value"):
        telecom["comment"] = comment
    if start := moment(field.text(13), scope):
        telecom["start"] = start
    if end := moment(field.text(14), scope):
        telecom["end"] = end
    rank = field.text(18).strip()
    if rank.isascii() and rank.isdecimal() and 0 < int(rank) < 1000:
        telecom["rank"] = int(rank)


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isalnum())


def _dialled(field: Field) -> str | None:
    """A number told in parts: country, area, local number, extension."""
    country, area, local, extension = (part(field, number) for number in (5, 6, 7, 8))
    if not local:
        return part(field, 9)
    if country and not country.startswith(("+", "0")):
        country = f"+{country}"
    number = " ".join(text for text in (country, area, local) if text)
    return f"{number} x{extension}" if extension else number


def telecoms(segment: Segment, number: int, use: str | None = None, scope: Scope | None = None) -> list[Telecom]:
    return [telecom for field in segment.repetitions(number) if field.raw for telecom in xtn(field, use, scope)]
