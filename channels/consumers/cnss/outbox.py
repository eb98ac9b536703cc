"""The outbox: which claims are due, and what becomes of a sheet once the payer answered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, select, update

from channels.consumers.cnss.changes import Changes, Row
from channels.consumers.cnss.filing import Deadline, Filing
from channels.consumers.cnss.payer import Sent
from channels.consumers.cnss.sheet import IllegalMove, LineState, State
from channels.consumers.cnss.tables import claims, lines, sheets, writing
from registries.sealing import Seal
from schemas.fhir.care_sheet import Answer

ASK_AGAIN = 30_000_000

_UNDECIDED = ("PENDING", "QUEUED")
_DECIDED = {"accepted": "ACCEPTED", "refused": "REFUSED", "queued": "QUEUED"}
_DUE = (
    select(sheets)
    .where(sheets.c.due <= bindparam("now"))
    .order_by(sheets.c.due, sheets.c.serial)
    .limit(bindparam("at_most"))
)
_UNDECIDED_OF = select(claims.c.sheet, claims.c.number, claims.c.sealed).where(
    claims.c.sheet.in_(bindparam("serials", expanding=True)), claims.c.state.in_(_UNDECIDED)
)
_UNDECIDED_BY_NUMBER = (
    select(claims.c.number.label("claim"), sheets)
    .join_from(claims, sheets, claims.c.sheet == sheets.c.serial)
    .where(claims.c.number.in_(bindparam("numbers", expanding=True)), claims.c.state.in_(_UNDECIDED))
)
_DECIDE = (
    update(claims)
    .where(claims.c.number == bindparam("of"))
    .values(state=bindparam("decided"), reason=bindparam("why"), answered=bindparam("at"))
)
_RELEASE = (
    update(lines)
    .where(
        lines.c.sheet.in_(bindparam("serials", expanding=True)), lines.c.claim.in_(bindparam("numbers", expanding=True))
    )
    .values(claim=None)
)
_MORE_TO_BILL = (
    select(lines.c.sheet)
    .where(
        lines.c.sheet.in_(bindparam("serials", expanding=True)),
        lines.c.claim.is_(None),
        lines.c.state != LineState.NOT_DONE,
    )
    .distinct()
)


class UnknownSheet(LookupError):
    """No care sheet has this number."""


class Outbox:
    """Every method blocks and is a single commit. `secret`: the ledger's. `ask_again`: µs after which a queued claim is
    asked about again."""

    def __init__(
        self, engine: Engine, secret: bytes, *, deadline: Deadline = "warn", ask_again: int = ASK_AGAIN
    ) -> None:
        self._engine, self._seal = engine, Seal(secret)
        self._deadline: Deadline = deadline
        self._ask_again = ask_again

    def take(self, now: int, at_most: int) -> list[Sent]:
        """The claims to send, one a sheet. What got no answer comes again, the same to the byte."""
        with writing(self._engine) as connection:
            due = [dict(row) for row in connection.execute(_DUE, {"now": now, "at_most": at_most}).mappings()]
            if not due:
                return []
            undecided = connection.execute(_UNDECIDED_OF, {"serials": [page["serial"] for page in due]}).mappings()
            sent = {row["sheet"]: self._sent(row["number"], row["sealed"]) for row in undecided}
            changes = Changes(now)
            filing = Filing(connection, changes, self._seal, now=now, deadline=self._deadline)
            sent |= filing.file([page for page in due if page["serial"] not in sent])
            changes.store(connection, self._engine)
        return [sent[page["serial"]] for page in due if page["serial"] in sent]

    def _sent(self, number: str, sealed: bytes) -> Sent:
        return Sent(number, self._seal.open(sealed, number))

    def settle(self, answers: Sequence[tuple[Sent, Answer]], unanswered: Sequence[Sent], now: int) -> None:
        """Writes the answers down; what was decided before stays so. The unanswered stay due, last in line."""
        with writing(self._engine) as connection:
            changes = Changes(now)
            pages = _pages(connection, [sent.number for sent in (*(sent for sent, _ in answers), *unanswered)])
            answered = {sent.number: answer for sent, answer in answers if sent.number in pages}
            _write_down(connection, pages, answered, now)
            more = _more_to_bill(connection, [pages[number]["serial"] for number in answered])
            for number, answer in answered.items():
                page = pages[number]
                self._turn(changes, page, answer, now, more=page["serial"] in more)
            for sent in unanswered:
                if sent.number in pages:
                    changes.set(pages[sent.number], due=now)
            changes.store(connection, self._engine)

    def _turn(self, changes: Changes, page: Row, answer: Answer, now: int, *, more: bool) -> None:
        if answer.outcome == "queued":
            changes.set(page, due=now + self._ask_again)
        elif answer.outcome == "accepted":
            changes.set(page, due=now if more else None)
            changes.move(page, State.ACCEPTED, "accepted", None, "payer")
        else:
            why = f"refused: {answer.reason}"
            changes.set(page, due=None, note=why)
            changes.move(page, State.REJECTED, why, None, "payer")

    def correct(self, number: str, *, actor: str, why: str, now: int) -> None:
        """A person mended what a rejected sheet was refused for: it is submitted again, under the next claim number.

        Raises UnknownSheet, and IllegalMove when the sheet is not REJECTED.
        """
        with writing(self._engine) as connection:
            changes, page = Changes(now), _page(connection, number)
            changes.set(page, due=now, note="")
            changes.move(page, State.CORRECTED, why, None, actor)
            changes.store(connection, self._engine)

    def force(self, number: str, *, actor: str, why: str, now: int) -> None:
        """Force majeure (decree 2-05-733 art. 12): an expired sheet, or late acts on an accepted one, are submitted.

        Raises UnknownSheet, and IllegalMove when the sheet is neither.
        """
        with writing(self._engine) as connection:
            changes, page = Changes(now), _page(connection, number)
            if page["state"] not in (State.EXPIRED, State.ACCEPTED):
                raise IllegalMove(f"only an expired or accepted care sheet can be forced; this one is {page['state']}")
            changes.set(page, due=now, note="", forced=True)
            if page["state"] == State.EXPIRED:
                changes.move(page, State.EXECUTED, f"force majeure: {why}", None, actor)
            changes.store(connection, self._engine)


def _page(connection: Connection, number: str) -> Row:
    found = connection.execute(select(sheets).where(sheets.c.number == number)).mappings().one_or_none()
    if found is None:
        raise UnknownSheet(f"no care sheet has the number {number}")
    return dict(found)


def _pages(connection: Connection, numbers: Sequence[str]) -> dict[str, Row]:
    """The sheets of those of these claims that are not decided yet, by claim number."""
    rows = connection.execute(_UNDECIDED_BY_NUMBER, {"numbers": numbers}).mappings()
    return {row["claim"]: {column.name: row[column] for column in sheets.c} for row in rows}


def _write_down(connection: Connection, pages: dict[str, Row], answered: dict[str, Answer], now: int) -> None:
    values: list[dict[str, Any]] = [
        {"of": number, "decided": _DECIDED[answer.outcome], "why": answer.reason, "at": now}
        for number, answer in answered.items()
    ]
    if values:
        connection.execute(_DECIDE, values)
    if refused := [number for number, answer in answered.items() if answer.outcome == "refused"]:
        serials = [pages[number]["serial"] for number in refused]
        connection.execute(_RELEASE, {"numbers": refused, "serials": serials})


def _more_to_bill(connection: Connection, serials: Sequence[int]) -> set[int]:
    return set(connection.execute(_MORE_TO_BILL, {"serials": serials}).scalars())
