"""The OpenHIE client registry tests (OHIE-CR-01 to 18), from their descriptions, over MLLP, against the program."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.e2e.program import Mllp, Program
from tests.e2e.registry import Sender, configured
from tests.surroundings import Servers

IDCS = ["2345678906", "7986120439", "4821937561"]


@pytest.fixture(scope="module")
def registry(tmp_path_factory: pytest.TempPathFactory, surroundings: Servers | None) -> Iterator[Program]:
    folder = tmp_path_factory.mktemp("openhie")
    config = configured(folder / "config")
    with Program(folder / "data", "--config", str(config)) as started:
        yield started


@pytest.fixture
def north(registry: Program) -> Iterator[Sender]:
    with Mllp(registry.mllp_port) as line:
        yield Sender(line)


@pytest.fixture
def south(registry: Program) -> Iterator[Sender]:
    with Mllp(registry.mllp_port) as line:
        yield Sender(line, "SIH_S", "SOUTH")


def test_cr_01_a_number_without_assigner_is_refused(north: Sender) -> None:
    answer = north.feed("||N0101^^^&&||ALAMI^Karim||19830205|M")
    assert answer.code == "AE"
    assert answer.field("ERR", 1).startswith("PID^1^3^101")


def test_cr_02_namespace_and_oid_stand_for_each_other(north: Sender) -> None:
    assert north.feed("||N0201^^^&2.25.901&ISO||BENALI^Samir||19830205|M").code == "AA"
    assert north.feed("||N0202^^^NORTH||CHRAIBI^Houda||19840125|F").code == "AA"
    for asked in ("N0201^^^&2.25.901&ISO", "N0201^^^NORTH", "N0202^^^NORTH", "N0202^^^&2.25.901&ISO"):
        answer = north.pix(asked)
        assert (answer.code, answer.status, len(answer.all("PID"))) == ("AA", "OK", 1)
        assert f"{asked.partition('^')[0]}^^^NORTH&2.25.901&ISO" in answer.field("PID", 3).split("~")


def test_cr_03_an_unknown_authority_is_refused(north: Sender) -> None:
    answer = north.feed("||N0301^^^NOWHERE||DAOUDI^Nabil||19790505|M")
    assert answer.code == "AE"
    assert answer.field("ERR", 1).startswith("PID^1^3^204")
    assert north.pix("N0301^^^NORTH").status == "AE"


def test_cr_04_nobody_assigns_in_the_domain_of_another(north: Sender, south: Sender) -> None:
    assert north.feed("||N0401^^^NORTH||EL FASSI^Rania||19840125|F").code == "AA"
    answer = south.feed("||N0402^^^NORTH||EL FASSI^Rania||19840125|F")
    assert answer.code == "AE"
    assert (answer.field("MSH", 5), answer.field("MSH", 6)) == ("SIH_S", "SOUTH")
    assert south.pix("N0402^^^NORTH").status == "AE"


@pytest.mark.parametrize(
    ("number", "told"), [("N0501", "|||20261001"), ("N0502", "||||M"), ("N0503", "|" * 17 + "N0501^^^NORTH")]
)
def test_cr_05_a_minimal_record_is_taken(north: Sender, number: str, told: str) -> None:
    assert north.feed(f"||{number}^^^NORTH|{told}").code == "AA"
    answer = north.pix(f"{number}^^^NORTH")
    assert (answer.code, len(answer.all("PID"))) == ("AA", 1)
    assert f"NORTH:{number}" in answer.numbers[0]


def test_cr_06_a_national_identifier_links_despite_other_demographics(north: Sender, south: Sender) -> None:
    assert north.feed(f"||N0601^^^NORTH~{IDCS[0]}^^^IDCS||GUESSOUS^Jad||1980|M").code == "AA"
    assert south.feed(f"||S0601^^^SOUTH~{IDCS[0]}^^^IDCS||GUESSOUSS^Jaad||19800511|M").code == "AA"
    answer = north.pix(f"{IDCS[0]}^^^IDCS")
    assert {"NORTH:N0601", "SOUTH:S0601"} <= set(answer.numbers[0])


def test_cr_06_a_familys_number_links_nobody(north: Sender, south: Sender) -> None:
    assert north.feed("||N0602^^^NORTH~QX48213^^^CIN||HAJJI^Mounir||19750203|M").code == "AA"
    assert south.feed("||S0602^^^SOUTH~QX48213^^^CIN||HAJJI^Lina||20190811|F").code == "AA"
    assert "SOUTH:S0602" not in north.pix("N0602^^^NORTH").numbers[0]


def test_cr_07_a_newborn_is_known_with_its_mother(north: Sender) -> None:
    assert north.feed("||N0701^^^NORTH||IDRISSI^Salma||19900101|F").code == "AA"
    baby = "||N0702^^^NORTH||IDRISSI^BB||20261109|F" + "|" * 13 + "N0701^^^NORTH"
    assert north.feed(baby).code == "AA"
    answer = north.pdq("3.1^N0702", "3.4.1^NORTH")
    assert (answer.status, len(answer.all("PID"))) == ("OK", 1)
    assert answer.field("PID", 6) == "IDRISSI^Salma"
    assert answer.field("PID", 21).startswith("N0701^^^NORTH")
    assert "NORTH:N0702" not in north.pix("N0701^^^NORTH").numbers[0]


def test_cr_08_a_whole_record_comes_back_as_it_was_sent(north: Sender) -> None:
    told = {
        5: "JABRI^Hicham^Omar^^^^L", 6: "KETTANI^Aicha", 7: "19630205", 8: "M",
        11: "14, rue des Palmiers^^Fès^^30000^MA^H", 13: "0535000111^PRN^PH",
        21: "N0799^^^NORTH&2.25.901&ISO", 24: "Y", 25: "2",
    }  # fmt: skip
    fields = {3: "N0801^^^NORTH", **told}
    assert north.feed("|".join(fields.get(number, "") for number in range(1, 26))).code == "AA"
    answer = north.pdq("3.1^N0801", "3.4.1^NORTH")
    assert {number: answer.field("PID", number) for number in told} == told


def test_cr_09_what_nobody_knows_is_an_error_of_the_query(north: Sender) -> None:
    unknown = north.pix("N0999^^^NORTH")
    assert (unknown.code, unknown.status, unknown.errors) == ("AE", "AE", ["QPD^1^3^1^1"])
    nowhere = north.pix("N0999^^^NOWHERE")
    assert (nowhere.code, nowhere.status, nowhere.errors) == ("AE", "AE", ["QPD^1^3^1^4"])


def test_cr_09_names_are_blank(north: Sender) -> None:
    assert north.feed("||N0901^^^NORTH||LAHLOU^Badr||19830205|M").code == "AA"
    answer = north.pix("N0901^^^NORTH")
    assert answer.field("PID", 5) == "~^^^^^^S"
    assert "LAHLOU" not in answer.text


def test_cr_10_only_the_domains_wanted_are_told(north: Sender) -> None:
    assert north.feed("||N1001^^^NORTH||MERNISSI^Fadwa||1935|F").code == "AA"
    assert north.pix("N1001^^^NORTH", "^^^NORTH").numbers == [["NORTH:N1001"]]
    ((own,),) = north.pix("N1001^^^NORTH", "^^^ECID").numbers
    assert own.startswith("ECID:")
    assert {"NORTH:N1001", own} == set(north.pix("N1001^^^NORTH").numbers[0])
    assert north.pix(f"{own.removeprefix('ECID:')}^^^ECID", "^^^NORTH").numbers == [["NORTH:N1001"]]
    none = north.pix("N1001^^^NORTH", "^^^SOUTH")
    assert (none.code, none.status, none.all("PID")) == ("AA", "NF", [])
    random = north.pix("N1001^^^NORTH", "^^^RANDOM")
    assert (random.code, random.status, random.all("PID")) == ("AE", "AE", [])
    assert random.errors[0].startswith("QPD^1^4")


def test_cr_11_a_patient_is_found_by_a_number(north: Sender) -> None:
    assert north.feed("||N1101^^^NORTH||NACIRI^Jihane||19840125|F").code == "AA"
    found = north.pdq("3.1^N1101", "3.4.1^NORTH")
    assert (found.code, found.status, found.field("PID", 5), found.field("PID", 7)) == (
        *("AA", "OK"), "NACIRI^Jihane", "19840125",
    )  # fmt: skip
    unknown = north.pdq("3.1^N1199", "3.4.1^NORTH")
    assert (unknown.code, unknown.status, unknown.all("PID")) == ("AA", "NF", [])
    wrong = north.pdq("3.1^N1101", "3.4.99^X")
    assert (wrong.code in ("AE", "AR"), wrong.status, wrong.all("PID")) == (True, "AE", [])
    assert north.pdq("3.1^N1101", "3.4.1^NORTH", domains="^^^NORTH").numbers == [["NORTH:N1101"]]
    elsewhere = north.pdq("3.1^N1101", "3.4.1^NORTH", domains="^^^SOUTH")
    assert (elsewhere.code, elsewhere.status, elsewhere.all("PID")) == ("AA", "NF", [])
    random = north.pdq("3.1^N1101", "3.4.1^NORTH", domains="^^^RANDOM")
    assert (random.code, random.status, random.errors[0][:7]) == ("AE", "AE", "QPD^1^8")


def test_cr_12_a_patient_is_found_by_name_and_by_what_it_begins_with(north: Sender) -> None:
    assert north.feed("||N1201^^^NORTH||OUAZZANI^Zineb||19840125|F").code == "AA"
    for asked in (("5.1^OUAZZANI", "5.2^Zineb"), ("5.1^ouazzani",), ("5.1^OUAZZ*", "5.2^Z*")):
        answer = north.pdq(*asked)
        assert (answer.status, ["NORTH:N1201" in one for one in answer.numbers]) == ("OK", [True])
    assert north.pdq("5.1^ROBIN", "5.2^Hood").status == "NF"
    assert north.pdq("5.1^OUAZZANI", domains="^^^NORTH").numbers == [["NORTH:N1201"]]


def test_cr_13_a_child_is_found_by_its_mothers_number(north: Sender) -> None:
    assert north.feed("||N1301^^^NORTH||RAISS^Sofia||19910101|F").code == "AA"
    assert north.feed("||N1302^^^NORTH||RAISS^Adam|RAISS^Sofia|20261101|M" + "|" * 13 + "N1301^^^NORTH").code == "AA"
    answer = north.pdq("21.1^N1301", "21.4.1^NORTH")
    assert (answer.status, len(answer.numbers)) == ("OK", 1)
    assert "NORTH:N1302" in answer.numbers[0]
    assert "NORTH:N1302" in north.pdq("6.1^RAISS", "6.2^Sofia").numbers[0]


def test_cr_14_a_birth_date_is_as_exact_as_it_is_asked(north: Sender) -> None:
    assert north.feed("||N1401^^^NORTH||SEBTI^Ghita||19570825|F").code == "AA"
    assert north.feed("||N1402^^^NORTH||SEBTI^Driss||19570411|M").code == "AA"
    found = {asked: north.pdq("5.1^SEBTI", f"7^{asked}") for asked in ("1957", "195708", "19570825", "1958")}
    assert [len(answer.all("PID")) for answer in found.values()] == [2, 1, 1, 0]
    assert "NORTH:N1401" in found["195708"].numbers[0]


def test_cr_15_every_field_asked_must_fit(north: Sender) -> None:
    assert north.feed("||N1501^^^NORTH||TAHIRI^Yasmine||19700101|F").code == "AA"
    assert north.feed("||N1502^^^NORTH||TAHIRI^Yassine||19700101|M").code == "AA"
    answer = north.pdq("5.1^TAHIRI", "7^1970", "8^M")
    assert (len(answer.numbers), "NORTH:N1502" in answer.numbers[0]) == (1, True)
    assert north.pdq("5.1^TAHIRI", "7^19700101", "8^F", "5.2^Yassine").status == "NF"


def test_cr_16_two_numbers_of_one_domain_are_merged(north: Sender) -> None:
    assert north.feed("||N1601^^^NORTH||URIAGLI^Jamila||19840125|F").code == "AA"
    assert north.feed("||N1699^^^NORTH||URIAGLI^Jam||198402|F").code == "AA"
    assert len(north.pdq("5.1^URIAGLI", domains="^^^NORTH").all("PID")) == 2
    assert north.feed("||N1601^^^NORTH||URIAGLI^Jamila||19840125|F", "A40", "MRG|N1699^^^NORTH").code == "AA"
    merged = north.pix("N1601^^^NORTH", "^^^NORTH")
    assert [sorted(numbers) for numbers in merged.numbers] == [["NORTH:N1601", "NORTH:N1699"]]
    # the old number leads to who it was merged into
    assert north.pix("N1699^^^NORTH", "^^^ECID").numbers == north.pix("N1601^^^NORTH", "^^^ECID").numbers
    assert len(north.pdq("5.1^URIAGLI", domains="^^^NORTH").all("PID")) == 1


def test_cr_17_only_the_owner_merges_and_only_within_its_domain(north: Sender, south: Sender) -> None:
    assert north.feed("||N1701^^^NORTH||VALI^Amal||19840125|F").code == "AA"
    assert north.feed("||N1702^^^NORTH||ZNIBER^Khalid||19510713|M").code == "AA"
    assert south.feed("||S1701^^^SOUTH||YATA^Mehdi||20030930|M").code == "AA"
    patient = "||N1701^^^NORTH||VALI^Amal||19840125|F"
    assert south.feed(patient, "A40", "MRG|N1702^^^NORTH").code == "AE"
    assert north.feed(patient, "A40", "MRG|S1701^^^SOUTH").code == "AE"
    assert north.pix("N1701^^^NORTH", "^^^NORTH").numbers == [["NORTH:N1701"]]
    assert "SOUTH:S1701" not in north.pix("N1701^^^NORTH").numbers[0]


def test_cr_17_nobody_merges_by_national_numbers_but_they_may_stand_beside_ones_own(
    north: Sender, south: Sender
) -> None:
    national = (("N1703", IDCS[2], "QX17003"), ("N1704", "9182736457", "QX17004"))
    for number, idcs, cin in national:
        born = "19661018|F" if number == "N1703" else "19931202|M"
        assert north.feed(f"||{number}^^^NORTH~{idcs}^^^IDCS~{cin}^^^CIN||{number}X^Y||{born}").code == "AA"
    refused = south.feed(f"||{IDCS[2]}^^^IDCS||N1703X^Y||19661018|F", "A40", "MRG|9182736457^^^IDCS")
    assert (refused.code, refused.field("ERR", 1)[:11]) == ("AE", "MRG^1^1^204")
    assert "NORTH:N1704" not in north.pix("N1703^^^NORTH").numbers[0]
    owned = "||N1703^^^NORTH~QX17003^^^CIN||N1703X^Y||19661018|F"
    assert north.feed(owned, "A40", "MRG|N1704^^^NORTH").code == "AA"
    assert "NORTH:N1704" in north.pix("N1703^^^NORTH").numbers[0]


def test_cr_18_a_social_number_links(north: Sender, south: Sender) -> None:
    assert north.feed("||N1801^^^NORTH||WAHBI^Yannis||199004|M" + "|" * 11 + IDCS[1]).code == "AA"
    assert south.feed("||S1801^^^SOUTH||WAHBI^Yan||19900404|M" + "|" * 11 + IDCS[1]).code == "AA"
    assert {"NORTH:N1801", "SOUTH:S1801"} <= set(north.pix("S1801^^^SOUTH").numbers[0])
