"""What a level of agreement is called in an explanation: words without values."""

from __future__ import annotations

from collections.abc import Mapping

_NAMES = {
    "exact": "the {} are the same",
    "variant": "the {} are one name spelled twice",
    "near": "the {} sound alike",
    "typo": "the {} differ by one letter",
    "alike": "the {} resemble each other",
    "partial": "one of the {} has a part more",
    "different": "the {} differ",
    "apart": "the {} are known to be two names",
    "swapped": "given and family name are the other way round",
}
_BIRTH = {
    "exact": "the birth dates are the same",
    "swap": "day and month of birth are the other way round",
    "edit": "the birth dates differ by one digit",
    "year": "the years of birth are the same, and no day is known",
    "same-year": "the years of birth are the same, the days differ",
    "different": "the birth dates differ",
}
_PLAIN = {
    "sex": "the sexes",
    "phone": "the phone numbers",
    "town": "the towns",
    "postcode": "the postal codes",
    "state": "the regions",
    "street": "the addresses",
    "mother": "the mothers' names",
    "ins": "the INS",
    "idcs": "the IDCS",
    "cin": "the CIN",
    "cnss": "the CNSS numbers",
    "family-number": "the insurance numbers",
    "local": "the local numbers",
}
_SAID = {"same": "are the same", "edit": "differ by one sign", "alike": "resemble each other", "different": "differ"}

PHRASES: Mapping[tuple[str, str], str] = {
    **{("given", level): words.format("given names") for level, words in _NAMES.items()},
    **{("family", level): words.format("family names") for level, words in _NAMES.items()},
    **{("birth", level): words for level, words in _BIRTH.items()},
    **{(field, level): f"{what} {words}" for field, what in _PLAIN.items() for level, words in _SAID.items()},
}
