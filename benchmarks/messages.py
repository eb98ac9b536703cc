"""The messages that are measured: a small report (at most 8 resources) and one with 18 results."""

from __future__ import annotations

HEAD = (
    "MSH|^~\\&|LIS|130310623|WASL|HIE|20261123081500+0100||ORU^R01^ORU_R01|B{0}|P|2.5.1|||||MAR|UNICODE UTF-8\r"
    "PID|1||{1:06}^^^130310623^PI||EL AMRANI^Aïcha^^^^^L||19850312|F|||^^RABAT^^10000^MA\r"
    "ORC|RE|P{0}|F{0}^130310623\r"
    "OBR|1|P{0}|F{0}^130310623|58410-2^Numération formule sanguine^LN|||20261123070000|||||||||"
    "131300007^BENNOUNA^Salma||||||20261123081500||LAB|F\r"
)
RESULT = "OBX|{0}|NM|{1}-{0}^Analyse {0}^LN||{2}.{0}|g/L^g/L^UCUM|0.70-1.10|N|||F|||20261123070000\r"


def small(number: int) -> bytes:
    """One result; one person in a thousand different ones."""
    return (HEAD.format(number, number % 1000) + RESULT.format(1, 2345, number % 100)).encode()


def large(number: int) -> bytes:
    """Eighteen results."""
    results = "".join(RESULT.format(place, 2000 + place, number % 100) for place in range(1, 19))
    return (HEAD.format(number, number % 1000) + results).encode()
