"""How alike two names are, in levels, by letters and by sound.

exact: the same letters. variant: one name spelled twice. near: it may be one name, or two that sound alike (Hamed,
Hamid). typo: one letter aside. alike: more. partial: one has a part more (Fatima, Fatima Zahra), or an initial.
different; and apart: two that are known to be different names (Mohamed, Mahmoud), if of a family also alike.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from rapidfuzz.distance import OSA, JaroWinkler

from registries.client.matching.alike import distance
from registries.client.matching.lexicon import Known, families, givens
from registries.client.matching.sound import arabic, parts
from registries.client.matching.words import UNHEARD, Word

LEVELS = ("exact", "variant", "near", "typo", "alike", "partial", "different", "apart")
EXACT, VARIANT, NEAR, TYPO, ALIKE, PARTIAL, DIFFERENT, APART = range(8)
_VARIANT_UP_TO, _NEAR_UP_TO = 0.5, 1.05


def given_level(one: Word, other: Word) -> int:
    return _level(one, other, True) if one.letters <= other.letters else _level(other, one, True)


def family_level(one: Word, other: Word) -> int:
    return _level(one, other, False) if one.letters <= other.letters else _level(other, one, False)


@lru_cache(200_000)
def _level(one: Word, other: Word, given: bool) -> int:
    if one.letters == other.letters:
        return EXACT
    tokens, tokens2 = _tokens(one), _tokens(other)
    if len(tokens) == len(tokens2) == 1:
        return _token(one, other, given)
    whole = _by_sound(_glued(one), _glued(other), given)
    if whole == VARIANT:
        return VARIANT
    if len(tokens) == len(tokens2):
        return _aligned(tokens, tokens2, given)
    return _part(tokens, tokens2, given, _token(_glued(one), _glued(other), given))


@lru_cache(50_000)
def _tokens(word: Word) -> Sequence[Word]:
    return [Word(*pair) for pair in zip(word.letters.split(), word.sound.split(), strict=True)]


def _glued(word: Word) -> Word:
    return Word(word.letters.replace(" ", ""), word.sound.replace(" ", ""))


def _aligned(tokens: Sequence[Word], tokens2: Sequence[Word], given: bool) -> int:
    """Part by part, in the order told or turned round: as bad as the worst."""
    straight = [_token(x, y, given) for x, y in zip(tokens, tokens2, strict=True)]
    turned = [_token(x, y, given) for x, y in zip(tokens, reversed(tokens2), strict=True)]
    return min(max(straight), max(VARIANT, *turned))


def _part(tokens: Sequence[Word], tokens2: Sequence[Word], given: bool, whole: int) -> int:
    shorter, longer = sorted((tokens, tokens2), key=len)
    best = [min(_token(x, y, given) for y in longer) for x in shorter]
    if max(best) <= VARIANT or all(_initial(x, longer) for x in shorter):
        return PARTIAL
    return whole if whole <= ALIKE else max(DIFFERENT, min(best)) if APART not in best else APART


def _initial(token: Word, others: Sequence[Word]) -> bool:
    return len(token.letters) == 1 and any(other.letters.startswith(token.letters) for other in others)


def _token(one: Word, other: Word, given: bool) -> int:
    if one.letters == other.letters:
        return EXACT
    if len(one.letters) == 1 or len(other.letters) == 1:
        return PARTIAL if one.letters[:1] == other.letters[:1] else DIFFERENT
    lexicon: Callable[[Word], Known | None] = givens().get if given else families().get
    known, known2 = lexicon(one), lexicon(other)
    if known and known2 and known.names & known2.names:
        return VARIANT
    level = _unknown(one, other, given)
    if known and known2:
        return APART if given or level <= ALIKE else DIFFERENT
    return level


def _unknown(one: Word, other: Word, given: bool) -> int:
    level = _by_sound(one, other, given)
    if level <= NEAR:
        return level
    if given and _ending(one.letters, other.letters):
        return APART
    compound = "%" in one.letters[:1] + other.letters[:1]
    if arabic(one.letters) or arabic(other.letters):
        return _across(one, other)
    if compound and OSA.distance(_full(one.letters), _full(other.letters), score_cutoff=1) > 1:
        return DIFFERENT
    return min(level, _by_letters(one.letters, other.letters))


def _full(letters: str) -> str:
    return "ABDEL" + letters[1:] if letters[:1] == "%" else letters


def _ending(one: str, other: str) -> bool:
    """Whether only the ending of a woman's name parts the two (Noufel, Noufela). In alphabetical order."""
    return len(one) > 3 and (other == one + "A" or (one[-1] == "A" and other == one[:-1] + "E"))


def _by_letters(one: str, other: str) -> int:
    if max(len(one), len(other)) <= 3:
        return DIFFERENT
    if OSA.distance(one, other, score_cutoff=1) <= 1:
        # a slip of the pen seldom is in the first letter: Jamal and Kamal are two
        return TYPO if one[0] == other[0] else ALIKE
    return ALIKE if JaroWinkler.similarity(one, other) >= 0.88 else DIFFERENT


def _across(one: Word, other: Word) -> int:
    """Letters of two alphabets, or Arabic ones: a slip shows in long names only."""
    bones, bones2 = parts(one.sound)[0], parts(other.sound)[0]
    return ALIKE if max(len(bones), len(bones2)) > 4 and OSA.distance(bones, bones2, score_cutoff=1) <= 1 else DIFFERENT


def _by_sound(one: Word, other: Word, given: bool) -> int:
    if UNHEARD in one.sound or UNHEARD in other.sound:
        return DIFFERENT
    script, script2 = arabic(one.letters), arabic(other.letters)
    if script != script2:
        first, second = (one, other) if script else (other, one)
        far = distance(first.sound, second.sound, True)
    else:
        far = distance(*sorted((one.sound, other.sound)), False)
    if far <= _VARIANT_UP_TO:
        initial = not given and one.sound[:1] != other.sound[:1] and "i" in (one.sound[:1] + other.sound[:1])
        return NEAR if (script and script2) or (initial and script == script2) else VARIANT
    if far <= _NEAR_UP_TO:
        return NEAR
    return DIFFERENT
