"""Weights of matching estimated on the records that are here, without labels, as a version that somebody may put in
force."""

from __future__ import annotations

import random

from sqlalchemy import Engine

from registries.client.candidates import Candidates
from registries.client.comparison import everybody
from registries.client.matching.estimation import estimated
from registries.client.matching.profile import Profile
from registries.client.versions import Versions
from registries.database import in_parts, reading
from registries.sealing import Seal

# Records of a sample: of each, all that share a block are compared, in a minute or so
MOST = 20_000
# Fewer tell too little of how often names and slips are met
FEWEST = 1_000
_AT_ONCE = 500


def weighed(engine: Engine, seal: Seal, by: str, why: str, most: int = MOST) -> int:
    """The number of the version: that in force, with weights, prior and frequencies of a sample of the records here.
    The same records give the same. It is not in force. Raises ValueError for fewer records than FEWEST, Unavailable."""
    versions = Versions(engine, seal)
    profiles = _sample(engine, seal, most)
    if len(profiles) < FEWEST:
        raise ValueError(
            f"weights are not estimated from {len(profiles)} records: at least {FEWEST} are needed; load more first"
        )
    return versions.propose(estimated(profiles, versions.active()), by, why)


def _sample(engine: Engine, seal: Seal, most: int) -> list[Profile]:
    """Every so many records, by chance: those that share a block are found only among them."""
    candidates = Candidates(seal)
    with reading(engine) as connection:
        ids = everybody(connection)
        chosen = sorted(random.Random(len(ids)).sample(ids, min(most, len(ids))))
        parts = in_parts(chosen, _AT_ONCE)
        return [one.profile for part in parts for _, one in sorted(candidates.known(connection, part).items())]
