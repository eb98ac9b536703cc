"""What is added to what was said, each marked as an addition: translations of codes and calculated values."""

from __future__ import annotations

from mediators.codes import worth_listing
from mediators.mediator import Context, Translation
from schemas.events import plain


def add(translation: Translation, context: Context) -> Translation:
    """Completes the events of a message by the tables of its channel, and lists the codes that none of them has.

    Every mediator ends with this. Nothing that was sent is changed; done again, it adds nothing.
    """
    unknown = {code: "" for code in translation.unknown_codes if worth_listing(code)}
    for event in translation.events:
        unknown |= context.codes.complete(plain(event))
        if context.conversions.table:
            context.conversions.complete(plain(event))
    translation.unknown_codes = list(unknown)
    translation.displays = {code: display for code, display in unknown.items() if display}
    return translation
