"""How likely two profiles are of one human being, and why, in words without values."""

from __future__ import annotations

import math
from dataclasses import dataclass

from registries.client.matching import fields
from registries.client.matching.fields import MISSING
from registries.client.matching.lexicon import name_key
from registries.client.matching.likeness import ALIKE, APART, DIFFERENT, EXACT, NEAR, TYPO, VARIANT
from registries.client.matching.phrases import PHRASES
from registries.client.matching.profile import Profile
from registries.client.matching.rules import Outcome, Part, Rules
from registries.client.matching.vetoes import WORDS, veto
from registries.client.matching.words import Word

# Full agreement counts by the value's own frequency, a likeness by half of it.
_SHARES = {EXACT: 1.0, VARIANT: 0.5, NEAR: 0.5}


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


def score(one: Profile, other: Profile, rules: Rules) -> Score:
    """Symmetric."""
    levels, rarity = compared(one, other, rules)
    parts = [rules.parts[name][level] for name, level in levels.items()]
    if rarity:
        parts = [part._replace(weight=part.weight + rarity.get(part.field, 0.0)) for part in parts]
    weight = sum([part.weight for part in parts])
    return Score(
        weight,
        probability(weight + rules.prior_weight),
        veto(one, other, levels, rules),
        tuple(parts),
        _rule(levels, rules),
    )


def probability(bits: float) -> float:
    """Of odds told in bits."""
    odds: float = 2.0 ** min(bits, 500.0)
    return odds / (1 + odds)


def outcome(score: Score, rules: Rules) -> Outcome:
    """What a veto leaves of it."""
    remains: Outcome = rules.vetoes.get(score.veto, "certain")
    if score.rule or score.probability >= rules.certain:
        return remains
    return "none" if score.probability < rules.possible or remains == "none" else "possible"


def compared(one: Profile, other: Profile, rules: Rules) -> tuple[dict[str, int], dict[str, float]]:
    """Levels of the fields that both tell; and by how many bits the agreement on a rare value is worth more."""
    found = fields.name_levels(one, other)
    levels: dict[str, int] = {}
    rarity: dict[str, float] = {}
    for place, (name, level) in enumerate((("given", found.given), ("family", found.family))):
        if level != MISSING:
            _name(name, level, found.words[place], found.words2[place], rules, levels, rarity)
    levels.update(_rest(one, other))
    if levels.get("town") == 0 and "town" in rules.frequencies:
        rarity["town"] = _rarer("town", max(rules.frequencies["town"].of(town.sound) for town in one.towns), rules)
    return levels, rarity


def _name(
    name: str, level: int, word: Word, word2: Word, rules: Rules, levels: dict[str, int], rarity: dict[str, float]
) -> None:
    levels[name] = level
    if name not in rules.frequencies or level > DIFFERENT:
        return
    frequencies = rules.frequencies[name]
    key, key2 = name_key(word, name == "given"), name_key(word2, name == "given")
    if level in _SHARES:
        share = max(frequencies.of(key), frequencies.of(key2))
        rarity[name] = _SHARES[level] * _rarer(name, share, rules)
    elif level in (TYPO, ALIKE) and key != key2 and key in frequencies.values and key2 in frequencies.values:
        # Two names that many bear: another name, not a slip.
        levels[name] = APART if name == "given" else DIFFERENT


def _rarer(name: str, share: float, rules: Rules) -> float:
    return math.log2(rules.fields[name].u[0] / share)


def _rest(one: Profile, other: Profile) -> dict[str, int]:
    found = {"birth": fields.birth_level(one.birth, other.birth)}
    found["sex"] = MISSING if not one.sex or not other.sex else int(one.sex != other.sex)
    found["phone"] = fields.text_level(one.phones, other.phones)
    found["town"] = fields.town_level(one.towns, other.towns)
    found["postcode"] = fields.text_level(one.postcodes, other.postcodes)
    found["state"] = fields.text_level(one.states, other.states)
    found["street"] = fields.street_level(one.streets, other.streets)
    found["mother"] = fields.mother_level(one.mother, other.mother)
    if one.numbers and other.numbers:
        found.update(fields.number_levels(one.numbers, other.numbers))
    return {name: level for name, level in found.items() if level != MISSING}


def _rule(levels: dict[str, int], rules: Rules) -> str:
    for rule, needs in rules.decisive:
        if all(levels.get(name, MISSING) in wanted for name, wanted in needs.items()):
            return rule
    return ""
