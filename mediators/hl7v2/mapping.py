"""What a mapping file of an HL7 v2 channel says: changes to the message before it is read, and names for fields of the
site's own. `docs/integrators.md` explains every key; `changes.py` carries them out.

Everything is said by the message's own places ("PID-3.4"). Texts are written as HL7 writes them with its usual
delimiters: ^ parts components, & subcomponents, ~ repetitions.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping as AnyMapping
from functools import cached_property
from typing import Annotated, Any, Final, Literal

from pydantic import Field, PlainValidator, StrictBool, StrictStr, ValidationError, field_validator, model_validator

from mediators.hl7v2.places import EXPECTED, Place, place
from mediators.hl7v2.reader import Hl7
from mediators.hl7v2.standard import Named
from mediators.mapping import BadMapping, Problem, Strict, problems

# What these say, the sender is answered by
_FIXED: Final = frozenset({"MSH-1", "MSH-2", "MSH-10"})
# Where an identifier's type keeps who gave it, and the number itself
AUTHORITY: Final = {"CX": (4, 1), "EI": (2, 1), "XCN": (9, 1), "XON": (6, 10)}
# A type that an extension may have, as the standard calls it
_TYPES: Final = {"text": "ST", "date": "DTM", "code": "CWE", "identifier": "CX"}
_NAME: Final = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
WORDS: Final = ("type", "application", "facility")


def _where(said: object) -> Place:
    if not isinstance(said, str):
        raise ValueError(EXPECTED)
    return place(said)


def _place(said: object) -> Place:
    found = _where(said)
    if str(found.whole) in _FIXED:
        raise ValueError("expected another place: MSH-1, MSH-2 and MSH-10 stay as they were sent")
    return found


def _pattern(said: object) -> re.Pattern[str]:
    if not isinstance(said, str):
        raise ValueError("expected a regular expression in quotes")
    try:
        return re.compile(said)
    except re.error as error:
        raise ValueError(f"expected a regular expression ({error})") from error


At = Annotated[Place, PlainValidator(_place)]
Where = Annotated[Place, PlainValidator(_where)]
Pattern = Annotated[re.Pattern[str], PlainValidator(_pattern)]


class Condition(Strict):
    """One condition: exactly one of these. `matches` is a regular expression for the whole text."""

    equals: tuple[StrictStr, ...] | None = None
    unless: tuple[StrictStr, ...] | None = Field(None, alias="not")
    matches: Pattern | None = None
    empty: StrictBool | None = None

    @model_validator(mode="before")
    @classmethod
    def _short(cls, said: Any) -> Any:
        """A bare text or list is what it must equal."""
        if not isinstance(said, dict):
            return {"equals": said if isinstance(said, list) else [said]}
        if len(said) != 1:
            raise ValueError("expected one of equals, not, matches, empty")
        return {key: [value] if key in ("equals", "not") and isinstance(value, str) else value
                for key, value in said.items()}  # fmt: skip

    def met(self, text: str) -> bool:
        text = text.strip()
        if self.empty is not None:
            return (not text) is self.empty
        if self.matches is not None:
            return self.matches.fullmatch(text) is not None
        return text in self.equals if self.equals is not None else text not in (self.unless or ())


class When(Strict):
    """Conditions that must all hold: words about the message (`*` stands for any text), and places."""

    words: dict[str, tuple[str, ...]] = {}
    places: dict[Where, Condition] = {}

    @model_validator(mode="before")
    @classmethod
    def _parted(cls, said: Any) -> Any:
        if not isinstance(said, dict):
            raise ValueError(f"expected places, or {', '.join(WORDS)}, each with what it must be")
        words = {key: said[key] if isinstance(said[key], list) else [said[key]] for key in WORDS if key in said}
        return {"words": words, "places": {key: value for key, value in said.items() if key not in WORDS}}

    def about(self, hl7: Hl7, kind: str) -> bool:
        """Whether the words about the message fit one of this type ("ORU^R01")."""
        for word, wanted in self.words.items():
            value = kind if word == "type" else hl7.msh.text(3 if word == "application" else 4)
            if not any(fnmatch.fnmatchcase(value, one) for one in wanted):
                return False
        return True


class _Change(Strict):
    when: When = When()


class Set(_Change):
    """Gives a place a value where it has none; with `always`, whatever it holds."""

    set: At
    to: StrictStr
    always: StrictBool = False


class Move(_Change):
    """Takes what stands in one place to another. `parts` are components that it gets there."""

    move: At
    to: At
    parts: dict[int, StrictStr] = Field({}, alias="with")

    @model_validator(mode="after")
    def _apart(self) -> Move:
        if self.move == self.to:
            raise ValueError("expected two different places")
        return self

    @field_validator("to")
    @classmethod
    def _known(cls, to: Place) -> Place:
        if to.own:
            raise ValueError("expected a place of the standard: a field of the site's own is not read")
        return to


class Remove(_Change):
    """Empties a place."""

    remove: At


class Authority(_Change):
    """Says who gave the numbers of these fields: where nobody is said, or `instead_of` these."""

    authority: StrictStr
    of: tuple[At, ...]
    instead_of: tuple[StrictStr, ...] = ()

    @field_validator("of", "instead_of", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return value if isinstance(value, list) else [value]

    @field_validator("of")
    @classmethod
    def _identifiers(cls, of: tuple[Place, ...]) -> tuple[Place, ...]:
        for one in of:
            if one.component or one.type not in AUTHORITY:
                raise ValueError(f"{one}: expected a field of identifiers ({', '.join(AUTHORITY)})")
        return of


class Translate(_Change):
    """Translates codes. One with a system ("2345-7^Glucose^LN") is added beside what was sent, one without takes its
    place."""

    translate: At
    codes: dict[StrictStr, StrictStr] = Field(min_length=1)

    @field_validator("codes")
    @classmethod
    def _formed(cls, codes: dict[str, str]) -> dict[str, str]:
        for local, standard in codes.items():
            parts = standard.split("^")
            if not parts[0] or len(parts) == 2 or len(parts) > 3 or (len(parts) == 3 and not parts[2]):
                raise ValueError(f"{local}: expected a code, or code^display^system such as 2345-7^Glucose^LN")
        return codes

    @model_validator(mode="after")
    def _fits(self) -> Translate:
        whole = not self.translate.component
        if not whole and any("^" in standard for standard in self.codes.values()):
            raise ValueError(
                "expected codes without ^: beside the code that was sent there is room only in a whole field"
            )
        return self


Change = Set | Move | Remove | Authority | Translate
_VERBS: Final[dict[str, type[Change]]] = {
    "set": Set, "move": Move, "remove": Remove, "authority": Authority, "translate": Translate,
}  # fmt: skip


class Extension(Strict):
    """A name for a field of the site's own, and what it holds."""

    name: StrictStr
    type: Literal["text", "date", "code", "identifier"] = "text"

    @model_validator(mode="before")
    @classmethod
    def _short(cls, said: Any) -> Any:
        return {"name": said} if isinstance(said, str) else said

    @field_validator("name")
    @classmethod
    def _plain(cls, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise ValueError("expected small letters, digits and hyphens, such as carte-ramed")
        return name


class Mapping(Strict):
    """A whole file. `changes` are made in their order."""

    description: StrictStr = ""
    changes: tuple[Change, ...] = ()
    extensions: dict[At, Extension] = {}

    @cached_property
    def named(self) -> dict[tuple[str, int, int], Named]:
        """Segment, field and component (0: the whole field) → its name and data type."""
        return {at[:3]: Named(one.name, _TYPES[one.type]) for at, one in self.extensions.items()}


def mapping_of(parsed: AnyMapping[str, Any]) -> Mapping:
    """The mapping a parsed YAML file says. Raises BadMapping, naming each key and what was expected."""
    found: list[Problem] = []
    changes = _changes(parsed.get("changes") or [], found)
    extensions = _extensions(parsed.get("extensions") or {}, found)
    try:
        head = {key: value for key, value in parsed.items() if key not in ("changes", "extensions")}
        read = Mapping.model_validate(head)
    except ValidationError as error:
        found += problems(error)
    found += _conflicts(changes)
    if found:
        raise BadMapping(found)
    return read.model_copy(update={"changes": tuple(change for _, change in changes), "extensions": extensions})


def _changes(listed: Any, found: list[Problem]) -> list[tuple[int, Change]]:
    if not isinstance(listed, list):
        found.append(Problem("changes", "expected a list; each entry begins with a hyphen"))
        return []
    changes = []
    for number, said in enumerate(listed):
        verbs = [verb for verb in _VERBS if isinstance(said, dict) and verb in said]
        if len(verbs) != 1:
            found.append(Problem(f"changes.{number}", f"expected one of {', '.join(_VERBS)}"))
            continue
        try:
            changes.append((number, _VERBS[verbs[0]].model_validate(said)))
        except ValidationError as error:
            found += problems(error, f"changes.{number}")
    return changes


def _extensions(said: Any, found: list[Problem]) -> dict[Place, Extension]:
    if not isinstance(said, dict):
        found.append(Problem("extensions", "expected places with their names, such as ZPI-3: carte-ramed"))
        return {}
    extensions: dict[Place, Extension] = {}
    for key, value in said.items():
        try:
            at = place(str(key))
            if not at.own or at.subcomponent:
                raise ValueError(
                    "expected a field of a Z segment, or a component of one: the standard names all others"
                )
            extensions[at] = Extension.model_validate(value)
        except ValidationError as error:
            found += problems(error, f"extensions.{key}")
        except ValueError as error:
            found.append(Problem(f"extensions.{key}", str(error)))
    for at in extensions:
        if at.component and at.whole in extensions:
            found.append(Problem(f"extensions.{at}", f"{at.whole} has a name: name the field or its components"))
    return extensions


def _conflicts(changes: list[tuple[int, Change]]) -> list[Problem]:
    """Changes without a condition that undo an earlier one, or never find anything."""
    found: list[Problem] = []
    gone: dict[Place, int] = {}
    always: dict[Place, int] = {}
    for number, change in changes:
        if isinstance(change, Move | Remove):
            source = change.move if isinstance(change, Move) else change.remove
            verb = "move" if isinstance(change, Move) else "remove"
            before = gone.get(source, gone.get(source.whole))
            if before is not None:
                found.append(Problem(f"changes.{number}.{verb}", f"changes.{before} leaves nothing in {source}"))
            elif change.when == When():
                gone[source] = number
            if isinstance(change, Move):
                gone = {at: by for at, by in gone.items() if at.whole != change.to.whole}
        elif isinstance(change, Set):
            target = change.set
            if target in always and change.always:
                found.append(Problem(f"changes.{number}.set", f"changes.{always[target]} has set {target} already"))
            elif change.always and change.when == When():
                always[target] = number
            gone = {at: by for at, by in gone.items() if at.whole != target.whole}
    return found
