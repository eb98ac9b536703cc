"""What a resource can be searched by: the built-in record's index terms, how searched texts are folded, and the keyed
digests that stand for both in the database.

A beginning of a name is found because every beginning of it has a digest. Digests tell who has the same beginning, and
how many: who has the database and knows which names are frequent may guess frequent ones.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache

from channels.consumers.standing import Resource

# type, parameter, value, system ("" for none), id
Term = tuple[str, str, str, str, str]

# letters of a name by which it is found; of what is longer no more is compared
LONGEST = 64
NAMES = frozenset({"family", "given", "name"})
_DAYS = (4, 7, 10)  # YYYY, YYYY-MM, YYYY-MM-DD


def folded(text: str) -> str:
    """FHIR's string search: without case, accents and doubled spaces."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return " ".join("".join(one for one in plain if not unicodedata.combining(one)).split())


def terms_of(resource: Resource) -> set[Term]:
    """Every value the resource is found by, beginnings too."""
    kind, name = resource["resourceType"], resource["id"]
    return {
        (kind, parameter, beginning, system, name)
        for parameter, value, system in _terms(resource)
        for beginning in beginnings(parameter, value)
    }


def demographic(term: Term) -> bool:
    """Whether it tells of a patient what the client registry searches by too."""
    return term[0] == "Patient" and term[1] != "identifier"


def beginnings(parameter: str, value: str) -> Iterable[str]:
    """The texts by which a value of this parameter is found; none for ""."""
    if parameter in NAMES:
        return [value[:end] for end in range(1, min(len(value), LONGEST) + 1)]
    if parameter == "birthdate":
        return [value[:end] for end in _DAYS if end <= len(value)]
    return [value] if value else []


class Digests:
    """Keyed digests of terms, 63 bits: what is equal is found, and nothing can be read."""

    def __init__(self, secret: bytes) -> None:
        self._key = hashlib.blake2b(secret, digest_size=32, person=b"wasl terms").digest()
        self.of = lru_cache(maxsize=20_000)(self._of)

    def _of(self, kind: str, parameter: str, value: str) -> int:
        said = f"{kind}|{parameter}|{value}".encode("utf-8", "surrogatepass")
        return int.from_bytes(hashlib.blake2b(said, digest_size=8, key=self._key).digest(), signed=True)


def _terms(resource: Resource) -> Iterator[tuple[str, str, str]]:
    identifiers = resource.get("identifier") or []
    for one in [identifiers] if isinstance(identifiers, dict) else identifiers:
        yield "identifier", one.get("value") or "", one.get("system") or ""
    if resource["resourceType"] == "Patient":
        yield "birthdate", resource.get("birthDate") or "", ""
        yield "gender", resource.get("gender") or "", ""
        for human in resource.get("name") or ():
            yield "family", folded(human.get("family") or ""), ""
            yield "name", folded(human.get("text") or ""), ""
            for given in human.get("given") or ():
                yield "given", folded(given or ""), ""
