"""A mapping is data; a wrong one says which key and what was expected."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml

from mediators.csv.mapping import mapping_of
from mediators.mapping import BadMapping

FILE = Path(__file__).parents[3] / "config" / "mappings" / "pharmacy-sobrus.yaml"
SOBRUS: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))


def problems(change: dict[str, Any], column: str | None = None) -> dict[str, str]:
    parsed = copy.deepcopy(SOBRUS)
    (parsed["columns"][column] if column else parsed).update(change)
    with pytest.raises(BadMapping) as bad:
        mapping_of(parsed)
    return dict(bad.value.problems)


def test_the_shipped_mapping_names_the_columns_of_the_export() -> None:
    mapping = mapping_of(SOBRUS)
    assert " ".join(mapping.columns) == (
        "date_dispensation inpe_pharmacie inpe_prescripteur immatriculation_cnss nom_beneficiaire prenom_beneficiaire"
        " date_naissance sexe code_ean13 designation quantite ppv_dh reference_ordonnance numero_ticket"
    )
    systems = {name: column.system_uri for name, column in mapping.columns.items() if column.system}
    assert systems == {
        "inpe_pharmacie": "https://hie.sante.gov.ma/id/inpe-es",
        "inpe_prescripteur": "https://hie.sante.gov.ma/id/inpe-ps",
        "immatriculation_cnss": "https://hie.sante.gov.ma/id/cnss",
        "code_ean13": "https://www.gs1.org/gtin",
        "reference_ordonnance": "urn:id:ordonnance",
    }


@pytest.mark.parametrize(
    ("change", "column", "key", "says"),
    [
        ({"type": "number"}, "quantite", "columns.quantite.type", "'decimal'"),
        ({"feld": "quantity"}, "quantite", "columns.quantite.feld", "no such key"),
        ({"field": "quantiti"}, "quantite", "columns.quantite.field", "unit_price"),
        ({"field": "ticket"}, "quantite", "columns.quantite", "ticket takes the type text"),
        ({"formats": ["dd/mm/yyyy"]}, "quantite", "columns.quantite", "formats: not for the type decimal"),
        ({"formats": ["jj/mm/aaaa"]}, "date_naissance", "columns.date_naissance.formats", "dd, mm and yyyy"),
        ({"pattern": "[0-9"}, "code_ean13", "columns.code_ean13.pattern", "regular expression"),
        ({"system": None}, "immatriculation_cnss", "columns.immatriculation_cnss", "system"),
        ({"values": {"homme": ["H"]}}, "sexe", "columns.sexe", "female"),
        ({"required": False}, "quantite", "columns", "feeds quantity"),
        ({"field": "patient.family", "type": "text"}, "designation", "columns", "one column at most"),
        ({"aliases": ["ppv"]}, "numero_ticket", "columns", "ppv"),
        ({"event": "LabReportIssued"}, None, "event", "MedicationDispensed"),
        ({"constants": {"curency": "MAD"}}, None, "constants", "currency"),
        ({"columns": {}}, None, "columns", "at least 1"),
    ],
)
def test_a_wrong_mapping_says_where_and_what_was_expected(
    change: dict[str, Any], column: str | None, key: str, says: str
) -> None:
    found = problems(change, column)
    assert says in " ".join(text for where, text in found.items() if where == key)


@pytest.mark.parametrize("parsed", [{}, {"columns": 3}, {"event": None}, {1: 2}, {"columns": {"a": object()}}])
def test_anything_else_is_a_bad_mapping(parsed: Any) -> None:
    with pytest.raises(BadMapping):
        mapping_of(parsed)
