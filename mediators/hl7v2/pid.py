"""Patient → PID, as it is answered (ITI-9, ITI-21) and told (ITI-10): numbers with the name and OID of their domain."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar
from urllib.parse import unquote

from mediators.hl7v2.addresses import TELECOM_USE
from mediators.hl7v2.delimiters import Delimiters, escaped
from mediators.hl7v2.names import NAME_USE
from mediators.hl7v2.rows import SEX
from schemas.domains import Domains
from schemas.events import Address, Code, HumanName, Identifier, Patient, Telecom

T = TypeVar("T")

_SEX: Final = {word: code for code, word in reversed(SEX.items())}
_NAME: Final = {word: code for code, word in reversed(NAME_USE.items())}
_USE: Final = {word: code for code, word in reversed(TELECOM_USE.items())}
_EQUIPMENT: Final = {"phone": "PH", "fax": "FX", "pager": "BP", "email": "Internet"}
_ADDRESS: Final = {"home": "H", "work": "B", "temp": "C", "billing": "BI", "old": "BA"}
# A name that tells nothing: the numbers alone are told (ITI-9, 3.9.4.2.2.6)
NOBODY: Final = "^^^^^^S"


class Pid:
    """Writes for one reader: in its delimiters, with what the table calls the domains."""

    def __init__(self, delimiters: Delimiters, domains: Domains) -> None:
        self._delimiters, self._domains = delimiters, domains

    def numbers(self, patient: Patient) -> list[str]:
        """The identifiers and nothing else: the name is a blank and one of no meaning."""
        named = NOBODY.replace("^", self._delimiters.component)
        return self._segment({3: self._identifiers(patient), 5: f"{self._delimiters.repetition}{named}"})

    def whole(self, patient: Patient, number: int) -> list[str]:
        """Everything a reader may tell people apart by; `number` is PID-1."""
        mother = patient.get("mother_name")
        born, died = patient.get("birth_date") or "", patient.get("deceased_at") or ""
        phones = patient.get("telecoms") or []
        fields = {
            1: str(number),
            3: self._identifiers(patient),
            5: self._each(patient.get("names"), self._name),
            6: self._name(mother) if mother else "",
            7: _digits(born),
            8: _SEX.get(patient.get("sex") or "", ""),
            11: self._each(patient.get("addresses"), self._address),
            13: self._each([one for one in phones if one.get("use") != "work"], self._telecom),
            14: self._each([one for one in phones if one.get("use") == "work"], self._telecom),
            15: self._code(patient.get("language")),
            16: self._code(patient.get("marital_status")),
            17: self._code(patient.get("religion")),
            18: self._each([account] if (account := patient.get("account")) else None, self._identifier),
            21: self._each(patient.get("mother_identifiers"), self._identifier),
            23: self._text(patient.get("birth_place")),
            24: {True: "Y", False: "N"}.get(patient.get("multiple_birth"), ""),  # type: ignore[arg-type]
            25: str(patient.get("birth_order") or ""),
            28: self._code(patient.get("nationality")),
            29: _digits(died),
            30: {True: "Y", False: "N"}.get(patient.get("deceased"), ""),  # type: ignore[arg-type]
        }
        return self._segment(fields)

    def _segment(self, fields: Mapping[int, str]) -> list[str]:
        return ["PID", *(fields.get(number, "") for number in range(1, max(fields) + 1))]

    def _identifiers(self, patient: Patient) -> str:
        return self._each(patient.get("identifiers"), self._identifier)

    def _each(self, several: Sequence[T] | None, write: Callable[[T], str]) -> str:
        return self._delimiters.repetition.join(write(one) for one in several or ())

    def _identifier(self, one: Identifier) -> str:
        digit, scheme = one.get("check_digit"), one.get("check_scheme")
        inner = self._delimiters.subcomponent
        authority = inner.join(map(self._text, self._authority(one))).rstrip(inner)
        return self._joined(
            self._text(one["value"]), self._text(digit), self._text(scheme), authority, self._text(one.get("type"))
        )

    def _authority(self, one: Identifier) -> tuple[str, str, str]:
        """Namespace, universal id and its type (HL7 table 0301)."""
        system = one["system"]
        if domain := self._domains.of_system(system):
            return (domain.name, domain.oid, "ISO") if domain.oid else (domain.name, domain.uri, "URI")
        name = one.get("authority") or ""
        if system.startswith("urn:id:"):
            return unquote(system.removeprefix("urn:id:")), "", ""
        for prefix, kind in (("urn:oid:", "ISO"), ("urn:uuid:", "UUID")):
            if system.startswith(prefix):
                universal = system.removeprefix(prefix)
                return ("" if name == universal else name), universal, kind
        return ("" if name == system else name), system, "URI"

    def _name(self, name: HumanName) -> str:
        given = name.get("given") or []
        family = name.get("family") or (None if given else name.get("text"))
        parts = (family, given[0] if given else "", " ".join(given[1:]), name.get("suffix"), name.get("prefix"))
        return self._joined(
            *map(self._text, parts), self._text(name.get("degree")), _NAME.get(name.get("use") or "", "")
        )

    def _address(self, address: Address) -> str:
        lines = [*(address.get("lines") or []), "", ""]
        told = (lines[0], lines[1], address.get("city"), address.get("state"))
        where = (address.get("postal_code"), address.get("country"))
        return self._joined(*map(self._text, (*told, *where)), _ADDRESS.get(address.get("use") or "", ""))

    def _telecom(self, telecom: Telecom) -> str:
        value, system = self._text(telecom.get("value")), telecom.get("system") or "phone"
        use = _USE.get(telecom.get("use") or "", "")
        if system == "email":
            return self._joined("", "NET", _EQUIPMENT[system], value)
        parts = (telecom.get("country"), telecom.get("area"), telecom.get("local"), telecom.get("extension"))
        equipment = "CP" if use == "PRS" else _EQUIPMENT.get(system, "")
        return self._joined(value, use, equipment, "", *map(self._text, parts))

    def _code(self, code: Code | None) -> str:
        """As its sender coded it: the translations, which stand after it, are ours."""
        if not code:
            return ""
        coding = next(iter(code.get("codings") or ()), None)
        value, display = (coding.get("code"), coding.get("display")) if coding else (None, code.get("text"))
        return self._joined(self._text(value), self._text(display))

    def _joined(self, *parts: str) -> str:
        component = self._delimiters.component
        return component.join(parts).rstrip(component)

    def _text(self, text: str | None) -> str:
        return escaped(text, self._delimiters) if text else ""


def _digits(date: str) -> str:
    """1984-01 → 198401; of a time its day."""
    return date.partition("T")[0].replace("-", "")
