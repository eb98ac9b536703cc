"""Reads HL7 v2 messages as they are met in the field: lazily, tolerantly, without losing anything.

A message is split into segments at once; a segment into fields when first asked; escapes are decoded in the text
that is asked for. Segments keep their order, known or not; nothing is judged here (see conformance.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from mediators.hl7v2.charset import decode, wide
from mediators.hl7v2.delimiters import Delimiters, Unreadable, delimiters_of, unescaped
from mediators.hl7v2.kind import kind, put_right, spelled
from schemas.message import Description

__all__ = ["Delimiters", "Field", "Hl7", "Segment", "Unreadable", "glance", "nearest_version", "peek"]

VERSIONS: Final = (
    "2.1", "2.2", "2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.7.1", "2.8", "2.8.1", "2.8.2",
)  # fmt: skip
HEADERS: Final = frozenset({"MSH", "FHS", "BHS"})
# How some systems write HL7's null
_NULLS: Final = ('"null"', '"NULL"', '"Null"', "HL7_NULL", "HL7NULL")

# MLLP's own bytes and what stands before or after a message in files
_FRAMING: Final = "\x0b\x1c\x00\r\n"
# a line of just three letters is a segment only when the standard has one of that name: "NEG" is a result
_BARE: Final = (
    "ABS ACC ADD AIG AIL AIP AIS AL1 ARQ AUT BLG BPO BPX BTX CTD CTI DB1 DG1 DRG DSC DSP EQU ERR EVN FT1 GOL GP1 GP2 "
    "GT1 IAM IN1 IN2 IN3 INV IPC MFA MFE MFI MRG MSA NCK NK1 NPU NTE OBR OBX ODS ODT ORC OVR PCR PD1 PDA PID PR1 PRA "
    "PRB PRD PRT PSH PTH PV1 PV2 QAK QPD QRD QRF RCP RDF RDT RGS ROL RXA RXC RXD RXE RXG RXO RXR RXV SAC SCH SFT SID "
    "SPM STF TCC TCD TQ1 TQ2 TXA UAC UB1 UB2 VAR"
)


@dataclass(frozen=True, slots=True, eq=False)
class Syntax:
    """How the texts of a message are written: its delimiters, and the codec of the bytes in its escapes. Messages
    written alike share one (`Syntax.of`), so that what was read of a text can be remembered with it."""

    delimiters: Delimiters
    codec: str

    @staticmethod
    @lru_cache(maxsize=256)
    def of(delimiters: Delimiters, codec: str) -> Syntax:
        return Syntax(delimiters, codec)

    def text(self, raw: str) -> str:
        return unescaped(raw, self.delimiters, self.codec) if self.delimiters.escape in raw else raw


class Field:
    """One repetition of a field, or a component of it (`component`). Falsy when nothing was sent."""

    __slots__ = ("_nested", "_syntax", "raw")
    # where its last coding came from when a channel's mapping added it (view.py)
    mapped: str = ""

    def __init__(self, raw: str, syntax: Syntax, nested: bool = False) -> None:
        self.raw = raw
        self._syntax = syntax
        self._nested = nested

    def __bool__(self) -> bool:
        return bool(self.raw)

    def __repr__(self) -> str:
        return f"<Field of {len(self.raw)} characters>"

    @property
    def key(self) -> tuple[str, Syntax, bool]:
        """What two fields share that say the same."""
        return self.raw, self._syntax, self._nested

    @property
    def is_null(self) -> bool:
        """The sender asks to delete the value (HL7 null)."""
        return self.raw == '""'

    @property
    def whole(self) -> str:
        """The text with separators that were not escaped kept as characters: for ST, TX and FT."""
        return self._syntax.text(self.raw)

    @property
    def components(self) -> int:
        return self.raw.count(self._separator) + 1 if self.raw else 0

    def text(self, component: int = 1, subcomponent: int = 1) -> str:
        """Decoded text; "" when absent. Of a component, its subcomponents are the components."""
        part = _part(self.raw, self._separator, component)
        if not self._nested:
            part = _part(part, self._syntax.delimiters.subcomponent, subcomponent)
        return self._syntax.text(part)

    def texts(self) -> list[str]:
        """Every component's text at once, for types with as many as one likes."""
        return [self._syntax.text(part) for part in self.raw.split(self._separator)] if self.raw else []

    def without(self, component: int) -> Field:
        """The same with one component taken out, for types that put one more into another (PPN into XCN)."""
        parts = self.raw.split(self._separator)
        return Field(self._separator.join(parts[: component - 1] + parts[component:]), self._syntax, self._nested)

    def component(self, number: int) -> Field:
        """A component as a field of its own, for types within types."""
        return Field(_part(self.raw, self._separator, number), self._syntax, nested=True)

    @property
    def _separator(self) -> str:
        delimiters = self._syntax.delimiters
        return delimiters.subcomponent if self._nested else delimiters.component


class Segment:
    """One segment. `index` is its position, from 1, among those of its name; `raw` its text as sent."""

    __slots__ = ("_fields", "_syntax", "index", "name", "raw")
    # fields as sent whose code a channel's mapping replaced (view.py)
    sent: Mapping[int, str] = MappingProxyType({})

    def __init__(self, name: str, index: int, raw: str, syntax: Syntax) -> None:
        self.name = name
        self.index = index
        self.raw = raw
        self._syntax = syntax
        self._fields: list[str] | None = None

    def __repr__(self) -> str:
        return f"<Segment {self.name} {self.index}>"

    def text(self, number: int, component: int = 1, subcomponent: int = 1, repetition: int = 1) -> str:
        """Decoded text of one subcomponent; "" when absent, '""' for HL7's null."""
        fields = self._fields or self._split()
        raw = fields[number] if number < len(fields) else ""
        if not raw or raw.isalnum():  # no delimiter is a letter or digit
            return raw if component == subcomponent == repetition == 1 else ""
        raw = self._repetition(number, repetition)
        if not raw or self._is_declaration(number):
            return raw
        delimiters = self._syntax.delimiters
        raw = _part(raw, delimiters.component, component)
        return self._syntax.text(_part(raw, delimiters.subcomponent, subcomponent))

    def whole(self, number: int, repetition: int = 1) -> str:
        """Decoded text with separators that were not escaped kept as characters: for ST, TX and FT."""
        raw = self._repetition(number, repetition)
        return raw if self._is_declaration(number) else self._syntax.text(raw)

    def raw_field(self, number: int) -> str:
        """Everything between the field separators, as sent."""
        fields = self._fields or self._split()
        return fields[number] if number < len(fields) else ""

    @property
    def fields(self) -> list[str]:
        """What stands between the field separators, as sent, the name of the segment first. Not to be changed."""
        return self._fields or self._split()

    def repetitions(self, number: int) -> list[Field]:
        """Every repetition, empty ones too; no repetitions at all when the field is absent."""
        fields = self._fields or self._split()
        raw = fields[number] if number < len(fields) else ""
        if not raw:
            return []
        syntax = self._syntax
        if syntax.delimiters.repetition not in raw or self._is_declaration(number):
            return [Field(raw, syntax)]
        return [Field(part, syntax) for part in raw.split(syntax.delimiters.repetition)]

    def field(self, number: int) -> Field:
        """The first repetition, falsy when absent."""
        return Field(self._repetition(number, 1), self._syntax)

    def most_components(self, number: int) -> int:
        """Of the repetition of a field that has the most; 0 when it is absent."""
        raw, delimiters = self.raw_field(number), self._syntax.delimiters
        if not raw or delimiters.repetition not in raw:
            return raw.count(delimiters.component) + 1 if raw else 0
        return max(part.count(delimiters.component) + 1 for part in raw.split(delimiters.repetition))

    @property
    def has_repetitions(self) -> bool:
        """Whether any of its fields may say several things."""
        return self._syntax.delimiters.repetition in self.raw

    def says_several(self, number: int) -> bool:
        """Whether the repetitions of a field differ; blank ones say nothing."""
        repetition = self._syntax.delimiters.repetition
        raw = "" if self._is_declaration(number) else self.raw_field(number)
        return repetition in raw and len({part.strip() for part in raw.split(repetition)} - {""}) > 1

    def filled(self) -> list[tuple[int, str]]:
        """Number and text of every field that holds something, as sent."""
        return [one for one in enumerate(self._fields or self._split()) if one[1] and one[0]]

    def count(self) -> int:
        """How many fields were sent, empty ones too."""
        return len(self._fields or self._split()) - 1

    def _repetition(self, number: int, repetition: int) -> str:
        raw = self.raw_field(number)
        if not raw or self._is_declaration(number):
            return raw
        return _part(raw, self._syntax.delimiters.repetition, repetition)

    def _is_declaration(self, number: int) -> bool:
        """MSH-1 and MSH-2 declare the delimiters and are not written with them."""
        return number < 3 and self.name in HEADERS

    def _split(self) -> list[str]:
        separator = self._syntax.delimiters.field
        fields = self.raw.split(separator)
        if self.name in HEADERS:
            fields.insert(1, separator)
        self._fields = fields
        return fields


class Hl7:
    """One message. `version` is MSH-12.1, or the nearest there is; `charset` Python's name of what it was read in;
    `contradicted` tells that MSH-18 declared something else, `shifted` how many fields were missing before MSH-9."""

    __slots__ = ("_sent", "charset", "contradicted", "delimiters", "segments", "shifted", "version")

    def __init__(self, text: str, charset: str, contradicted: bool = False) -> None:
        self._sent = ("", text, "")
        self.charset = charset
        self.contradicted = contradicted
        self.delimiters = delimiters_of(text)
        self.segments = _segments(text, Syntax.of(self.delimiters, charset))
        self.shifted = put_right(self.msh.fields, self.delimiters.component)
        if self.shifted:
            self.msh.raw = self.delimiters.field.join([self.msh.name, *self.msh.fields[2:]])
        self.version = nearest_version(self.msh.text(12))

    @staticmethod
    def read(body: bytes, default_charset: str = "") -> Hl7:
        """The message in these bytes. `default_charset` (table 0211) holds when MSH-18 is empty. Raises Unreadable."""
        decoded = decode(body, _declared_charsets(body), default_charset)
        start = _start(decoded.text)
        text = decoded.text[start:].rstrip(_FRAMING)
        hl7 = Hl7(text, decoded.codec, decoded.contradicted)
        hl7._sent = (decoded.text[:start], text, decoded.text[start + len(text) :])
        return hl7

    def written(self) -> bytes:
        """The message as it came, byte for byte, without a byte-order mark. Character sets that write one text in
        several ways (ISO 2022, UTF-16 with its faults) may come back in another of them."""
        return "".join(self._sent).encode(self.charset, "replace")

    @property
    def msh(self) -> Segment:
        return self.segments[0]

    @property
    def type(self) -> str:
        """Message type and trigger ("ORU^R01"), inferred from the segments where MSH-9 is silent; else ""."""
        return kind(self.msh.raw_field(9), self.segments)

    @property
    def trigger(self) -> str:
        return self.type.partition("^")[2]

    @property
    def control_id(self) -> str:
        return self.msh.text(10)

    def first(self, name: str) -> Segment | None:
        return next((segment for segment in self.segments if segment.name == name), None)

    def all(self, name: str) -> list[Segment]:
        return [segment for segment in self.segments if segment.name == name]


def peek(body: bytes) -> Description:
    """What a glance at the bytes tells (MSH-3 to -5, -9, -10, the first OBR-24), empty where nothing; never raises."""
    try:
        hl7 = glance(body)
    except Unreadable:
        return Description("")
    msh, obr = hl7.msh, hl7.first("OBR")
    section = obr.text(24).strip().upper() if obr else ""
    return Description(hl7.type, msh.text(3), msh.text(4), hl7.control_id, section, msh.text(5))


def glance(body: bytes) -> Hl7:
    """The message as if it had only its MSH, its first OBR and its first MSA; the rest is not decoded.

    It is read as a whole when MSH-9 doesn't tell its type. What was glanced at lately is not read again: a message is
    described and acknowledged one after the other. Raises Unreadable.
    """
    return _glanced_lately(body) if len(body) <= _SMALL else _glanced(body)


def _glanced(body: bytes) -> Hl7:
    if not wide(body) and (header := _HEADER.search(body)):
        end = _LINE_END.search(body, header.start(1))
        lines = [body[header.start(1) : end.start() if end else None]]
        for name in (b"OBR", b"MSA"):
            found = _line_of(name + header[1][3:]).search(body, header.end())
            lines += [found[1]] if found else []
        hl7 = Hl7.read(b"\r".join(lines))
        if all(spelled(hl7.msh.raw_field(9))[:2]):
            return hl7
    return Hl7.read(body)


_SMALL: Final = 64 * 1024
_glanced_lately = lru_cache(maxsize=256)(_glanced)
_HEADER: Final = re.compile(rb"(?:^|[\r\n\x0b\x1c\x00]|\xef\xbb\xbf)[ \t]*(MSH[^A-Za-z0-9\s])")
_LINE_END: Final = re.compile(rb"[\r\n]")


@lru_cache(maxsize=64)
def _line_of(start: bytes) -> re.Pattern[bytes]:
    return re.compile(rb"[\r\n](" + re.escape(start) + rb"[^\r\n]*)")


@lru_cache(maxsize=256)
def nearest_version(said: str) -> str:
    """The HL7 version this means: 2.5.9 is read as 2.5.1, 2.999 as the last we know; what tells nothing, as 2.5."""
    said = said.strip()
    if said in VERSIONS:
        return said
    numbers = [int(part) for part in re.findall(r"[0-9]{1,9}", said)]
    if numbers[:1] != [2]:
        return "2.5"
    earlier = [version for version in VERSIONS if [int(part) for part in version.split(".")] <= numbers]
    return earlier[-1] if earlier else VERSIONS[0]


def _part(raw: str, separator: str, number: int) -> str:
    if separator not in raw:
        return raw if number == 1 else ""
    parts = raw.split(separator, number)
    return parts[number - 1] if 0 < number <= len(parts) else ""


def _declared_charsets(body: bytes) -> list[str]:
    header = _HEADER.search(body)
    if not header:
        return []
    fields = _LINE_END.split(body[header.start(1) : header.start(1) + 4096], 1)[0].split(header[1][3:])
    return [name.decode("ascii", "replace") for name in fields[17].split(b"~")] if len(fields) > 17 else []


def _start(text: str) -> int:
    """Where the message begins: MLLP's bytes, blank and comment lines may stand before."""
    if text.startswith("MSH"):
        return 0
    found = re.search(r"(?:^|[\r\n\x0b\x1c\x00\ufeff])[ \t]*(?=MSH(?![A-Za-z0-9]))", text)
    if not found:
        raise Unreadable("MSH: there is no message header segment, so this is not an HL7 v2 message")
    return found.end()


def _segments(text: str, syntax: Syntax) -> list[Segment]:
    separator = syntax.delimiters.field
    segments: list[Segment] = []
    counts: dict[str, int] = {}
    nulls = _nulls(syntax.delimiters) if any(word in text for word in _NULLS) else None
    for raw in _joined(_lines(text), separator):
        name = raw[:3]
        if nulls is not None:
            raw = nulls.sub('""', raw)
        if name == "MSH" and segments:
            raise Unreadable("MSH: a second message begins within this one; a batch must be split first")
        counts[name] = index = counts.get(name, 0) + 1
        segments.append(Segment(name, index, raw, syntax))
    return segments


@lru_cache(maxsize=64)
def _nulls(delimiters: Delimiters) -> re.Pattern[str]:
    """A null in other words, as the whole of a field or of a part of it."""
    ends = re.escape(delimiters.field + delimiters.component + delimiters.repetition + delimiters.subcomponent)
    return re.compile(rf"(?<=[{ends}])(?:{'|'.join(_NULLS)})(?=[{ends}]|$)")


def _lines(text: str) -> list[str]:
    return text.replace("\r\n", "\r").replace("\n", "\r").split("\r") if "\n" in text else text.split("\r")


@lru_cache(maxsize=64)
def _segment_start(separator: str) -> re.Pattern[str]:
    return re.compile(rf"([A-Z][A-Z0-9]{{2}})(?:{re.escape(separator)}|$)")


def _joined(lines: list[str], separator: str) -> list[str]:
    """Segments from lines: a line that starts none continues the one before, so does ADD (chapter 2.10)."""
    starts = _segment_start(separator).match
    pieces: list[list[str]] = []
    for line in lines:
        match = starts(line)
        if not match or (len(line) == 3 and line not in _BARE and line[0] != "Z"):
            if pieces and pieces[-1][0] == pieces[-1][0][:3]:  # a name alone: what follows it is its first field
                pieces[-1][0] += f"{separator}{line.removeprefix(separator)}" if line else ""
            elif pieces:
                pieces[-1] += ("\n", line)
        elif line.startswith("ADD") and len(pieces) > 1:
            target = -2 if pieces[-1][0].startswith("DSC") and len(pieces) > 2 else -1
            pieces[target].append(line[4:])
        else:
            pieces.append([line])
    return [piece[0] if len(piece) == 1 else "".join(piece).rstrip("\n") for piece in pieces]
