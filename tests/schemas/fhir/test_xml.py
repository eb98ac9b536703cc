"""FHIR in XML says what the JSON says: both ways, digit for digit, and what is no FHIR is told."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree

from schemas.fhir import bundle
from schemas.fhir.reading_xml import NotFhir, in_json, of_xml
from schemas.fhir.shapes import NAMESPACE
from schemas.fhir.writing_xml import to_xml
from tests.schemas.fhir import reports, samples
from tests.schemas.fhir.strategies import events

XHTML = "http://www.w3.org/1999/xhtml"


def told(body: bytes) -> Any:
    """Numbers as the texts they are."""
    return json.loads(body, parse_float=str, parse_int=str)


def there_and_back(resource: Any) -> Any:
    body = resource if isinstance(resource, bytes) else orjson.dumps(resource)
    return told(of_xml(to_xml(body)))


def xml(inside: str, kind: str = "Patient", more: str = "") -> bytes:
    return f'<{kind} xmlns="{NAMESPACE}"{more}>{inside}</{kind}>'.encode()


def fault(body: bytes) -> NotFhir:
    with pytest.raises(NotFhir) as raised:
        of_xml(body)
    return raised.value


def legible(value: Any) -> Any:
    """As XML can say it: no control characters."""
    if isinstance(value, dict):
        return {name: legible(one) for name, one in value.items()}
    if isinstance(value, list):
        return [legible(one) for one in value]
    return "".join("\ufffd" if one < " " and one not in "\t\n\r" else one for one in value) if isinstance(
        value, str
    ) else value  # fmt: skip


@pytest.mark.parametrize("make", [*samples.ALL, reports.lab_report, reports.imaging_report, reports.culture_report])
def test_what_we_write_survives_the_way_through_xml(make: Any) -> None:
    made = orjson.dumps(bundle.collection([make()]))
    assert there_and_back(made) == told(made)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(events())
def test_so_does_whatever_our_writers_make_of_any_event(event: Any) -> None:
    made = orjson.dumps(bundle.collection([event]))
    assert there_and_back(made) == legible(told(made))


RICH = {
    "resourceType": "Patient",
    "id": "p1",
    "text": {"status": "generated", "div": f'<div xmlns="{XHTML}"><p>a &amp; b<br/></p></div>'},
    "contained": [
        {"resourceType": "Organization", "id": "o", "name": 'Clinique "L\'Étoile" <Rabat> & fils\nB. P. 7'},
        {"resourceType": "Binary", "contentType": "text/plain", "data": "YQ=="},
    ],
    "extension": [{"url": "urn:a", "extension": [{"url": "b", "valueBoolean": False}]}],
    "active": True,
    "name": [
        {
            "id": "n1",
            "given": ["ريم", None, "Rim"],
            "_given": [None, {"extension": [{"url": "urn:unknown", "valueCode": "masked"}]}, {"id": "g3"}],
        }
    ],
    "birthDate": "1984",
    "_birthDate": {"id": "b", "extension": [{"url": "urn:time", "valueDateTime": "1984-02-29T10:00:00Z"}]},
    "_gender": {"extension": [{"url": "urn:why", "valueString": "asked-unknown"}]},
    "multipleBirthInteger": 2,
}


def test_extensions_of_primitives_ids_narrative_and_contained_resources_are_kept() -> None:
    assert there_and_back(RICH) == told(orjson.dumps(RICH))
    assert orjson.loads(of_xml(to_xml(orjson.dumps(RICH)))) == RICH


def test_elements_stand_in_the_order_of_the_standard() -> None:
    shuffled = dict(reversed([*RICH.items()]))
    root = etree.fromstring(to_xml(orjson.dumps(shuffled)))
    names = [etree.QName(one).localname for one in root]
    assert names == ["id", "text", "contained", "contained", "extension", "active", "name", "gender", "birthDate",
                     "multipleBirthInteger"]  # fmt: skip
    assert (root.find("{*}text/{*}div").tag, root.find("{*}name").get("id")) == (f"{{{XHTML}}}div", "n1")
    assert [(one.get("value"), one.get("id")) for one in root.find("{*}name")] == [
        ("ريم", None), (None, None), ("Rim", "g3"),
    ]  # fmt: skip


@pytest.mark.parametrize("digits", ["1.50", "0.00000010", "-3", "1e3", "12345678901234567890.0"])
def test_numbers_keep_their_digits_and_stay_numbers(digits: str) -> None:
    body = f'{{"resourceType":"Observation","valueQuantity":{{"value":{digits}}}}}'.encode()
    assert f'<value value="{digits}"/>'.encode() in to_xml(body)
    assert of_xml(to_xml(body)) == body


def test_values_have_the_types_of_the_standard() -> None:
    read = orjson.loads(of_xml(xml('<active value="false"/><multipleBirthInteger value="0"/><id value="7"/>')))
    assert read == {"resourceType": "Patient", "active": False, "multipleBirthInteger": 0, "id": "7"}


def test_prefixes_comments_and_places_of_schemas_say_nothing() -> None:
    body = f"""<?xml version="1.0" encoding="UTF-8"?><!-- a --><?b c?>
      <f:Patient xmlns:f="{NAMESPACE}" xmlns:h="{XHTML}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
        xsi:schemaLocation="{NAMESPACE} patient.xsd">
        <f:text><f:status value="generated"/><h:div><h:p>x<h:b>y</h:b></h:p></h:div></f:text>
        <f:gender value="male"/><f:contained><f:Group/></f:contained><!-- b --></f:Patient>"""
    assert orjson.loads(of_xml(body.encode())) == {
        "resourceType": "Patient",
        "text": {"status": "generated", "div": f'<div xmlns="{XHTML}"><p>x<b>y</b></p></div>'},
        "gender": "male",
        "contained": [{"resourceType": "Group"}],
    }


def test_characters_that_xml_cannot_hold_do_not_keep_an_answer_back() -> None:
    made = to_xml(b'{"resourceType":"Group","name":"a\\u0000\\u001cb\\ud800c\\t"}')
    assert orjson.loads(of_xml(made))["name"] == "a\ufffd\ufffdb\ufffdc\t"


def test_a_narrative_without_its_namespace_is_given_it() -> None:
    made = to_xml(b'{"resourceType":"Group","text":{"status":"empty","div":"<div>a<div/></div>"}}')
    assert f'<div xmlns="{XHTML}">a<div/></div>'.encode() in made


@pytest.mark.parametrize(
    ("inside", "at", "why"),
    [
        ("<nom/>", "Patient.nom", "no such element"),
        ('<name><familly value="SECRET"/></name>', "Patient.name[0].familly", "no such element"),
        ('<name/><name><given/></name>', "Patient.name[0]", "empty"),
        ('<gender value="male"/><gender value="SECRET"/>', "Patient.gender", "more than once"),
        ("<birthDate>SECRET</birthDate>", "Patient.birthDate", "no text"),
        ('<gender value="male" secret="SECRET"/>', "Patient.gender", "no such attribute"),
        ('<gender value="male"><b/></gender>', "Patient.gender", "nothing but extensions"),
        ('<active value="SECRET"/>', "Patient.active", "true or false"),
        ('<multipleBirthInteger value="SECRET"/>', "Patient.multipleBirthInteger", "whole number"),
        ("<contained><Group/><Group/></contained>", "Patient.contained[0]", "one resource"),
        ("<contained><Thing/></contained>", "Patient.contained[0]", "no resource"),
        ('<text><status value="empty"/><div/></text>', "Patient.text.div", "no such element"),
        ('<p xmlns="urn:other"/>', "Patient.p", "no such element"),
    ],
)  # fmt: skip
def test_what_fhir_does_not_have_is_told_with_its_place_and_without_its_value(inside: str, at: str, why: str) -> None:
    wrong = fault(xml(f"\n\n{inside}"))
    assert (wrong.at, why in wrong.text, wrong.text[:7]) == (at, True, "line 3:")
    assert "SECRET" not in f"{wrong} {wrong.remedy}"


@pytest.mark.parametrize(
    "body",
    [b"", b"<", b"<Patient/>", b"<Patient xmlns='urn:hl7-org:v3'/>", b'<HumanName xmlns="http://hl7.org/fhir"/>',
     b'<Resource xmlns="http://hl7.org/fhir"/>', xml("") + b"x", xml('<id value="&#1;"/>'),
     xml("").decode().encode("utf-16"),
     b'<?xml version="1.0" encoding="iso-8859-1"?>' + xml('<id value="\xe9"/>').decode().encode("latin-1")],
)  # fmt: skip
def test_what_is_no_xml_or_no_resource_is_told(body: bytes) -> None:
    assert fault(body).remedy


@pytest.mark.parametrize(
    "prolog",
    [
        '<!DOCTYPE Patient [<!ENTITY a SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE Patient SYSTEM "http://127.0.0.1:9/patient.dtd">',
        '<!DOCTYPE Patient [<!ENTITY a "ha"><!ENTITY b "&a;&a;"><!ENTITY c "&b;&b;">]>',
        "",
    ],
)
@pytest.mark.parametrize("inside", ['<id value="&a;"/>', "<text><status value='empty'/><div>&a;</div></text>", "&a;"])
def test_entities_are_not_read(prolog: str, inside: str) -> None:
    wrong = fault(prolog.encode() + xml(inside))
    assert "document type" in wrong.text if prolog else "well-formed" in wrong.text


@pytest.mark.parametrize("depth", [70, 5_000, 200_000])
def test_deep_nesting_is_refused(depth: int) -> None:
    assert fault(xml("<extension url='a'>" * depth + "</extension>" * depth))
    assert fault(b"<a>" * depth)


def test_a_narrative_may_not_declare_entities_either() -> None:
    div = '<!DOCTYPE div [<!ENTITY a SYSTEM "file:///etc/passwd">]><div>&a;</div>'
    with pytest.raises(NotFhir, match=r"Group\.text\.div"):
        to_xml(orjson.dumps({"resourceType": "Group", "text": {"status": "empty", "div": div}}))


@pytest.mark.parametrize(
    "resource",
    [[], {}, {"resourceType": "Thing"}, {"resourceType": "Group", "secret": 1},
     {"resourceType": "Group", "name": ["a"]},
     {"resourceType": "Group", "member": {}}, {"resourceType": "Group", "name": {}},
     {"resourceType": "Group", "code": "x"},
     {"resourceType": "Group", "_code": {"id": "x"}}, {"resourceType": "Group", "_name": "x"}],
)  # fmt: skip
def test_what_cannot_be_said_in_xml_is_told_rather_than_left_out(resource: Any) -> None:
    with pytest.raises(NotFhir):
        to_xml(orjson.dumps(resource))


def test_json_is_left_as_it_is() -> None:
    body = b' {"resourceType": "Group"}'
    assert in_json(body) is body


PIECES = st.sampled_from(
    ["<name>", "</name>", '<given value="a"/>', "<text>", "</text>", "<div>", "</div>", "&amp;", "&b;", "<!--", "-->",
     "<contained>", "</contained>", "<Group>", "</Group>", "<![CDATA[", "]]>", "x", "\x00", '<extension url="a">',
     "</extension>", '<valueDecimal value="1.0"/>', ' value="', f'<div xmlns="{XHTML}">', "<?a ?>"]
)  # fmt: skip


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=100) | st.lists(PIECES, max_size=9).map("".join).map(xml))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    with suppress(NotFhir):
        read = of_xml(body)
        assert told(of_xml(to_xml(read))) == told(read)
