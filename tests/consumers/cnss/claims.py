"""A well-formed claim of invented care."""

from __future__ import annotations

from typing import Any

from channels.consumers.cnss.sheet import number
from schemas.fhir.care_sheet import Item, Resource, claim
from tests.consumers.cnss.said import GTIN, INPE_ES, person

ITEM = Item(
    line="f-1",
    code="6118000041283",
    system=GTIN,
    designation="DOLIPRANE 1G",
    quantity="2",
    amount="27.30",
    executor="104200317",
    executor_system=INPE_ES,
    date="2025-06-14",
)
ACT = ITEM._replace(line="f-2", code="GLY", system="urn:id:L", quantity="1", amount=None)


def a_claim(n: int = 1, *items: Item, serial: int = 1, **more: Any) -> Resource:
    said = {
        "insured": "271828182",
        "person": person("amina"),
        "birth_date": "1988-11-02",
        "created": "2025-06-14T12:00:00Z",
    } | more
    return claim(f"{number('2025-06-14', serial)}-{n}", items=items or (ITEM,), **said)
