"""The table of identifier domains: `domains.yaml` beside the settings, every mistake with file, line and key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import Field, TypeAdapter, ValidationError, field_validator, model_validator

from channels.settings import Misconfigured, Strict, explained, read_yaml
from mediators.systems import IDENTIFIERS
from schemas.domains import Check, Domain, Domains

FILE = "domains.yaml"
# What the registry may never link by alone (registries/client/rules.py): a child is filed under the parent's CIN, and a
# family shares the insured's number.
_FAMILY = {
    f"{IDENTIFIERS}{name}": words
    for name, words in (
        ("cnie", "CIN"),
        ("cin", "CIN"),
        ("cnss", "CNSS number"),
        ("cnops", "CNOPS number"),
    )
}


class Said(Strict):
    """One domain as the file says it; its key is only what people call it."""

    names: list[str] = Field(min_length=1)
    uri: str = Field(pattern=r"^(https?://|urn:)\S+$")
    oid: str = Field("", pattern=r"^([0-2](\.(0|[1-9][0-9]*)){2,})?$")
    description: str = ""
    personal: bool = False
    own: bool = False
    senders: list[str] = []
    channels: list[str] = []
    check: Check = "none"

    @field_validator("names", "senders", "channels", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @model_validator(mode="after")
    def _one_persons(self) -> Said:
        if self.personal and (words := _FAMILY.get(self.uri)):
            raise ValueError(
                f"personal: never of a {words}: a child is filed under its parent's, and would become the parent; "
                "take personal away, the registry links by it with birth date and name"
            )
        return self

    @property
    def domain(self) -> Domain:
        return Domain(
            self.uri, tuple(self.names), self.oid, self.personal, self.own,
            tuple(self.senders), tuple(self.channels), self.check,
        )  # fmt: skip


def read_domains(config: Path) -> Domains:
    """The table in this folder of settings, as tolerant channels see it; empty without the file. Raises
    Misconfigured."""
    path = config / FILE
    if not path.is_file():
        return Domains()
    parsed, lines = read_yaml(path)
    try:
        said = TypeAdapter(dict[str, Said]).validate_python(parsed)
    except ValidationError as error:
        raise Misconfigured(explained(error, path, lines)) from error
    if mistakes := [f"{path}, line {lines.get(keys, 1)}: {text}" for keys, text in _twice(said)]:
        raise Misconfigured("\n".join(mistakes))
    return Domains.of(one.domain for one in said.values())


def _twice(said: Mapping[str, Said]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Words that mean two domains, and a second domain of the registry's own."""
    owners: dict[str, str] = {}
    own = ""
    for key, one in said.items():
        for word in dict.fromkeys(word.casefold() for word in (*one.names, one.oid, one.uri) if word):
            if (first := owners.setdefault(word, key)) != key:
                yield (key,), f"{key}: {word} means {first} already; each domain has names, OID and URI of its own"
        if one.own:
            if own:
                yield (key, "own"), f"{key}.own: {own} is the registry's own domain already; there is only one"
            own = own or key
