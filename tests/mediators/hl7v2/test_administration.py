"""What was given: RXA of RAS."""

from __future__ import annotations

from tests.mediators.hl7v2.medicines import ORC, made, one, rxa, rxe


def test_an_administration_with_all_that_it_tells() -> None:
    sent = rxa(
        f4="202403120930", f8="SOL^solution^L", f9="N1^Bien toléré^L~en salle", f10="9^INFIRMIER^Ali",
        f11="CHIR^12^B^CHU",
        f12="H1", f13="10", f14="mg/mL", f15="L-1", f16="20250101", f17="SAN^Sanofi^L", f19="FEV^Fièvre^L", f20="CP",
        f21="A",
        f22="202403121000",
    )  # fmt: skip
    event = one("RAS^O17^RAS_O17", ORC, sent, "RXR|IV^Intraveineuse^HL70162|LA^bras gauche^HL70163")
    assert (event["type"], event["place"], event["status"], event["action"]) == (
        "MedicationAdministered",
        "RXA 1",
        "CP",
        "A",
    )
    assert (event["given"], event["given_end"]) == ("2024-03-12T09:00+00:00", "2024-03-12T09:30+00:00")
    assert event["occurred"] == event["given"]
    (dose,) = event["dosages"]
    assert (dose["low"], dose["per"], dose["route"]["text"], dose["site"]["text"]) == (
        "1",
        "H1",
        "Intraveineuse",
        "bras gauche",
    )
    assert [note["text"] for note in event["notes"]] == ["Bien toléré", "en salle"]
    assert event["performers"][0]["role"] == "AP"
    assert event["location"]["bed"] == "B"
    assert (event["lot"], event["expires"], event["manufacturer"]["name"]) == ("L-1", "2025-01-01", "Sanofi")
    assert (event["strength"], event["form"]["text"]) == ("10", "solution")
    assert event["recorded"] == "2024-03-12T10:00+00:00"
    assert "details" not in event


def test_several_administrations_of_one_order_share_its_route() -> None:
    found = made("RAS^O17", ORC, rxe(), rxa(f2="1"), rxa(f2="2", f3="202403121500"), "RXR|PO^Oral^HL70162")
    prescribed, first, second = found
    assert first["request"] == second["request"] == prescribed["about"]
    assert first["about"] != second["about"]
    assert first["dosages"][0]["route"] == second["dosages"][0]["route"]


def test_what_was_refused_says_why() -> None:
    event = one("RAS^O17", ORC, rxa(f18="01^Refus du patient^L~02^Nausée^L", f20="RE"))
    assert event["status"] == "RE"
    assert [reason["text"] for reason in event["reasons"]] == ["Refus du patient", "Nausée"]


def test_it_is_known_by_its_order_its_counters_and_its_time() -> None:
    first, again = (one("RAS^O17", ORC, rxa())["about"] for _ in range(2))
    deleted = one("RAS^O17", ORC, rxa(f21="D"))["about"]
    later = one("RAS^O17", ORC, rxa(f3="202403121500"))["about"]
    assert first == again == deleted != later


def test_who_gave_it_may_be_told_by_prt() -> None:
    event = one(
        "RAS^O17", ORC, rxa(), "PRT|1|AD||AP^Administering^HL70912|9^INFIRMIER^Ali", "PRT|2|AD||OP|3^ALAOUI^Omar"
    )
    assert [who["role"] for who in event["performers"]] == ["AP"]
    assert event["order"]["requesters"][0]["names"][0]["family"] == "ALAOUI"


def test_results_after_it_came_with_it() -> None:
    event = one("RAS^O17", ORC, rxa(), "OBX|1|NM|8310-5^Température^LN||38.2|Cel|||||F", "NTE|1||frissons")
    (result,) = event["observations"]
    assert result["values"][0]["number"] == "38.2"
    assert result["notes"] == [{"text": "frissons"}]
