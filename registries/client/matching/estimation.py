"""Weights from a snapshot, without labels: expectation and maximisation over the pairs that share a block.

u comes from pairs drawn at random; m, and the share of pairs of one human being, from the pairs within blocks. Pairs
outside of blocks count as those of two, and so do pairs that a veto parts, for a household looks much like one person
told badly. Only where records tell nothing that households share (a phone, a street, a mother, a number) do vetoes not
count, and those that may be lifted (vetoes.SOFT) are, where they part a hundredth of those who are certain without the
field in question.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, compress

from registries.client.matching.blocking import blocks
from registries.client.matching.fields import FIELDS, MISSING, Levels
from registries.client.matching.lexicon import name_key
from registries.client.matching.profile import Profile
from registries.client.matching.rules import Field, Frequencies, Rules
from registries.client.matching.scoring import compared, probability
from registries.client.matching.vetoes import LIFTED_WITH, SOFT, Circumstances, circumstances, vetoes

_RANDOM_PAIRS = 200_000
_ROUNDS = 25
# As if so many pairs had been seen beforehand, as the rules before have it.
_BELIEF_U, _BELIEF_M = 50_000.0, 10.0
# A value that fewer records bear may be somebody's slip.
_ESTABLISHED = 5
# So many parted pairs are no evidence.
_FEW = 10

# The levels of a pair, and what rarity adds to their weights.
Pattern = tuple[Levels, dict[str, float]]


def estimated(profiles: Sequence[Profile], start: Rules) -> Rules:
    """Rules of the next version, with weights, prior and frequencies of these profiles; all else as in `start`.

    The same profiles give the same rules. Raises ValueError for fewer than two.
    """
    if len(profiles) < 2:
        raise ValueError("estimation: at least two records are needed to compare; load some first")
    fresh = replace(start, version=start.version + 1, frequencies=_frequencies(profiles, start))
    fresh = replace(fresh, fields=_chance(profiles, fresh))
    found = list(pairs(profiles, fresh))
    patterns = [compared(profiles[one], profiles[other], fresh) for one, other in found]
    around = [circumstances(profiles[one], profiles[other]) for one, other in found]
    guarded = _tells_of_households(profiles)
    if guarded:
        kept = [not _parted(levels, other, start) for (levels, _), other in zip(patterns, around, strict=True)]
        patterns = list(compress(patterns, kept))
    for _ in range(_ROUNDS):
        fresh = _maximised(patterns, fresh, start, len(profiles) * (len(profiles) - 1) / 2)
    wrong = [] if guarded else _wrong(patterns, around, fresh)
    return replace(fresh, vetoes={**fresh.vetoes, **dict.fromkeys(wrong, "certain")})


def _tells_of_households(profiles: Sequence[Profile]) -> bool:
    telling = sum(1 for one in profiles if one.phones or one.streets or one.numbers or one.mother.letters)
    return telling > len(profiles) / 100


def _parted(levels: Levels, around: Circumstances, rules: Rules) -> bool:
    """A doubtful name parts nobody: how often it is a slip is what is to be learned."""
    return any(word != "name-doubt" for word in vetoes(levels, around, rules))


def _frequencies(profiles: Sequence[Profile], start: Rules) -> dict[str, Frequencies]:
    counted: dict[str, Counter[str]] = {name: Counter() for name in start.frequencies}
    for profile in profiles:
        for given, family in profile.names[:1]:
            counted["given"][name_key(given, True)] += 1
            counted["family"][name_key(family, False)] += 1
        for town in profile.towns[:1]:
            counted["town"][town.sound] += 1
    return {name: _shares(found, start.frequencies[name]) for name, found in counted.items()}


def _shares(counted: Counter[str], before: Frequencies) -> Frequencies:
    counted.pop("", None)
    total = counted.total()
    if total < 100:
        return before
    values = {value: round(count / total, 7) for value, count in sorted(counted.items()) if count >= _ESTABLISHED}
    return Frequencies(2 / total, values)


def _chance(profiles: Sequence[Profile], rules: Rules) -> dict[str, Field]:
    chance = random.Random(len(profiles))
    seen: dict[str, Counter[int]] = defaultdict(Counter)
    for _ in range(min(_RANDOM_PAIRS, len(profiles) * 50)):
        one, other = chance.sample(profiles, 2)
        for name, level in zip(FIELDS, compared(one, other, rules)[0], strict=True):
            seen[name][level] += level != MISSING
    return {name: Field(one.m, _smoothed(seen[name], one.u, _BELIEF_U)) for name, one in rules.fields.items()}


def _smoothed(seen: Mapping[int, float], before: Sequence[float], belief: float) -> tuple[float, ...]:
    total = sum(seen.values()) + belief
    return tuple((seen.get(level, 0.0) + belief * share) / total for level, share in enumerate(before))


def pairs(profiles: Sequence[Profile], rules: Rules) -> Iterator[tuple[int, int]]:
    """Those that share a block within the cap, each once, as positions."""
    members: dict[str, list[int]] = defaultdict(list)
    for place, profile in enumerate(profiles):
        for block in blocks(profile, rules):
            members[block].append(place)
    seen: set[tuple[int, int]] = set()
    for places in members.values():
        if len(places) <= rules.cap:
            seen.update(combinations(places, 2))
    return iter(sorted(seen))


def _maximised(patterns: Sequence[Pattern], rules: Rules, start: Rules, pairs: float) -> Rules:
    seen: dict[str, dict[int, float]] = {name: defaultdict(float) for name in rules.fields}
    matched = 0.0
    for levels, rarity in patterns:
        share = _share(levels, rarity, rules)
        if share < 1e-5:
            continue
        matched += share
        for name, level in zip(FIELDS, levels, strict=True):
            if level != MISSING:
                seen[name][level] += share
    fields = {
        name: Field(_smoothed(seen[name], start.fields[name].m, _BELIEF_M), one.u) for name, one in rules.fields.items()
    }
    return replace(rules, fields=fields, prior=min(max(matched / pairs, 1e-9), 0.5))


def _share(levels: Levels, rarity: Mapping[str, float], rules: Rules, without: int = MISSING) -> float:
    parts = [rules.parts[field][level] for field, level in enumerate(levels) if level != MISSING and field != without]
    bits = sum([part.weight + rarity.get(part.field, 0.0) for part in parts])
    return probability(rules.prior_weight + bits)


def _wrong(patterns: Sequence[Pattern], around: Sequence[Circumstances], rules: Rules) -> list[str]:
    """The vetoes that part too many."""
    certain: Counter[str] = Counter()
    parted: Counter[str] = Counter()
    for (levels, rarity), other in zip(patterns, around, strict=True):
        sure = [word for word, field in SOFT.items() if _share(levels, rarity, rules, without=field) >= rules.certain]
        if sure:
            certain.update(sure)
            parted.update(set(sure).intersection(vetoes(levels, other, rules)))
    lifted = [word for word in SOFT if parted[word] >= max(_FEW, certain[word] / 100)]
    return lifted + [word for word, other in LIFTED_WITH.items() if other in lifted]
