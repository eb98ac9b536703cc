"""The program's own words as the pages say them: each with a tone (which icon and colour) and a text to translate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Tone = Literal["ok", "busy", "warn", "bad", "idle"]


class Word(NamedTuple):
    tone: Tone
    text: str


def N_(text: str) -> str:
    """Marks a text for the catalogues; it is translated when it is shown."""
    return text


STATUS: Mapping[str, Word] = {
    "received": Word("busy", N_("received")),
    "mediated": Word("busy", N_("on its way")),
    "delivered": Word("ok", N_("delivered")),
    "partial": Word("warn", N_("delivered in part")),
    "refused": Word("bad", N_("refused")),
    "parked": Word("warn", N_("parked")),
    "duplicate": Word("idle", N_("duplicate")),
    "failed": Word("bad", N_("failed")),
}
STEP: Mapping[str, Word] = {
    "duplicate": Word("idle", N_("known already: nothing was done twice")),
    "refused": Word("bad", N_("refused")),
    "mediated": Word("ok", N_("translated")),
    "parked": Word("warn", N_("parked")),
    "released": Word("ok", N_("released")),
    "delivered": Word("ok", N_("delivered")),
    "failed": Word("bad", N_("failed")),
}
VERDICT: Mapping[str, Word] = {
    "landed": Word("ok", N_("landed")),
    "unchanged": Word("ok", N_("nothing to change")),
    "pending": Word("busy", N_("pending")),
    "refused": Word("bad", N_("refused")),
}
SEVERITY: Mapping[str, Word] = {
    "error": Word("bad", N_("error")),
    "warning": Word("warn", N_("warning")),
    "information": Word("idle", N_("information")),
}
CHANNEL: Mapping[str, Word] = {
    "active": Word("ok", N_("active")),
    "paused": Word("bad", N_("stopped")),
    "silent": Word("idle", N_("silent")),
}
CONSUMER: Mapping[str, Word] = {
    "answering": Word("ok", N_("answering")),
    "down": Word("bad", N_("not answering")),
    "unknown": Word("idle", N_("not known")),
}
SHEET: Mapping[str, Word] = {
    "DRAFT": Word("idle", N_("draft")),
    "SIGNED": Word("idle", N_("signed")),
    "ISSUED": Word("idle", N_("issued")),
    "PARTIALLY_EXECUTED": Word("busy", N_("executed in part")),
    "EXECUTED": Word("busy", N_("executed")),
    "SUBMITTED": Word("busy", N_("submitted")),
    "ACCEPTED": Word("ok", N_("accepted")),
    "CONTROL": Word("busy", N_("under control")),
    "LIQUIDATED": Word("ok", N_("settled")),
    "PAID": Word("ok", N_("paid")),
    "REJECTED": Word("bad", N_("rejected")),
    "CORRECTED": Word("busy", N_("corrected")),
    "CANCELLED": Word("idle", N_("cancelled")),
    "EXPIRED": Word("warn", N_("expired")),
}
LINE: Mapping[str, Word] = {
    "PRESCRIBED": Word("idle", N_("prescribed")),
    "PRIOR_AGREEMENT_PENDING": Word("busy", N_("waiting for prior agreement")),
    "AGREED": Word("ok", N_("agreed")),
    "REFUSED": Word("bad", N_("refused")),
    "EMERGENCY_OVERRIDE": Word("warn", N_("done as an emergency")),
    "DONE": Word("ok", N_("done")),
    "PARTIAL": Word("busy", N_("done in part")),
    "NOT_DONE": Word("idle", N_("not done")),
}
WORK: Mapping[str, Word] = {
    "sold again": Word("warn", N_("the same sale came again")),
    "told twice": Word("warn", N_("a bill may tell an act that is on a sheet already")),
    "credited in part": Word("warn", N_("a charge was taken back or changed in part")),
    "told otherwise": Word("warn", N_("what was billed is told otherwise now")),
    "cancelled after submission": Word("bad", N_("cancelled after it was submitted")),
}
EVENT: Mapping[str, Word] = {
    "LabReportIssued": Word("idle", N_("Laboratory report")),
    "ImagingReportIssued": Word("idle", N_("Imaging report")),
    "DocumentIssued": Word("idle", N_("Document")),
    "PatientRegistered": Word("idle", N_("Patient registered")),
    "PatientUpdated": Word("idle", N_("Patient updated")),
    "PatientMerged": Word("idle", N_("Patients merged")),
    "PatientLinked": Word("idle", N_("Patients linked")),
    "NumberChanged": Word("idle", N_("Number changed")),
    "EncounterRecorded": Word("idle", N_("Encounter")),
    "OrderRecorded": Word("idle", N_("Order")),
    "ReferralRecorded": Word("idle", N_("Referral")),
    "ProblemRecorded": Word("idle", N_("Problem")),
    "AppointmentRecorded": Word("idle", N_("Appointment")),
    "ChargeRecorded": Word("idle", N_("Act charged")),
    "MedicationDispensed": Word("idle", N_("Medication dispensed")),
    "MedicationPrescribed": Word("idle", N_("Medication prescribed")),
    "MedicationAdministered": Word("idle", N_("Medication administered")),
    "ImmunizationRecorded": Word("idle", N_("Vaccination")),
}
PLACE: Mapping[str, Word] = {
    "mediation": Word("idle", N_("Translation")),
    "smr": Word("idle", N_("Shared record")),
    "cnss": Word("idle", N_("Care sheets")),
    "payer": Word("idle", N_("Payer")),
    "journal": Word("idle", N_("Journal")),
}
ENTRY: Mapping[str, Word] = {
    "facility": Word("idle", N_("Facility")),
    "health-worker": Word("idle", N_("Health worker")),
    "health worker": Word("idle", N_("Health worker")),
    "person": Word("idle", N_("Person")),
}
SEX: Mapping[str, str] = {
    "male": N_("male"),
    "female": N_("female"),
    "other": N_("other"),
    "unknown": N_("not known"),
}
USE: Mapping[str, str] = {
    "maiden": N_("maiden name"),
    "nickname": N_("nickname"),
    "old": N_("former"),
    "temp": N_("temporary"),
    "anonymous": N_("assumed name"),
    "home": N_("home"),
    "work": N_("work"),
    "mobile": N_("mobile"),
}
MARK: Mapping[str, Word] = {
    "same": Word("ok", N_("same")),
    "sound": Word("busy", N_("sounds alike")),
    "alike": Word("warn", N_("nearly the same")),
    "differ": Word("bad", N_("differs")),
    "missing": Word("idle", N_("missing")),
}
REVIEW: Mapping[str, Word] = {
    "possible-match": Word("busy", N_("perhaps one person twice")),
    "linked-despite": Word("bad", N_("linked, and something speaks against it")),
    "merge-kept-apart": Word("bad", N_("a source merges two who are kept apart")),
    "another-identifier": Word("warn", N_("a stronger identifier differs")),
    "another-birth-date": Word("warn", N_("the same number, another birth date")),
    "another-sex": Word("warn", N_("the same number, another sex")),
    "claimed-twice": Word("warn", N_("one number, two identities")),
    "number-changed": Word("busy", N_("a number follows another one’s")),
    "number-moved": Word("busy", N_("a number was moved here")),
}
ANSWER: Mapping[str, Word] = {
    "accepted": Word("ok", N_("one person")),
    "rejected": Word("bad", N_("two persons")),
}
LINK: Mapping[str, Word] = {
    "merged": Word("ok", N_("merged")),
    "matched": Word("busy", N_("joined by the rules")),
    "joined": Word("ok", N_("joined by a steward")),
    "apart": Word("bad", N_("kept apart")),
}
HISTORY: Mapping[str, Word] = {
    "linked": Word("ok", N_("linked")),
    "unlinked": Word("warn", N_("unlinked")),
    "matched": Word("busy", N_("joined by the rules")),
    "replaced": Word("idle", N_("a source says something else")),
    "apart": Word("bad", N_("kept apart")),
    "together": Word("idle", N_("no longer kept apart")),
    "merged": Word("ok", N_("merged")),
    "unmerged": Word("warn", N_("no longer merged")),
    "split": Word("warn", N_("a source record was split off")),
    "chosen": Word("idle", N_("chosen what is believed")),
    "accepted": Word("ok", N_("one person, by a review")),
    "rejected": Word("bad", N_("two persons, by a review")),
    "undone": Word("warn", N_("taken back")),
    "rules-proposed": Word("idle", N_("rules written")),
    "rules-activated": Word("ok", N_("rules in force")),
    "rematched": Word("busy", N_("everybody compared again")),
}
# Reasons that are words of ours; a place may stand before ("PID-3: required").
REASONS = frozenset(
    {
        N_("required"),
        N_("format"),
        N_("unknown-code"),
        N_("unknown-element"),
        N_("segment-sequence"),
        N_("unreadable"),
        N_("unsupported"),
        N_("charset"),
        N_("data-type"),
        N_("number"),
        N_("date"),
        N_("not-text"),
        N_("quote"),
        N_("too-long"),
        N_("cardinality"),
        N_("not-allowed"),
        N_("check-digit"),
        N_("duplicate-column"),
        N_("missing-column"),
        N_("header"),
        N_("empty"),
        N_("mapping"),
        N_("currency"),
        N_("patient"),
        N_("quantity"),
        N_("not-a-patient"),
        N_("other-patient"),
        N_("unresolved-reference"),
        N_("unknown-authority"),
        N_("foreign-authority"),
        N_("across-domains"),
        N_("not-json"),
        N_("not-fhir"),
        N_("nothing-usable"),
        N_("invalid"),
        N_("conflict"),
        N_("not for this channel"),
        N_("body no longer kept"),
        N_("took too long"),
        N_("killed the worker"),
        N_("waiting for a facility the registry does not know"),
        N_("waiting for a health-worker the registry does not know"),
        N_("waiting for a person the registry does not know"),
        N_("waiting for a facility that is known, but not for that day"),
        N_("waiting for a health-worker that is known, but not for that day"),
        N_("waiting for the national client registry, which does not answer"),
        N_("waiting for the national facility registry, which does not answer"),
        N_("waiting for the national health-worker registry, which does not answer"),
        N_("facility unknown"),
        N_("another facility unknown"),
        N_("facility not identified"),
        N_("facility closed at the time"),
        N_("facility suspended at the time"),
        N_("health worker unknown"),
        N_("another health worker unknown"),
        N_("health worker not identified"),
        N_("health worker closed at the time"),
        N_("health worker suspended at the time"),
        N_("health worker not at this facility at the time"),
        N_("person unknown"),
        N_("stopped by hand"),
        N_("no act"),
        N_("not done yet"),
        N_("not dispensed yet"),
        N_("not ambulatory"),
        N_("result without a report"),
        N_("report without an order number"),
        N_("encounter without a visit number"),
    }
)
NATIONAL: Mapping[str, Word] = {
    "up": Word("ok", N_("answers")),
    "down": Word("bad", N_("does not answer")),
    "never": Word("idle", N_("was never asked")),
    "built-in": Word("idle", N_("none: ours alone")),
    "asked": Word("ok", N_("may be asked")),
    "nobody": Word("idle", N_("no intermediary is named")),
}
TABLES: Mapping[str, Mapping[str, Word]] = {
    "status": STATUS,
    "step": STEP,
    "verdict": VERDICT,
    "severity": SEVERITY,
    "channel": CHANNEL,
    "consumer": CONSUMER,
    "sheet": SHEET,
    "line": LINE,
    "work": WORK,
    "event": EVENT,
    "place": PLACE,
    "entry": ENTRY,
    "mark": MARK,
    "review": REVIEW,
    "national": NATIONAL,
    "answer": ANSWER,
    "link": LINK,
    "history": HISTORY,
}


def word(table: str, code: str) -> Word:
    """How a code is said; one that is not known is said as it is."""
    return TABLES[table].get(code) or Word("idle", code)


def parted(reason: str) -> tuple[str, str] | None:
    """The place and the word of a reason, when the word is one of ours; the place may be empty."""
    place, _, said = reason.rpartition(": ")
    if said in REASONS:
        return place, said
    return ("", reason) if reason in REASONS else None
