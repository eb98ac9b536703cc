"""The forty traps that real feeds set, each by its number, from outside: what the mediator says and what it makes.

Traps 3 and 4 (MLLP) stand in tests/gateway/test_mllp.py. Beside what is here, on the inside: 8 and 35 in test_reader,
17 and 19 in test_kind, 22 in test_datatypes, 29 in test_nothing_lost, 30 in test_oru and test_oul, 34 in test_embedded.
"""

from __future__ import annotations

from typing import Any

import pytest

from mediators.hl7v2.mediator import Hl7v2
from mediators.mediator import Context, Translation
from schemas.events import plain
from schemas.fhir import bundle
from schemas.message import Issue, Message, Refused, Reply
from tests.mediators.hl7v2.messages import OBR, PID, RECEIVED

HL7V2 = Hl7v2()
MSH = r"MSH|^~\&|LABO|CHU|WASL|HIE|20240312103000+0100||ORU^R01^ORU_R01|C-17|P|2.5.1"
OBX = "OBX|1|NM|2345-7^Glucose^LN||5.0|mmol/L|||||F"
LINES = (MSH, PID, OBR, OBX)


def sent(body: bytes | str) -> Message:
    data = body if isinstance(body, bytes) else body.encode()
    seen = HL7V2.describe(data, "")
    return Message("t-1", "lab-hl7v2", "LABO|CHU", data, "x-application/hl7-v2+er7", RECEIVED, seen.control_id)


def joined(*lines: str) -> str:
    return "\r".join(lines or LINES)


def door(body: bytes | str) -> tuple[Reply, list[Issue]]:
    """What the sender is told."""
    message = sent(body)
    try:
        issues = [*HL7V2.check(message, Context())]
    except Refused as refused:
        return HL7V2.refuse(message, refused.issues, reject=refused.reject), [*refused.issues]
    return HL7V2.accept(message, issues), issues


def told(body: bytes | str, **context: Any) -> Translation:
    return HL7V2.mediate(sent(body), Context(**context))


def event(body: bytes | str, **context: Any) -> dict[str, Any]:
    (found,) = told(body, **context).events
    return plain(found)


def warned(body: bytes | str) -> set[tuple[str, str]]:
    reply, issues = door(body)
    assert reply.code == "AA"
    return {(issue.at, issue.reason) for issue in issues}


def resources(body: bytes | str, kind: str) -> list[dict[str, Any]]:
    entries = bundle.collection(told(body).events)["entry"]
    return [one["resource"] for one in entries if one["resource"]["resourceType"] == kind]


def observation(obx: str) -> dict[str, Any]:
    (found,) = resources(joined(MSH, PID, OBR, obx), "Observation")
    return found


def value(obx: str) -> Any:
    (found,) = (one for name, one in observation(obx).items() if name.startswith("value"))
    return found


WHOLE = event(joined())


def same(found: dict[str, Any]) -> bool:
    """The same facts, whatever the bytes were."""
    return all(found.get(key) == WHOLE.get(key) for key in ("patient", "results", "order", "code", "origin", "about"))


# Framing and splitting


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\r\r", "\n\n"])
def test_01_any_line_end_ends_a_segment(end: str) -> None:
    assert same(event(end.join(LINES) + end))


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n"])
def test_02_a_line_feed_within_a_text_belongs_to_it(end: str) -> None:
    text = "OBX|1|TX|600-7^Culture^LN||Pas de germe\nNEG\nA suivre|||||||F"
    assert value(text.replace("|||||||F", "||||||F")) == "Pas de germe\nNEG\nA suivre"
    assert event(end.join([MSH, PID, OBR, text]))["results"][0]["values"][0]["text"].count("\n") == 2


BATCH = f"FHS|^~\\&|LABO\rBHS|^~\\&|LABO\r{joined()}\r{joined().replace('C-17', 'C-18')}\rBTS|%s\rFTS|1\r"


def test_05_a_batch_gives_its_messages_and_one_bad_one_harms_none() -> None:
    assert len(HL7V2.split((BATCH % 2).encode())) == 2
    pieces = HL7V2.split((BATCH % 3).replace("BTS", "MSH|0000|x\rBTS").encode())
    assert [door(piece)[0].code for piece in pieces] == ["AA", "AA", "AR"]
    assert len(HL7V2.split(f"{joined()}\r{joined()}\r{joined()}".encode())) == 3


def test_05_a_batch_that_counts_another_number_of_messages_says_so() -> None:
    first, second = HL7V2.split((BATCH % 3).encode())
    assert not warned(first)
    assert warned(second) == {("BTS-1", "count")}
    assert same(event(first))


@pytest.mark.parametrize("before", [b"\xef\xbb\xbf", b"\r\n\r\n", b"\x0b", b"\x00\x00", b"  ", b"\xef\xbb\xbf\r\n"])
def test_06_marks_and_blank_lines_before_the_header_are_no_part_of_it(before: bytes) -> None:
    assert same(event(before + joined().encode()))


@pytest.mark.parametrize("comment", ["# day 1", "// day 1", "/* day 1 */"])
def test_07_comment_lines_between_messages_are_no_segments(comment: str) -> None:
    body = "\n".join([comment, *LINES, "", comment, *LINES, comment, ""])
    pieces = HL7V2.split(body.encode())
    assert [same(event(piece)) for piece in pieces] == [True, True]


def test_08_an_addendum_goes_on_where_the_segment_stopped() -> None:
    whole = joined(MSH, PID, OBR, "OBX|1|TX|600-7^Culture^LN||Pas de ger", "ADD|me||||||F")
    assert event(whole)["results"][0]["values"][0]["text"] == "Pas de germe"
    reply, issues = door(joined(*LINES, "DSC|2|F"))
    assert (reply.code, issues[0].at) == ("AE", "DSC-1")


@pytest.mark.parametrize("bare", ["PV1", "NTE", "ZFR", "SPM", "PD1"])
def test_09_a_segment_may_be_its_name_alone(bare: str) -> None:
    assert event(joined(MSH, PID, bare, OBR, OBX))["results"] == WHOLE["results"]


# Delimiters


@pytest.mark.parametrize(
    ("number", "declared", "warns"),
    [
        (10, r"MSH|^~\&#|", False),
        (11, "MSH|^~&|", True),
        (12, r"MSH|^~\\&|", True),
        (13, "MSH|^˜\\&|", True),
        (13, "MSH|^\u00a0\\&|", True),
        (15, "MSH|^&|", True),
    ],
)
def test_10_to_15_odd_encoding_characters_are_read_for_what_they_are_and_told(
    number: int, declared: str, warns: bool
) -> None:
    body = declared + joined(
        MSH.replace(r"MSH|^~\&|", ""), PID.replace("0044^^^HOP^PI", "44^^^HOP&1.2.3&ISO~55"), *LINES[2:]
    )
    found = event(body)
    assert [one["value"] for one in found["patient"]["identifiers"]] == ["44", "55"]
    assert found["patient"]["identifiers"][0]["system"] == "urn:oid:1.2.3"
    assert warned(body) == ({("MSH-2", "delimiters")} if warns else set())


def test_11_without_an_escape_character_a_backslash_is_a_letter() -> None:
    body = joined(MSH.replace(r"|^~\&|", "|^~&|"), PID, OBR, r"OBX|1|ST|600-7^Culture^LN||A\T\B||||||F")
    assert event(body)["results"][0]["values"][0]["text"] == r"A\T\B"


@pytest.mark.parametrize(
    ("usual", "odd"), [(r"|^~\&", r"|^~\}"), (r"|^~\&", r"$^~\&"), (r"|^~\&", r"^!~\&"), (r"|^~\&", r",:;\/")]
)
def test_14_delimiters_are_those_that_the_header_declares(usual: str, odd: str) -> None:
    assert same(event(joined().translate(str.maketrans(usual, odd))))


@pytest.mark.parametrize("header", ["MSH||LABO", "MSH|0000|x", "MSH", "MSH|", "MSH|^^^^|", "MSH|&^|x"])
def test_16_a_header_without_encoding_characters_is_rejected_with_its_place(header: str) -> None:
    reply, issues = door(joined(header, *LINES[1:]))
    assert (reply.code, issues[0].at[:3], issues[0].reason) == ("AR", "MSH", "unreadable")
    assert issues[0].remedy


# MSH


@pytest.mark.parametrize(
    "said",
    ["ORU^R01", "ORU", "ORU~R01", "ORU^^ORU_R01", "oru^r01", "ORU_R01", "ORU^R1", "^R01", "R01", "ORUR01", '""', ""],
)
def test_17_a_message_type_in_any_spelling_or_none_is_found(said: str) -> None:
    body = joined(MSH.replace("ORU^R01^ORU_R01", said), *LINES[1:])
    assert event(body)["origin"]["message_type"] == "ORU^R01"
    assert door(body)[0].code == "AA"


@pytest.mark.parametrize(
    ("said", "kind"), [("ADT^A01^ADT A01", "ADT^A01"), ("ADT^A08", "ADT^A08"), ("A08", "ADT^A08"), ("", "ADT^A04")]
)
def test_17_an_adt_is_told_by_its_event(said: str, kind: str) -> None:
    body = joined(MSH.replace("ORU^R01^ORU_R01", said), "EVN|A04|20240312", PID, "PV1|1|O")
    assert plain(told(body).events[0])["origin"]["message_type"] == kind


def test_17_what_no_segment_tells_is_rejected_and_said() -> None:
    reply, issues = door(joined(MSH.replace("ORU^R01^ORU_R01", ""), PID))
    assert (reply.code, issues[0].at, issues[0].reason) == ("AR", "MSH-9", "required")


@pytest.mark.parametrize("version", ["", "2.5^FRA^2.11", "2.5.1", "2.999", "5.0.0", "2"])
def test_18_a_message_of_an_odd_version_is_mediated(version: str) -> None:
    assert event(MSH.replace("2.5.1", version) + "\r" + joined(*LINES[1:]))["results"] == WHOLE["results"]


@pytest.mark.parametrize("gap", ["WASL|", "HIE|", "+0100|", "|LABO"])
def test_19_a_header_that_lacks_a_field_is_put_right_and_told(gap: str) -> None:
    body = joined(MSH.replace(gap, {"+0100|": "+0100", "|LABO": ""}.get(gap, ""), 1), *LINES[1:])
    found = event(body)
    assert (found["control_id"], found["origin"]["message_type"]) == ("C-17", "ORU^R01")
    assert found["origin"]["created"] == "2024-03-12T10:30:00+01:00"
    assert ("MSH-9", "shifted") in warned(body)


def test_20_a_missing_control_id_is_asked_for_and_what_it_says_told_apart_by_its_content() -> None:
    body = joined(MSH.replace("C-17", ""), *LINES[1:])
    reply, issues = door(body)
    assert (reply.code, [issue.at for issue in issues]) == ("AE", ["MSH-10"])
    assert event(body)["id"] != event(body.replace("5.0", "5.1"))["id"]


def test_20_a_control_id_used_again_for_another_content_is_another_event() -> None:
    assert event(joined())["id"] == WHOLE["id"]
    other = event(joined().replace("5.0", "5.1"))
    assert (other["control_id"], other["id"] != WHOLE["id"]) == ("C-17", True)


@pytest.mark.parametrize(
    ("time", "read"),
    [
        ("20210623161533.2340-0400", "2021-06-23T16:15:33.2340-04:00"),
        ("}202107300000", "2021-07-30T00:00+01:00"),
        ("202107300000", "2021-07-30T00:00+01:00"),
        ("20210730", "2021-07-30"),
    ],
)
def test_21_a_time_keeps_its_precision_and_gets_the_zone_of_the_channel(time: str, read: str) -> None:
    assert event(joined().replace("20240312103000+0100", time))["origin"]["created"] == read


@pytest.mark.parametrize(
    "born", ["0000", "19999999", "1231231", "20112000", "Aug 15, 1942", "196203520", "195808101020304", "19870230"]
)
def test_22_a_birth_date_that_is_none_is_never_guessed_nor_lost(born: str) -> None:
    body = joined().replace("19870604", born)
    assert "birth_date" not in event(body)["patient"]
    assert {"place": "PID-7", "value": born} in event(body)["unmapped"]
    assert "birthDate" not in resources(body, "Patient")[0]


@pytest.mark.parametrize(
    ("born", "known"),
    [("1962", "1962"), ("196203", "1962-03"), ("19620300", "1962-03"), ("19800101~19800102", "1980-01-01")],
)
def test_22_what_is_known_of_a_birth_date_is_told_and_no_more(born: str, known: str) -> None:
    assert resources(joined().replace("19870604", born), "Patient")[0]["birthDate"] == known


# Characters


def named(declared: str, codec: str, name: str = "HÉLÈNE") -> bytes:
    return joined(f"{MSH}||||||{declared}", *LINES[1:]).replace("SALMA", name).encode(codec)


@pytest.mark.parametrize(
    ("declared", "codec"),
    [("8859/1", "utf-8"), ("UNICODE UTF-8", "latin-1"), ("UNICODE UTF-8", "cp1252"), ("ASCII", "utf-8")],
)
def test_23_a_wrong_character_set_is_seen_through_and_told(declared: str, codec: str) -> None:
    body = named(declared, codec)
    assert event(body)["patient"]["names"][0]["given"] == ["HÉLÈNE"]
    assert warned(body) == {("MSH-18", "charset")}


@pytest.mark.parametrize(
    ("declared", "codec"),
    [
        ("UNICODE UTF-8", "utf-8"), ("UTF-8", "utf-8"), ("utf8", "utf-8"), ("UNICODE", "utf-8"), ("8859", "latin-1"),
        ("8859/15", "iso8859-15"), ("UTF-8~UNICODE", "utf-8"), ("8859/1~UTF-8", "utf-8"), ("", "cp1252"), ("", "utf-8"),
    ],
)  # fmt: skip
def test_24_character_sets_are_known_by_all_their_names(declared: str, codec: str) -> None:
    body = named(declared, codec)
    assert event(body)["patient"]["names"][0]["given"] == ["HÉLÈNE"]
    assert not warned(body)


@pytest.mark.parametrize(
    ("declared", "codec", "name"), [("8859/6", "iso8859-6", "فاطمة"), ("~ISO IR87", "iso2022_jp", "山田")]
)
def test_24_other_scripts_are_read(declared: str, codec: str, name: str) -> None:
    assert event(named(declared, codec, name))["patient"]["names"][0]["given"] == [name]


@pytest.mark.parametrize("name", ["H\ufffdL", "Hï¿½L"])
def test_25_what_was_spoilt_before_it_came_passes_as_it_is(name: str) -> None:
    assert event(named("UNICODE UTF-8", "utf-8", name))["patient"]["names"][0]["given"] == [name]


# Escapes


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        (r"a\.br\b", "a\nb"),
        (r"a\X0D0A\b", "a\r\nb"),
        (r"a\X000d\b", "a\rb"),
        (r"a\X00d\b", "a\rb"),
        (r"a\XC3A9\b", "aéb"),
        (r"\H\haut\N\ et bas", "haut et bas"),
        (r"5 \T\ 6 \F\ 7 \S\ 8 \R\ 9 \E\ ", "5 & 6 | 7 ^ 8 ~ 9 \\ "),
        (r"a\Q\b", r"a\Q\b"),
        (r"a\C2842\b", r"a\C2842\b"),
    ],
)
def test_26_escapes_are_undone_and_unknown_ones_stay(text: str, meant: str) -> None:
    body = joined(MSH + "||||||UNICODE UTF-8", PID, OBR, f"OBX|1|TX|600-7^Culture^LN||{text}||||||F")
    assert event(body)["results"][0]["values"][0]["text"].strip() == meant.strip()


def test_26_bytes_of_an_escape_are_in_the_character_set_of_the_message() -> None:
    body = joined(MSH + "||||||8859/1", PID, OBR, r"OBX|1|TX|600-7^Culture^LN||caf\XE9\||||||F")
    assert event(body)["results"][0]["values"][0]["text"] == "café"


def test_26_a_truncation_character_can_be_escaped() -> None:
    body = joined(MSH.replace("&|LABO", "&#|LABO"), PID, OBR, r"OBX|1|TX|600-7^Culture^LN||n\P\3||||||F")
    assert event(body)["results"][0]["values"][0]["text"] == "n#3"


@pytest.mark.parametrize("text", [r"BSV 4\5 re.", r"C:\labo", "fin\\", r"1\2\3"])
def test_27_a_lone_backslash_is_itself(text: str) -> None:
    assert value(f"OBX|1|ST|600-7^Culture^LN||{text}||||||F") == text


@pytest.mark.parametrize("kind", ["ST", "TX", "FT"])
@pytest.mark.parametrize("text", ["Sang&Plasma", "10^3 et 10^6", "A&B^C"])
def test_28_separators_that_were_not_escaped_stay_in_free_text(kind: str, text: str) -> None:
    assert value(f"OBX|1|{kind}|600-7^Culture^LN||{text}||||||F") == text


# Structure


def test_29_unknown_segments_travel_on_wherever_they_stand() -> None:
    found = event(joined(MSH, "ZAA|1|x", PID, "ZBE|7^PAM|20240312||INSERT", OBR, OBX, "ZFA|ACTIF", "QQQ|z"))
    left = {one["place"]: one["value"] for one in found["unmapped"]}
    assert {"ZAA-2": "x", "ZBE-1": "7^PAM", "ZBE-4": "INSERT", "ZFA-1": "ACTIF", "QQQ-1": "z"}.items() <= left.items()


def test_30_segments_out_of_their_order_are_kept_where_they_belong() -> None:
    visit, orc = "PV1|1|O|CONS", "ORC|RE|P-9|F-9"
    swapped = event(joined(MSH, PID, "NTE|1||du patient", visit, OBR, OBX, orc))
    assert swapped["results"] == WHOLE["results"]
    assert swapped["encounter"]
    body = joined(MSH.replace("ORU^R01^ORU_R01", "ADT^A08"), "EVN|A08|2024", PID, visit, "AL1|1|DA|x^Penicilline")
    assert plain(told(body).events[0])["allergies"]
    before = [plain(one) for one in told(joined(MSH, PID, OBX, OBR)).events]
    assert sum(len(one.get("results", ())) for one in before) == 1


def test_31_a_segment_of_a_later_version_is_accepted() -> None:
    found = event(joined(MSH, PID, OBR, OBX, "PRT||UC||RO|D-9^TAZI^NADIA"))
    assert "TAZI" in str({key: one for key, one in found.items() if key != "unmapped"})


def test_32_missing_groups_are_implied_or_refused_with_a_reason() -> None:
    reply, issues = door(joined(MSH, PID, OBX))
    assert (reply.code, issues[0].at) == ("AE", "OBR")
    assert event(joined(MSH, PID, OBX))["results"]
    reply, issues = door(joined(MSH, OBR, OBX))
    assert (reply.code, issues[0].at) == ("AE", "PID-3")
    two = told(joined(MSH, PID, OBR, OBX, PID.replace("0044", "0045"), OBR.replace("9", "8"), OBX)).events
    assert [one["patient"]["identifiers"][0]["value"] for one in two] == ["0044", "0045"]
    assert len(told(joined(MSH, PID, "ORC|RE|P-9|F-9", OBR, OBX, OBR.replace("9", "8"), OBX)).events) == 2


def test_33_repeats_and_components_beyond_the_type_are_kept() -> None:
    pid = PID.replace("19870604", "19870604~19870605").replace("|F", "|F~M")
    code = OBX.replace("Glucose^LN", "Glucose^LN^GLU^Glycemie^L^^2.5^autre")
    kept = event(joined(MSH, pid, OBR, OBX))["patient"]["details"]
    assert [one.get("time") or one["code"]["text"] for one in kept] == ["F", "M", "1987-06-04", "1987-06-05"]
    found = event(joined(MSH, PID.replace("HOP^PI", "HOP^PI^a^20200101^20300101^b^c^d^e^f"), OBR, code))
    assert "GLU" in str(found["results"])
    assert "'f'" in str(found)


def test_34_a_document_of_a_megabyte_and_a_thousand_segments_are_read() -> None:
    document = "QUJD" * 250_000
    found = event(joined(MSH, PID, OBR, f"OBX|1|ED|600-7^Culture^LN||^APPLICATION^PDF^Base64^{document}||||||F"))
    assert found["results"][0]["values"][0]["attachment"]["size"] == 750_000
    many = event(joined(MSH, PID, OBR, *(OBX.replace("OBX|1", f"OBX|{number}") for number in range(1, 1001))))
    assert len(many["results"]) == 1000


def test_35_a_message_cut_after_any_byte_is_answered() -> None:
    whole = joined().encode()
    codes = {door(whole[:length])[0].code for length in range(len(whole))}
    assert codes == {"AA", "AE", "AR"}
    assert door(MSH)[0].code == "AE"


# Values


@pytest.mark.parametrize("null", ['""', '"null"', '"NULL"', "HL7_NULL"])
def test_36_a_null_deletes_however_it_is_spelled(null: str) -> None:
    patient = event(joined().replace("19870604", null))["patient"]
    assert patient["cleared"] == ["birth_date"]
    assert "birth_date" not in patient
    assert null not in str(event(joined().replace("Glucose^LN||5.0", f"Glucose^LN||{null}"))["results"])


@pytest.mark.parametrize("empty", ["", " ", "   "])
def test_36_nothing_and_blanks_change_nothing(empty: str) -> None:
    patient = event(joined().replace("19870604", empty))["patient"]
    assert not {"cleared", "birth_date"} & patient.keys()


def test_36_a_name_that_reads_like_a_null_is_a_name() -> None:
    assert event(joined().replace("BENNANI", "NULL"))["patient"]["names"][0]["family"] == "NULL"


@pytest.mark.parametrize(
    ("obx", "expected"),
    [
        ("OBX|1||2345-7^Glucose^LN||5.2|mmol/L|||||F", {"value": 5.2}),
        ("OBX|1||2345-7^Glucose^LN||positif||||||F", "positif"),
        ("OBX|1||2345-7^Glucose^LN||260385009^Negatif^SCT||||||F", {"text": "Negatif"}),
        ("OBX|1|NM|2345-7^Glucose^LN||<15|mg/L|||||F", {"value": 15, "comparator": "<"}),
        ("OBX|1|NM|2345-7^Glucose^LN||>= 15|mg/L|||||F", {"value": 15, "comparator": ">="}),
        ("OBX|1|NM|2345-7^Glucose^LN||.2|mg/L|||||F", {"value": 0.2}),
        ("OBX|1|NM|2345-7^Glucose^LN||1,5|mg/L|||||F", {"value": 1.5}),
        ("OBX|1|NM|2345-7^Glucose^LN||None|mg/L|||||F", "None"),
        ("OBX|1|NM|2345-7^Glucose^LN||10-20|mg/L|||||F", "10-20"),
        ("OBX|1|NM|2345-7^Glucose^LN||85^^Hexoquinasa^false|mg/L|||||F", {"value": 85}),
        ("OBX|1|SN|2345-7^Glucose^LN||<^5|mg/L|||||F", {"value": 5, "comparator": "<"}),
        ("OBX|1|DT|2345-7^Glucose^LN||hier||||||F", "hier"),
        ("OBX|1|CWE|2345-7^Glucose^LN||positif||||||F", {"text": "positif"}),
    ],
)
def test_37_a_value_that_is_not_of_its_type_is_what_it_is(obx: str, expected: Any) -> None:
    found = value(obx)
    assert (expected.items() <= found.items()) if isinstance(expected, dict) else found == expected
    assert event(joined(MSH, PID, OBR, obx))["results"][0]["values"][0]["raw"] == obx.split("|")[5]


def test_37_several_numbers_are_components_and_what_stands_beside_a_number_is_kept() -> None:
    several = observation("OBX|1|NM|2345-7^Glucose^LN||60~120|mg/L|||||F")
    assert [one["valueQuantity"]["value"] for one in several["component"]] == [60, 120]
    beside = observation("OBX|1|NM|2345-7^Glucose^LN||85^^Hexoquinasa^false|mg/L|||||F")
    assert "85^^Hexoquinasa^false" in str(beside["extension"])


STATUSES = {
    "": "final", "F": "final", "P": "preliminary", "R": "preliminary", "S": "preliminary", "I": "registered",
    "V": "final", "U": "final", "B": "amended", "A": "amended", "C": "corrected", "X": "cancelled", "N": "cancelled",
    "D": "entered-in-error", "W": "entered-in-error", "Y": "unknown",
}  # fmt: skip


@pytest.mark.parametrize("status", STATUSES)
def test_38_every_status_of_a_result_has_its_word(status: str) -> None:
    assert observation(OBX[:-1] + status)["status"] == STATUSES[status]


@pytest.mark.parametrize("status", ["Y", "Z"])
def test_38_a_status_that_says_there_is_no_report_is_an_error(status: str) -> None:
    body = joined(MSH, PID, OBR[:-1] + status, OBX)
    assert (door(body)[0].code, door(body)[1][0].at) == ("AE", "OBR-25")
    assert [part.issues[0].at for part in told(body).refused] == ["OBR-25"]
    beside = joined(MSH, PID, OBR, OBX, OBR[:-1].replace("9", "8") + status)
    assert warned(beside) == {("OBR[2]-25", "value")}
    assert len(told(beside).events) == 1


@pytest.mark.parametrize(("report", "result"), [("F", "P"), ("C", "I"), ("X", "F")])
def test_38_statuses_that_contradict_each_other_are_told_and_both_kept(report: str, result: str) -> None:
    body = joined(MSH, PID, OBR[:-1] + report, OBX[:-1] + result)
    assert warned(body) == {("OBX-11", "contradicts")}
    found = event(body)
    assert (found["status"], found["results"][0]["status"]) == (report, result)


@pytest.mark.parametrize(
    ("pid", "number"),
    [
        ("PID|1||0007||BENNANI", "0007"),
        ("PID|1|0007|||BENNANI", "0007"),
        ("PID|1|||0007|BENNANI", "0007"),
        ("PID|1||0007^^^&&M||BENNANI", "0007"),
        ("PID|1||0007^^^&&ISO||BENNANI", "0007"),
        ('PID|1||0007^^^""||BENNANI', "0007"),
    ],
)
def test_39_a_number_without_an_authority_is_the_senders_own_text(pid: str, number: str) -> None:
    body = joined(MSH, pid, OBR, OBX)
    (found,) = event(body)["patient"]["identifiers"]
    assert (found["value"], found["system"]) == (number, "urn:id:CHU")
    assert door(body)[0].code == "AA"


@pytest.mark.parametrize(
    ("sent_unit", "code"),
    [
        ("x10*9/L", None), ("10*9/L", "10*9/L"), ("10^9/L", None), ("mm(hg)", None), ("mm Hg", None), ("/10", None),
        ("mill/mm3", None), ("*10＾3/ul", None), ("mmol/L", "mmol/L"), ("G/L", None),
    ],
)  # fmt: skip
def test_40_a_unit_stands_as_sent_and_its_code_only_where_it_is_ucum(sent_unit: str, code: str | None) -> None:
    unit = sent_unit.replace("^", r"\S\ ".strip())
    quantity = value(f"OBX|1|NM|2345-7^Glucose^LN||5.0|{unit}|||||F")
    assert quantity["unit"] == sent_unit
    if code:
        assert quantity["code"] == code
    assert event(joined(MSH, PID, OBR, f"OBX|1|NM|GLU||5.0|{unit}|||||F"))["results"][0]["unit"]["text"] == sent_unit


@pytest.mark.parametrize(
    ("code", "systems"),
    [
        ("GLU^Glucose", {None}),
        ("GLU", {None}),
        ("GLU^Glucose^L^2345-7^Glucose^LN", {"L", "http://loinc.org"}),
        ("GLU^Glucose^^2345-7^Glucose^LN", {None, "http://loinc.org"}),
        ("^Glucose^^2345-7^Glucose^LN", {"http://loinc.org"}),
    ],
)
def test_40_every_coding_is_kept_wherever_it_stands(code: str, systems: set[str | None]) -> None:
    codings = observation(OBX.replace("2345-7^Glucose^LN", code))["code"]["coding"]
    assert len(codings) == len(systems)
    assert {"http://loinc.org"} & systems <= {one.get("system") for one in codings}
    assert all(one["code"] in ("GLU", "2345-7") for one in codings)


# Also to be watched


def test_also_a_correction_replaces_and_a_deletion_takes_back_the_same_result() -> None:
    first, corrected, deleted = (observation(OBX[:-1] + status) for status in ("F", "C", "D"))
    assert first["id"] == corrected["id"] == deleted["id"]
    assert (corrected["status"], deleted["status"]) == ("corrected", "entered-in-error")


@pytest.mark.parametrize("kind", ["ACK^R01^ACK", "ACK", "MCF", "ORR^O02", ""])
def test_also_an_acknowledgement_is_never_answered(kind: str) -> None:
    body = joined(MSH.replace("ORU^R01^ORU_R01", kind), "MSA|AE|C-16")
    assert (door(body)[0].body, told(body).events) == (b"", [])


def test_also_xml_within_a_result_is_never_expanded() -> None:
    laughs = '<!DOCTYPE x [<!ENTITY a "haha"><!ENTITY b SYSTEM "file:///etc/hostname">]><x>\\T\\a;\\T\\b;</x>'
    found = value(f"OBX|1|TX|600-7^Culture^LN||{laughs}||||||F")
    assert found == laughs.replace("\\T\\", "&")
    reply, _ = door(f'<?xml version="1.0"?>{laughs}')
    assert reply.code == "AR"
