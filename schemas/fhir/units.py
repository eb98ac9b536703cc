"""Units as laboratories write them, in UCUM where that is beyond doubt. What was sent is never replaced.

UCUM: https://ucum.org/ucum. The local habits are those of French and Moroccan laboratories, where `G/L` is
10*9 per litre although in UCUM `G` is the gauss.
"""

from __future__ import annotations

import re
from functools import lru_cache

from schemas.fhir.terms import words

# Whole units by habit, compared without spaces and with µ written as u.
_HABITS = {
    "G/L": "10*9/L", "G/l": "10*9/L", "Giga/L": "10*9/L", "Giga/l": "10*9/L", "giga/L": "10*9/L",
    "T/L": "10*12/L", "T/l": "10*12/L", "Tera/L": "10*12/L", "Téra/L": "10*12/L", "tera/L": "10*12/L",
    "M/mm3": "10*6/mm3", "M/uL": "10*6/uL", "mill/mm3": "10*6/mm3", "K/uL": "10*3/uL", "K/mm3": "10*3/mm3",
    "mmHg": "mm[Hg]", "mm(hg)": "mm[Hg]", "mm(Hg)": "mm[Hg]", "mmhg": "mm[Hg]", "cmH2O": "cm[H2O]",
    "°C": "Cel", "pH": "[pH]", "bpm": "/min", "bpm.": "/min", "/mn": "/min", "mL/mn": "mL/min", "ml/mn": "ml/min",
    "sec": "s", "sec.": "s", "secondes": "s", "heures": "h", "jours": "d",
    "pour cent": "%", "percent": "%", "pg/cell": "pg/{cell}", "mOsm/kg": "mosm/kg", "mOsm/L": "mosm/L",
    "mL/min/1.73m2": "mL/min/{1.73_m2}", "ml/min/1.73m2": "mL/min/{1.73_m2}",
    "mL/min/1,73m2": "mL/min/{1.73_m2}", "ml/min/1,73m2": "mL/min/{1.73_m2}",
}  # fmt: skip

# A part of a unit by habit: international units, milliequivalents, micrograms.
_PARTS = {
    "UI": "[IU]", "IU": "[IU]", "mUI": "m[IU]", "mIU": "m[IU]", "uUI": "u[IU]", "uIU": "u[IU]", "kUI": "k[IU]",
    "kIU": "k[IU]", "KUI": "k[IU]", "mEq": "meq", "uEq": "ueq", "Eq": "eq", "mcg": "ug", "gr": "g", "Kg": "kg",
    "24h": "(24.h)", "24H": "(24.h)", "mn": "min", "litre": "L", "UFC": "[CFU]", "CFU": "[CFU]",
    "1.73m2": "{1.73_m2}", "1,73m2": "{1.73_m2}",
}  # fmt: skip

_COUNT = re.compile(r"(?:[xX×*])?10(?:\^|\*\*|\*|[eE])?\(?([0-9]{1,2})\)?/(.+)", re.ASCII)
# Letters that are written in several ways: micro, powers, full-width
_WRITTEN = str.maketrans("µμ＾／％⁰¹²³⁴⁵⁶⁷⁸⁹", "uu^/%0123456789")

# Atoms a laboratory, a pharmacy or a ward uses and nobody mistakes for another word.
_METRIC = words("g l L m s mol U kat eq osm cal [IU] [iU] m[Hg] m[H2O] [arb'U]")
_PLAIN = words("% min h d wk mo 10* 10^ Cel [pH] [degF] [drp] [HPF] [LPF] [CFU] [ppm] [ppb] (24.h)")
_SMALL = frozenset("fpnumcdk")

# Atoms believed only where the sender says that the unit is UCUM: they are everyday letters otherwise.
_METRIC_DECLARED = words("A B Bq C F G Gy H Hz J K N Ohm Pa S Sv T V W Wb bar cd lm lx rad t u")
_PLAIN_DECLARED = words("a deg ' '' [in_i] [ft_i] [lb_av] [oz_av] [tb'U] [beth'U] [diop] [foz_us] [cup_us] [tsp_us]")
_LARGE = _SMALL | frozenset("yzahMGTPEZY") | {"da"}

_COMPONENT = re.compile(
    r"(\([0-9a-z.]+\)|10[*^]|[^\s0-9{}/.+-][^\s{}/.+-]*?|[0-9]+)?([+-]?[0-9]+)?(\{[!-z|~]*\})?", re.ASCII
)
_SPLIT = re.compile(r"[/.](?![^({\[]*[)}\]])")


@lru_cache(maxsize=1024)
def ucum(text: str, declared: bool = False) -> str | None:
    """The UCUM code of a unit as sent, None when that is not plain. `declared`: the sender says it is UCUM."""
    if declared and _valid(text, declared=True):
        return text
    written = "".join(text.split()).translate(_WRITTEN)
    if habit := _HABITS.get(written):
        return habit
    if count := _COUNT.fullmatch(written):
        volume = _parts(count[2])
        return f"10*{count[1]}/{volume}" if _valid(volume) else None
    code = _parts(written)
    return code if _valid(code) else None


def _parts(text: str) -> str:
    return "/".join(_PARTS.get(part, part) for part in text.split("/"))


def _valid(code: str, *, declared: bool = False) -> bool:
    """Whether every component is a known atom, prefixed and raised as UCUM allows."""
    components = _SPLIT.split(code)
    if components[0] == "" and len(components) > 1 and code[0] == "/":
        components = components[1:]
    return all(_is_component(one, declared) for one in components)


def _is_component(text: str, declared: bool) -> bool:
    found = _COMPONENT.fullmatch(text)
    if not text or not found:
        return False
    atom, exponent, annotation = found.groups()
    if atom is None:
        return annotation is not None and exponent is None
    if atom.isdigit() or (atom[0] == "(" and atom[-1] == ")"):
        return exponent is None
    return _is_atom(atom, declared)


def _is_atom(atom: str, declared: bool) -> bool:
    metric = _METRIC | _METRIC_DECLARED if declared else _METRIC
    if atom in metric or atom in _PLAIN or (declared and atom in _PLAIN_DECLARED):
        return True
    prefixes = _LARGE if declared else _SMALL
    return (atom[:1] in prefixes and atom[1:] in metric) or (atom[:2] in prefixes and atom[2:] in metric)
