"""Csv: rows, by a mapping. What the sender is told is a JSON report, row by row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson

from mediators.additions import add
from mediators.csv import dispensation, reader
from mediators.csv.assigners import judged_entries
from mediators.csv.mapping import Mapping as Columns
from mediators.csv.mapping import mapping_of
from mediators.csv.sheet import Sheet, sheet_of
from mediators.mapping import BadMapping, Once, bad_mapping
from mediators.mediator import Context, Part, Translation
from schemas.message import Description, Issue, Message, Refused, Reply

_read = Once(mapping_of)
_TOLD = ("line", "column", "reason", "remedy", "text", "severity")


class Csv:
    """A file of rows. A bad row is told by line and column, and doesn't stop the good ones."""

    def split(self, body: bytes) -> Sequence[bytes]:
        return [body]

    def describe(self, body: bytes, content_type: str) -> Description:
        return Description(type="text/csv")

    def check(self, message: Message, context: Context) -> Sequence[Issue]:
        """Every problem of every row. Raises Refused when no row may pass."""
        sheet = _sheet(message, _mapping(context.mapping), context)
        issues: list[Issue] = []
        good = False
        for entry in judged_entries(sheet, message, context):
            if message.places and entry.place not in message.places:
                continue
            good = good or entry.good
            issues.extend(entry.issues)
        if not good:
            raise Refused(issues or [_no_rows()])
        return issues

    def accept(self, message: Message, issues: Sequence[Issue]) -> Reply:
        return _report(_good_rows(message, issues), issues, 200, "OK")

    def refuse(self, message: Message, issues: Sequence[Issue], *, reject: bool = False) -> Reply:
        return _report(0, issues, 422, "Unprocessable Entity")

    def judge(self, mapping: Mapping[str, Any]) -> None:
        mapping_of(mapping)

    def join(self, replies: Sequence[Reply]) -> Reply:
        return replies[0]

    def mediate(self, message: Message, context: Context) -> Translation:
        """An event for each good row, a refused part ("line 7") for each bad one."""
        mapping = _mapping(context.mapping)
        sheet = _sheet(message, mapping, context)
        sales = dispensation.Sales(sheet)
        translation = Translation()
        digest = message.digest
        for entry in judged_entries(sheet, message, context):
            about, occurrence = sales.next(entry)
            if message.places and entry.place not in message.places:
                continue
            if not entry.good:
                translation.refused.append(Part(entry.place, entry.issues))
                continue
            event = dispensation.dispensed(message, digest, entry, sheet, about, occurrence, mapping.constants)
            translation.events.append(event)
        return add(translation, context)


def _mapping(parsed: Mapping[str, Any]) -> Columns:
    try:
        return _read(parsed)
    except BadMapping as error:
        raise Refused(bad_mapping(error)) from error


def _sheet(message: Message, mapping: Columns, context: Context) -> Sheet:
    return sheet_of(reader.table(message.body, message.content_type), mapping, message.received, context.zone)


def _good_rows(message: Message, issues: Sequence[Issue]) -> int:
    bad = {issue.line for issue in issues if issue.severity == "error"}
    try:
        rows = reader.table(message.body, message.content_type).rows()
        wanted = (row.line for row in rows if not message.places or f"line {row.line}" in message.places)
        return sum(line not in bad for line in wanted)
    except Refused:
        return 0


def _report(accepted: int, issues: Sequence[Issue], status: int, code: str) -> Reply:
    told = [{name: getattr(issue, name) for name in _TOLD} for issue in issues]
    body = orjson.dumps({"accepted": accepted, "issues": told})
    return Reply(body, "application/json", code, status, accepted=status < 300)


def _no_rows() -> Issue:
    return Issue(
        at="line 2",
        reason="empty",
        text="there is no row below the header",
        remedy="export again with at least one row",
        line=2,
    )
