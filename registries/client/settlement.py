"""What a round of verdicts comes to: links, reviews and their lines in the history, in one commit."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import partial

from sqlalchemy import Connection, select

from registries import database
from registries.client import history, linking
from registries.client.candidates import Known
from registries.client.clusters import joining
from registries.client.history import Line
from registries.client.linking import Match
from registries.client.links import Standing, joined
from registries.client.matching.rules import Rules
from registries.client.questions import answered, reopened, waiting
from registries.client.verdicts import Decision, Linked, Of, Verdict, asked
from registries.database import insert_or_skip
from registries.sealing import Seal
from registries.tables import records, reviews

_WHOSE = select(records.c.id, records.c.person)


def decide(
    connection: Connection,
    verdicts: Sequence[Verdict],
    compared: Sequence[Known],
    of: Of,
    rules: Rules,
    seal: Seal,
    at: int,
    number: int,
) -> set[int]:
    """Links, reviews and their lines in the history, in the caller's transaction. `number`: the version of the links
    that it makes, which the caller took, so that nobody else links meanwhile; 0 where there is no verdict.

    Which of the records are to be compared again: those that left their identity since they were read, and those
    compared with one that did. Nothing is decided of these."""
    persons = {person for one in verdicts for person in (one.one, one.other)} | {one.person for one in compared}
    standing, linked = Standing(joined(connection, persons)), partial(_linked, connection)
    left = _left(connection, verdicts, [one for one in compared if len(standing.group(one.person)) > 1])
    best: dict[tuple[str, str], Verdict] = {}
    for one in sorted(verdicts, key=lambda one: one.rank):
        if left.isdisjoint((one.record, one.beside)):
            best[one.one, one.other] = one
    decision = Decision(rules, standing, of, partial(waiting, connection), linked)
    decision.link([one for one in best.values() if one.certain])
    decision.ask([one for one in best.values() if not one.certain])
    decision.revisit([one for one in compared if one.id not in left])
    _write(connection, decision, number, seal, at)
    return left | {one.record for one in verdicts if one.beside in left}


def _left(connection: Connection, verdicts: Sequence[Verdict], linked: Iterable[Known]) -> set[int]:
    """Records whose identity is another than when they were read: a steward split it meanwhile."""
    whose = {one.id: one.person for one in linked}
    for one in verdicts:
        whose |= {one.record: one.person, one.beside: one.theirs}
    rows = database.asked(connection, _WHOSE, records.c.id, whose) if whose else ()
    now = {row.id: row.person for row in rows}
    return {id for id, person in whose.items() if now.get(id) != person}


def _write(connection: Connection, decision: Decision, number: int, seal: Seal, at: int) -> None:
    rules = decision.rules.version
    _part(connection, decision, number, seal, at)
    found = {(one.one, one.other): one for one in decision.matches}
    matches = [Match(one.one, one.other, "", one.why, one.score.probability, rules) for one in found.values()]
    new = [found[one.one, one.other] for one in linking.match(connection, matches, at, number)] if matches else []
    told = [Line(at, "rules", "matched", one.one, one.other, one.record, one.why, rules) for one in new]
    history.write(connection, seal, told)
    rows = [asked(*about, *doubt, rules, at) for about, doubt in decision.doubts.items()]
    insert_or_skip(connection, reviews, rows)
    answers = {decision.standing.group(person) for person in decision.answered}
    if answers:
        answered(connection, answers, "rules", at)


def _part(connection: Connection, decision: Decision, number: int, seal: Seal, at: int) -> None:
    """Ends the links for which likelier ones stand, and asks again whom a link had answered."""
    parted = sorted(one for one in decision.parted if one[1] not in decision.standing.group(one[0]))
    if not parted:
        return
    ended = linking.part(connection, parted, at, number)
    why = "a likelier match of one of them contradicts this one"
    rules = decision.rules.version
    history.write(connection, seal, [Line(at, "rules", "unlinked", *one, None, why, rules) for one in ended])
    reopened(connection, parted)


def _linked(connection: Connection, persons: Collection[str]) -> list[Linked]:
    rows = joining(connection, persons)
    return [
        (row.from_person, row.to_person, row.kind) for row in rows if {row.from_person, row.to_person} <= set(persons)
    ]
