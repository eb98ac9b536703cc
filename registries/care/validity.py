"""What may stand in the directory: a resource of a type that is kept, valid by itself as FHIR R4 has it."""

from __future__ import annotations

from typing import Any

from fhir.resources.R4B import get_fhir_model_class
from pydantic import ValidationError

from registries.care.feed import Refused
from registries.care.terms import TYPES

Resource = dict[str, Any]


def checked(found: Any, kind: str) -> Resource:
    """A resource of this type. Raises Refused, whose text says where it is wrong and shows no value."""
    if kind not in TYPES:
        raise Refused(404, "not-supported", f"no such type in the directory; kept: {', '.join(TYPES)}")
    if not isinstance(found, dict) or found.get("resourceType") != kind:
        raise Refused(400, "invalid", f"expected a resource of the type {kind}")
    try:
        get_fhir_model_class(kind).model_validate(found)
        if _holds_null(found):
            raise Refused(422, "invalid", "null says nothing: leave the element out")
    except ValidationError as error:
        where = ".".join(str(part)[:40] for part in error.errors()[0]["loc"])
        raise Refused(422, "invalid", f"{where}: not as FHIR R4 has it") from None
    except Refused:
        raise
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError):
        raise Refused(422, "invalid", "not valid FHIR R4") from None
    if kind == "Organization" and not (found.get("name") or found.get("identifier")):
        raise Refused(422, "required", "an Organization needs a name or an identifier (org-1)")
    return found


def _holds_null(node: Any) -> bool:
    """Anywhere. R4 has it only in lists beside another (`alias`, `_alias`), for values that nobody gave."""
    inside = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return any(one is None or _holds_null(one) for one in inside)
