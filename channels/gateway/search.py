"""FHIR R4 search parameters of the shared record, and what is asked of it with them.

A parameter given twice must fit twice; alternatives are separated by commas. What is not supported is refused
rather than ignored: a search that leaves out a condition would show other people's data.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence

from channels.consumers.reading import Beginning, Criterion, Query, Token
from channels.consumers.terms import folded

ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
# A parameter's name with its modifier or chain, as FHIR spells them
NAME = re.compile(r"(?=.{1,60}$)[A-Za-z_]+(?:[-.:][A-Za-z_]+)*")
PAGE, LARGEST_PAGE = 500, 1000
MOST_ALTERNATIVES = 100

_EVERY_TYPE = {"_id": "token", "identifier": "token"}
_PATIENT = {"patient": "reference"}
_SUBJECT = _PATIENT | {"subject": "reference"}
_NAMED = {"name": "string", "family": "string", "given": "string", "birthdate": "date", "gender": "token"}
_OF_NOBODY = ("Endpoint", "Location", "Medication", "Organization", "Practitioner", "PractitionerRole")
_OF_A_PATIENT = (
    "AllergyIntolerance", "Appointment", "Coverage", "Device", "Immunization", "Provenance", "RelatedPerson",
)  # fmt: skip
_OF_A_SUBJECT = (
    "Account", "ChargeItem", "Condition", "DiagnosticReport", "DocumentReference", "Encounter", "Goal", "ImagingStudy",
    "MedicationAdministration", "MedicationDispense", "MedicationRequest", "Observation", "Procedure",
    "ServiceRequest", "Specimen",
)  # fmt: skip
# Search parameters by resource type: every type the record holds, each with the R4 type of its parameters.
PARAMETERS: dict[str, dict[str, str]] = {
    **dict.fromkeys(_OF_NOBODY, _EVERY_TYPE),
    **dict.fromkeys(_OF_A_PATIENT, _EVERY_TYPE | _PATIENT),
    **dict.fromkeys(_OF_A_SUBJECT, _EVERY_TYPE | _SUBJECT),
    "Patient": _EVERY_TYPE | _NAMED,
}
RESULT_PARAMETERS = ("_count", "_format", "_after")
# Media types and the short names of `_format`; older FHIR put its suffix last
FORMATS = {
    said.format(name): name
    for name in ("json", "xml")
    for said in ("{}", "application/fhir+{}", "application/{}", "text/{}", "application/{}+fhir")
}

Pairs = Sequence[tuple[str, str]]
Following = Callable[[str], Collection[str]]


class Problem(Exception):
    """A request that can't be answered: HTTP status, FHIR issue type, and words without patient data."""

    def __init__(self, status: int, code: str, text: str) -> None:
        super().__init__(text)
        self.status, self.code, self.text = status, code, text


def unsupported(kind: str, name: str, supported: Collection[str]) -> Problem:
    """Of a search parameter of this type. It is named where it looks like one: anything else may be a value."""
    said = f"search parameter {name}" if NAME.fullmatch(name) else "such search parameter"
    return Problem(400, "not-supported", f"{kind} has no {said} here; supported: {', '.join(sorted(supported))}")


def astray() -> Problem:
    """Of an `_after` that no page ended with: read as one, it would say that nothing is left, or all."""
    return Problem(400, "invalid", "_after: expected what a `next` link said")


def query_of(kind: str, pairs: Pairs, following: Following) -> tuple[Query, list[str]]:
    """What is asked, and the patients it is asked about. Raises Problem."""
    supported = PARAMETERS[kind]
    criteria: list[Criterion] = []
    persons: list[Collection[str]] = []
    ids: list[Collection[str]] = []
    asked: list[str] = []
    for name, value in pairs:
        if name in RESULT_PARAMETERS:
            continue
        if name not in supported:
            raise unsupported(kind, name, (*supported, *RESULT_PARAMETERS))
        alternatives = split(value, ",")
        if not all(alternatives) or "\0" in value or len(alternatives) > MOST_ALTERNATIVES:
            raise Problem(400, "invalid", f"{name}: expected 1 to {MOST_ALTERNATIVES} values separated by commas")
        if name == "_id":
            ids.append(alternatives)
        elif supported[name] == "reference":
            patients = [_patient(name, one) for one in alternatives]
            asked += patients
            persons.append({identity for one in patients for identity in (one, *following(one))})
        else:
            criteria.append(_criterion(name, supported[name], alternatives))
    page = page_of(pairs)
    return Query(kind, tuple(criteria), tuple(persons), tuple(ids), page[1], page[0]), asked


def page_of(pairs: Pairs, largest: int = LARGEST_PAGE, default: int = PAGE) -> tuple[int, str]:
    """How many on this page, and after which one it begins. Raises Problem, also for a format that is not served."""
    count, after = default, ""
    for name, value in pairs:
        if name == "_count":
            if not re.fullmatch(r"[0-9]{1,9}", value):
                raise Problem(400, "invalid", "_count: expected a whole number, 0 or more")
            count = min(int(value), largest)
        elif name == "_after":
            after = value.replace("\0", "")
        elif name == "_format" and not format_of(value):
            raise Problem(406, "not-supported", "_format: application/fhir+json and application/fhir+xml are served")
    return count, after


def format_of(media: str) -> str:
    """`json` or `xml`, "" for any other. A + that nobody encoded has become a space."""
    return FORMATS.get(media.partition(";")[0].strip().lower().replace(" ", "+"), "")


def _criterion(name: str, kind: str, alternatives: Sequence[str]) -> Criterion:
    if kind == "token":
        return Criterion((name,), tuple(_token(name, one) for one in alternatives))
    if kind == "date":
        return Criterion((name,), tuple(_day(name, one) for one in alternatives))
    parameters = ("name", "family", "given") if name == "name" else (name,)
    wanted = [folded(unescaped(one)) for one in alternatives]
    if not all(wanted):
        raise Problem(400, "invalid", f"{name}: expected the beginning of a name")
    return Criterion(parameters, tuple(map(Beginning, wanted)))


def _token(name: str, text: str) -> Token:
    """R4 token: `value` in any system, `system|value`, `|value` without a system, `system|` any value of it."""
    system, *rest = (unescaped(one) for one in split(text, "|"))
    if not rest:
        return Token(value=system)
    if len(rest) > 1 or not (system or rest[0]):
        raise Problem(400, "invalid", f"{name}: expected value, system|value, |value or system|")
    return Token(value=rest[0] or None, system=system)


def _day(name: str, text: str) -> Beginning:
    day = text.removeprefix("eq")
    if not re.fullmatch(r"[0-9]{4}(-[0-9]{2}(-[0-9]{2})?)?", day):
        raise Problem(400, "not-supported", f"{name}: expected YYYY, YYYY-MM or YYYY-MM-DD, without a comparison")
    return Beginning(day)


def _patient(name: str, text: str) -> str:
    """The id in `id`, `Patient/id` or an address that ends so."""
    kind, _, found = text.rpartition("/")
    if kind.rpartition("/")[2] not in ("", "Patient") or not ID.fullmatch(found):
        raise Problem(400, "invalid", f"{name}: expected the id of a Patient, or Patient/id")
    return found


def split(text: str, separator: str) -> list[str]:
    r"""Parts between separators that are not escaped; R4 escapes `,`, `|`, `$` and `\` by `\`."""
    parts = [""]
    for piece in re.findall(r"\\.|.|\n", text, re.DOTALL):
        if piece == separator:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


def unescaped(text: str) -> str:
    """A value as it was meant."""
    return re.sub(r"\\([,|$\\])", r"\1", text)
