"""The page of settings names every key of the program, with the value that it has when nothing is said."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from channels.settings import Settings

PAGE = Path(__file__).parents[2] / "docs" / "settings.md"
ROW = re.compile(r"^\| `([^`]+)` \| `([^`]+)` \|", re.MULTILINE)
# Tables of YAML that a reader writes whole
WHOLE = ("trust.sources", "trust.order")


def test_every_key_is_on_the_page_with_its_default() -> None:
    assert dict(on_the_page()) == dict(leaves(Settings().model_dump(mode="json")))


def on_the_page() -> Iterator[tuple[str, Any]]:
    for key, value in ROW.findall(PAGE.read_text("utf-8")):
        before, braced, after = key.partition("{")
        names, _, after = after.partition("}")
        for name in names.split(",") if braced else [""]:
            yield f"{before}{name}{after}", None if value == "-" else yaml.safe_load(value)


def leaves(said: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in said.items():
        key = f"{above}{name}"
        if isinstance(value, dict) and key not in WHOLE:
            yield from leaves(value, f"{key}.")
        else:
            yield key, value
