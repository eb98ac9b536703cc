"""A pharmacy's export becomes dispensations; a bad row is told by line and column and stops no other."""

from __future__ import annotations

import json
from contextlib import suppress
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from mediators.codes import Codes
from mediators.csv.mediator import Csv
from mediators.mediator import Context, Mediator, Translation
from schemas import codec
from schemas.message import Message, Refused

FILE = Path(__file__).parents[3] / "config" / "mappings" / "pharmacy-sobrus.yaml"
MAPPING: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
CONTEXT = Context(channel="pharmacy-csv", mapping=MAPPING)
RECEIVED = 1_763_985_600_000_000  # 2025-11-24T12:00Z
CSV: Mediator = Csv()

GOOD = {
    "date_dispensation": "20/11/2025",
    "inpe_pharmacie": "012345678",
    "inpe_prescripteur": "087654321",
    "immatriculation_cnss": "001122334",
    "nom_beneficiaire": "TOUZANI",
    "prenom_beneficiaire": "Aïcha",
    "date_naissance": "05/03/1988",
    "sexe": "F",
    "code_ean13": "6111000000014",
    "designation": "VERTALGINE 500 mg; 20 cp",
    "quantite": "2",
    "ppv_dh": "19,45",
    "reference_ordonnance": "ORD-9",
    "numero_ticket": "T-100",
}


def export(*rows: dict[str, str], delimiter: str = ";", columns: list[str] | None = None) -> bytes:
    columns = columns or list(GOOD)
    lines = [columns, *([(GOOD | row).get(name, "") for name in columns] for row in rows)]
    quoted = [[f'"{cell}"' if delimiter in cell else cell for cell in line] for line in lines]
    return "\r\n".join(delimiter.join(line) for line in quoted).encode()


def message(body: bytes, places: tuple[str, ...] = (), **said: Any) -> Message:
    return Message("t-1", "pharmacy-csv", "officine", body, "text/csv", RECEIVED, places=places, **said)


def mediated(body: bytes, places: tuple[str, ...] = (), context: Context = CONTEXT) -> Translation:
    return CSV.mediate(message(body, places), context)


def refused(body: bytes, context: Context = CONTEXT) -> list[tuple[str, str]]:
    with pytest.raises(Refused) as error:
        CSV.check(message(body), context)
    return [(issue.at, issue.reason) for issue in error.value.issues]


def test_a_row_is_a_dispensation() -> None:
    [event] = mediated(export({})).events
    assert event == {
        "type": "MedicationDispensed",
        "id": event["id"],
        "about": "dispensation|012345678|T-100|6111000000014|2025-11-20|1",
        "channel": "pharmacy-csv",
        "sender": "officine",
        "transaction": "t-1",
        "control_id": "",
        "place": "line 2",
        "received": RECEIVED,
        "version": RECEIVED,
        "occurred": "2025-11-20",
        "occurrence": 1,
        "patient": {
            "identifiers": [{"system": "https://hie.sante.gov.ma/id/cnss", "value": "001122334", "type": "SS"}],
            "names": [{"family": "TOUZANI", "given": ["Aïcha"]}],
            "birth_date": "1988-03-05",
            "sex": "female",
        },
        "facility": {
            "identifiers": [{"system": "https://hie.sante.gov.ma/id/inpe-es", "value": "012345678", "type": "FI"}]
        },
        "pharmacy": {
            "identifiers": [{"system": "https://hie.sante.gov.ma/id/inpe-es", "value": "012345678", "type": "FI"}]
        },
        "prescriber": {"identifiers": [{"system": "https://hie.sante.gov.ma/id/inpe-ps", "value": "087654321"}]},
        "medication": {
            "text": "VERTALGINE 500 mg; 20 cp",
            "codings": [{"system": "https://www.gs1.org/gtin", "code": "6111000000014"}],
        },
        "dispensed": "2025-11-20",
        "quantity": "2",
        "unit_price": "19.45",
        "amount": "38.90",
        "currency": "MAD",
        "status": "completed",
        "prescription": {"system": "urn:id:ordonnance", "value": "ORD-9"},
        "ticket": "T-100",
        "extra": {},
    }
    assert codec.decode(codec.encode("MedicationDispensed", event))["amount"] == "38.90"


def test_columns_in_any_order_and_form_and_unknown_ones_kept() -> None:
    columns = ["REMISE", *reversed(list(GOOD)), "caisse"]
    body = export({"REMISE": "5 %", "caisse": "n° 2"}, delimiter=",", columns=columns)
    body = body.replace(b"ppv_dh", b"Prix Public").replace(b"nom_beneficiaire", b"Nom B\xc3\xa9n\xc3\xa9ficiaire")
    [event] = mediated(body).events
    assert event["patient"]["names"] == [{"family": "TOUZANI", "given": ["Aïcha"]}]
    assert event["extra"] == {"REMISE": "5 %", "caisse": "n° 2"}  # type: ignore[typeddict-item]  # a dispensation


def test_all_problems_of_a_bad_row_are_told_and_the_good_rows_pass() -> None:
    bad = {"quantite": "0", "ppv_dh": "cher", "date_dispensation": "31/11/2025", "nom_beneficiaire": ""}
    body = export({}, bad, {"numero_ticket": "T-101"})
    issues = CSV.check(message(body), CONTEXT)
    assert [(issue.at, issue.line, issue.column, issue.reason) for issue in issues] == [
        ("line 3, date_dispensation", 3, "date_dispensation", "date"),
        ("line 3, nom_beneficiaire", 3, "nom_beneficiaire", "required"),
        ("line 3, quantite", 3, "quantite", "range"),
        ("line 3, ppv_dh", 3, "ppv_dh", "number"),
    ]
    assert all(issue.text and issue.remedy for issue in issues)
    translation = mediated(body)
    assert [event["place"] for event in translation.events] == ["line 2", "line 4"]
    assert [(part.place, len(part.issues)) for part in translation.refused] == [("line 3", 4)]
    reply = CSV.accept(message(body), issues)
    report = json.loads(reply.body)
    assert (reply.status, reply.accepted, report["accepted"]) == (200, True, 2)
    assert report["issues"][2] == {
        "line": 3,
        "column": "quantite",
        "reason": "range",
        "remedy": "write a number greater than 0",
        "text": "must be greater than 0",
        "severity": "error",
    }


def test_when_no_row_passes_the_file_is_refused_with_the_same_report() -> None:
    body = export({"quantite": ""}, {"code_ean13": "6,11E+12"})
    assert refused(body) == [("line 2, quantite", "required"), ("line 3, code_ean13", "scientific-notation")]
    with pytest.raises(Refused) as error:
        CSV.check(message(body), CONTEXT)
    reply = CSV.refuse(message(body), error.value.issues)
    assert (reply.status, reply.accepted, json.loads(reply.body)["accepted"]) == (422, False, 0)


def test_a_warning_does_not_cost_the_row() -> None:
    body = export({"code_ean13": "6111000000017"})
    [issue] = CSV.check(message(body), CONTEXT)
    assert (issue.severity, issue.reason) == ("warning", "check-digit")
    assert json.loads(CSV.accept(message(body), [issue]).body)["accepted"] == 1
    assert len(mediated(body).events) == 1


def test_a_missing_column_is_named_with_the_nearest_that_is_there() -> None:
    body = export({}).replace(b"quantite", b"quantitee").replace(b"ppv_dh", b"montant")
    with pytest.raises(Refused) as error:
        CSV.check(message(body), CONTEXT)
    first, second = error.value.issues
    assert (first.reason, first.column, second.column) == ("missing-column", "quantite", "ppv_dh")
    assert "did you mean quantitee?" in first.remedy
    assert "montant" in second.text


def test_a_file_without_a_header_is_refused_without_quoting_it() -> None:
    with pytest.raises(Refused) as error:
        CSV.check(message(b"TOUZANI;Aicha;1988"), CONTEXT)
    [issue] = error.value.issues
    assert issue.reason == "header"
    assert "TOUZANI" not in issue.text + issue.remedy


def test_two_columns_of_one_name_are_refused() -> None:
    assert refused(export({}, columns=[*GOOD, "QUANTITE"])) == [("line 1, quantite", "duplicate-column")]


def test_a_header_alone_is_refused() -> None:
    assert refused(export()) == [("line 2", "empty")]


def test_a_row_with_a_value_too_many_or_too_few_is_bad() -> None:
    body = export({}, {}) + b"\r\n1;2;3\r\n" + b";".join([b"x"] * 15) + b"\r\n" + export({}).split(b"\r\n")[1] + b";;"
    assert [(part.place, part.issues[0].reason) for part in mediated(body).refused] == [
        ("line 4", "columns"),
        ("line 5", "columns"),
    ]


def test_characters_that_are_not_text_cost_their_row() -> None:
    [part] = mediated(export({}, {"nom_beneficiaire": "TOU\x07ZANI"})).refused
    assert (part.place, part.issues[0].reason, part.issues[0].column) == ("line 3", "not-text", "nom_beneficiaire")


def test_a_huge_value_costs_its_row() -> None:
    [part] = mediated(export({}, {"designation": "x" * 70_000})).refused
    assert part.issues[0].reason == "too-long"


def test_nobody_needs_a_cnss_number() -> None:
    [event] = mediated(export({"immatriculation_cnss": ""})).events
    assert event["patient"]["identifiers"] == []


def test_two_equal_rows_are_two_sales() -> None:
    events = mediated(export({}, {}, {"numero_ticket": "T-101"})).events
    assert [event["about"].rpartition("|")[2] for event in events] == ["1", "2", "1"]
    assert len({event["id"] for event in events}) == 3


def test_the_same_sale_in_another_file_is_about_the_same_fact() -> None:
    [first] = mediated(export({})).events
    second = mediated(export({"numero_ticket": "T-99"}, {"quantite": "3"})).events[1]
    assert first["about"] == second["about"]
    assert first["id"] != second["id"]


def test_without_a_ticket_the_prescription_and_the_patient_tell_sales_apart() -> None:
    no_ticket = {"numero_ticket": ""}
    one, other, again = mediated(export(no_ticket, no_ticket | {"prenom_beneficiaire": "Omar"}, no_ticket)).events
    assert one["about"].rpartition("|")[0] != other["about"].rpartition("|")[0]
    assert one["about"].rpartition("|")[0] == again["about"].rpartition("|")[0]
    assert "001122334" not in one["about"]
    assert "TOUZANI" not in one["about"]


def test_a_rerun_of_one_line_makes_the_same_event_and_no_other() -> None:
    body = export({}, {"quantite": "0"}, {}, {"numero_ticket": "T-101"})
    whole = mediated(body).events
    assert mediated(body, ("line 4",)).events == [whole[1]]
    # the bad row is a sale too: when its quantity is mended elsewhere, the third row stays the third sale
    assert whole[1]["about"].endswith("|3")
    assert CSV.check(message(body, ("line 4",)), CONTEXT) == []
    again = mediated(body, ("line 3",))
    assert (again.events, [part.place for part in again.refused]) == ([], ["line 3"])


def test_local_article_codes_are_translated_beside_and_listed_when_unknown() -> None:
    mapping = yaml.safe_load(yaml.safe_dump(MAPPING))
    mapping["columns"]["code_ean13"].update({"system": "officine", "check": None, "pattern": "[A-Z]+"})
    codes, issues = Codes.of(
        [{"system": "officine", "code": "DOLI", "standard_system": "ATC", "standard_code": "N02BE01"}], "articles.csv"
    )
    body = export({"code_ean13": "DOLI"}, {"code_ean13": "ASPI"}, {"code_ean13": "ASPI"})
    translation = mediated(body, context=Context(mapping=mapping, codes=codes))
    medication = translation.events[0]["medication"]  # type: ignore[typeddict-item]  # a dispensation
    assert issues == []
    assert [coding.get("mapped") for coding in medication["codings"]] == [None, "articles.csv line 2"]
    assert translation.unknown_codes == ["urn:id:officine|ASPI"]


def test_another_export_needs_another_mapping_and_no_code() -> None:
    mapping = {
        "event": "MedicationDispensed",
        "columns": {
            "Sold on": {"field": "dispensed", "type": "date", "required": True, "formats": ["mm/dd/yyyy"]},
            "Store": {"field": "pharmacy.identifier", "type": "identifier", "system": "ICE", "required": True},
            "Item": {"field": "medication.text", "required": True},
            "Packs": {"field": "quantity", "type": "integer", "required": True, "minimum": 1},
            "Paid": {"field": "amount", "type": "decimal"},
            "Client": {"field": "patient.family", "required": True},
            "Remark": {"field": "note"},
        },
        "constants": {"currency": "MAD", "quantity_unit": "boîte"},
    }
    body = b"Client,Store,Item,Packs,Paid,Remark,Sold on\nBERRADA,001561191000066,Sirop,2,40.5,au comptoir,11/20/2025\n"
    [event] = mediated(body, context=Context(mapping=mapping)).events
    assert event["about"].startswith("dispensation|001561191000066|")
    found = {name: event.get(name) for name in ("dispensed", "amount", "quantity_unit", "notes", "medication")}
    assert found == {
        "dispensed": "2025-11-20",
        "amount": "40.5",
        "quantity_unit": {"text": "boîte"},
        "notes": [{"text": "au comptoir"}],
        "medication": {"text": "Sirop"},
    }


def test_a_channel_without_a_usable_mapping_refuses_by_its_key() -> None:
    assert {reason for _, reason in refused(export({}), Context())} == {"mapping"}
    assert refused(export({}), Context(mapping=MAPPING, zone="Nowhere/Land"))[0][1] == "zone"


def test_the_small_methods() -> None:
    assert CSV.split(b"x") == [b"x"]
    assert CSV.describe(b"x", "text/csv").type == "text/csv"
    reply = CSV.accept(message(b""), [])
    assert CSV.join([reply]) is reply
    assert json.loads(reply.body) == {"accepted": 0, "issues": []}


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.booleans())
def test_any_bytes_give_events_or_a_refusal(tail: bytes, headed: bool) -> None:
    body = export({}).partition(b"\r\n")[0] + b"\n" + tail if headed else tail
    for call in (CSV.check, CSV.mediate):
        with suppress(Refused):
            call(message(body), CONTEXT)


names = st.text(st.sampled_from("abcdefàéïç '-;\"ABC"), min_size=1, max_size=15).filter(
    lambda name: name.strip(" \"';-")
)
sales = st.fixed_dictionaries(
    {
        "nom_beneficiaire": names,
        "quantite": st.integers(1, 999).map(str),
        "ppv_dh": st.decimals(0, 99999, places=2).map(str),
        "date_dispensation": st.dates(min_value=date(2000, 1, 1), max_value=date(2025, 11, 23)),
        "numero_ticket": st.integers(0, 3).map(lambda number: f"T{number}"),
    }
)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(sales, min_size=1, max_size=8), st.sampled_from(";,\t"), st.sampled_from(["utf-8", "utf-8-sig", "cp1252"])
)
def test_sales_written_are_the_sales_read(written: list[dict[str, Any]], delimiter: str, charset: str) -> None:
    lines = [delimiter.join(GOOD)]
    for sale in written:
        row = GOOD | sale | {"date_dispensation": f"{sale['date_dispensation']:%d/%m/%Y}"}
        row["ppv_dh"] = row["ppv_dh"].replace(".", ",")
        lines.append(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row.values()))
    translation = mediated("\r\n".join(lines).encode(charset))
    assert translation.refused == []
    for sale, event in zip(written, translation.events, strict=True):
        said: Any = event
        assert said["patient"]["names"][0]["family"] == sale["nom_beneficiaire"].strip()
        assert said["dispensed"] == sale["date_dispensation"].isoformat()
        assert (said["quantity"], said["unit_price"]) == (sale["quantite"], sale["ppv_dh"])
        exact = Decimal(sale["quantite"]) * Decimal(sale["ppv_dh"])
        assert said["amount"] == str(exact.quantize(Decimal("0.01"), ROUND_HALF_UP))
    assert len({event["about"] for event in translation.events}) == len(written)
