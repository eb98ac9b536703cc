"""How likely two profiles are of one human being, and why, in words without values."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

from registries.client.matching import fields
from registries.client.matching.fields import MISSING, SAME, Levels
from registries.client.matching.lexicon import name_key
from registries.client.matching.likeness import ALIKE, APART, DIFFERENT, EXACT, NEAR, VARIANT
from registries.client.matching.phrases import PHRASES
from registries.client.matching.profile import Profile
from registries.client.matching.rules import Outcome, Part, Rules
from registries.client.matching.vetoes import CONTRADICTIONS, WORDS, Circumstances, circumstances, veto, vetoes
from registries.client.matching.words import Word

# Full agreement counts by the value's own frequency, a likeness by half of it.
_SHARES = {EXACT: 1.0, VARIANT: 0.5, NEAR: 0.5}
_MOST_KEPT = 50_000


@dataclass(frozen=True, slots=True)
class Score:
    """`weight` in bits, without the prior; `probability` with it. `veto`: a word of vetoes.py, or "". `rule`: the
    deterministic rule that decides by itself, or ""."""

    weight: float
    probability: float
    veto: str
    parts: tuple[Part, ...]
    rule: str = ""

    def explained(self) -> list[str]:
        """The strongest first; a veto and a deterministic rule before all."""
        ahead = [WORDS[self.veto]] if self.veto else []
        ahead += [f"rule: {self.rule}"] if self.rule else []
        ordered = sorted(self.parts, key=lambda part: -abs(part.weight))
        return ahead + [PHRASES[part.field, part.level] for part in ordered]


class Verdict(NamedTuple):
    """All that the levels say: the same for every pair that shows them."""

    parts: tuple[Part, ...]
    veto: str
    rule: str


def score(one: Profile, other: Profile, rules: Rules) -> Score:
    """Symmetric."""
    levels, rarity = compared(one, other, rules)
    parts, veto, rule = _verdict(levels, circumstances(one, other), rules)
    if rarity:
        parts = tuple([_with(part, rarity[part.field]) if part.field in rarity else part for part in parts])
    weight = sum([part.weight for part in parts])
    return Score(weight, probability(weight + rules.prior_weight), veto, parts, rule)


def _with(part: Part, more: float) -> Part:
    return Part(part.field, part.level, part.weight + more)


def _verdict(levels: Levels, around: Circumstances, rules: Rules) -> Verdict:
    known: dict[object, Verdict] = rules.verdicts
    if verdict := known.get((levels, around)):
        return verdict
    if len(known) > _MOST_KEPT:
        known.clear()
    parts = tuple([rules.parts[field][level] for field, level in enumerate(levels) if level != MISSING])
    verdict = known[levels, around] = Verdict(parts, veto(levels, around, rules), _rule(levels, rules))
    return verdict


def probability(bits: float) -> float:
    """Of odds told in bits."""
    odds: float = 2.0 ** min(bits, 500.0)
    return odds / (1 + odds)


def outcome(score: Score, rules: Rules) -> Outcome:
    """What a veto leaves of it."""
    remains: Outcome = rules.vetoes.get(score.veto, "certain")
    if score.rule or score.probability >= rules.certain:
        return remains
    if remains == "none" or (remains == "possible" and score.veto in CONTRADICTIONS):
        return "none"
    return "none" if score.probability < rules.possible else "possible"


def objections(one: Profile, other: Profile, rules: Rules) -> list[str]:
    """All that speaks against the two, by words of vetoes.py."""
    found = vetoes(compared(one, other, rules)[0], circumstances(one, other), rules)
    return [word for word in found if rules.vetoes.get(word, "certain") != "certain"]


def compared(one: Profile, other: Profile, rules: Rules) -> tuple[Levels, dict[str, float]]:
    """Levels by field; and by how many bits the agreement on a rare value is worth more."""
    found = fields.name_levels(one, other)
    rarity: dict[str, float] = {}
    given = _name("given", found.given, found.words[0], found.words2[0], rules, rarity)
    family = _name("family", found.family, found.words[1], found.words2[1], rules, rarity)
    town = fields.town_level(one.towns, other.towns)
    if town == SAME:
        rarity["town"] = min([_rarer("town", place, rules) for place in one.towns + other.towns])
    levels = (
        given,
        family,
        fields.birth_level(one.birth, other.birth),
        MISSING if not one.sex or not other.sex else int(one.sex != other.sex),
        fields.text_level(one.phones, other.phones),
        town,
        fields.text_level(one.postcodes, other.postcodes),
        fields.text_level(one.states, other.states),
        fields.street_level(one.streets, other.streets),
        fields.mother_level(one.mother, other.mother),
        *fields.number_levels(one.numbers, other.numbers),
    )
    return levels, rarity


def _name(name: str, level: int, word: Word, word2: Word, rules: Rules, rarity: dict[str, float]) -> int:
    if level == MISSING or level > ALIKE:
        return level
    if level in _SHARES:
        rarity[name] = _SHARES[level] * min(_rarer(name, word, rules), _rarer(name, word2, rules))
        return level
    key, key2 = name_key(word, name == "given"), name_key(word2, name == "given")
    values = rules.frequencies[name].values
    if key != key2 and key in values and key2 in values:
        # Two names that many bear: another name, not a slip.
        return APART if name == "given" else DIFFERENT
    return level


def _rarer(name: str, word: Word, rules: Rules) -> float:
    """By how many bits agreement on this word is worth more than on any."""
    known = rules.rarities[name]
    bits = known.get(word)
    if bits is None:
        if len(known) > _MOST_KEPT:
            known.clear()
        key = word.sound if name == "town" else name_key(word, name == "given")
        bits = known[word] = math.log2(rules.fields[name].u[0] / rules.frequencies[name].of(key))
    return bits


def _rule(levels: Levels, rules: Rules) -> str:
    for rule, needs in rules.decisive:
        if all(levels[field] in wanted for field, wanted in needs.items()):
            return rule
    return ""
