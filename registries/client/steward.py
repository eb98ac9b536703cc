"""What a steward decides about identities: the same or not, whose record, which value. All of it can be taken back.

Every call is one commit with its line in the history. It answers that line's number, which `undo` takes, or 0 where
everything was so already: a decision made twice, or by two stewards at once, is made once. Raises Declined, in words
for the steward, and Unavailable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, select

from registries.cache import Cache
from registries.client import changes, choices, history, moved, splitting
from registries.client.clusters import cluster, merges_of
from registries.client.decision import Decision, Declined, decided
from registries.client.history import Line
from registries.client.links import APART, JOINED, MATCHED, MERGED
from registries.client.regulars import unsettle
from registries.client.versions import Versions
from registries.database import reading
from registries.sealing import Seal
from registries.tables import reviews
from schemas.message import Unavailable


@dataclass(frozen=True, slots=True)
class Steward:
    """`secret` keys the digests of numbers, as in `Clients`. `cache` is what the regulars remember persons in, if they
    do: once numbers moved, nothing of it is believed. So while it cannot be told, no split is made or taken back."""

    engine: Engine
    secret: bytes
    seal: Seal
    cache: Cache | None = None

    def link(self, one: str, other: str, by: str, why: str) -> int:
        """The two are the same human being. The rules never undo it."""
        return self._of_two(one, other, by, why, _link)

    def unlink(self, one: str, other: str, by: str, why: str) -> int:
        """Takes back a link between the two themselves. One that the rules made is broken for good: see `apart`."""
        return self._of_two(one, other, by, why, _unlink)

    def apart(self, one: str, other: str, by: str, why: str) -> int:
        """The two are not the same, and are never joined by the rules again, directly or through others."""
        return self._of_two(one, other, by, why, _apart)

    def together(self, one: str, other: str, by: str, why: str) -> int:
        """Takes `apart` back. Joins nobody: that is for the rules, or for `link`."""
        return self._of_two(one, other, by, why, _together)

    def merge(self, prior: str, survivor: str, by: str, why: str) -> int:
        """The same human being, and `survivor` stands for `prior` from now on."""
        return self._of_two(prior, survivor, by, why, _merge)

    def unmerge(self, prior: str, survivor: str, by: str, why: str) -> int:
        """Takes a merge back, a steward's or a source's (A40)."""
        return self._of_two(prior, survivor, by, why, _unmerge)

    def split(self, record: int, by: str, why: str) -> int:
        """Gives a source record an identity of its own, kept apart from the one it had. Its numbers go with it, so what
        its source says from now on is about the new identity; what landed before stays where it is. Whom the rules had
        joined by this record is joined no more; all are compared again."""
        rules = Versions(self.engine, self.seal).active()
        return self._moving(by, why, lambda one: splitting.split(one, self.secret, record, rules))

    def choose(
        self, person: str, field: str, by: str, why: str, *, record: int | None = None, value: Any = None
    ) -> int:
        """The golden record of this person says of the field what `record` says, or `value`; with neither, what the
        rules say again."""

        def choice(decision: Decision) -> int:
            return choices.choose(decision, person, field, record, value)

        return decided(self.engine, self.seal, by, why, choice)

    def accept(self, review: str, by: str, why: str) -> int:
        """The two of a review are one: links them. A review of one identity alone is closed."""
        return decided(self.engine, self.seal, by, why, lambda one: _answer(one, review, "accepted"))

    def reject(self, review: str, by: str, why: str) -> int:
        """The two of a review are not one: keeps them apart. A review of one identity alone is closed."""
        return decided(self.engine, self.seal, by, why, lambda one: _answer(one, review, "rejected"))

    def undo(self, entry: int, by: str, why: str) -> int:
        """Takes back the decision of this line of the history, if nothing else was decided about the same since."""
        if self.cache and self._moved(entry):
            return self._moving(by, why, lambda one: _undo(one, entry))
        return decided(self.engine, self.seal, by, why, lambda one: _undo(one, entry))

    def history(self, person: str) -> list[Line]:
        """What was decided about this identity and those joined with it now, the newest first. The details are opened:
        for who may see the patient's data."""
        with reading(self.engine) as connection:
            return history.of_persons(connection, self.seal, cluster(connection, person)[0])

    def _moved(self, entry: int) -> bool:
        """Whether the decision of this line moved a record or numbers."""
        with reading(self.engine) as connection:
            line = history.line(connection, self.seal, entry)
        made = line.detail.get("changes", ()) if line else ()
        return any(change["table"] in ("keys", "records") for change in made)

    def _moving(self, by: str, why: str, work: Callable[[Decision], int]) -> int:
        """Decides what moves numbers. The memory is told before it, for nothing is decided where it cannot be told, and
        again afterwards, for it may have learnt meanwhile what was so before."""
        self._forget()
        try:
            return decided(self.engine, self.seal, by, why, work)
        finally:
            self._forget()

    def _forget(self) -> None:
        if self.cache and not unsettle(self.cache):
            raise Unavailable("the memory of persons does not answer, and would be believed when it is back")

    def _of_two(
        self, one: str, other: str, by: str, why: str, work: Callable[[Decision, str, str], tuple[str, bool]]
    ) -> int:
        def both(decision: Decision) -> int:
            if one == other:
                raise Declined("that is one identity, not two: choose another one beside it")
            decision.known(one, other)
            action, done = work(decision, one, other)
            decision.check()
            return decision.note(action, one, other) if done else 0

        return decided(self.engine, self.seal, by, why, both)


def _link(decision: Decision, one: str, other: str) -> tuple[str, bool]:
    done = decision.join(one, other, JOINED)
    decision.settle(one, other, "accepted")
    return "linked", done


def _unlink(decision: Decision, one: str, other: str) -> tuple[str, bool]:
    links = decision.between(one, other, JOINED, MATCHED)
    if not links and not decision.ended(one, other, JOINED, MATCHED):
        raise Declined(f"no link between these two themselves: {_otherwise(decision, one, other)}")
    for link in links:
        decision.end(link)
    if any(link.kind == MATCHED for link in links):
        _apart(decision, one, other)
    return "unlinked", bool(links)


def _otherwise(decision: Decision, one: str, other: str) -> str:
    together, _ = cluster(decision.connection, one)
    if decision.between(one, other, MERGED):
        return "one was merged into the other, which `unmerge` takes back"
    return "others join them; say `apart` of the two" if other in together else "they are two already"


def _apart(decision: Decision, one: str, other: str) -> tuple[str, bool]:
    done = decision.join(one, other, APART)
    decision.part(one, other)
    decision.settle(one, other, "rejected")
    return "apart", done


def _together(decision: Decision, one: str, other: str) -> tuple[str, bool]:
    links = decision.between(one, other, APART)
    if not links and not decision.ended(one, other, APART):
        raise Declined("nobody keeps these two apart")
    for link in links:
        decision.end(link)
    return "together", bool(links)


def _merge(decision: Decision, prior: str, survivor: str) -> tuple[str, bool]:
    done = decision.join(prior, survivor, MERGED)
    decision.settle(prior, survivor, "accepted")
    return "merged", done


def _unmerge(decision: Decision, prior: str, survivor: str) -> tuple[str, bool]:
    links = [link for link in merges_of(decision.connection, prior) if link.to_person == survivor]
    if not links and not decision.ended(prior, survivor, MERGED):
        raise Declined(f"{prior} was not merged into {survivor}; its history tells into which it was")
    for link in links:
        decision.end(link)
    return "unmerged", bool(links)


def _answer(decision: Decision, review: str, answer: str) -> int:
    found = decision.connection.execute(select(reviews).where(reviews.c.id == review)).first()
    if found is None:
        raise Declined(f"no review {review}")
    if found.state != "open":
        if found.decision == answer:
            return 0
        raise Declined(f"{found.decided_by} has {found.decision} this review; take that back in the history first")
    if found.other:
        (_link if answer == "accepted" else _apart)(decision, found.person, found.other)
    decision.close(review, answer)
    decision.check()
    return decision.note(answer, found.person, found.other)


def _undo(decision: Decision, entry: int) -> int:
    line = history.line(decision.connection, decision.seal, entry)
    if line is None or "changes" not in line.detail:
        raise Declined(f"line {entry} of the history is no decision that can be taken back")
    if line.action == "rematched":
        raise Declined("a new comparison of everybody is taken back with the rules that it was done under")
    made = changes.loaded(line.detail["changes"])
    if all(one.back().stands(decision.connection) for one in made):
        return 0
    for one in made:
        if not (one.stands(decision.connection) or moved.made_again(decision, one)):
            raise Declined("something was decided about the same since; take that back first, the latest before")
    splitting.check(decision, made)
    for one in reversed(made):
        decision.put(one.table, one.key, _counted(decision, one))
    splitting.rejoined(decision, line.detail)
    decision.check()
    return decision.note("undone", line.person, line.other, line.record, of=entry)


def _counted(decision: Decision, change: changes.Change) -> changes.Row | None:
    """What counts changes goes forward. A link that was not there before has ended."""
    if change.table == "links":
        return (change.before or {"ended": decision.at}) | {"version": decision.number}
    if change.table == "persons" and change.before:
        known = changes.row(decision.connection, "persons", change.key) or {"revision": 0}
        return change.before | {"revision": known["revision"] + 1}
    return change.before
