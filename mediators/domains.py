"""What is wrong with a patient's numbers by the table of identifier domains: OHIE-CR-01, -03, -04 and -05.

Where a channel is tolerant only what looks mistyped is told, as a warning; where it is strict, a number whose domain is
not said, not known or not the sender's is refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from schemas.domains import Domain, Domains
from schemas.message import Severity

NUMBER: Final = "number"
AUTHORITY: Final = "authority"


class Fault(NamedTuple):
    """What is wrong: of the number or of who assigned it (`of`), a word to group by, the code of HL7 table 0357, and in
    words what, what to do, and where the rule stands."""

    of: str
    reason: str
    code: str
    text: str
    remedy: str
    source: str
    severity: Severity = "error"


class Assigned(NamedTuple):
    """A number as it was sent, and the words for who assigned it."""

    value: str
    words: tuple[str, ...]

    @property
    def anonymous(self) -> bool:
        return not any(word.strip() for word in self.words)


MISSING: Final = Fault(
    AUTHORITY, "required", "101", "who assigned this number is not said",
    "send the assigning authority with the number: its name, its OID, or both", "OHIE-CR-01; IHE ITI-8, 3.8.4.1.2.3",
)  # fmt: skip
UNKNOWN: Final = Fault(
    AUTHORITY, "unknown-authority", "204", "this assigning authority is not known, or its name and OID mean two",
    "send one of the registry's identifier domains, or ask for yours to be added to them",
    "OHIE-CR-03; IHE ITI-8, 3.8.4.1.3.1",
)  # fmt: skip
FOREIGN: Final = Fault(
    AUTHORITY, "foreign-authority", "204", "this sender may not assign or change numbers of this domain",
    "send numbers of your own domain, or ask for you to be named among those who may assign in this one",
    "OHIE-CR-04; IHE ITI-8, 3.8.4.1.3.1",
)  # fmt: skip
UNOWNED: Final = FOREIGN._replace(
    text="everybody names numbers of this domain, so nobody merges persons by them alone",
    remedy="merge by the numbers of your own domain, which the table of domains must name you as a sender of, or ask"
    " a steward to merge the two",
    source="OHIE-CR-17; IHE ITI-8",
)
ACROSS: Final = Fault(
    AUTHORITY, "across-domains", "204", "the number that is replaced is of another domain than the one that stays",
    "merge two numbers of one domain; of two domains, the registry links the persons by itself",
    "OHIE-CR-17; IHE ITI-8",
)  # fmt: skip
BARE: Final = Fault(
    NUMBER, "required", "101", "beside the identifier there is no sex, no birth date and no identifier of the mother",
    "send at least one of the three, so that the patient can be told from others", "OHIE-CR-05",
)  # fmt: skip


def judged(
    number: Assigned, domains: Domains, sender: str, channel: str, *, mentioned: bool = False
) -> Iterator[Fault]:
    """What is wrong with one number. `mentioned`: it is another person's (a mother's), so that anybody may name it."""
    domain = domains.named(*number.words)
    if domains.strict:
        if number.anonymous:
            yield MISSING
        elif domain is None:
            yield UNKNOWN
        elif not mentioned and not domain.may_assign(sender, channel):
            yield FOREIGN
    if domain and (fault := _mistyped(domain, number.value)):
        # the registry alone gives temporary numbers, and gives none of another form
        yield fault._replace(severity="error") if domain.temporary and domains.strict else fault


def _mistyped(domain: Domain, value: str) -> Fault | None:
    if (told := domain.mistyped(value)) is None:
        return None
    return Fault(NUMBER, "check-digit", "102", *told, "the table of identifier domains", "warning")
