"""Texts of senders made safe and plain to see: codes kept left to right, what is invisible shown, escapes marked."""

from __future__ import annotations

import re

from markupsafe import Markup, escape

MOST = 2000
_PICTURES = {number: chr(0x2400 + number) for number in range(32)} | {0x7F: "␡", 0xA0: "⍽", 0xFEFF: "⟦BOM⟧"}
# marks that turn the direction of a line: a sender could make one value look like another
_TURNING = {number: f"⟦U+{number:04X}⟧" for number in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F)}
_SHOWN = str.maketrans(_PICTURES | _TURNING)


def code(text: object) -> Markup:
    """A code or a name given by a machine: isolated, left to right, in the fixed-width face."""
    return Markup('<bdi class="code" dir="ltr">{}</bdi>').format(text if text not in (None, "") else "–")


def visible(text: str, escape_character: str = "") -> Markup:
    r"""Text as sent: control characters as pictures, escape sequences (`\T\`, `\X0D\`) marked, long ones cut."""
    shown = text[:MOST].translate(_SHOWN)
    if escape_character:
        e = re.escape(escape_character)
        pieces = re.split(rf"({e}[^{e}\s]{{1,40}}{e})", shown)
    else:
        pieces = [shown]
    marked = Markup("").join(
        Markup("<mark>{}</mark>").format(piece) if number % 2 else escape(piece) for number, piece in enumerate(pieces)
    )
    return marked + (Markup('<span class="more"> … +{}</span>').format(len(text) - MOST) if len(text) > MOST else "")
