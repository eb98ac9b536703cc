"""Readable by everybody: enough contrast in light and dark, and nothing that only reads from left to right."""

from __future__ import annotations

import re
from itertools import product
from pathlib import Path

import pytest

import channels.console

STYLES = sorted((Path(channels.console.__file__ or "").parent / "static").glob("*.css"))
OURS = [path for path in STYLES if not path.name.startswith("uplot")]
TONES = ("ok", "busy", "warn", "bad", "idle")


def themes() -> list[dict[str, str]]:
    text = next(path for path in OURS if path.name == "wasl.css").read_text(encoding="utf-8")
    roots = re.findall(r":root \{([^}]*)\}", text)
    return [dict(re.findall(r"--([\w-]+): (#\w{6})", root)) for root in roots]


def luminance(colour: str) -> float:
    """WCAG 2's relative luminance."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", themes(), ids=["light", "dark"])
def test_every_text_stands_out_from_its_ground(theme: dict[str, str]) -> None:
    pairs = [*product(("text", "quiet", "accent", *TONES), ("surface", "ground")), ("on-accent", "accent")]
    pairs += [(tone, f"{tone}-ground") for tone in TONES]
    pairs += [(name, f"{tone}-ground") for name, tone in product(("text", "accent", "quiet"), TONES)]
    pairs += [("text", "mark")]
    assert {pair: round(contrast(theme[pair[0]], theme[pair[1]]), 2) for pair in pairs
            if contrast(theme[pair[0]], theme[pair[1]]) < 4.5} == {}  # fmt: skip


@pytest.mark.parametrize("theme", themes(), ids=["light", "dark"])
def test_the_edges_of_fields_can_be_seen(theme: dict[str, str]) -> None:
    assert contrast(theme["edge"], theme["surface"]) >= 3


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.name)
def test_the_style_knows_no_left_and_no_right(path: Path) -> None:
    text = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.S)
    assert re.findall(r"(?:margin|padding|border|inset)-(?:left|right)|text-align: (?:left|right)|\bfloat:", text) == []
    assert re.findall(r"(?<![\w-])(?:left|right|width|height):", text) == []
