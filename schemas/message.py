"""A message as it came, what is answered to its sender, and what may be wrong with it."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning", "information"]


@dataclass(frozen=True, slots=True)
class Message:
    """The bytes as they came, with where they came from. Never changed afterwards.

    `sender` is the feed within the channel: the client's name over HTTP, "MSH-3|MSH-4" over MLLP.
    `received` is in microseconds since the epoch, UTC.
    `places` limits a rerun to some parts of the message (CSV lines, OBR groups); empty means all of it.
    """

    transaction: str
    channel: str
    sender: str
    body: bytes
    content_type: str
    received: int
    control_id: str = ""
    type: str = ""
    peer: str = ""
    rerun_of: str = ""
    places: tuple[str, ...] = ()

    @property
    def feed(self) -> str:
        """The unit of order on the way in."""
        return f"{self.channel}|{self.sender}"

    @property
    def digest(self) -> str:
        """SHA-256 of the body, in hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class Description:
    """What a glance at the bytes tells, enough to choose the channel and the feed.

    `type` is the message type ("ORU^R01", "Bundle/transaction", "text/csv"); `application` and `facility` are
    MSH-3 and MSH-4 (first components), `receiver` is MSH-5; `section` the diagnostic section (OBR-24) of the first
    report.
    """

    type: str
    application: str = ""
    facility: str = ""
    control_id: str = ""
    section: str = ""
    receiver: str = ""


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing wrong with a message: where, why, and how to mend it. Never holds patient data.

    `at` is the place in the format's own terms ("PID-3.1", "line 7, quantite", "entry[2].resource.code");
    `location` the same as ERR-2 wants it ("PID^1^3"); `reason` a word to group by ("required", "unknown-code");
    `code` the HL7 table 0357 condition; `line` and `column` are for row formats (line 1 is the header).
    `source` is where the rule stands ("HL7 2.5.1, 3.4.2.3", "decree 2-05-733 art. 24").
    """

    at: str
    reason: str
    text: str
    remedy: str
    severity: Severity = "error"
    code: str = "207"
    location: str = ""
    line: int | None = None
    column: str | None = None
    source: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the sender is told, in its own format. An empty body means: no answer is wanted.

    `code` is the word the journal keeps: AA, AE, AR, CA, CE, CR, or an HTTP status in words. `accepted` says
    whether the sender may forget the message.
    """

    body: bytes
    content_type: str
    code: str
    status: int = 200
    accepted: bool = True


class Refused(Exception):
    """This will never pass as it is: kept with its reasons. `reject` asks for AR rather than AE."""

    def __init__(self, issues: Sequence[Issue], *, reject: bool = False) -> None:
        super().__init__("; ".join(f"{issue.at}: {issue.reason}" for issue in issues) or "refused")
        self.issues = tuple(issues)
        self.reject = reject


class Unavailable(Exception):
    """The other side is down or busy: keep the order, come back later, lose nothing."""

    def __init__(self, reason: str, *, retry_after: float | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.retry_after = retry_after


@dataclass(slots=True)
class Unmapped:
    """A value that has no place in the canonical event; it travels on beside it."""

    place: str
    value: str = field(repr=False)
