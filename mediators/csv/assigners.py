"""Whether a file may bring the patients' numbers it brings: the domains are those that the mapping names."""

from __future__ import annotations

from collections.abc import Iterator

from mediators.csv.sheet import Entry, Sheet
from mediators.domains import Assigned, judged
from mediators.mediator import Context
from schemas.message import Issue, Message
from schemas.temporary import system_of


def judged_entries(sheet: Sheet, message: Message, context: Context) -> Iterator[Entry]:
    """Every row, with what the channel's identifier domains say of its patient's numbers among its issues."""
    columns = [bound for bound in sheet.bound if bound.column.field == "patient.identifier"]
    for entry in sheet.entries():
        for bound in columns if context.domains.table or context.domains.strict else ():
            if value := entry.values.get(bound.at, ""):
                entry.issues += _issues(value, bound.column.system_uri, bound.name, entry.line, message, context)
        yield entry


def _issues(value: str, system: str, column: str, line: int, message: Message, context: Context) -> Iterator[Issue]:
    number = Assigned(value, (system_of(value, system),))
    for fault in judged(number, context.domains, message.sender, context.channel):
        _, reason, code, text, remedy, source, severity = fault
        at = f"line {line}, {column}"
        yield Issue(at, reason, text, remedy, severity, code, line=line, column=column, source=source)
