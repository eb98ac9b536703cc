"""One cell → the text that the event carries, or what is wrong with it. No value is ever quoted in a complaint."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from mediators.csv.mapping import Column
from mediators.csv.reader import normal
from schemas.message import Severity


class Complaint(NamedTuple):
    """What is wrong with a value. A warning lets it pass."""

    reason: str
    text: str
    remedy: str
    severity: Severity = "error"


class Wrong(Exception):
    """The value cannot be taken."""

    def __init__(self, reason: str, text: str, remedy: str) -> None:
        super().__init__(reason)
        self.complaint = Complaint(reason, text, remedy)


class Calendar(NamedTuple):
    """The zone of local times, and the last day (YYYY-MM-DD) that is not in the future."""

    zone: ZoneInfo
    last: str


Read = Callable[[str], tuple[str, Complaint | None]]

_SPACES = re.compile(r"[\s\u00a0\u202f\u2009]+")
_SCIENTIFIC = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?[eE][+-][0-9]+")
_TIME = r"(?:[T ]\s*([0-9]{1,2})[:hH]([0-9]{2})(?::([0-9]{2})(?:[.,][0-9]+)?)?\s*(Z|[+-][0-9]{2}:?[0-9]{2})?)?"
_TWO_DIGIT_YEAR = re.compile(r"([0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{2}|[0-9]{2}-[0-9]{1,2}-[0-9]{1,2})(?![0-9]).*")
_AS_TEXT = "format the column as text in the spreadsheet, enter the number in full, and export again"


def read_of(column: Column, calendar: Calendar) -> Read:
    """The reading of a column's cells, stripped and not empty. What it said of a value it says again at no cost."""
    convert = _CONVERSIONS[column.type](column, calendar)
    known: dict[str, tuple[str, Complaint | None]] = {}

    def read(value: str) -> tuple[str, Complaint | None]:
        found = known.get(value)
        if found is None:
            try:
                found = convert(value)
            except Wrong as wrong:
                found = "", wrong.complaint
            known[value] = found
        return found

    return read


def _texts(column: Column, calendar: Calendar) -> Read:
    matches = _matches(column)

    def convert(value: str) -> tuple[str, Complaint | None]:
        _refuse_scientific(value)
        matches(value)
        return value, None

    return convert


def _identifiers(column: Column, calendar: Calendar) -> Read:
    matches = _matches(column)
    checked = column.check == "ean13"

    def convert(value: str) -> tuple[str, Complaint | None]:
        bare = _SPACES.sub("", value) if column.pattern else value
        _refuse_scientific(bare)
        matches(bare)
        return bare, _ean_complaint(bare) if checked else None

    return convert


def _codes(column: Column, calendar: Calendar) -> Read:
    if not column.values:
        return _identifiers(column, calendar)
    words = {normal(word): code for code, several in column.values.items() for word in (code, *several)}

    def convert(value: str) -> tuple[str, Complaint | None]:
        code = words.get(normal(value))
        if code is None:
            expected = ", ".join(word for several in column.values.values() for word in several)
            raise Wrong("unknown-code", "this word is not known here", f"write one of: {expected}")
        return code, None

    return convert


def _refuse_scientific(value: str) -> None:
    if _SCIENTIFIC.fullmatch(value):
        raise Wrong("scientific-notation", "a spreadsheet wrote this number as a power of ten", _AS_TEXT)


def _matches(column: Column) -> Callable[[str], None]:
    if column.pattern is None:
        return lambda value: None
    pattern = re.compile(column.pattern)
    expected = column.expected or f"a value like {column.pattern}"

    def match(value: str) -> None:
        if pattern.fullmatch(value):
            return
        if value.isdigit() and any(pattern.fullmatch("0" * zeros + value) for zeros in (1, 2, 3, 4)):
            raise Wrong("leading-zero", f"too short, expected {expected}; its leading zeros may be lost", _AS_TEXT)
        raise Wrong("format", f"not as expected: {expected}", f"write {expected}, without anything else")

    return match


def ean13_valid(code: str) -> bool:
    """GS1 General Specifications, 7.9: weights 1 and 3 from the left, a multiple of ten with the check digit."""
    return sum(int(digit) * (3 if index % 2 else 1) for index, digit in enumerate(code)) % 10 == 0


def _ean_complaint(code: str) -> Complaint | None:
    # Some official codes of the national reference fail the check: never a reason to refuse
    if ean13_valid(code):
        return None
    return Complaint(
        "check-digit", "the check digit of this bar code is wrong", "compare it with the bar code on the box", "warning"
    )


def _decimals(column: Column, calendar: Calendar) -> Read:
    suffixes = "|".join(re.escape(suffix) for suffix in column.suffixes)
    suffix = re.compile(rf"\s*(?:{suffixes})\.?$", re.IGNORECASE) if suffixes else None

    def convert(value: str) -> tuple[str, Complaint | None]:
        number = decimal_text(suffix.sub("", value) if suffix else value)
        _check_bounds(Decimal(number), column)
        return number, None

    return convert


def _integers(column: Column, calendar: Calendar) -> Read:
    def convert(value: str) -> tuple[str, Complaint | None]:
        number = decimal_text(value)
        if not number.lstrip("-").isdigit():
            raise Wrong("number", "not a whole number", "write a number without decimals, such as 2")
        _check_bounds(Decimal(number), column)
        return number, None

    return convert


def decimal_text(value: str) -> str:
    """A number with decimal comma or point and spaces between thousands, as written with a point: "1 234,50" →
    "1234.50". Digits stay as they are. Raises Wrong."""
    bare = _SPACES.sub(" ", value).strip()
    _refuse_scientific(bare)
    grouped = re.fullmatch(r"([+-]?)([0-9]{1,3}([ .,'])[0-9]{3}(?:\3[0-9]{3})*)(?:([.,])([0-9]+))?", bare)
    if grouped and (grouped[3] in " '" or (grouped[4] and grouped[4] != grouped[3])):
        whole, fraction = re.sub("[ .,']", "", grouped[2]), grouped[5]
        bare = grouped[1] + whole + (f".{fraction}" if fraction else "")
    number = bare.replace(",", ".").removeprefix("+")
    if len(number) > 40 or not re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", number):
        raise Wrong("number", "not a number", "write digits with a comma or a point before the decimals, such as 38,90")
    return number


def _check_bounds(number: Decimal, column: Column) -> None:
    if column.above is not None and number <= column.above:
        raise Wrong("range", f"must be greater than {column.above}", f"write a number greater than {column.above}")
    if column.minimum is not None and number < column.minimum:
        raise Wrong("range", f"must be at least {column.minimum}", f"write {column.minimum} or more")


def _dates(column: Column, calendar: Calendar) -> Read:
    patterns = [_date_pattern(one) for one in column.formats]
    remedy = f"write it as {' or '.join(column.formats)}, with the year in four digits"
    only_day = column.field == "patient.birth_date"

    def convert(value: str) -> tuple[str, Complaint | None]:
        found = next((match for pattern in patterns if (match := pattern.fullmatch(value))), None)
        if found is None:
            if _TWO_DIGIT_YEAR.fullmatch(value):
                raise Wrong("two-digit-year", "the year has two digits, so its century is not known", remedy)
            raise Wrong("date", "not a date in an expected format", remedy)
        date = _iso(found, calendar.zone, remedy)
        if date[:10] > calendar.last:
            raise Wrong("future", "this date is in the future", "correct the date")
        return (date[:10] if only_day else date), None

    return convert


def _date_pattern(written: str) -> re.Pattern[str]:
    separated = not re.fullmatch("[a-z]{8}", written)
    short = "{1,2}" if separated else "{2}"
    pattern = re.escape(written).replace("yyyy", "(?P<y>[0-9]{4})")
    return re.compile(pattern.replace("mm", f"(?P<m>[0-9]{short})").replace("dd", f"(?P<d>[0-9]{short})") + _TIME)


def _iso(found: re.Match[str], zone: ZoneInfo, remedy: str) -> str:
    hour, minute, second, offset = found.groups()[-4:]
    try:
        day = datetime(int(found["y"]), int(found["m"]), int(found["d"]), int(hour or 0), int(minute or 0))
        if day.year < 1900 or (second and int(second) > 59):
            raise ValueError
    except ValueError:
        raise Wrong("date", "there is no such day or time in the calendar", remedy) from None
    if hour is None:
        return day.date().isoformat()
    offset = _offset(offset) if offset else day.replace(tzinfo=zone).isoformat()[19:]
    return f"{day.isoformat()[:16]}{f':{second}' if second else ''}{offset}"


def _offset(written: str) -> str:
    return written if written == "Z" or ":" in written else f"{written[:3]}:{written[3:]}"


_CONVERSIONS: dict[str, Callable[[Column, Calendar], Read]] = {
    "text": _texts,
    "date": _dates,
    "decimal": _decimals,
    "integer": _integers,
    "code": _codes,
    "identifier": _identifiers,
}
