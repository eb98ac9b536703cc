"""The outbox: which claims are due, and what becomes of a sheet once the payer answered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, bindparam, insert, select, update

from channels.consumers.cnss import sheet
from channels.consumers.cnss.changes import Changes, Row
from channels.consumers.cnss.ledger import IN_ORDER, NO_NUMBER, total
from channels.consumers.cnss.payer import Sent
from channels.consumers.cnss.sheet import LineState, State
from channels.consumers.cnss.tables import claims, lines, people, sheets, writing
from schemas.fhir import care_sheet
from schemas.fhir.care_sheet import Answer, Item

FILED_LATE = "filed late"
ASK_AGAIN = 30_000_000

Deadline = Literal["enforce", "warn"]

_ZONE = ZoneInfo("Africa/Casablanca")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNDECIDED = ("PENDING", "QUEUED")
_SUBMITTED_FROM = frozenset({State.EXECUTED, State.CORRECTED, State.ACCEPTED})

_DUE = (
    select(sheets)
    .where(sheets.c.due <= bindparam("now"))
    .order_by(sheets.c.due, sheets.c.key)
    .limit(bindparam("at_most"))
)
_UNDECIDED_OF = select(claims.c.sheet, claims.c.number, claims.c.body).where(
    claims.c.sheet.in_(bindparam("keys", expanding=True)), claims.c.state.in_(_UNDECIDED)
)
_UNBILLED_OF = (
    select(lines)
    .where(
        lines.c.sheet.in_(bindparam("keys", expanding=True)),
        lines.c.claim.is_(None),
        lines.c.state.in_((LineState.DONE, LineState.PARTIAL)),
    )
    .order_by(*IN_ORDER)
)
_PEOPLE = select(people).where(people.c.person.in_(bindparam("persons", expanding=True)))
_ANSWERED = (
    select(claims.c.number.label("claim"), sheets)
    .join_from(claims, sheets, claims.c.sheet == sheets.c.key)
    .where(claims.c.number.in_(bindparam("numbers", expanding=True)), claims.c.state.in_(_UNDECIDED))
)
_CARRY = update(lines).where(lines.c.fact == bindparam("of")).values(claim=bindparam("carried_by"))
_RELEASE = update(lines).where(lines.c.claim.in_(bindparam("numbers", expanding=True))).values(claim=None)
_DECIDE = (
    update(claims)
    .where(claims.c.number == bindparam("of"))
    .values(state=bindparam("now_state"), reason=bindparam("why"), answered=bindparam("at"))
)
_OF_NUMBER = select(sheets).where(sheets.c.number == bindparam("sheet_number"))


class UnknownSheet(LookupError):
    """No care sheet has this number."""


class Outbox:
    """Every method blocks and is a single commit. `ask_again`: µs after which a queued claim is asked about again.

    `deadline`: what becomes of a sheet filed more than two months after its first act. The right has lapsed, except
    for force majeure (decree 2-05-733 art. 12): `enforce` makes it EXPIRED until a person forces it, `warn` submits
    it; either way it goes to the work list.
    """

    def __init__(self, engine: Engine, *, deadline: Deadline = "warn", ask_again: int = ASK_AGAIN) -> None:
        self._engine = engine
        self._deadline: Deadline = deadline
        self._ask_again = ask_again

    def take(self, now: int, at_most: int) -> list[Sent]:
        """The claims to send, one a sheet. What got no answer comes again, the same to the byte."""
        with writing(self._engine) as connection:
            due = [dict(row) for row in connection.execute(_DUE, {"now": now, "at_most": at_most}).mappings()]
            undecided = connection.execute(_UNDECIDED_OF, {"keys": [page["key"] for page in due]}).mappings()
            sent = {row["sheet"]: Sent(row["number"], row["body"].encode()) for row in undecided}
            making = _Making(connection, now, self._deadline)
            sent |= making.make([page for page in due if page["key"] not in sent])
            making.changes.store(connection, self._engine)
        return [sent[page["key"]] for page in due if page["key"] in sent]

    def settle(self, answers: Sequence[tuple[Sent, Answer]], unanswered: Sequence[Sent], now: int) -> None:
        """Writes the answers down; a claim that was decided before stays so. The unanswered stay due, last in line."""
        numbers = [sent.number for sent in (*(sent for sent, _ in answers), *unanswered)]
        with writing(self._engine) as connection:
            changes = Changes(now)
            rows = connection.execute(_ANSWERED, {"numbers": numbers}).mappings()
            pages = {row["claim"]: {name: row[name] for name in sheets.c.keys()} for row in rows}
            decided = [(sent, answer) for sent, answer in answers if sent.number in pages]
            more = self._write(connection, decided, now)
            for sent, answer in decided:
                page = pages[sent.number]
                again = now if page["key"] in more else None
                self._settle(changes, page, answer, again, now)
            for sent in unanswered:
                if sent.number in pages:
                    changes.set(pages[sent.number], due=now)
            changes.store(connection, self._engine)

    def _write(self, connection: Connection, decided: Sequence[tuple[Sent, Answer]], now: int) -> set[str]:
        pass
