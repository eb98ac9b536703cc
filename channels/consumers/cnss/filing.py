"""Makes the claims of the sheets that are due: which lines, for whom, and whether it is not too late."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, bindparam, insert, select, update

from channels.consumers.cnss import insured, sheet
from channels.consumers.cnss.changes import Changes, Row
from channels.consumers.cnss.ledger import IN_ORDER, NO_NUMBER, total
from channels.consumers.cnss.payer import Sent
from channels.consumers.cnss.sheet import LineState, State
from channels.consumers.cnss.tables import claims, lines
from registries.sealing import Seal
from schemas.fhir import care_sheet
from schemas.fhir.care_sheet import Item

FILED_LATE = "filed late"

# What becomes of a sheet filed more than two months after its first act. The right has lapsed, except for force
# majeure (decree 2-05-733 art. 12): `enforce` makes it EXPIRED until a person forces it, `warn` submits it.
Deadline = Literal["enforce", "warn"]

_ZONE = ZoneInfo("Africa/Casablanca")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_WASL = "wasl"
_FILED_FROM = frozenset({State.EXECUTED, State.CORRECTED, State.ACCEPTED})

_UNBILLED = (
    select(lines)
    .where(
        lines.c.sheet.in_(bindparam("serials", expanding=True)),
        lines.c.claim.is_(None),
        lines.c.state != LineState.NOT_DONE,
    )
    .order_by(*IN_ORDER)
)
_ADD_CLAIMS = insert(claims)
_CARRY = update(lines).where(lines.c.fact == bindparam("of")).values(claim=bindparam("carried_by"))


class Filing:
    """Decides about sheets in one commit: `changes` is stored by the caller."""

    def __init__(self, connection: Connection, changes: Changes, seal: Seal, *, now: int, deadline: Deadline) -> None:
        self._connection, self._seal = connection, seal
        self._changes = changes
        self._now = now
        self._instant = _EPOCH + timedelta(microseconds=now)
        self._today = self._instant.astimezone(_ZONE).date()
        self._enforce = deadline == "enforce"
        self._claims: list[Row] = []
        self._carried: list[Row] = []

    def file(self, due: Sequence[Row]) -> dict[int, Sent]:
        """The new claims, by the sheet's serial. A claim carries only lines that no claim has, save refused ones."""
        acts = self._unbilled([page["serial"] for page in due])
        persons = insured.known(self._connection, self._seal, {page["person"] for page in due})
        sent = {
            page["serial"]: self._decide(page, acts[page["serial"]], persons.get(page["person"], {})) for page in due
        }
        if self._claims:
            self._connection.execute(_ADD_CLAIMS, self._claims)
            self._connection.execute(_CARRY, self._carried)
        return {serial: claim for serial, claim in sent.items() if claim}

    def _unbilled(self, serials: Sequence[int]) -> defaultdict[int, list[Row]]:
        acts: defaultdict[int, list[Row]] = defaultdict(list)
        for row in self._connection.execute(_UNBILLED, {"serials": serials}).mappings():
            acts[row["sheet"]].append(dict(row))
        return acts

    def _decide(self, page: Row, acts: Sequence[Row], person: Row) -> Sent | None:
        if not acts or page["state"] not in _FILED_FROM:
            self._changes.set(page, due=None)
            return None
        late = self._late(page, acts[0])
        if late:
            self._changes.work(FILED_LATE, acts[0], acts[0]["event"], acts[0]["transaction"])
        if late and self._enforce:
            self._lapse(page)
            return None
        if not person.get("insured"):
            self._changes.set(page, due=None, note=NO_NUMBER)
            return None
        self._changes.set(page, note=FILED_LATE if late else "")
        return self._claim(page, acts, person)

    def _late(self, page: Row, first_act: Row) -> bool:
        """What was filed in time and refused may be corrected later; what a person forced is never late."""
        if page["forced"] or page["state"] == State.CORRECTED:
            return False
        return self._today > sheet.last_filing_day(date.fromisoformat(first_act["date"]))

    def _lapse(self, page: Row) -> None:
        """The sheet has expired; one that was accepted stays so, without the late acts."""
        self._changes.set(page, due=None, note=FILED_LATE)
        if page["state"] != State.ACCEPTED:
            self._changes.move(page, State.EXPIRED, FILED_LATE, None, _WASL)

    def _claim(self, page: Row, acts: Sequence[Row], person: Row) -> Sent:
        before = page["claims"]
        number = f"{page['number']}-{before + 1}"
        resource = care_sheet.claim(
            number,
            insured=person["insured"],
            person=page["person"],
            birth_date=person["birth_date"],
            created=self._instant.isoformat(timespec="seconds").replace("+00:00", "Z"),
            items=[_item(act) for act in acts],
            earlier=f"{page['number']}-{before}" if before else None,
        )
        body = care_sheet.encode(resource)
        self._claims.append(self._row(number, page, body, total(act["amount"] for act in acts)))
        self._carried.extend({"of": act["fact"], "carried_by": number} for act in acts)
        self._changes.set(page, claims=before + 1)
        self._changes.move(page, State.SUBMITTED, f"claim {before + 1}", acts[-1]["transaction"], _WASL)
        return Sent(number, body)

    def _row(self, number: str, page: Row, body: bytes, amount: Decimal) -> dict[str, Any]:
        return {
            "number": number,
            "sheet": page["serial"],
            "total": str(amount),
            "state": "PENDING",
            "reason": "",
            "made": self._now,
            "answered": None,
            "sealed": self._seal.seal(body, number),
        }


def _item(act: Row) -> Item:
    return Item(
        line=act["fact"],
        code=act["code"],
        system=act["system"],
        designation=act["designation"],
        quantity=act["quantity"],
        amount=act["amount"],
        executor=act["executor"],
        executor_system=act["executor_system"],
        date=act["date"],
    )
