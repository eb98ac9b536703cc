from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mediators.mediator import Context
from schemas.events import plain
from tests.mediators.hl7v2.messages import HEAD, OBR, PID, RECEIVED, body, events, left, read, report, reports

OBX = "OBX|1|NM|2345-7^Glucose^LN||5.0|mmol/L|||||F"
FULL_OBR = (
    "OBR|1|P-9^SIH|F-9^LABO|GLU^Glycémie^L^2345-7^Glucose^LN|S||202403120815|202403120820|||||Diabète~suivi|202403120900"
    "||12^ALAMI^Driss|0537001122|||||202403121020||HM|C|||9^TAZI&^Mouna~10^RAMI|||R73^Hyperglycémie^I10|7&FASSI&Ali|8&LAHLOU"
)


@pytest.mark.parametrize("version", ["2.3", "2.3.1", "2.4", "2.5", "2.5.1", "2.6", "2.7", "2.8"])
def test_a_report_with_its_head(version: str) -> None:
    event = report(PID, OBR, OBX, version=version)
    assert event["type"] == "LabReportIssued"
    assert (event["place"], event["control_id"], event["channel"]) == ("OBR 1", "C-17", "lab-hl7v2")
    assert event["origin"] == {
        "message_type": "ORU^R01", "trigger": "R01", "version": version, "application": "LABO", "facility": "CHU",
        "receiving_application": "WASL", "receiving_facility": "HIE", "created": "2024-03-12T10:30:00+01:00",
    }  # fmt: skip
    assert event["facility"] == {"name": "CHU", "identifiers": [{"system": "urn:id:CHU", "value": "CHU"}]}
    assert event["patient"]["names"][0]["family"] == "BENNANI"
    assert len(event["results"]) == 1


def test_everything_an_order_says() -> None:
    orc = (
        "ORC|RE|P-9^SIH|F-9^LABO|G-1^SIH|CM||||202403120700|||12^ALAMI^Driss~13^NACIRI||0537009988|||||||"
        "Clinique Atlas^^^^^INPE^XX^^^100061234|5 Rue C^^Salé|0537445566|9 Rue D^^Rabat"
    )
    event = report(PID, orc, FULL_OBR, "TQ1|1||||||||A", OBX)
    order = event["order"]
    assert order["placer"] == {"system": "urn:id:SIH", "value": "P-9", "authority": "SIH"}
    assert order["filler"] == {"system": "urn:id:LABO", "value": "F-9", "authority": "LABO"}
    assert order["group"]["value"] == "G-1"
    assert (order["control"], order["status"], order["priority"]) == ("RE", "CM", "A")
    assert order["ordered"] == "2024-03-12T07:00+00:00"
    assert [one["names"][0]["family"] for one in order["requesters"]] == ["ALAMI", "NACIRI"]
    assert {one["value"] for one in order["requesters"][0]["telecoms"]} == {"0537001122", "0537009988"}
    assert order["requesters"][0]["addresses"][0]["city"] == "Rabat"
    assert order["organization"]["identifiers"][0]["value"] == "100061234"
    assert order["organization"]["addresses"][0]["city"] == "Salé"
    assert order["reasons"][0]["codings"][0]["code"] == "R73"
    assert order["clinical_information"] == "Diabète\nsuivi"


def test_everything_a_report_says() -> None:
    event = report(PID, FULL_OBR, OBX)
    assert [one["code"] for one in event["code"]["codings"]] == ["GLU", "2345-7"]
    assert event["code"]["loinc"] == "2345-7"
    assert (event["status"], event["section"], event["issued"]) == ("C", "HM", "2024-03-12T10:20+00:00")
    assert (event["started"], event["ended"]) == ("2024-03-12T08:15+00:00", "2024-03-12T08:20+00:00")
    assert event["occurred"] == event["started"]
    assert event["specimen_received"] == "2024-03-12T09:00+00:00"
    assert event["order"]["priority"] == "S"
    assert [(one["role"], one["names"][0]["family"]) for one in event["interpreters"]] == [
        ("PI", "FASSI"), ("AI", "LAHLOU"),
    ]  # fmt: skip
    assert [one["role"] for one in event["copies_to"]] == ["RCT", "RCT"]


def test_the_visit_of_a_report() -> None:
    event = report(PID, "PV1|1|I|CARDIO||||||||||||||||V-88", "PV2|||R07^Douleur", OBR, OBX, "DG1|1||I21^Infarctus^I10")
    assert event["encounter"]["identifiers"][0]["value"] == "V-88"
    assert event["encounter"]["reason"]["text"] == "Douleur"
    assert event["encounter"]["diagnoses"][0]["code"]["text"] == "Infarctus"


def test_a_specimen_of_its_own() -> None:
    spm = (
        "SPM|1|S-1&SIH^L-1&LABO||BLD^Sang^HL70487|||VENIP^Veineux^L|LA^Bras gauche^L||||5^mL|"
        "|Hémolysé|||202403120800^202403120805|202403120900||||||HEM^Hémolysé^HL70493"
    )
    event = report(PID, OBR, OBX, spm, "NTE|1||Tube sec")
    (specimen,) = event["specimens"]
    assert [(one["value"], one["type"]) for one in specimen["identifiers"]] == [("S-1", "PLAC"), ("L-1", "FILL")]
    assert (specimen["type"]["text"], specimen["method"]["text"]) == ("Sang", "Veineux")
    assert specimen["site"]["text"] == "Bras gauche"
    assert (specimen["quantity"], specimen["quantity_unit"]["text"]) == ("5", "mL")
    assert (specimen["collected"], specimen["collected_end"]) == ("2024-03-12T08:00+00:00", "2024-03-12T08:05+00:00")
    assert specimen["received"] == "2024-03-12T09:00+00:00"
    assert specimen["conditions"][0]["text"] == "Hémolysé"
    assert [one["text"] for one in specimen["notes"]] == ["Hémolysé", "Tube sec"]


def test_a_specimen_told_by_the_order() -> None:
    obr = "OBR|1|P-9|F-9|2345-7^Glucose^LN|||20240312||5^mL|||||20240313|SER&Sérum&HL70070^^Ponction^LA&Bras gauche"
    (specimen,) = report(PID, obr, OBX, version="2.3")["specimens"]
    assert specimen["type"]["codings"][0]["code"] == "SER"
    assert specimen["method"]["text"] == "Ponction"
    assert specimen["site"]["text"] == "Bras gauche"
    assert (specimen["collected"], specimen["received"], specimen["quantity"]) == ("2024-03-12", "2024-03-13", "5")


def test_notes_go_where_they_stand() -> None:
    event = report(
        PID,
        "NTE|1||du patient",
        "ORC|RE",
        "NTE|1||de la demande",
        OBR,
        "NTE|1||du compte rendu",
        OBX,
        "NTE|1||du résultat",
    )
    assert event["patient"]["notes"] == [{"text": "du patient"}]
    assert [one["text"] for one in event["notes"]] == ["de la demande", "du compte rendu"]
    assert event["results"][0]["notes"] == [{"text": "du résultat"}]


def test_every_order_is_a_report_with_its_own_results() -> None:
    first, second = reports(
        PID, "ORC|RE|P-1|F-1", "OBR|1|P-1|F-1|A^Un", "OBX|1|NM|a||1", "ORC|RE|P-2|F-2", "OBR|2|P-2|F-2|B^Deux",
        "OBX|1|NM|b||2", "OBX|2|NM|c||3",
    )  # fmt: skip
    assert (first["place"], second["place"]) == ("OBR 1", "OBR 2")
    assert [one["place"] for one in second["results"]] == ["OBX 2", "OBX 3"]
    assert first["id"] != second["id"]
    assert first["about"] == "report|urn:id:CHU|F-1|A"


def test_one_common_order_speaks_for_the_requests_after_it() -> None:
    first, second, third = reports(
        PID, "ORC|RE|P-1|F-1|||||||||12^ALAMI", "OBR|1|P-1|F-1|A", OBX, "OBR|2|||B", OBX, "OBR|3|P-7|F-7|C", OBX
    )
    assert first["order"]["requesters"] == second["order"]["requesters"]
    assert second["about"] == "report|urn:id:CHU|F-1|B"
    assert "requesters" not in third["order"], "its numbers are those of another order"


@pytest.mark.parametrize("at", ["before", "after", "end"])
def test_a_common_order_out_of_its_place(at: str) -> None:
    orc = "ORC|RE|P-9|F-9||CM"
    segments = {"before": [orc, OBR, OBX], "after": [OBR, OBX, orc, OBX], "end": [OBR, OBX, orc]}[at]
    event = report(PID, *segments)
    assert event["order"]["status"] == "CM"


def test_results_without_an_order_are_a_report_of_their_own() -> None:
    event = report(PID, OBX, "OBX|2|NM|b||2")
    assert event["place"] == "OBX 1"
    assert event["code"]["loinc"] == "2345-7"
    assert len(event["results"]) == 2


def test_results_before_the_order_are_not_lost() -> None:
    first, second = reports(PID, OBX, OBR, "OBX|1|NM|b||2")
    assert (first["place"], second["place"]) == ("OBX 1", "OBR 1")


def test_several_patients_each_with_visit_and_reports() -> None:
    found = reports(
        PID, "PV1|1|I", OBR, OBX, "PID|2||0045^^^HOP||ALAMI^Driss", "PV1|2|O", "OBR|2|P-8|F-8|B", OBX, "OBR|3|P-7|F-7|C"
    )
    assert [one["patient"]["identifiers"][0]["value"] for one in found] == ["0044", "0045", "0045"]
    assert [one["encounter"]["class_code"] for one in found] == ["I", "O", "O"]


def test_what_stands_before_the_only_patient_is_theirs() -> None:
    assert report(OBR, OBX, PID)["patient"]["identifiers"][0]["value"] == "0044"


def test_what_stands_before_the_first_of_several_patients_is_nobodys() -> None:
    translation = read(body("ORU^R01", OBR, OBX, PID, "OBR|2|P-8|F-8|B", "PID|2||0045^^^HOP", "OBR|3|P-7|F-7|C"))
    assert [event["place"] for event in translation.events] == ["OBR 2", "OBR 3"]
    (part,) = translation.refused
    assert (part.place, part.issues[0].reason) == ("PID", "segment-sequence")


def test_a_patient_without_a_report_is_a_refused_part() -> None:
    translation = read(body("ORU^R01", PID, "PID|2||0045^^^HOP", OBR, OBX))
    assert [part.place for part in translation.refused] == ["PID 1"]
    assert [event["type"] for event in translation.events] == ["PatientUpdated", "LabReportIssued"]
    empty = read(body("ORU^R01", "ZZZ|x"))
    assert [part.place for part in empty.refused] == ["PID"]
    assert [(one.place, one.value) for one in empty.unmapped] == [("ZZZ-1", "x")]


def test_what_is_told_of_a_patient_whose_report_is_missing_is_kept() -> None:
    translation = read(body("ORU^R01", PID, "PD1||||D-4^TAZI^NADIA", "NK1|1|BENNANI^OMAR|FTH", "PV1|1|O|CONS"))
    (event,) = translation.events
    assert (event["type"], event["place"]) == ("PatientUpdated", "PID 1")
    assert event["patient"]["general_practitioners"][0]["names"][0]["family"] == "TAZI"
    assert event["patient"]["contacts"][0]["names"][0]["given"] == ["OMAR"]
    assert {"PV1-2", "PV1-3"} <= {one["place"] for one in event["details"]}
    assert translation.refused[0].issues[0].remedy


def test_a_rerun_of_some_places_gives_the_same_events_again() -> None:
    data = body("ORU^R01", PID, OBR, OBX, "OBR|2|P-8|F-8|B", OBX, OBR.replace("OBR|1", "OBR|3"), OBX)
    everything = events(data)
    (again,) = events(data, places=("OBR 3",))
    assert again == everything[2] | {"unmapped": again["unmapped"]}
    assert again["about"].endswith("|2"), "the occurrence counts the parts that are not rerun too"


@pytest.mark.parametrize(
    ("obr", "about"),
    [
        ("OBR|1|P-9^SIH|F-9^LABO&1.2.504.3&ISO|GLU", "report|urn:id:LABO|F-9|GLU"),
        ("OBR|1|P-9^SIH|F-9^LABO^1.2.504.3^ISO|GLU", "report|urn:oid:1.2.504.3|F-9|GLU"),
        ("OBR|1|P-9^SIH||GLU^Glycémie", "report|urn:id:SIH|P-9|GLU"),
        ("OBR|1||F-9|^Glycémie", "report|urn:id:CHU|F-9|Glycémie"),
    ],
)
def test_a_report_is_known_by_its_number_and_what_was_asked(obr: str, about: str) -> None:
    assert report(PID, obr, OBX)["about"] == about


def test_a_report_without_a_number_is_known_by_its_message() -> None:
    first = report(PID, "OBR|1|||GLU", OBX)
    second = report(PID, "OBR|1|||GLU", OBX.replace("5.0", "5.6"))
    assert first["about"] != second["about"]
    assert first["about"].startswith("report|LABO|CHU|C-17|")


def test_equal_reports_of_one_message_are_several() -> None:
    first, second = reports(PID, OBR, OBX, OBR.replace("OBR|1", "OBR|2"), OBX)
    assert second["about"] == first["about"] + "|2"
    assert first["results"][0]["id"] != second["results"][0]["id"]


def test_a_correction_is_about_the_same_and_newer() -> None:
    first = report(PID, OBR, OBX)
    later = report(PID, OBR.replace("20240312102000|||F", "20240312140000|||C"), OBX)
    assert first["about"] == later["about"]
    assert first["id"] != later["id"]
    assert first["version"] < later["version"]


@pytest.mark.parametrize(
    ("created", "issued", "version"),
    [
        ("20240312103000+0100", "20240312102000+0100", 1_710_235_200_000_000),
        ("20240312103000+0100", "20240312", 1_710_235_800_000_000),  # a day does not order
        ("20240312103000+0100", "20990101120000", 1_710_235_800_000_000),  # a clock of another century
        ("20240312", "", RECEIVED),
        ("bientôt", "jamais", RECEIVED),
    ],
)
def test_the_version_is_the_senders_own_time(created: str, issued: str, version: int) -> None:
    head = HEAD.replace("20240312103000+0100", created)
    obr = OBR.replace("20240312102000", issued)
    (event,) = events(body("ORU^R01", PID, obr, OBX, head=head))
    assert event["version"] == version


@pytest.mark.parametrize(
    "section", ["RAD", "RX", "CT", "CTH", "CUS", "IMG", "NMR", "NMS", "OUS", "RUS", "VUS", "XRC", "MR", "US", "rad"]
)
def test_imaging_by_its_section(section: str) -> None:
    event = report(PID, OBR[: OBR.rindex("||")] + f"|{section}|F", OBX)
    assert (event["type"], event["section"]) == ("ImagingReportIssued", section)


@pytest.mark.parametrize("section", ["HM", "CH", "MB", "EC", "PT", "LAB", "SP"])
def test_other_sections_are_the_laboratorys(section: str) -> None:
    assert report(PID, OBR[: OBR.rindex("||")] + f"|{section}|F", OBX)["type"] == "LabReportIssued"


def test_a_channel_may_say_the_section() -> None:
    event = report(PID, OBR, OBX, settings={"section": "RAD"})
    assert (event["type"], event["section"]) == ("ImagingReportIssued", "RAD")
    told = report(PID, OBR[: OBR.rindex("||")] + "|HM|F", OBX, settings={"section": "RAD"})
    assert told["type"] == "LabReportIssued"


IMAGE = "OBR|1|P-9|F-9|24627-2^Scanner thorax^LN||||||||||||||ACC-7||||||CT|F"


@pytest.mark.parametrize(
    "segments",
    [
        [IMAGE, "ZDS|1.2.504.1.77^PACS^Application^DICOM", OBX],
        [IMAGE, "IPC|ACC-7|RP-1|1.2.504.1.77|SPS-1|CT", OBX],
        [IMAGE, OBX, "OBX|2|HD|113014^DICOM Study^DCM||^1.2.504.1.77^ISO"],
    ],
)
def test_the_images_of_a_report(segments: list[str]) -> None:
    event = report(PID, *segments)
    assert (event["study_uid"], event["modality"]) == ("1.2.504.1.77", "CT")
    assert event["accession"] == {"system": "urn:id:CHU", "value": "ACC-7", "type": "ACSN"}


def test_participants_of_later_versions() -> None:
    event = report(
        PID, OBR, "PRT|1|AD||OP|12^ALAMI", "PRT|2|AD||PI|7^FASSI", "PRT|3|AD||RCT|9^TAZI",
        "PRT|4|AD||PO||||Labo Atlas^^100061234", "PRT|5|AD||EQUIP|||||||20240312", OBX, version="2.7",
    )  # fmt: skip
    assert event["order"]["requesters"][0]["role"] == "OP"
    assert event["interpreters"][0]["names"][0]["family"] == "FASSI"
    assert event["copies_to"][0]["names"][0]["family"] == "TAZI"
    assert event["laboratory"]["name"] == "Labo Atlas"
    assert {one["place"] for one in event["details"]} >= {"PRT[5]-4", "PRT[5]-11"}


def test_the_laboratory_is_that_of_the_results() -> None:
    event = report(PID, OBR, OBX + "||||||||||||Labo Atlas^^100061234")
    assert event["laboratory"] == event["results"][0]["laboratory"]


def test_segments_without_a_place_travel_on_with_the_first_event_of_their_patient() -> None:
    first, second = reports(
        "SFT|Editeur", PID, "ZBE|1|x^y", "AL1|1|DA|P", "IN1|1|A", OBR, OBX, "ZRX|z", "OBR|2|P-8|F-8|B||||||||||||||||R1"
    )
    assert left(first) == {"ZBE-1": "1", "ZBE-2": "x^y", "ZRX-1": "z"}
    assert {one["place"] for one in first["details"]} >= {"SFT-1", "AL1-2", "AL1-3", "IN1-2"}
    assert [(one["name"], one["text"]) for one in second["details"]] == [("filler-field-1", "R1")]


def test_codes_without_translation_make_a_work_list() -> None:
    translation = read(
        body("ORU^R01", PID, "OBR|1|P|F|GLU^^L", "OBX|1|NM|GLU^^L||1", "OBX|2|NM|2345-7^^LN||1"), Context()
    )
    assert translation.unknown_codes == ["urn:id:L|GLU"]


SEGMENTS = st.sampled_from(
    [PID, OBR, OBX, "ORC|RE|P-9|F-9", "NTE|1||n", "SPM|1|S", "PV1|1|I", "PRT|1|AD||OP|1^X", "TQ1|1", "DG1|1||I21",
     "ZZZ|a", "NK1|1|X", "PV2|||R", "PD1|||X", "OBX", "PID", "OBR"]
)  # fmt: skip


@given(st.lists(SEGMENTS, max_size=12))
@settings(max_examples=150, deadline=None)
def test_segments_in_any_order_are_read_and_no_result_is_lost(segments: list[str]) -> None:
    translation = read(body("ORU^R01", *segments))
    told = [plain(event) for event in translation.events]
    parts = [*told, *(specimen for event in told for specimen in event.get("specimens") or ())]
    found = sorted(int(one["place"][4:]) for part in parts for one in part.get("results") or ())
    sent = list(range(1, sum(one[:3] == "OBX" for one in segments) + 1))
    assert found == sent or translation.refused
