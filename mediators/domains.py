"""What is wrong with a patient's numbers by the table of identifier domains: OHIE-CR-01, -03, -04 and -05.

Where a channel is tolerant only what looks mistyped is told, as a warning; where it is strict, a number whose domain is
not said, not known or not the sender's is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final, NamedTuple

from mediators.digits import right
from schemas import temporary
from schemas.domains import Check, Domain, Domains
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


# A domain's check: whether the number is right, and what it should be
_CHECKS: Final[Mapping[Check, tuple[Callable[[str], bool], str]]] = {
    "verhoeff": (lambda number: len(number) == 10 and right("verhoeff", number), "ten digits, the last one their key"),
    "ice": (lambda number: len(number) == 15 and right("mod97", number), "fifteen digits, a whole multiple of 97"),
    "nine-digits": (lambda number: len(number) == 9 and number.isascii() and number.isdigit(), "nine digits"),
    "temporary": (temporary.has_form, "TMP, the facility and 26 letters and digits, as on the wristband"),
}
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
    if domain and (fault := mistyped(domain, number.value)):
        # the registry alone gives temporary numbers, and gives none of another form
        yield fault._replace(severity="error") if domain.temporary and domains.strict else fault


def mistyped(domain: Domain, value: str) -> Fault | None:
    """A number without the form of its domain: a warning, for the law gives a form and no check."""
    if domain.check not in _CHECKS:
        return None
    is_right, form = _CHECKS[domain.check]
    if is_right(value.strip()):
        return None
    text, remedy = "this number has not the form of its domain", f"look it up again: expected are {form}"
    return Fault(NUMBER, "check-digit", "102", text, remedy, "the table of identifier domains", "warning")
