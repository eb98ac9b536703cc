"""Problems (PRB) as Condition, what is to be reached (GOL) as Goal.

Source: FHIR R4 Condition and Goal; the HL7 V2-to-FHIR guide has no map for PRB and GOL. Ours: a problem whose state
nobody tells is active, as it was sent to be looked after (con-3 wants one of every problem); one with an end is not
active (con-4); a deleted one was entered in error and has no state (con-5). What R4 has no element for is an extension
…/problem-<name>, …/goal-<name>.
"""

from __future__ import annotations

from typing import Any

from schemas import facts
from schemas.events import Code, Goal, Practitioner
from schemas.fhir import (
    details,
    elements,
    encounter,
    extensions,
    observation,
    participants,
    people,
    tables,
    terms,
    times,
)
from schemas.fhir.draft import Draft, Reference, key_of

CLINICAL = terms.TERMINOLOGY + "condition-clinical"
CONDITION_STATES = terms.words("active recurrence relapse inactive remission resolved")
# con-4: those that have an end
OVER = frozenset(("inactive", "remission", "resolved"))
# PRB-13 and -19: user-defined; their words as met, in English and French, and FHIR's own
VERIFICATION = {
    "CONFIRMED": "confirmed", "CONFIRMÉ": "confirmed", "CONFIRME": "confirmed", "C": "confirmed", "F": "confirmed",
    "UNCONFIRMED": "unconfirmed", "NON CONFIRMÉ": "unconfirmed", "U": "unconfirmed", "S": "unconfirmed",
    "SUSPECTED": "unconfirmed", "PROVISIONAL": "provisional", "PROVISOIRE": "provisional", "P": "provisional",
    "DIFFERENTIAL": "differential", "DIFFÉRENTIEL": "differential", "REFUTED": "refuted", "INFIRMÉ": "refuted",
    "RULED OUT": "refuted",
}  # fmt: skip
# GOL-18 has no table of the standard either
LIFECYCLE = {
    "PROPOSED": "proposed", "PLANNED": "planned", "ACCEPTED": "accepted", "ACTIVE": "active", "ACTIF": "active",
    "ON-HOLD": "on-hold", "COMPLETED": "completed", "ACHIEVED": "completed", "ATTEINT": "completed",
    "RESOLVED": "completed", "CANCELLED": "cancelled", "CANCELED": "cancelled", "ABANDONNÉ": "cancelled",
    "REJECTED": "rejected",
}  # fmt: skip
_DELETED = "DE"  # table 0287
_CODES = {
    "status": "status", "persistence": "persistence", "certainty": "certainty", "prognosis": "prognosis",
    "confirmation": "confirmation",
}  # fmt: skip
_TEXTS = {"priority": "priority", "ranking": "ranking", "probability": "probability"}
_TIMES = {"expected_resolution": "expected-resolution", "state_at": "status-changed"}


def recorded(draft: Draft) -> None:
    """ProblemRecorded."""
    event = draft.event
    visit = encounter.write(draft, event.get("encounter"))
    problem = {"reference": f"Condition/{draft.fact}"}
    for one in event.get("goals") or ():
        _goal(draft, one, problem)
    within = {"status": "final", "encounter": visit, "alone": True}
    observed = [observation.write(draft, one, within) for one in event.get("observations") or ()]
    who = _people(draft, event.get("performers"))
    onset = times.date_time(event.get("onset"))
    draft.add(
        "Condition",
        draft.fact,
        {
            "extension": _beside(draft, onset),
            "identifier": elements.identifiers([event["number"]] if event.get("number") else None),
            **_state(event, times.date_time(event.get("resolved"))),
            "category": [
                elements.coded(terms.CONDITION_CATEGORY, "problem-list-item"),
                *elements.concepts(event.get("category")),
                *elements.concepts(event.get("disciplines")),
            ],
            "severity": elements.concept(event.get("severity")),
            "code": elements.concept(event.get("code")),
            "subject": draft.subject,
            "encounter": visit,
            "onsetDateTime": onset,
            "onsetString": None if onset else elements.text(event.get("onset_text")),
            "recordedDate": times.date_time(event.get("established")),
            "asserter": who[0] if who else None,
            "evidence": [{"detail": people.each_once(observed)}] if any(observed) else None,
            "note": people.notes(draft, event.get("notes")),
        },
    )


def _state(event: dict[str, Any], ended: str | None) -> dict[str, Any]:
    """clinicalStatus, verificationStatus and abatement, as con-3 to con-5 want them together."""
    told = elements.one_of(event.get("state"), CONDITION_STATES) or "active"
    if ended and told not in OVER:
        told = "resolved"
    if event.get("deleted"):
        known: str | None = "entered-in-error"
    else:
        codes: list[Code] = [one for one in (event.get("confirmation"), event.get("certainty")) if one]
        known = next((found for one in codes if (found := _word(one, VERIFICATION))), None)
    state = None if known == "entered-in-error" else elements.coded(CLINICAL, told)
    return {
        "clinicalStatus": state,
        "verificationStatus": elements.coded(terms.CONDITION_VERIFICATION, known) if known else None,
        "abatementDateTime": ended,
    }


def _word(code: Code | None, table: dict[str, str]) -> str | None:
    """What a code of the sender's own means, by the code itself or any of its names."""
    made = elements.concept(code) or {}
    words = [made.get("text", ""), *(one.get(key, "") for one in made.get("coding", ()) for key in ("code", "display"))]
    return next((table[word.strip().upper()] for word in words if word.strip().upper() in table), None)


def _people(draft: Draft, named: list[Practitioner] | None) -> list[Reference]:
    return people.each_once(participants.reference(draft, one) for one in named or ())


def _beside(draft: Draft, onset: str | None) -> list[dict[str, Any]]:
    event = draft.event
    made: list[dict[str, Any] | None] = []
    for key, name in _CODES.items():
        made.append(_own("problem", name, "CodeableConcept", elements.concept(event.get(key))))
    for key, name in _TEXTS.items():
        made.append(_own("problem", name, "String", elements.text(event.get(key))))
    for key, name in _TIMES.items():
        made.append(_own("problem", name, "DateTime", times.date_time(event.get(key))))
    made.append(_own("problem", "episode", "Identifier", elements.identifier(event.get("episode"))))
    made.append(_own("problem", "security", "CodeableConcept", elements.concept(event.get("security"))))
    made.append(
        _own("problem", "action", "CodeableConcept", elements.tabled(event.get("action"), "0287", tables.codes("0287")))
    )
    if onset:
        made.append(_own("problem", "onset-text", "String", elements.text(event.get("onset_text"))))
    made += participants.written(draft, f"{extensions.OURS}problem-participant", event.get("performers"))
    return extensions.extensions(*made)


def _goal(draft: Draft, source: Goal, problem: Reference) -> Reference:
    """GOL. Its description is required; a goal that names none says so."""
    told: Any = source
    within = {"status": "final", "alone": True}
    observed = [observation.write(draft, one, within) for one in source.get("observations") or ()]
    who = _people(draft, source.get("performers"))
    key = key_of([source["number"]] if source.get("number") else None)  # type: ignore[list-item]  # it is there
    code = elements.required(source.get("code"))
    start, due = times.day(source.get("established")), times.day(source.get("due"))
    return draft.add(
        "Goal",
        facts.name("Goal", draft.person, *(key or (draft.fact, elements.key(code)))),
        {
            "extension": [*_of_goal(draft, told), *details.written(draft, source.get("details"))],
            "identifier": elements.identifiers([source["number"]] if source.get("number") else None),  # type: ignore[list-item]
            "lifecycleStatus": _lifecycle(source),
            "category": elements.concepts([one for one in [source.get("category")] if one]),
            "description": code,
            "subject": draft.subject,
            "startDate": start,
            "target": [{"dueDate": due}] if due else None,
            "statusDate": times.day(source.get("status_at")),
            "expressedBy": who[0] if who and who[0]["reference"].startswith("Practitioner/") else None,
            "addresses": [problem],
            "outcomeCode": elements.concepts([one for one in [source.get("evaluation")] if one]),
            "outcomeReference": people.each_once(observed),
            "note": [
                *people.notes(draft, source.get("notes")),
                *elements.notes([{"text": source.get("comment") or ""}]),
            ],
        },
    )


def _lifecycle(source: Goal) -> str:
    if (source.get("action") or "").upper() == _DELETED:
        return "entered-in-error"
    return _word(source.get("status"), LIFECYCLE) or "active"


def _of_goal(draft: Draft, told: dict[str, Any]) -> list[dict[str, Any]]:
    made: list[dict[str, Any] | None] = []
    made += participants.written(draft, f"{extensions.OURS}goal-participant", told.get("performers"))
    for key in ("status", "review"):
        made.append(_own("goal", key, "CodeableConcept", elements.concept(told.get(key))))
    made += [_own("goal", "discipline", "CodeableConcept", one) for one in elements.concepts(told.get("disciplines"))]
    made.append(_own("goal", "priority", "String", elements.text(told.get("priority"))))
    made.append(_own("goal", "reviewed", "DateTime", times.date_time(told.get("reviewed"))))
    made.append(_own("goal", "acted", "DateTime", times.date_time(told.get("acted"))))
    made.append(
        _own("goal", "action", "CodeableConcept", elements.tabled(told.get("action"), "0287", tables.codes("0287")))
    )
    return extensions.extensions(*made)


def _own(of: str, name: str, kind: str, value: Any) -> dict[str, Any] | None:
    return extensions.extension(f"{extensions.OURS}{of}-{name}", kind, value)
