"""A profile: what a channel asks of its messages, beyond what every message must have (see conformance.py).

It is written as YAML, layer upon layer: a layer that extends another one adds rules, changes some keys of a rule, or
takes a rule away (`off`). A profile is compiled once; for each type of message the rules that can be about it.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Annotated, Any, Final, NamedTuple

from pydantic import Field, StrictStr, ValidationError

from mediators.hl7v2.delimiters import STANDARD
from mediators.hl7v2.judgement import counted, judged
from mediators.hl7v2.reader import VERSIONS, Hl7
from mediators.hl7v2.rule import Mistake, Rule, mistakes, rule
from mediators.hl7v2.sieve import Passes, sieve
from mediators.mapping import Strict
from schemas.message import Issue, Severity

Code = Annotated[StrictStr, Field(min_length=1)]
# keys of a rule that it takes from its profile when it does not say them itself
_INHERITED: Final = ("severity", "source")


class Layer(Strict):
    """One file. `severity` and `source` are those of its rules that say none."""

    description: StrictStr = ""
    extends: StrictStr | None = None
    severity: Severity = "error"
    source: StrictStr = ""
    lists: dict[StrictStr, tuple[Code, ...]] = {}
    rules: dict[StrictStr, dict[str, Any] | bool] = {}


class BadProfile(ValueError):
    """A profile can't be used. `mistakes`: the number of the layer of this `version`, and what is wrong in it."""

    def __init__(self, version: str, found: Sequence[tuple[int, Mistake]]) -> None:
        super().__init__("; ".join(f"{' '.join(one.keys)}: {one.expected}" for _, one in found))
        self.version, self.mistakes = version, tuple(found)


class _About(NamedTuple):
    """The rules about one field of a segment, and the quick test that spares judging them."""

    field: int
    passes: Passes
    rules: Sequence[Rule]


class _Checker(NamedTuple):
    """The rules that can be about messages of one type and version."""

    fields: Mapping[str, Sequence[_About]]
    segments: Sequence[Rule]


@dataclass(frozen=True)
class Profile:
    """Ready for use. `versions`: from which version of HL7 on, its rules; messages of an older one have the first.

    When it is not `strict`, its errors are warnings: they are told, and refuse nothing. `advice` also tells what is
    only information, which the door passes over.
    """

    name: str
    versions: Mapping[str, Sequence[Rule]]
    strict: bool = False
    advice: bool = False
    _checkers: dict[tuple[str, str], _Checker] = field(default_factory=dict, init=False, compare=False, repr=False)

    @cached_property
    def advising(self) -> Profile:
        return replace(self, advice=True)

    def issues(self, hl7: Hl7, kind: str) -> list[Issue]:
        """What is wrong with a message of this type ("ORU^R01"), in the order of its segments."""
        if (checker := self._checkers.get((hl7.version, kind))) is None:
            checker = self._checkers[hl7.version, kind] = self._checker(hl7, kind)
        usual = hl7.delimiters is STANDARD or hl7.delimiters == STANDARD
        found: list[Issue] = []
        for segment in hl7.segments:
            if about := checker.fields.get(segment.name):
                fields = segment.fields
                count = len(fields)
                for number, passes, rules in about:
                    if not usual or not passes(fields[number] if number < count else ""):
                        for one in rules:
                            found += judged(one, hl7, kind, segment)
        found += [issue for one in checker.segments for issue in counted(one, hl7, kind)]
        once = dict.fromkeys(found)
        return list(once) if self.strict else [_noted(issue) for issue in once]

    def _checker(self, hl7: Hl7, kind: str) -> _Checker:
        said = [one for one in self._rules(hl7.version) if self._counts(one, kind)]
        fields: dict[str, list[_About]] = {}
        for segment, number in sorted({(one.segment, one.field) for one in said if one.field}):
            rules = [one for one in said if (one.segment, one.field) == (segment, number)]
            fields.setdefault(segment, []).append(_About(number, sieve(rules), rules))
        return _Checker(fields, [one for one in said if not one.field])

    def _rules(self, version: str) -> Sequence[Rule]:
        from_ = [one for one in self.versions if not one or VERSIONS.index(one) <= VERSIONS.index(version)]
        return self.versions[from_[-1] if from_ else next(iter(self.versions))]

    def _counts(self, one: Rule, kind: str) -> bool:
        wanted = one.said.when.words.get("type")
        fits = not wanted or any(fnmatch.fnmatchcase(kind, pattern) for pattern in wanted)
        return (fits or one.said.usage[1] != "O") and (self.advice or one.said.severity != "information")


def _noted(issue: Issue) -> Issue:
    return issue if issue.severity != "error" else replace(issue, severity="warning")


def profile(name: str, versions: Mapping[str, Sequence[Mapping[str, Any]]], *, strict: bool = False) -> Profile:
    """The profile that these parsed files make: for each version, its layers, the one that is extended first.

    A version is "" where one stack of layers serves all. Raises BadProfile.
    """
    read = {version: _stacked(version, layers) for version, layers in versions.items()}
    return Profile(name, dict(sorted(read.items(), key=lambda one: VERSIONS.index(one[0]) if one[0] else -1)), strict)


def _stacked(version: str, parsed: Sequence[Mapping[str, Any]]) -> list[Rule]:
    found: list[tuple[int, Mistake]] = []
    lists: dict[str, Collection[str]] = {}
    rules: dict[str, dict[str, Any]] = {}
    said_in: dict[tuple[str, str], int] = {}
    for number, one in enumerate(parsed):
        try:
            layer = Layer.model_validate(one)
        except ValidationError as error:
            found += [(number, mistake) for mistake in mistakes(error)]
            continue
        lists |= layer.lists
        for key, said in layer.rules.items():
            if isinstance(said, bool):
                if said or rules.pop(key, None) is None:
                    found.append((number, Mistake(("rules", key), "expected a rule, or `off` for an extended one")))
                continue
            inherited = {name: getattr(layer, name) for name in _INHERITED if key not in rules}
            rules[key] = {**rules.get(key, {}), **inherited, **said}
            said_in |= {(key, str(name)): number for name in ("", *said)}
    made = []
    for key, told in rules.items():
        wrong: list[Mistake] = []
        made.append(rule(key, told, lists, wrong))
        found += [(_layer(said_in, mistake, key), mistake) for mistake in wrong]
    if found:
        raise BadProfile(version, found)
    return [one for one in made if one]


def _layer(said_in: Mapping[tuple[str, str], int], mistake: Mistake, key: str) -> int:
    """Which layer says what is wrong: that of the key of the rule, else the last that says anything of the rule."""
    named = mistake.keys[2] if len(mistake.keys) > 2 else ""
    return said_in.get((key, named), said_in[key, ""])
