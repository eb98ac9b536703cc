"""A source record went to another identity: what the rules had found of it, and of whom it was among, is found anew."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlalchemy import BigInteger, insert, literal, select, update

from registries.client.changes import Change, row
from registries.client.clusters import joining
from registries.client.decision import Decision
from registries.client.links import MATCHED, joined
from registries.client.matching.profile import Profile
from registries.client.matching.rules import Rules
from registries.client.matching.scoring import outcome, score
from registries.client.questions import reopened
from registries.client.records import NAME
from registries.database import among
from registries.tables import next_version, records, uncompared


def end_unfounded(decision: Decision, person: str, rules: Rules) -> None:
    """Ends the links of the rules that no record of the identity bears out now: they rested on the one that left. Who
    was not asked about, as the two were one, is to be asked about again."""
    links = [link for link in joining(decision.connection, [person]) if link.kind == MATCHED]
    told = _profiles(decision, {one for link in links for one in (link.from_person, link.to_person)})
    for link in links:
        here, there = told.get(link.from_person, ()), told.get(link.to_person, ())
        if not any(outcome(score(one, other, rules), rules) == "certain" for one in here for other in there):
            decision.end(link)
            reopened(decision.connection, [(link.from_person, link.to_person)])


def compare_again(decision: Decision) -> None:
    """Where records moved: their identities', and those of everybody who is or was joined with these, wait to be
    compared. Whoever follows the records learns that theirs are others now."""
    persons = set(_concerned(decision))
    if not persons:
        return
    found = joined(decision.connection, persons)
    everybody = {one for person in persons for one in found.following(person)}
    number = next_version(decision.connection, NAME)
    theirs = among(decision.connection, records.c.person, everybody)
    decision.connection.execute(update(records).where(theirs).values(number=number, moved=decision.at))
    waiting = select(records.c.id, records.c.number, literal(decision.at, BigInteger)).where(theirs)
    decision.connection.execute(insert(uncompared).from_select(["record", "number", "at"], waiting))


def made_again(decision: Decision, change: Change) -> bool:
    """Whether this ended a link of the rules that is in force again: they made it anew, and nobody decided that."""
    if change.table != "links" or change.key["kind"] != MATCHED or not change.after or change.after["ended"] is None:
        return False
    found = row(decision.connection, "links", change.key)
    return found is not None and found["ended"] is None


def _concerned(decision: Decision) -> Iterator[str]:
    """Between whom a record moved, and those of whom links of the rules began or ended with that."""
    if not any(change.table == "records" for change in decision.changes):
        return
    for change in decision.changes:
        if change.table == "records":
            yield from (told["person"] for told in (change.before, change.after) if told)
        elif change.table == "links" and change.key["kind"] == MATCHED:
            yield from (change.key["from_person"], change.key["to_person"])


def _profiles(decision: Decision, persons: Collection[str]) -> dict[str, list[Profile]]:
    rows = select(records.c.id, records.c.person, records.c.profile)
    found: dict[str, list[Profile]] = {}
    for id, person, sealed in decision.connection.execute(
        rows.where(among(decision.connection, records.c.person, persons))
    ):
        found.setdefault(person, []).append(Profile.unpacked(decision.seal.open(sealed, str(id))))
    return found
