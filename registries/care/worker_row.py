"""A row of a list of health workers, as what it changes of one."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from registries.care import worker
from registries.care.columns import listed, periods_in
from registries.care.names import inpe
from registries.care.seeds import split_names
from registries.care.spells import read_periods
from registries.care.systems import INPE_PS
from registries.rows import Row

Resource = dict[str, Any]


def worker_in(row: Row, number: str, known: worker.HealthWorker) -> worker.HealthWorker:
    local, named = split_names(row["aliases"].split(","))
    told = row.values
    return replace(
        known,
        family=row["family"],
        given=row["given"],
        professions=listed(row["profession"]),
        specialties=listed(row["specialties"]) if "specialties" in told else known.specialties,
        numbers=((INPE_PS, number), *local, *(("", name) for name in named)),
        periods=periods_in(row, "periods"),
        suspended=periods_in(row, "suspended") if "suspended" in told else known.suspended,
        qualifications=_qualifications(row) if "qualifications" in told else known.qualifications,
    )


def posts_in(row: Row) -> list[worker.Post]:
    posts = []
    for text in filter(str.strip, row["roles"].split(",")):
        at, _, rest = text.strip().partition(" ")
        role, _, when = rest.partition(" ")
        try:
            posts.append(worker.Post(inpe(at), role, read_periods(when)))
        except ValueError:
            row.wrong("roles", "not-a-role", "a role without its facility or period", "write: INPE role 2015-01-01/")
    return posts


def _qualifications(row: Row) -> tuple[worker.Qualification, ...]:
    """Name and period, joined by commas; an issuer stands in brackets: Doctorat en médecine (FMP Rabat) 1998-07-01/."""
    found = []
    for text in filter(str.strip, row["qualifications"].split(",")):
        name, _, when = text.strip().rpartition(" ") if "/" in text.rpartition(" ")[2] else (text.strip(), "", "/")
        match = re.fullmatch(r"(.*?)\s*(?:\(([^()]*)\))?", name)
        try:
            (period,) = read_periods(when)
        except ValueError:
            remedy = "write: Doctorat en médecine (FMP Rabat) 1998-07-01/"
            row.wrong("qualifications", "not-a-qualification", "a qualification with a wrong period", remedy)
            continue
        if match and match[1]:
            found.append(worker.Qualification(match[1], match[2] or "", period))
    return tuple(found)


def specialties_of(roles: Iterable[Resource]) -> tuple[str, ...]:
    said = (one for role in roles for one in role.get("specialty", ()))
    return tuple(
        dict.fromkeys(str(each.get("code")) for one in said for each in one.get("coding", ()) if each.get("code"))
    )
