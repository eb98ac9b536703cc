from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediators.codes import Codes
from mediators.hl7v2.values import bounds
from tests.mediators.hl7v2.messages import OBR, PID, left, report, result


def value(kind: str, sent: str, unit: str = "") -> Any:
    (found,) = result(f"OBX|1|{kind}|2345-7^Glucose^LN||{sent}|{unit}|||||F")["values"]
    return found


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("5.0", {"number": "5.0"}),
        ("007", {"number": "007"}),
        (".2", {"number": ".2"}),
        ("-1.5", {"number": "-1.5"}),
        ("7,4", {"number": "7,4"}),
        ("<15", {"comparator": "<", "number": "15"}),
        ("> 60", {"comparator": ">", "number": "60"}),
        ("=<3", {"comparator": "<=", "number": "3"}),
        ("≥ 90", {"comparator": ">=", "number": "90"}),
        ("85^^Hexokinase^false", {"number": "85"}),
        ("None", {"text": "None"}),
        ("1,234", {"text": "1,234"}),
        ("Hémolysé", {"text": "Hémolysé"}),
        ("5-10", {"text": "5-10"}),
    ],
)
def test_a_number_is_never_guessed_and_never_lost(sent: str, read: dict[str, str]) -> None:
    assert value("NM", sent) == {"type": "NM", "raw": sent, **read}


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        ("<^5", {"comparator": "<", "number": "5"}),
        ("^182", {"number": "182"}),
        ("^100^-^200", {"number": "100", "separator": "-", "high": "200"}),
        ("^1^:^128", {"number": "1", "separator": ":", "high": "128"}),
        ("^2^+", {"number": "2", "separator": "+"}),
        ("<>^3", {"comparator": "<>", "number": "3"}),
        ("<0.10", {"comparator": "<", "number": "0.10"}),
        ("négatif", {"text": "négatif"}),
        ("^beaucoup", {"text": "beaucoup"}),
    ],
)
def test_a_structured_number(sent: str, read: dict[str, str]) -> None:
    assert value("SN", sent) == {"type": "SN", "raw": sent, **read}


@pytest.mark.parametrize(
    ("kind", "sent", "read"),
    [
        ("NR", "3^5", {"number": "3", "separator": "-", "high": "5"}),
        ("NR", "^5", {"separator": "-", "high": "5"}),
        ("NR", "trois^cinq", {"text": "trois^cinq"}),
        ("ST", "Sang & urine^clairs", {"text": "Sang & urine^clairs"}),
        ("TX", r"ligne 1\.br\ligne 2", {"text": "ligne 1\nligne 2"}),
        ("FT", r"\H\gras\N\ ", {"text": "gras"}),
        ("DT", "20240312", {"time": "2024-03-12"}),
        ("TS", "202405121030", {"time": "2024-05-12T10:30+01:00"}),
        ("DTM", "20240312103000+0000", {"time": "2024-03-12T10:30:00+00:00"}),
        ("DT", "hier", {"text": "hier"}),
        ("TM", "1430", {"time": "14:30"}),
        ("TM", "midi", {"text": "midi"}),
        ("IS", "POS", {"code": {"text": "POS", "codings": [{"code": "POS"}]}}),
        ("DR", "20240312^20240315", {"time": "2024-03-12", "end": "2024-03-15"}),
        ("DR", "longtemps", {"text": "longtemps"}),
        ("MO", "125.50^MAD", {"number": "125.50", "currency": "MAD"}),
        ("NA", "1^-2.5^^x", {"samples": "1 -2.5 E E", "dimensions": 1}),
        ("ZZ", "inconnu", {"text": "inconnu"}),
        ("", "6.3", {"text": "6.3"}),
    ],
)
def test_every_value_type(kind: str, sent: str, read: dict[str, Any]) -> None:
    found = value(kind, sent)
    assert found.pop("type") == kind
    assert found.pop("raw")
    assert found == read


@pytest.mark.parametrize("kind", ["CE", "CWE", "CNE"])
def test_a_coded_value_keeps_both_codings(kind: str) -> None:
    found = value(kind, "260385009^Négatif^SCT^NEG^Négatif^L")
    assert [one["system"] for one in found["code"]["codings"]] == ["http://snomed.info/sct", "urn:id:L"]


def test_a_number_without_a_type_is_one_only_beside_a_unit() -> None:
    assert value("", "6.3", "mmol/L")["number"] == "6.3"
    assert "number" not in value("", "0044")


def test_a_number_with_its_unit_is_no_code_whatever_its_type_says() -> None:
    assert value("CE", "6.3", "mmol/L")["number"] == "6.3"
    assert value("CE", "2", "")["code"]["codings"] == [{"code": "2"}]
    assert value("CE", "2^Élevé^L", "mmol/L")["code"]["text"] == "Élevé"


@pytest.mark.parametrize(
    ("kind", "sent", "text", "key"),
    [
        ("XPN", "ALAMI^Driss", "ALAMI Driss", "human"),
        ("XCN", "12^ALAMI^Driss", "12 ALAMI Driss", "practitioner"),
        ("XAD", "5 Rue C^^Salé", "5 Rue C Salé", "address"),
        ("XTN", "0537001122", "0537001122", "telecom"),
        ("CX", "0044^^^HOP", "0044 HOP", "identifier"),
        ("EI", "A-7^PACS", "A-7 PACS", "identifier"),
        ("XON", "Labo Atlas^^^^^^^^^100061234", "Labo Atlas 100061234", "organization"),
        ("PL", "MED^12^A", "MED 12 A", "location"),
    ],
)
def test_a_person_a_place_or_a_number_is_read_whole(kind: str, sent: str, text: str, key: str) -> None:
    found = value(kind, sent)
    assert (found["raw"], found["text"]) == (sent, text)
    assert found["details"][0][key]


def test_an_amount_says_what_it_counts_and_is_the_price_of() -> None:
    found = value("CP", "125.50&MAD^UP")
    assert (found["number"], found["currency"]) == ("125.50", "MAD")
    assert "UP" in {one.get("text") for one in found["details"]}


def test_the_samples_of_several_channels_are_one_wave() -> None:
    (found,) = result("OBX|1|MA|131328^ECG^MDC||1^10~2^20~3^30||||||F")["values"]
    assert (found["samples"], found["dimensions"], found["raw"]) == ("1 10 2 20 3 30", 2, "1^10~2^20~3^30")


def test_the_newer_fields_of_a_result() -> None:
    obx = "OBX|1|NM|2345-7^Glucose^LN||||||||F" + "|" * 10 + "O-1^LABO||||||||||VERIFY^À vérifier|NASK^Non demandé^L"
    found = result(obx)
    assert found["identifier"]["value"] == "O-1"
    assert found["absent"]["text"] == "Non demandé"


def test_repetitions_are_values_each() -> None:
    found = result("OBX|1|NM|8867-4^Pouls^LN||60~~120|/min|||||F")
    assert [one["number"] for one in found["values"]] == ["60", "120"]


PDF = b"%PDF-1.4 compte rendu"


@pytest.mark.parametrize(
    ("head", "data", "content", "content_type"),
    [
        ("LABO^Application^PDF^Base64", b64encode(PDF).decode(), PDF, "application/pdf"),
        ("^AP^PDF^Base64", b64encode(PDF).decode().rstrip("="), PDF, "application/pdf"),
        ("^application/pdf^^base64", b64encode(PDF).decode(), PDF, "application/pdf"),
        ("^PDF^^Base64", b64encode(PDF).decode(), PDF, "application/pdf"),
        ("^^^Base64", b64encode(PDF).decode(), PDF, "application/pdf"),
        ("^IM^JPEG^Hex", "FFD8FF", b"\xff\xd8\xff", "image/jpeg"),
        ("^TEXT^HTML^A", "<p>Négatif", "<p>Négatif".encode(), "text/html"),
        ("^TX^^", "Rien à signaler", "Rien à signaler".encode(), "text/plain"),
        ("^multipart^x-hl7-cda-level-one^Base64", b64encode(b"<x/>").decode(), b"<x/>",
         "multipart/x-hl7-cda-level-one"),
    ],
)  # fmt: skip
def test_a_document_is_its_bytes(head: str, data: str, content: bytes, content_type: str) -> None:
    found = value("ED", f"{head}^{data}")
    assert found["attachment"] == {
        "data": content, "size": len(content), "hash": sha256(content).hexdigest(), "content_type": content_type,
        "title": "Glucose", **({"source": "LABO"} if head.startswith("LABO") else {}),
    }  # fmt: skip
    assert found["raw"] == head, "the data does not travel twice"


def test_a_document_that_cannot_be_unpacked_stays_as_sent() -> None:
    found = value("ED", "^AP^PDF^Base64^ceci n'est pas du base64")
    assert "attachment" not in found
    assert "pas du base64" in found["raw"]


@given(st.binary(min_size=1, max_size=300))
@settings(max_examples=50)
def test_any_document_comes_back_byte_for_byte(content: bytes) -> None:
    assert value("ED", f"^AP^OCTET-STREAM^Base64^{b64encode(content).decode()}")["attachment"]["data"] == content


def test_a_pointer() -> None:
    found = value("RP", "https://pacs.ma/wado?a=1&b=2^PACS^IM^DICOM")
    assert found["attachment"] == {
        "url": "https://pacs.ma/wado?a=1&b=2", "content_type": "application/dicom", "source": "PACS",
        "title": "Glucose",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "low", "high"),
    [
        ("3.1-6.2", "3.1", "6.2"),
        ("49 - 92", "49", "92"),
        ("3,5 à 5,1", "3,5", "5,1"),
        ("-2 - 2", "-2", "2"),
        ("70_105", "70", "105"),
        ("<5", None, "5"),
        ("<= 5.5", None, "5.5"),
        (">60", "60", None),
        ("<130 optimal", None, None),
        ("négatif", None, None),
        ("", None, None),
    ],
)
def test_the_bounds_of_a_reference_range(text: str, low: str | None, high: str | None) -> None:
    assert bounds(text) == (low, high)


def test_code_unit_range_flags_status_and_times() -> None:
    found = result(
        "OBX|3|NM|GLU^Glycémie^L^2345-7^Glucose^LN|1.2|7.40|mmol/L^millimole par litre^UCUM|3.9-6.1|H~A|||C|||"
        "202403120815+0000|||ENZ^Enzymatique^L|AN-7^Cobas|202403120930+0000|LA^Bras gauche^L"
    )
    assert [one["code"] for one in found["code"]["codings"]] == ["GLU", "2345-7"]
    assert found["code"]["loinc"] == "2345-7"
    assert (found["place"], found["set_id"], found["sub_id"], found["status"]) == ("OBX 1", "3", "1.2", "C")
    assert found["unit"]["codings"][0]["system"] == "http://unitsofmeasure.org"
    assert (found["range_text"], found["range_low"], found["range_high"]) == ("3.9-6.1", "3.9", "6.1")
    assert [one["text"] for one in found["flags"]] == ["H", "A"]
    assert (found["observed"], found["analysed"]) == ("2024-03-12T08:15+00:00", "2024-03-12T09:30+00:00")
    assert found["methods"][0]["text"] == "Enzymatique"
    assert found["equipment"] == [{"system": "urn:id:Cobas", "value": "AN-7", "authority": "Cobas"}]
    assert found["site"]["text"] == "Bras gauche"


@pytest.mark.parametrize("unit", ["10^9/L", "x10^3/uL", "10^12/L"])
def test_a_power_in_a_unit_is_no_component(unit: str) -> None:
    assert result(f"OBX|1|NM|6690-2^WBC^LN||5.1|{unit}|||||F")["unit"]["codings"] == [{"code": unit}]


@pytest.mark.parametrize("unit", ["x10*9/L", "mm(hg)", "mill/mm3", "*10＾3/ul", "g/l"])
def test_a_unit_stays_as_sent(unit: str) -> None:
    assert result(f"OBX|1|NM|6690-2^WBC^LN||5.1|{unit}|||||F")["unit"]["text"] == unit


def test_who_did_it_and_where() -> None:
    found = result(
        "OBX|1|NM|2345-7^Glucose^LN||5.0||||||F|||||9^TAZI^Mouna|||||||Labo Atlas^^^^^INPE^XX^^^100061234|"
        "3 Rue B^^Fès|8^RAMI^Aziz"
    )
    assert [(one["role"], one["names"][0]["family"]) for one in found["performers"]] == [("OBX-16", "TAZI")]
    assert found["laboratory"]["identifiers"][0]["value"] == "100061234"
    assert found["laboratory"]["addresses"][0]["city"] == "Fès"
    assert found["director"]["role"] == "MDIR"


def test_the_producer_of_older_versions_is_the_laboratory() -> None:
    found = result("OBX|1|NM|2345-7^Glucose^LN||5.0||||||F||||100061234^Labo Atlas")
    assert found["laboratory"] == {
        "name": "Labo Atlas",
        "identifiers": [{"system": "https://hie.sante.gov.ma/id/inpe-es", "value": "100061234"}],
    }


def test_notes_and_participants_follow_their_result() -> None:
    event = report(
        PID, OBR, "OBX|1|NM|2345-7^Glucose^LN||5.0||||||F", "NTE|1|L|À jeun", "PRT|1|AD||TN^Technicien|4^SABRI",
        "OBX|2|NM|1-1^Autre||1||||||F", "NTE|1|L|ligne~suite",
    )  # fmt: skip
    first, second = event["results"]
    assert first["notes"] == [{"text": "À jeun", "source": "L"}]
    assert first["performers"][0]["role"] == "TN"
    assert second["notes"] == [{"text": "ligne\nsuite", "source": "L"}]


@pytest.mark.parametrize(
    ("number", "name"),
    [(5, "values"), (6, "unit"), (7, "range_text"), (8, "flags"), (14, "observed"), (17, "methods"), (19, "analysed")],
)
def test_null_deletes_a_field_of_a_result(number: int, name: str) -> None:
    fields = ["1", "NM", "2345-7^Glucose^LN", *[""] * 16]
    fields[number - 1] = '""'
    found = result("OBX|" + "|".join(fields))
    assert found["cleared"] == [name]
    assert name not in found


def test_two_equal_results_are_two_and_keep_their_ids() -> None:
    obx = "OBX|1|NM|2345-7^Glucose^LN|{}|5.0||||||F"
    event = report(PID, OBR, obx.format(""), obx.format(""), obx.format("a"))
    ids = [one["id"] for one in event["results"]]
    assert len(set(ids)) == 3
    assert ids == [one["id"] for one in report(PID, OBR, obx.format(""), obx.format(""), obx.format("a"))["results"]]


def test_a_correction_is_the_same_result() -> None:
    first = result("OBX|1|NM|2345-7^Glucose^LN||5.0|mmol/L|||||F")
    second = result("OBX|1|NM|2345-7^Glucose^LN||5.6|mmol/L|||||C")
    assert first["id"] == second["id"]
    assert (second["status"], second["values"][0]["number"]) == ("C", "5.6")


def test_a_suffix_of_the_observation_is_a_coding_and_another_result() -> None:
    event = report(PID, OBR, "OBX|1|TX|24627-2&IMP^Scanner^LN||Normal", "OBX|2|TX|24627-2&GDT^Scanner^LN||Normal")
    first, second = event["results"]
    assert first["code"]["loinc"] == "24627-2"
    assert [one["code"] for one in first["code"]["codings"]] == ["24627-2", "IMP"]
    assert first["id"] != second["id"]


def test_local_codes_are_translated_beside_and_those_unknown_are_listed() -> None:
    rows = [{"system": "L", "code": "GLU", "standard_system": "LN", "standard_code": "2345-7", "display": "Glucose"}]
    codes, _ = Codes.of(rows, "codes.csv")
    found = result("OBX|1|NM|GLU^Glycémie^L||5.0||||||F", codes=codes)
    assert found["code"]["loinc"] == "2345-7"
    assert found["code"]["codings"][0] == {"system": "urn:id:L", "code": "GLU", "display": "Glycémie"}
    assert found["code"]["codings"][1]["mapped"] == "codes.csv line 2"


def test_fields_of_a_result_that_only_the_standard_names_are_its_details() -> None:
    found = result("OBX|1|NM|2345-7^Glucose^LN||5.0||||0.9|N|F|20240101|X")
    assert [one["place"] for one in found["details"]] == ["OBX-9", "OBX-10", "OBX-12", "OBX-13"]
    assert found["details"][2]["time"] == "2024-01-01"


def test_a_time_that_is_none_travels_on() -> None:
    event = report(PID, OBR, "OBX|1|NM|2345-7^Glucose^LN||5.0||||||F|||20241399")
    assert "observed" not in event["results"][0]
    assert left(event) == {"OBX-14": "20241399"}


@given(
    st.sampled_from(["NM", "SN", "NR", "ST", "CE", "DT", "TM", "TS", "ED", "RP", "XX", ""]),
    st.text(alphabet="0123456789<>=.,-+^&~\\ABcé /:\"'", max_size=40),
)
@settings(max_examples=150)
def test_no_value_is_too_odd_and_none_is_lost(kind: str, sent: str) -> None:
    found = result(f"OBX|1|{kind}|2345-7^Glucose^LN||{sent}|mg|||||F")
    for one in found.get("values", []):
        assert one["raw"] or one.get("attachment")
