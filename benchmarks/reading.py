"""Reading an ORU^R01 with 18 OBX: our reader beside `hl7` and `hl7apy`. Run: python -m benchmarks.reading

Messages a second on one core, the median of several runs. "lazy" takes the message apart into segments; "touched"
asks every OBX for seven of its fields as well, as a mapping would.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any, Final

import hl7
from hl7apy.parser import parse_message

from mediators.hl7v2.reader import Hl7, peek

RUNS: Final = 7
SECONDS: Final = 0.3

ANALYTES: Final = (
    "2345-7^Glucose",
    "2160-0^Créatinine",
    "2951-2^Sodium",
    "2823-3^Potassium",
    "718-7^Hémoglobine",
    "4544-3^Hématocrite",
)
TOUCHED: Final = (2, 3, 5, 6, 7, 8, 11)


def message(results: int = 18) -> bytes:
    header = [
        r"MSH|^~\&|LABO|CHU RABAT|WASL|HIE|20240612103000+0100||ORU^R01^ORU_R01|C-17|P|2.5.1||||||UNICODE UTF-8",
        "PID|1||0044718^^^CHU RABAT^PI~AB123456^^^^CIN||BENNANI^SALMA^^^^^L||19870604|F|||^^RABAT^^10000^MAR",
        "PV1|1|O|CONS^^^CHU RABAT||||INPE1^ALAMI^OMAR",
        "ORC|RE|P-9001|F-9001||CM",
        "OBR|1|P-9001|F-9001|24323-8^Bilan^LN|||20240612081500+0100|||||||||||||||20240612102500+0100||CH|F",
    ]
    lines = [
        f"OBX|{number}|NM|{ANALYTES[number % len(ANALYTES)]}^LN^L{number}^Local^99LAB||{number}.50|mmol/L^mmol/L^UCUM"
        f"|3.90-6.10|N|||F|||20240612101500+0100||TECH1|||20240612101500+0100"
        for number in range(1, results + 1)
    ]
    return ("\r".join([*header, *lines]) + "\r").encode()


def rate(read: Callable[[], object]) -> float:
    """Calls a second."""
    return statistics.median(_run(read) for _ in range(RUNS))


def _run(read: Callable[[], object]) -> float:
    count, start = 0, time.perf_counter()
    while (elapsed := time.perf_counter() - start) < SECONDS:
        read()
        count += 1
    return count / elapsed


def ours_touched(body: bytes) -> None:
    for obx in Hl7.read(body).all("OBX"):
        for number in TOUCHED:
            obx.text(number)


def hl7_touched(text: str) -> None:
    for obx in hl7.parse(text).segments("OBX"):
        for number in TOUCHED:
            str(obx[number])


def hl7apy_touched(text: str) -> None:
    for obx in parse_message(text, find_groups=False).children.get("OBX"):
        for number in TOUCHED:
            _value(obx, number)


def _value(segment: Any, number: int) -> Any:
    return getattr(segment, f"obx_{number}").value


def main() -> None:
    body = message()
    text = body.decode()
    rates = {
        "wasl, peek": rate(lambda: peek(body)),
        "wasl, lazy": rate(lambda: Hl7.read(body)),
        "wasl, touched": rate(lambda: ours_touched(body)),
        "hl7": rate(lambda: hl7.parse(text)),
        "hl7, touched": rate(lambda: hl7_touched(text)),
        "hl7apy": rate(lambda: parse_message(text, find_groups=False)),
        "hl7apy, touched": rate(lambda: hl7apy_touched(text)),
    }
    print(f"ORU^R01, 18 OBX, {len(body)} bytes; median of {RUNS} runs")
    for name, value in rates.items():
        baseline = rates["wasl, touched" if name.endswith("touched") else "wasl, lazy"]
        ratio = "" if name.startswith("wasl") else f"   wasl is {baseline / value:,.0f} times as fast"
        print(f"{name:16} {value:10,.0f} messages/s{ratio}")


if __name__ == "__main__":
    main()
