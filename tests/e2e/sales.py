"""Exports of pharmacy software for the tests."""

from __future__ import annotations

COLUMNS = (
    "date_dispensation", "inpe_pharmacie", "inpe_prescripteur", "immatriculation_cnss", "nom_beneficiaire",
    "prenom_beneficiaire", "date_naissance", "sexe", "code_ean13", "designation", "quantite", "ppv_dh",
    "reference_ordonnance", "numero_ticket",
)  # fmt: skip
CNSS = "https://hie.sante.gov.ma/id/cnss"


def row(insured: str, ticket: str, **said: str) -> dict[str, str]:
    """One sale. Tickets of different people differ: a ticket and an article are the same sale, whoever is named."""
    ticket = f"{insured[-4:]}-{ticket}"
    usual = (
        "12/11/2026", "130366056", "131300007", insured, "CHRAIBI", "Othmane", "04/05/1968", "M",
        "6118000160168", "AMOXIL 500 MG", "2", "38,90", f"ORD-{ticket}", ticket,
    )  # fmt: skip
    return {**dict(zip(COLUMNS, usual, strict=True)), **said}


def export(*rows: dict[str, str]) -> bytes:
    lines = [";".join(COLUMNS), *(";".join(one[name] for name in COLUMNS) for one in rows)]
    return ("\n".join(lines) + "\n").encode()
