"""OBX-5 by its value type (OBX-2, HL7 table 0125) → Value. What a type can't be read as stays a text, never lost."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from mediators import systems
from mediators.hl7v2 import embedded, standard, times
from mediators.hl7v2.datatypes import code, said
from mediators.hl7v2.details import valued
from mediators.hl7v2.reader import Field
from mediators.hl7v2.scope import Scope
from schemas.events import Value

# A comma before exactly three digits may part thousands
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*|,(?:[0-9]{1,2}|[0-9]{4,}))?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_COMPARATOR: Final = re.compile(r"(<=|>=|=<|=>|<|>|≤|≥)\s*(.+)", re.DOTALL)
_COMPARATORS: Final = {"=<": "<=", "=>": ">=", "≤": "<=", "≥": ">="}
_SN_COMPARATORS: Final = frozenset(("<", ">", "<=", ">=", "=", "<>", "=<", "=>", "≤", "≥"))


def value(field: Field, kind: str, scope: Scope, has_unit: bool = False) -> Value | None:
    """One repetition of OBX-5; None for nothing. `kind` is OBX-2 as sent; `has_unit` tells a number without a type
    from a text of digits."""
    whole = field.whole
    raw = said(whole)
    if raw is None:
        return None
    told: Value = {"type": kind, "raw": whole}
    read = _READ.get(kind.upper())
    if read is _coded and has_unit and field.components == 1 and _number(raw, told):
        return told  # a number with its unit, whatever OBX-2 says
    if read:
        read(field, raw, told, scope)
    elif kind and (kind.upper() in _SAME or standard.components(kind.upper())):
        _composite(field, raw, told, scope)
    elif not kind and _is_coded(field):
        _coded(field, raw, told, scope)
    elif kind or not (has_unit and _number(raw, told)):
        _text(field, raw, told, scope)
    return told


def values(fields: Sequence[Field], kind: str, scope: Scope, has_unit: bool = False) -> list[Value]:
    """Every repetition of OBX-5. Those of MA are the samples of one wave, one after the other."""
    found = [told for field in fields if (told := value(field, kind, scope, has_unit))]
    if kind.upper() != "MA" or len({told.get("dimensions") for told in found}) != 1:
        return found
    wave: Value = {"type": kind, "raw": "~".join(told.get("raw") or "" for told in found)}
    wave["samples"] = " ".join(told.get("samples") or "" for told in found)
    wave["dimensions"] = found[0].get("dimensions")
    return [wave]


def bounds(text: str) -> tuple[str | None, str | None]:
    """Low and high of a reference range such as "3.1-6.2", "3,5 à 5", "<5", ">= 60"; None where it says neither."""
    if found := _RANGE.fullmatch(text):
        return found[1], found[2]
    if (found := _COMPARATOR.fullmatch(text)) and _NUMBER.fullmatch(found[2].strip()):
        bound = found[2].strip()
        return (None, bound) if found[1] in ("<", "<=", "=<", "≤") else (bound, None)
    return None, None


_RANGE: Final = re.compile(rf"({_NUMBER.pattern})\s*(?:-|–|—|_|à|to|\.\.)\s*({_NUMBER.pattern})")


def _number(text: str, told: Value) -> bool:
    """A number with or without a comparator; its digits stay as sent."""
    text = text.strip()
    if _NUMBER.fullmatch(text):
        told["number"] = text
        return True
    found = _COMPARATOR.fullmatch(text)
    if not found or not _NUMBER.fullmatch(found[2].strip()):
        return False
    told["comparator"] = _COMPARATORS.get(found[1], found[1])
    told["number"] = found[2].strip()
    return True


def _nm(field: Field, raw: str, told: Value, scope: Scope) -> None:
    """NM. What is no number is a text; of several components the first may be the number."""
    if not _number(raw, told) and not (field.components > 1 and _number(field.text(1), told)):
        told["text"] = raw


def _sn(field: Field, raw: str, told: Value, scope: Scope) -> None:
    """SN: comparator ^ number ^ separator or suffix ^ number."""
    comparator, first, separator, second = (said(field.text(number)) or "" for number in (1, 2, 3, 4))
    numbers = all(not number or _NUMBER.fullmatch(number) for number in (first, second))
    if not first and not second:
        if not _number(raw, told):
            told["text"] = raw
    elif not numbers or (comparator and comparator not in _SN_COMPARATORS):
        told["text"] = f"{comparator}{first}{separator}{second}"
    else:
        for key, text in (("number", first), ("separator", separator), ("high", second)):
            if text:
                told[key] = text  # type: ignore[literal-required]  # three keys of Value
        if comparator:
            told["comparator"] = _COMPARATORS.get(comparator, comparator)


def _nr(field: Field, raw: str, told: Value, scope: Scope) -> None:
    """NR: low ^ high."""
    low, high = said(field.text(1)), said(field.text(2))
    if not all(number is None or _NUMBER.fullmatch(number) for number in (low, high)) or not (low or high):
        told["text"] = raw
        return
    told["separator"] = "-"
    if low:
        told["number"] = low
    if high:
        told["high"] = high


def _is_coded(field: Field) -> bool:
    """Whether the third component says a code system that everybody knows."""
    system = systems.coding_system(field.text(3)) if field.components > 2 else None
    return system is not None and systems.is_standard(system)


def _coded(field: Field, raw: str, told: Value, scope: Scope) -> None:
    found = code(field)
    if found:
        told["code"] = found
    else:
        told["text"] = raw


def _moment(field: Field, raw: str, told: Value, scope: Scope) -> None:
    if found := times.time(field.text(1).strip(), scope.zone):
        told["time"] = found
    else:
        told["text"] = raw


def _clock(field: Field, raw: str, told: Value, scope: Scope) -> None:
    if found := times.clock(field.text(1).strip()):
        told["time"] = found
    else:
        told["text"] = raw


def _document(field: Field, raw: str, told: Value, scope: Scope) -> None:
    if not embedded.document(field, told):
        told["text"] = raw


def _pointer(field: Field, raw: str, told: Value, scope: Scope) -> None:
    if not embedded.pointer(field, told):
        told["text"] = raw


def _text(field: Field, raw: str, told: Value, scope: Scope) -> None:
    """ST, TX, FT: separators in it are characters of the text; a document in it is one all the same."""
    if not embedded.disguised(field, told) and not embedded.packed(field.whole, told):
        told["text"] = field.whole.rstrip()


def _span(field: Field, raw: str, told: Value, scope: Scope) -> None:
    """DR: from ^ to."""
    start, end = (times.time(field.text(number).strip(), scope.zone) for number in (1, 2))
    if start:
        told["time"] = start
    if end:
        told["end"] = end
    if not (start or end):
        told["text"] = raw


def _money(field: Field, raw: str, told: Value, scope: Scope) -> None:
    """MO: amount ^ currency. CP: that as its first component, and what it is the price of."""
    composite = told["type"].upper() == "CP"
    price = field.component(1) if composite else field
    if not _number(price.text(1), told):
        told["text"] = raw
    elif currency := said(price.text(2)):
        told["currency"] = currency
    if composite and field.components > 1:
        told["details"] = valued(field, "OBX-5", "composite-price", "CP", scope)


def _samples(field: Field, raw: str, told: Value, scope: Scope) -> None:
    """NA: the samples of one channel. MA: one sample of each channel."""
    samples = [text.strip() for text in field.texts()]
    told["samples"] = " ".join(text if _NUMBER.fullmatch(text) and "," not in text else "E" for text in samples)
    told["dimensions"] = 1 if told["type"].upper() == "NA" else len(samples)


def _composite(field: Field, raw: str, told: Value, scope: Scope) -> None:
    """A person, a place, a number, a body …: the text as sent, and what it consists of by the standard."""
    kind = told["type"].upper()
    if parts := valued(field, "OBX-5", "observation-value", _SAME.get(kind, kind), scope):
        told["details"] = parts
    texts = (" ".join(field.component(number).texts()).strip() for number in range(1, field.components + 1))
    told["text"] = " ".join(text for text in texts if text) or raw


_READ: Final[dict[str, Callable[[Field, str, Value, Scope], None]]] = {
    "NM": _nm,
    "SN": _sn,
    "NR": _nr,
    **dict.fromkeys(("CE", "CWE", "CNE", "CF", "IS", "ID"), _coded),
    **dict.fromkeys(("ST", "TX", "FT"), _text),
    **dict.fromkeys(("DT", "TS", "DTM"), _moment),
    "TM": _clock,
    "DR": _span,
    **dict.fromkeys(("MO", "CP"), _money),
    **dict.fromkeys(("NA", "MA"), _samples),
    "ED": _document,
    "RP": _pointer,
}
# Types of before 2.3 → what they became
_SAME: Final = {"PN": "XPN", "AD": "XAD", "TN": "XTN", "CN": "XCN", "CK": "CX"}
