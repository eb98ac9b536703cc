"""What a medicine is beside its code: Medication with form, strength, lot, maker and ingredients.

Source: FHIR R4 Medication. A compound (RXC) is referred to by its Medication; of any other product the code stands in
the resource that names it, where every reader finds it, and its Medication beside it (extension `product`): ours.
"""

from __future__ import annotations

from typing import Any

from schemas.events import Code, Ingredient
from schemas.fhir import details, elements, extensions, people, quantity, terms, times
from schemas.fhir.draft import Draft, Reference


def medication(draft: Draft) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """medication[x] of the event's main resource, and the extension that goes with it."""
    event = draft.event
    written = _write(draft)
    if written and event.get("ingredients"):
        return {"medicationReference": written}, []
    beside = extensions.extension(extensions.PRODUCT, "Reference", written)
    return {"medicationCodeableConcept": elements.required(event.get("medication"))}, extensions.extensions(beside)


def _write(draft: Draft) -> Reference | None:
    event = draft.event
    maker = people.organization(draft, event.get("manufacturer"))
    lots = elements.texts(event.get("lots")) or elements.texts([event.get("lot")])
    code = elements.concept(event.get("medication"))
    contents = [*_strength(code, event.get("strength"), event.get("strength_unit"))]
    contents += [_ingredient(draft, one) for one in event.get("ingredients") or ()]
    batch = elements.said(
        {
            "lotNumber": lots[0] if lots else None,
            "expirationDate": times.date_time(event.get("expires")),
        }
    )
    form = elements.concept(event.get("form"))
    if not (maker or contents or batch or form):
        return None
    others = (extensions.extension(extensions.OTHER_LOT, "String", lot) for lot in lots[1:])
    return draft.add(
        "Medication",
        draft.name("Medication"),
        {
            "extension": extensions.extensions(*others),
            "code": code,
            "manufacturer": maker,
            "form": form,
            "ingredient": contents,
            "batch": batch,
        },
    )


def _strength(code: dict[str, Any] | None, strength: str | None, unit: Code | None) -> list[dict[str, Any]]:
    """How much of the active substance is in one unit of the product: R4 tells it of an ingredient only."""
    ratio = _ratio(quantity.quantity(strength, quantity.measured(unit)))
    return [{"itemCodeableConcept": code or extensions.absent(), "strength": ratio}] if ratio else []


def _ingredient(draft: Draft, source: Ingredient) -> dict[str, Any]:
    amount = quantity.quantity(source.get("amount"), quantity.measured(source.get("unit")))
    strength = quantity.quantity(source.get("strength"), quantity.measured(source.get("strength_unit")))
    kind = elements.tabled(source.get("type"), "0166", terms.COMPONENT_TYPES)
    return elements.said(
        {
            "extension": extensions.extensions(
                extensions.extension(extensions.INGREDIENT_AMOUNT, "Quantity", amount),
                extensions.extension(extensions.INGREDIENT_TYPE, "CodeableConcept", kind),
                *details.written(draft, source.get("details")),
            ),
            "itemCodeableConcept": elements.required(source.get("code")),
            "strength": _ratio(strength or amount),
        }
    )


def _ratio(numerator: dict[str, Any] | None) -> dict[str, Any] | None:
    return {"numerator": numerator, "denominator": {"value": 1}} if numerator else None
