"""Which reports are of images, and of which: accession number, study, device.

Sources: IPC (chapter 4, OMI), ZDS-1 and OBR-18 (IHE RAD-4), OBX of the study (IHE RAD-128; DICOM CID codes), OBR-24
(table 0074). An accession number that nobody tells is the filler's number where images are told of: RIS and PACS know
the study by it (ours).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final

from mediators.hl7v2.datatypes import ei, one, part, said
from mediators.hl7v2.groups import Branch, Sent
from mediators.hl7v2.reader import Field, Segment, Syntax
from mediators.hl7v2.scope import Scope

# HL7 table 0074 (diagnostic service section): CT, CTH cardiac catheterisation, CUS cardiac ultrasound, IMG imaging,
# NMR, NMS nuclear medicine scan, OUS obstetric ultrasound, RAD, RUS radiology ultrasound, RX radiograph, VUS vascular
# ultrasound, XRC cineradiograph. EC (electrocardiac) and the rest of the table are no images; PT is physical therapy.
_SECTIONS: Final = frozenset(("CT", "CTH", "CUS", "IMG", "NMR", "NMS", "OUS", "RAD", "RUS", "RX", "VUS", "XRC"))
# Not in the table but met in its place: DICOM's words for the device, and their like
_DEVICES: Final = frozenset(("BMD", "CR", "DX", "MAM", "MG", "MR", "MRI", "NM", "RF", "US", "XA", "XR"))
SECTIONS: Final = _SECTIONS | _DEVICES
# Their device in DICOM's words (PS3.3 C.7.3.1.1.1), where the section tells one; ours
MODALITY: Final = {
    "CT": "CT", "NMR": "MR", "MR": "MR", "MRI": "MR", "NMS": "NM", "NM": "NM", "RUS": "US", "OUS": "US", "VUS": "US",
    "CUS": "US", "US": "US", "CTH": "XA", "XA": "XA", "CR": "CR", "DX": "DX", "MG": "MG", "MAM": "MG", "XRC": "RF",
    "RF": "RF", "BMD": "BMD",
}  # fmt: skip
# Fields of IPC and ZDS that have a place in the event
MAPPED: Final = {"IPC": (1, 3, 5), "ZDS": (1,)}
# How an OBX is called that tells the study: DCM 110180, 113014, 121018, the tag, or its name in any spelling
_STUDY: Final = frozenset(
    ("110180", "113014", "121018", "0020000D", "STUDYUID", "STUDYINSTANCEUID", "DICOMSTUDY", "DICOMSTUDYUID",
     "STUDYINSTANCEUIDENTIFIER", "PROCEDURESTUDYINSTANCEUID")
)  # fmt: skip
_ACCESSION: Final = frozenset(("121022", "00080050", "ACCESSIONNUMBER", "ACCESSIONNO", "ACCESSION"))
_MODALITY: Final = frozenset(("121139", "00080060", "MODALITY"))
_TOLD: Final = _STUDY | _ACCESSION | _MODALITY
_LETTERS: Final = re.compile(r"[^A-Z0-9]")
_UID: Final = re.compile(r"(?:urn:oid:)?([0-2](?:\.[0-9]{1,63}){2,60})", re.IGNORECASE)


def rest(segment: Segment, told: dict[str, Any], scope: Scope) -> None:
    """What of an IPC or ZDS has no place in the event: another study or number than the report's, too."""
    known = (told.get("study_uid"), (told.get("accession") or {}).get("value"), told.get("modality"))
    scope.rest(segment, [number for number in MAPPED[segment.name] if said(segment.text(number)) in known])


def told_of(sent: Sent, section: str | None) -> bool:
    """Whether a report is of images: by its section, or because a study is told of."""
    if (section or "").upper() in SECTIONS or any(one.name in MAPPED for one in sent.others):
        return True
    return any(_is(branch.head, _STUDY) and _uid(branch.head) for branch in sent.results)


def images(sent: Sent, section: str, told: dict[str, Any], scope: Scope) -> None:
    """IPC (2.5.1 on) and ZDS, then OBR-18, then the results that tell of a study."""
    ipc, zds = (next((one for one in sent.others if one.name == name), None) for name in ("IPC", "ZDS"))
    if ipc is not None:
        told["accession"] = one(ipc, 1, lambda field: ei(field, scope, "ACSN"))
        told["study_uid"] = said(ipc.text(3))
        told["modality"] = said(ipc.text(5))
    if zds is not None:
        told["study_uid"] = said(zds.text(1)) or told.get("study_uid")
    if not told.get("accession") and sent.obr is not None:
        told["accession"] = one(sent.obr, 18, lambda field: ei(field, scope, "ACSN"))
    of_results(sent.results, told, scope)
    if not told.get("accession") and told.get("study_uid"):
        told["accession"] = _filler(told)
    told["modality"] = told.get("modality") or MODALITY.get(section.upper())


def of_results(results: Iterable[Branch], told: dict[str, Any], scope: Scope) -> None:
    """Study, accession number and device, as far as they are not told yet."""
    for branch in results:
        obx = branch.head
        if not _is(obx, _TOLD):
            continue
        if not told.get("study_uid") and _is(obx, _STUDY):
            told["study_uid"] = _uid(obx)
        elif not told.get("accession") and _is(obx, _ACCESSION):
            told["accession"] = one(obx, 5, lambda field: ei(field, scope, "ACSN"))
        elif not told.get("modality") and _is(obx, _MODALITY):
            told["modality"] = said(obx.text(5))


def _is(obx: Segment, names: frozenset[str]) -> bool:
    return not names.isdisjoint(_called(obx.field(3).key))


@lru_cache(maxsize=4096)
def _called(key: tuple[str, Syntax, bool]) -> frozenset[str]:
    """The codes and names of an OBX-3, letters and digits only."""
    field = Field(*key)
    return frozenset(_LETTERS.sub("", field.text(number).upper()) for number in (1, 2, 4, 5))


def _uid(obx: Segment) -> str | None:
    """The UID as text, or in the second component (HD)."""
    texts = (part(obx.field(5), number) or "" for number in (1, 2))
    return next((found[1] for text in texts if (found := _UID.fullmatch(text))), None)


def _filler(told: dict[str, Any]) -> dict[str, Any] | None:
    filler = (told.get("order") or {}).get("filler")
    return {**filler, "type": "ACSN"} if filler else None
