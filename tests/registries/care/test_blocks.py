"""Only what may be alike is compared: nobody who is alike is missed by it."""

from __future__ import annotations

import random
from collections.abc import Iterator

from registries.care.areas import areas
from registries.care.blocks import Blocks
from registries.care.likeness import Described, Listed, likeness, outcome

PARTS = (
    "oulad", "ait", "sidi", "moulay", "hay", "bir", "dar", "ksar", "tizi", "khemis", "jemaa", "arbaa", "tnine", "frej",
    "ghanem", "melloul", "bennour", "kacem", "slimane", "driss", "zemamra", "shaim", "tleta", "salam", "nahda", "riad",
    "massira", "qods", "andalous", "izdihar", "tazarine", "boumalne", "agdez", "mhamid", "foum", "tafraout", "mirleft",
    "targuist", "mokrisset", "zoumi", "larache", "tlet", "gharb", "mechra", "atlas", "kawtar", "chifa", "baraka",
)  # fmt: skip
KINDS = (
    ("Centre de santé rural", "CSR"),
    ("Pharmacie", "Phie"),
    ("Laboratoire d'analyses", "Labo"),
    ("Hôpital", "Hop"),
)
SPELLINGS = (("ou", "w"), ("k", "q"), ("ch", "sh"), ("ai", "ay"), ("a", "e"), ("i", "y"), ("ss", "s"), ("ll", "l"))
PLACES = [one.code for one in areas().values() if one.within]


def misspelt(chance: random.Random, word: str) -> str:
    word = word.replace(*chance.choice(SPELLINGS), 1)
    place = chance.randrange(1, len(word)) if len(word) > 3 else len(word)
    return word[:place] + chance.choice(["", "", word[place - 1], "r"]) + word[place + chance.choice([0, 0, 1]) :]


def facilities(chance: random.Random, count: int) -> Iterator[tuple[Described, Described]]:
    """One of ours, and the same as another list writes it."""
    for number in range(count):
        words = chance.sample(PARTS, chance.choice([1, 2, 2, 3]))
        (ours, theirs), place = chance.choice(KINDS), chance.choice(PLACES)
        at = (28 + chance.random() * 7, chance.random() * 10 - 12)
        there = [misspelt(chance, one) if chance.random() < 0.5 else one for one in words]
        chance.shuffle(there)
        said = chance.choice([place, place, "", chance.choice(PLACES)])
        spot = (at[0] + 0.002, at[1] - 0.002) if chance.random() < 0.3 else None
        one = Described(f"{number}", (f"{ours} {' '.join(words)}",), place=place, at=at)
        yield one, Described("", (f"{theirs} {' '.join(there)}",), place=said, at=spot)


def test_what_comparing_with_everything_finds_is_found() -> None:
    pairs = list(facilities(random.Random(3), 600))
    ours = [one for one, _ in pairs]
    listed, alike, missed = Listed(ours), 0, []
    for _, other in pairs[:40]:
        every = sorted((likeness(other, one) for one in ours), key=lambda each: (-each.score, each.id))
        said, found = listed.best(other)
        if outcome(every) != "none":
            alike += 1
            missed += [] if said == outcome(every) and found[0].score == every[0].score else [other.names]
    assert alike > 25
    assert len(missed) <= alike // 100, missed


def test_a_row_is_compared_with_few_however_many_there_are() -> None:
    pairs = list(facilities(random.Random(4), 2000))
    blocks = Blocks()
    for one, _ in pairs:
        blocks.add(one.sounds, one.place, one.inpe, one.at)
    compared = [len(blocks.near(other.sounds, other.place, other.inpe, other.at)) for _, other in pairs[:200]]
    assert sum(compared) / len(compared) < 70


def test_a_number_or_a_spot_finds_it_whatever_its_name() -> None:
    blocks = Blocks()
    blocks.add(["ulad"], "MA-RAB", "120000011", (34.0, -6.8))
    blocks.add(["faraJ"], "", "", None)
    assert blocks.near(["xxxx"], "", "120000011", None) == {0}
    assert blocks.near(["xxxx"], "", "", (34.005, -6.805)) == {0}
    assert blocks.near(["xxxx"], "MA-RAB", "", (35.0, -6.8)) == set()
    assert blocks.near([], "", "", None) == set()
