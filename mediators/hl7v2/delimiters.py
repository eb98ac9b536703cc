"""The delimiters of a message, read from MSH-1 and MSH-2, and what is escaped because of them (HL7 v2, chapter 2.7)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from mediators.hl7v2.charset import FALLBACK


class Unreadable(ValueError):
    """These bytes are no HL7 v2 message. Says what and where in words, and holds no content of the message."""


@dataclass(frozen=True, slots=True)
class Delimiters:
    """One character each; `escape` and `truncation` may be empty."""

    field: str = "|"
    component: str = "^"
    repetition: str = "~"
    escape: str = "\\"
    subcomponent: str = "&"
    truncation: str = ""

    @property
    def encoding_characters(self) -> str:
        """MSH-2 as the standard wants it."""
        return self.component + self.repetition + self.escape + self.subcomponent + self.truncation


STANDARD: Final = Delimiters()

_ROLES: Final = ("component", "repetition", "escape", "subcomponent", "truncation")
_LOOK_ALIKES: Final = {0x02DC: "~", 0x00A0: "~"}
_USUAL: Final = {"^": "component", "~": "repetition", "\\": "escape", "&": "subcomponent", "#": "truncation"}


def delimiters_of(header: str) -> Delimiters:
    """The delimiters that a header segment (MSH, FHS, BHS) declares; `header` is the text from its name on.

    Fewer than four encoding characters take the roles they usually have. Raises Unreadable.
    """
    separator = header[3:4]
    if not separator or separator.isalnum() or separator.isspace():
        raise Unreadable("MSH-1: the field separator is missing after the name of the header segment")
    declared = header[4:20].split(separator, 1)[0].split("\n", 1)[0].strip(" \t")
    if not declared.isascii() and "~" in header[4 + len(declared) :]:
        declared = declared.translate(_LOOK_ALIKES)
    return _delimiters(separator, declared)


@lru_cache(maxsize=256)
def _delimiters(separator: str, declared: str) -> Delimiters:
    # a careless export doubles the backslash
    declared = declared.replace("\\\\", "\\")
    if not declared:
        raise Unreadable("MSH-2: the encoding characters are missing")
    if len(declared) > len(_ROLES) or any(char.isalnum() or char == separator for char in declared):
        raise Unreadable("MSH-2: these can't be encoding characters, they must be up to five punctuation characters")
    if len(set(declared)) < len(declared):
        raise Unreadable("MSH-2: the same encoding character stands for two things")
    if len(declared) >= 4:
        return Delimiters(separator, **dict(zip(_ROLES, declared, strict=False)))
    return _abbreviated(separator, declared)


def _abbreviated(separator: str, declared: str) -> Delimiters:
    given = {"component": declared[0]}
    for char in declared[1:]:
        free = [role for role in _ROLES if role not in given]
        role = _USUAL.get(char, free[0])
        given[role if role in free else free[0]] = char
    for role, char in (("repetition", "~"), ("subcomponent", "&")):
        if given.setdefault(role, char) == char and list(given.values()).count(char) > 1:
            raise Unreadable("MSH-2: too few encoding characters to tell what each of them stands for")
    return Delimiters(separator, **({"escape": ""} | given))


def unescaped(text: str, delimiters: Delimiters, codec: str) -> str:
    r"""The text that an escaped one stands for. `codec` reads the bytes of \Xhh..\.

    \H\ and \N\ (highlighting) are dropped, \.br\ is a new line; \Cxxyy\, \Mxxyyzz\, \Z..\ and whatever is no
    escape sequence, a lone escape character too, stay as they are.
    """
    if not delimiters.escape or delimiters.escape not in text:
        return text
    meanings = _meanings(delimiters)

    def meant(match: re.Match[str]) -> str:
        found = match[0]
        if found[1] == "X":
            return _hexadecimal(found, delimiters.escape, codec)
        return meanings.get(found[1:-1].lower() if found[1] == "." else found[1:-1], found)

    return _sequences(delimiters.escape).sub(meant, text)


def escaped(text: str, delimiters: Delimiters) -> str:
    r"""Text made safe to stand in a field: delimiters as \F\ \S\ \T\ \R\ \E\ \P\, line ends as \.br\ or \Xhh\.

    Without an escape character there is no way to say a delimiter: it becomes a blank.
    """
    return text.translate(_escapes(delimiters))


@lru_cache(maxsize=64)
def _meanings(delimiters: Delimiters) -> dict[str, str]:
    letters = {
        "F": delimiters.field,
        "S": delimiters.component,
        "T": delimiters.subcomponent,
        "R": delimiters.repetition,
        "E": delimiters.escape,
        "P": delimiters.truncation,
    }
    known = {letter: char for letter, char in letters.items() if char}
    return known | {"H": "", "N": "", ".br": "\n", ".sp": "\n", ".ce": "\n"}


@lru_cache(maxsize=64)
def _sequences(escape: str) -> re.Pattern[str]:
    e = re.escape(escape)
    # adjacent \Xhh\ together, because they may be the bytes of one character
    return re.compile(
        rf"(?:{e}X[0-9A-Fa-f]+{e})+|{e}(?:[FSTREPHN]|\.[Bb][Rr]|\.[Ss][Pp]|\.[Cc][Ee]|[CMZ][0-9A-Fa-f]*){e}"
    )


def _hexadecimal(found: str, escape: str, codec: str) -> str:
    digits = [part[1:] for part in found.split(escape) if part]
    data = bytes.fromhex("".join(part.zfill(len(part) + len(part) % 2) for part in digits))
    # \X000D\ and \X00D\ mean a carriage return
    data = data.replace(b"\0", b"")
    try:
        return data.decode(codec)
    except UnicodeDecodeError:
        return data.decode(FALLBACK, "replace")


@lru_cache(maxsize=64)
def _escapes(delimiters: Delimiters) -> dict[int, str]:
    e = delimiters.escape
    letters = {"F": delimiters.field, "S": delimiters.component, "T": delimiters.subcomponent}
    letters |= {"R": delimiters.repetition, "E": e, "P": delimiters.truncation}
    table = {ord(char): f"{e}{letter}{e}" if e else " " for letter, char in letters.items() if char}
    line_ends = {"\n": f"{e}.br{e}", "\r": f"{e}X0D{e}", "\x0b": f"{e}X0B{e}", "\x1c": f"{e}X1C{e}"}
    return table | {ord(char): sequence if e else " " for char, sequence in line_ends.items()}
