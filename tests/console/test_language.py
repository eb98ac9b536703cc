"""Every text of the pages can be said in every language; a new language is one file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po
from jinja2.ext import babel_extract

import channels.console
from channels.console.language import Languages, catalogues

HOME = Path(channels.console.__file__ or "").parent
TEMPLATES = {"trimmed": "false", "silent": "false", "trim_blocks": "true", "lstrip_blocks": "true"}
Message = str | tuple[str, ...]


def texts() -> Iterator[Message]:
    """Whatever the pages say, as the catalogues should hold it."""
    for path in sorted(HOME.glob("*.py")):
        with path.open("rb") as file:
            for _, message, _, _ in extract("python", file, {"N_": None}):
                yield message
    for path in sorted(HOME.glob("templates/*.html")):
        with path.open("rb") as file:
            for _, function, found, _ in babel_extract(file, ("_", "gettext", "ngettext"), (), TEMPLATES):
                said = [one for one in (found if isinstance(found, tuple) else (found,)) if one]
                yield tuple(said[:2]) if function == "ngettext" else said[0]


def catalogue(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.stem, abort_invalid=True)


@pytest.fixture(scope="module")
def said() -> set[Message]:
    return set(texts())
