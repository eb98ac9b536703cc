"""The files of profiles: found, put upon one another, and every mistake with its file and line."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from channels.channel import load_channels
from channels.lint import lint
from channels.profiles import known_profiles, read_profile
from channels.settings import Misconfigured, Settings, default_config
from mediators.hl7v2.reader import Hl7
from tests.console.place import Place, result
from tests.mediators.hl7v2.profiles import shipped

SHIPPED = ("base", "base-*", "ma-commun", "ma-laboratoire", "ma-radiologie", "ma-pharmacie", "ma-admission")


def house(folder: Path, **profiles: str) -> Path:
    for name in ("channels", "profiles"):
        (folder / name).mkdir()
    (folder / "wasl.yaml").touch()
    for name, text in profiles.items():
        (folder / "profiles" / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def channel(folder: Path, text: str = "") -> None:
    (folder / "channels" / "lab.yaml").write_text(f"mediator: hl7v2\nlisten: mllp\n{text}", encoding="utf-8")


@pytest.mark.parametrize("name", SHIPPED)
def test_the_shipped_profiles_are_without_mistakes(name: str) -> None:
    assert all(rules for rules in shipped(name).versions.values())


def test_a_channels_own_profile_extends_a_shipped_one(tmp_path: Path) -> None:
    house(tmp_path, lab="extends: base-2.5\nrules:\n  PID-11: {usage: R}\n  PID-5: off\n")
    asked = read_profile("lab", tmp_path, strict=True)
    hl7 = Hl7.read(result())
    assert "PID-11" in [issue.at for issue in asked.issues(hl7, hl7.type)]
    assert len(asked.versions[""]) == len(shipped("base-2.5").versions[""])


def test_the_configurations_own_file_goes_over_the_shipped_one_of_its_name(tmp_path: Path) -> None:
    house(tmp_path, base="rules:\n  PID-11: {usage: R}\n")
    assert len(read_profile("base", tmp_path).versions[""]) == 1
    assert known_profiles(tmp_path) == ["base"]


def test_a_base_for_each_version_serves_messages_of_any() -> None:
    versions = list(shipped("base-*").versions)
    assert versions == ["2.3", "2.4", "2.5", "2.6", "2.7", "2.8"]
    assert list(shipped("ma-laboratoire").versions) == versions


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules:\n  PID-3:\n    usage: R\n    usages: R\n", "lab.yaml, line 4: rules PID-3 usages: no such key"),
        ("extends: base\nrules:\n  QQQ-1: {usage: R}\n", "lab.yaml, line 3: rules QQQ-1: no version of HL7 v2"),
        ("description: x\nextends: nowhere\n", "lab.yaml, line 2: extends: no profile nowhere: expected a file"),
        ("description: x\nextends: nothing-*\n", "lab.yaml, line 2: extends: no profile nothing-*"),
        ("extends: lab\n", "lab.yaml, line 1: extends: goes round in a circle: lab → lab"),
        ("extends: round\n", "round.yaml, line 2: extends: goes round in a circle: lab → round → lab"),
        ("extends: [base]\n", "lab.yaml, line 1: extends: expected the name of another profile"),
        ("extends: ../base\n", "no profile ../base"),
        ("rules: [\n", "not YAML"),
    ],
)
def test_a_mistake_in_a_profile_names_file_line_and_key(tmp_path: Path, text: str, said: str) -> None:
    config = house(tmp_path, lab=text, round="# of a circle\nextends: lab\n") / "wasl.yaml"
    channel(tmp_path, "profile: lab\n")
    with pytest.raises(Misconfigured) as told:
        load_channels(config, Settings())
    assert said in str(told.value)
    assert any(said in line for line in lint(config))


def test_lint_reads_profiles_that_no_channel_names_and_tells_each_mistake_once(tmp_path: Path) -> None:
    config = house(tmp_path, spare="rules:\n  PID-3: {usage: MUST}\n") / "wasl.yaml"
    channel(tmp_path)
    (told,) = lint(config)
    assert "spare.yaml, line 2: rules PID-3 usage: expected R, RE, O" in told
    channel(tmp_path, "profile: spare\n")
    assert len(list(lint(config))) == 1


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mediator: hl7v2\nprofile: nowhere\n", "line 2: profile: no profile nowhere: expected a file"),
        ("mediator: csv\nconformance: strict\n", "line 2: conformance: only HL7 v2 messages have profiles"),
        ("mediator: fhir\nprofile: base\n", "line 2: profile: only HL7 v2 messages have profiles"),
        ("mediator: hl7v2\nconformance: lax\n", "line 2: conformance: "),
    ],
)
def test_a_mistake_in_the_channel_is_told_too(tmp_path: Path, text: str, said: str) -> None:
    config = house(tmp_path) / "wasl.yaml"
    (tmp_path / "channels" / "lab.yaml").write_text(text)
    assert any(said in line for line in lint(config))


# --- what the bases say is what the standard's own tables say


@pytest.mark.parametrize("version", ["2.3", "2.4", "2.5", "2.6", "2.7", "2.8"])
def test_what_a_base_requires_the_standards_tables_require(version: str) -> None:
    tables = importlib.import_module(f"hl7apy.v{version.replace('.', '_')}.segments").SEGMENTS
    required = {
        (name, int(child[0].rpartition("_")[2]))
        for name, said in tables.items()
        for child in (said[1] if len(said) > 1 else ())
        if len(child) > 2 and child[2][0]
    }
    own = {(one.segment, one.field) for one in shipped("base").versions[""]}
    for one in shipped(f"base-{version}").versions[""]:
        always = one.said.usage == ("R", "R") and not one.component
        if always and (one.segment, one.field) not in own and one.segment in tables:
            assert (one.segment, one.field) in required, one


# --- the national profiles


@pytest.mark.parametrize(
    ("number", "place"),
    [
        ("AB123456^^^CIN", ""),
        ("J1^^^CNIE", ""),
        ("ab 123^^^CIN", "PID-3.1"),
        ("12345678^^^IPP^NNMAR", "PID-3.1"),
        ("2345678906^^^IDCS", ""),
        ("2345678907^^^IDCS", "PID-3.1"),
        ("234567890^^^RNP", "PID-3.1"),
        ("143270581^^^CNSS", ""),
        ("14327058^^^CNSS", "PID-3.1"),
        ("123^^^CNOPS", "PID-3.1"),
        ("anything/at-all^^^HOPITAL", ""),
    ],
)
def test_national_numbers_have_the_form_of_their_kind(number: str, place: str) -> None:
    hl7 = Hl7.read(result().replace(b"A-4711^^^130310623^PI~900000017^^^CNSS^SS", number.encode()))
    found = shipped("ma-laboratoire", strict=True).issues(hl7, hl7.type)
    assert [(issue.at, issue.severity) for issue in found] == ([(place, "warning")] if place else [])
    assert all(issue.source for issue in found)


def test_a_number_of_the_insured_wants_what_tells_a_family_apart() -> None:
    hl7 = Hl7.read(result().replace(b"||19840317|F", b""))
    assert [issue.at for issue in shipped("ma-laboratoire").issues(hl7, hl7.type)] == ["PID-7", "PID-8"]


@pytest.mark.parametrize(
    ("article", "wrong"),
    [("6118000040286^DOLIPRANE^EAN13", False), ("6118000040287^DOLIPRANE^EAN13", True), ("611^X^EAN13", True)],
)
def test_bar_codes_of_medicines_check_themselves(article: str, wrong: bool) -> None:
    header = r"MSH|^~\&|PH|130366056|W|H|20260312||RDS^O13^RDS_O13|1|P|2.5"
    body = [header, "PID|1||1^^^H||A^B||1984|F", "ORC|RE|1", f"RXD|1|{article}|20260312|2||||7|||1^A^B"]
    hl7 = Hl7.read("\r".join(body).encode())
    found = [issue.at for issue in shipped("ma-pharmacie").issues(hl7, hl7.type)]
    assert ("RXD-2.1" in found) == wrong


# --- the whole way: strict refuses, tolerant notes


@pytest.mark.parametrize(("conformance", "code"), [("strict", "AE"), ("tolerant", "AA")])
def test_a_strict_channel_refuses_what_a_tolerant_one_takes(tmp_path: Path, conformance: str, code: str) -> None:
    for name in ("config", "data"):
        (tmp_path / name).mkdir()
    config = house(tmp_path / "config", site="source: our agreement\nrules:\n  PID-11: {usage: R}\n")
    channel(config, f"profile: site\nconformance: {conformance}\n")
    place = Place(tmp_path / "data", config / "wasl.yaml")
    (made,) = place.send("lab", result("S1"))
    told = place.desk.story(made)
    assert told is not None
    assert (told["reply"], bool(told["refused"])) == (code, code == "AE")
    (issue,) = told["issues"]
    assert (issue["at"], issue["severity"]) == ("PID-11", "error" if code == "AE" else "warning")
    assert issue["source"] == "our agreement"
    assert (told["event_count"] > 0) == (code == "AA")
    place.close()


def test_the_shipped_channels_are_tolerant_and_those_of_senders_have_a_national_profile() -> None:
    named = {
        one.name: (one.said.profile, one.said.conformance)
        for one in load_channels(default_config(), Settings())
        if one.said.mediator == "hl7v2"
    }
    assert named == {
        "lab-hl7v2": ("ma-laboratoire", "tolerant"),
        "radiology-hl7v2": ("ma-radiologie", "tolerant"),
        "hospital-adt": ("ma-admission", "tolerant"),
        "client-registry": (None, "tolerant"),
    }
