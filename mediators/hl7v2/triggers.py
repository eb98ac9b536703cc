"""What the trigger events of ADT mean for a stay (HL7 table 0003; chapter 3 of the standard).

The guide maps some of them to Encounter.status (Event[EncounterStatus]). Ours: A04 is in progress, not planned, for
the patient has come; the leave of absence; and what the guide has no row for. A trigger without a status leaves it to
PV1-45 and, where nobody ever told it, to the class of the patient.
"""

from __future__ import annotations

from typing import Final, NamedTuple

# Fields that a discharge fills
_DISCHARGE: Final = ("discharged", "discharge_disposition", "discharged_to")


class Trigger(NamedTuple):
    """`status` of the stay in FHIR's words. `told`: PV1-45 doesn't speak against it. `stay`: even a class alone is one.

    `registers`: the patient is met, not updated. `undoes`: what a cancelling event takes back. `forgets`: fields that
    are taken back, whatever the message repeats of them; `empties`: those that are, unless the message tells them anew.
    `moves`: EVN-6 is when the patient came to PV1-3.
    """

    status: str | None = None
    told: bool = False
    stay: bool = False
    registers: bool = False
    undoes: str | None = None
    forgets: tuple[str, ...] = ()
    empties: tuple[str, ...] = ()
    moves: bool = False


def _stay(status: str | None = None, *, registers: bool = False, told: bool = False, moves: bool = False) -> Trigger:
    return Trigger(status, told, True, registers, moves=moves)


def _undo(
    what: str, status: str | None = None, forgets: tuple[str, ...] = (), empties: tuple[str, ...] = ()
) -> Trigger:
    return Trigger(status, True, True, False, what, forgets, empties)


_ABOUT_PATIENT: Final = Trigger()

TRIGGERS: Final[dict[str, Trigger]] = {
    # admit, transfer, discharge, register, pre-admit; inpatient and outpatient
    "A01": _stay("in-progress", registers=True),
    "A02": _stay("in-progress", moves=True),
    "A03": _stay("finished", told=True),
    "A04": _stay("in-progress", registers=True),
    "A05": _stay("planned", registers=True),
    "A06": _stay("in-progress"),
    "A07": _stay("in-progress"),
    "A08": _ABOUT_PATIENT,
    # on the way to a place, arrived at one: where the patient is, not how the stay is
    "A09": _stay(moves=True),
    "A10": _stay("in-progress", moves=True),
    # PV1-3 of a cancelled transfer is where the patient is again; PV1-6 may be where they never went
    "A11": _undo("admission", "cancelled"),
    "A12": _undo("transfer", "in-progress", ("prior_place",), ("place",)),
    "A13": _undo("discharge", "in-progress", _DISCHARGE),
    # pending: a discharge that is expected is none
    "A14": _stay("planned", registers=True),
    "A15": _stay("in-progress"),
    "A16": _stay("in-progress", told=True),
    "A17": _stay("in-progress", moves=True),
    # leave of absence
    "A21": _stay("onleave", told=True),
    "A22": Trigger("in-progress", stay=True, forgets=("expected_return",)),
    "A23": _undo("stay", "entered-in-error"),
    "A25": _undo("pending discharge", "in-progress", (*_DISCHARGE, "expected_discharge", "expected_disposition")),
    "A26": _undo("pending transfer", "in-progress", ("pending_place",)),
    "A27": _undo("pending admission", "cancelled"),
    "A32": _undo("arrival", None, ("prior_place",), ("place", "temporary_place")),
    "A33": _undo("departure", None, ("prior_place",), ("place", "temporary_place")),
    "A38": _undo("pre-admission", "cancelled"),
    "A52": _undo("leave", "in-progress", ("expected_return",)),
    "A53": _undo("return", "onleave"),
    "A54": _stay(),
    "A55": _undo("attending doctor", None, (), ("participants:AT",)),
    "A61": _stay(),
    "A62": _undo("consulting doctor", None, (), ("participants:CP",)),
    # persons: add, delete, update, link, merge; their numbers; allergies
    "A28": Trigger(registers=True),
    **dict.fromkeys(("A24", "A29", "A31", "A37", "A60"), _ABOUT_PATIENT),
    **dict.fromkeys(("A18", "A30", "A34", "A36", "A39", "A40"), _ABOUT_PATIENT),
    **dict.fromkeys(("A35", *(f"A{number}" for number in range(41, 52))), _ABOUT_PATIENT),
}

MERGES: Final = frozenset({"A18", "A30", "A34", "A36", "A39", "A40"})
LINKS: Final = {"A24": True, "A37": False}
DELETES_PERSON: Final = "A29"
ADDS_PERSON: Final = "A28"
