"""Values in another unit: calculated additions beside what was sent, each with the code that goes with it and the row
of the table it was made by.

Only where nothing has to be guessed: the LOINC code and the UCUM unit are known to the table, and the value is one
plain number. Exact decimals; the result has as many significant digits as were sent, and never fewer than two.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from functools import lru_cache
from typing import Any, Final

from mediators.codes import LOINC
from schemas.events import Calculated, Code, Result
from schemas.fhir import units
from schemas.message import Issue

COLUMNS: Final = ("loinc", "from_unit", "to_unit", "factor", "target_loinc", "target_display", "source")
_EXACT: Final = Context(prec=50, rounding=ROUND_HALF_EVEN)
_CODE: Final = re.compile(r"[0-9]{1,7}-[0-9]")
_FACTOR: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(?:/([0-9]+(?:\.[0-9]+)?))?")
# As results are read (hl7v2/values.py): a comma before exactly three digits may part thousands
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)")
_COMMA: Final = re.compile(r"([+-]?[0-9]+),([0-9]{1,2}|[0-9]{4,})")
_LITRE: Final = re.compile(r"(?<![A-Za-z\[])([fpnumcd]?)l(?![A-Za-z\]])")
_FEWEST: Final = 2
UCUM: Final = "http://unitsofmeasure.org"


@dataclass(frozen=True, slots=True)
class Conversion:
    """A row: value × `times` ÷ `by`, as `unit`, under the code `target`."""

    times: Decimal
    by: Decimal
    unit: str
    target: str
    display: str
    source: str

    def __hash__(self) -> int:
        return hash(self.source)

    @property
    def code(self) -> Code:
        display = self.display or None
        return {
            "text": display,
            "loinc": self.target,
            "codings": [{"system": LOINC, "code": self.target, "display": display}],
        }


@lru_cache(maxsize=8192)
def converted(conversion: Conversion, text: str | None) -> str | None:
    """A number in the other unit; None when it is no plain one. Bounds of ranges come again with every result."""
    if not (sent := _plain(text)):
        return None
    number, digits = sent
    exact = _EXACT.divide(_EXACT.multiply(number, conversion.times), conversion.by)
    return format(_rounded(exact, digits), "f")


@dataclass(frozen=True, slots=True)
class Conversions:
    """The conversions of a channel: LOINC code and UCUM unit → what to calculate."""

    table: Mapping[tuple[str, str], Conversion] = field(default_factory=dict)

    @staticmethod
    def of(rows: Iterable[Mapping[str, str]], source: str) -> tuple[Conversions, list[Issue]]:
        """A table from rows with the columns of COLUMNS; `factor` is a number or a quotient ("1000/180.156").

        Bad rows are left out and told, by line (1 is the header).
        """
        table: dict[tuple[str, str], Conversion] = {}
        issues: list[Issue] = []
        for line, row in enumerate(rows, start=2):
            cell = {name: (row.get(name) or "").strip() for name in COLUMNS}
            wrong = [*_wrong(line, cell)]
            key = (cell["loinc"], _canonical(cell["from_unit"]))
            if key in table:
                wrong.append(_issue(line, "from_unit", "this code and unit stand in a line before", "keep one of them"))
            if wrong:
                issues += wrong
                continue
            times, _, by = cell["factor"].partition("/")
            made = (Decimal(times), Decimal(by or "1"), cell["to_unit"], cell["target_loinc"], cell["target_display"])
            table[key] = Conversion(*made, f"{source} line {line}")
        return Conversions(table), issues

    def complete(self, event: Mapping[str, Any]) -> None:
        """Adds to every result of an event what can be calculated from it."""
        for key in ("results", "observations"):
            for result in event.get(key) or ():
                if (code := result["code"].get("loinc")) and (told := self.calculated(code, result)):
                    result["calculated"] = [told]

    def calculated(self, code: str, result: Result) -> Calculated | None:
        conversion = self.table.get((code, _unit(result)))
        if conversion is None:
            return None
        values = result.get("values") or []
        single = len(values) == 1 and not values[0].get("high") and not values[0].get("separator")
        number = converted(conversion, values[0].get("number")) if single else None
        if number is None:
            return None
        told: Calculated = {
            "code": conversion.code,
            "number": number,
            "unit": conversion.unit,
            "by": conversion.source,
        }
        if comparator := values[0].get("comparator"):
            told["comparator"] = comparator
        if low := converted(conversion, result.get("range_low")):
            told["range_low"] = low
        if high := converted(conversion, result.get("range_high")):
            told["range_high"] = high
        return told


def _unit(result: Result) -> str:
    """The UCUM code of a result's unit; "" where it isn't plain."""
    unit = result.get("unit") or {}
    codings = unit.get("codings") or [{}]
    coding = next((one for one in codings if one.get("system") == UCUM), codings[0])
    return _read(coding.get("code") or unit.get("text") or "", coding.get("system") == UCUM)


@lru_cache(maxsize=1024)
def _read(unit: str, declared: bool) -> str:
    return _canonical(units.ucum(unit, declared) or "")


def _canonical(unit: str) -> str:
    """The litre is l and L in UCUM."""
    return _LITRE.sub(r"\1L", unit)


def _plain(text: str | None) -> tuple[Decimal, int] | None:
    """A number and how many significant digits it was sent with."""
    if not text:
        return None
    if comma := _COMMA.fullmatch(text):
        text = f"{comma[1]}.{comma[2]}"
    if not _NUMBER.fullmatch(text) or len(text) > 20:
        return None
    digits = text.lstrip("+-0.").replace(".", "") if "." in text else text.lstrip("+-0")
    try:
        return Decimal(text), max(len(digits), _FEWEST)
    except InvalidOperation:
        return None


def _rounded(number: Decimal, digits: int) -> Decimal:
    if not number:
        return Decimal(0)
    exponent = number.adjusted() - digits + 1
    rounded = number.quantize(Decimal(1).scaleb(exponent), context=_EXACT)
    # 9.99 became 10.0, which is a digit more
    return rounded if rounded.adjusted() == number.adjusted() else rounded.quantize(Decimal(1).scaleb(exponent + 1))


def _wrong(line: int, cell: Mapping[str, str]) -> Iterable[Issue]:
    for name in ("loinc", "target_loinc"):
        if not _CODE.fullmatch(cell[name]):
            yield _issue(line, name, "this is no LOINC code", "write a code such as 2345-7")
    for name in ("from_unit", "to_unit"):
        if not cell[name] or units.ucum(cell[name]) != cell[name]:
            yield _issue(line, name, "this is no unit of UCUM", "write a unit such as g/L, mmol/L or umol/L")
    found = _FACTOR.fullmatch(cell["factor"])
    if not found or not Decimal(found[1]) or (found[2] and not Decimal(found[2])):
        yield _issue(line, "factor", "this is no factor", "write a number or a quotient, such as 1000/180.156")
    if not cell["source"]:
        yield _issue(line, "source", "nobody can tell where the factor came from", "name its source")


def _issue(line: int, column: str, text: str, remedy: str) -> Issue:
    return Issue(f"line {line}, {column}", "table", text, remedy, line=line, column=column)
