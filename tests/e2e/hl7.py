"""HL7 v2 messages for the tests: of people who do not exist, with numbers nobody has."""

from __future__ import annotations

from typing import Any

AUTHORITY = "urn:id:CHU_ESSAI"
LABORATORY = "130310623"


def header(control_id: str, kind: str = "ORU^R01^ORU_R01", version: str = "2.5.1", **fields: str) -> str:
    """MSH; `fields` by number, as in _11="T"."""
    msh = {3: "LIS", 4: LABORATORY, 5: "WASL", 6: "HIE", 7: "20261112081500+0100"}
    msh |= {9: kind, 10: control_id, 11: "P", 12: version, 18: "UNICODE UTF-8"}
    msh |= {int(name[1:]): value for name, value in fields.items()}
    return r"MSH|^~\&" + "".join("|" + msh.get(number, "") for number in range(3, max(msh) + 1)).rstrip("|")


def person(number: str, name: str = "TAZI^Hind", born: str = "19800203", sex: str = "F") -> str:
    return f"PID|1||{number}^^^CHU_ESSAI^PI||{name}^^^^^L||{born}|{sex}"


def order(filler: str, *results: str, status: str = "F", at: str = "20261112081500", section: str = "LAB") -> list[str]:
    """ORC, OBR and OBX segments; a result is "code|value|unit" or a whole OBX."""
    number = f"{filler}^{LABORATORY}"
    segments = [
        f"ORC|RE||{number}",
        f"OBR|1||{number}|24331-1^Bilan^LN|||20261112070000|||||||||||||||{at}||{section}|{status}",
    ]
    for place, result in enumerate(results, 1):
        code, value, unit = result.split("|")
        segments.append(f"OBX|{place}|NM|{code}^{code}^LN||{value}|{unit}|||||{status}")
    return segments


def message(*segments: str | list[str]) -> str:
    flat = [one for part in segments for one in ([part] if isinstance(part, str) else part)]
    return "\r".join(flat) + "\r"


def glucose(control_id: str, number: str, filler: str, value: str = "0.95", **said: Any) -> str:
    """A report with one result about the patient with this number."""
    return message(header(control_id), person(number), order(filler, f"2345-7|{value}|g/L", **said))


def segments(answer: str, name: str) -> list[list[str]]:
    """The fields of every segment of this name."""
    return [one.split("|") for one in answer.split("\r") if one.startswith(name)]


def code(answer: str) -> str:
    """MSA-1."""
    return segments(answer, "MSA")[0][1]
