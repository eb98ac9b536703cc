"""A path leads to one place; what differs there is told with it."""

from __future__ import annotations

from typing import Any

import pytest

from channels.paths import at, differences, wanted

EVENT: dict[str, Any] = {
    "results": [
        {"code": {"loinc": "2345-7"}, "values": [{"number": "0.95"}], "status": "F"},
        {"code": {"loinc": "718-7"}, "values": [{"number": "13"}], "status": "P"},
    ],
    "details": [{"place": "ZPI-3", "name": "carte-ramed", "text": "R-12"}],
    "extension": [{"url": "https://a.b/c", "valueString": "x"}],
}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("results.1.status", "P"),
        ("results[code.loinc=718-7].values.0.number", "13"),
        ("results[code.loinc=718-7][status=F]", None),
        ("results[code.loinc=1-8].status", None),
        ("results[code.loinc=718-7]", EVENT["results"][1]),
        ("results.count", 2),
        ("details[name=carte-ramed].text", "R-12"),
        ("extension[url=https://a.b/c].valueString", "x"),
        ("results.2.status", None),
        ("results.-1.status", None),
        ("results.status", None),
        ("status[a=b]", None),
        ("results[", None),
        ("", EVENT),
    ],
)
def test_a_path_leads_to_one_place(path: str, found: Any) -> None:
    assert at(EVENT, path) == found


@pytest.mark.parametrize(
    ("expected", "found", "told"),
    [
        ({"a": 1}, {"a": 1, "b": 2}, []),
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ["x.a.b: expected 1, got 2"]),
        ([1, {"a": 2}], [1, {"a": 3}], ["x.1.a: expected 2, got 3"]),
        ([1], [1, 2], ["x: expected 1, got 2: [1, 2]"]),
        ([], None, []),
        (True, "1", ["x: expected True, got '1'"]),
        ({"matches": "[A-Z]+"}, "AB", []),
        ({"matches": "[A-Z]+"}, "ab", ["x: expected a text that matches [A-Z]+, got 'ab'"]),
        ({"matches": "[A-Z]+"}, 7, ["x: expected a text that matches [A-Z]+, got 7"]),
    ],
)
def test_what_differs_is_told_place_by_place(expected: Any, found: Any, told: list[str]) -> None:
    assert list(differences(expected, found, "x")) == told


def test_where_nothing_stands_the_nearest_thing_is_told() -> None:
    assert list(wanted({"results[code.loinc=718-7].vaules.0.number": "13"}, EVENT, "events.0")) == [
        "events.0.results[code.loinc=718-7].vaules.0.number: expected '13', got None; "
        "events.0.results[code.loinc=718-7] has code, status, values"
    ]
    (told,) = wanted({"results.7.status": "F"}, EVENT, "events.0")
    assert told.endswith("; events.0.results has 2")
