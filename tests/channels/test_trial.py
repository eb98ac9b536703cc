"""A channel's own tests: what passes, and what exactly is told when one does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from channels.channel import load_channels
from channels.paths import at
from channels.settings import Misconfigured, default_config, load_settings
from channels.trial import run
from tests.plain import channel


def verdicts(folder: Path, *trials: dict[str, Any]) -> list[list[str]]:
    (folder / "message").write_text("m1 p1 hello")
    (folder / "broken").write_text("m1 p1 broken")
    (folder / "bad").write_text("m1 p1 bad")
    (folder / "plain.test.yaml").write_text(yaml.safe_dump([{"name": "t", "send": "message", **one} for one in trials]))
    return [list(verdict.missing) for verdict in run(replace(channel(), file=folder / "plain.yaml"))]


@pytest.mark.parametrize(
    ("trial", "missing"),
    [
        ({}, []),
        ({"acknowledged": "AA", "events": [{"type": "PatientRegistered", "patient.identifiers.0.value": "p1"}]}, []),
        ({"acknowledged": "AE"}, ["acknowledged: expected AE, got AA"]),
        ({"events": []}, ["events: expected 0, got ['PatientRegistered']"]),
        ({"events": [{"type": "Lab"}]}, ["events.0.type: expected 'Lab', got 'PatientRegistered'"]),
        ({"events": [{"patient.identifiers.7": "p1"}]}, 
         ["events.0.patient.identifiers.7: expected 'p1', got None; events.0.patient.identifiers has 1"]),
        ({"events": [{"patient.names.0.family": "X"}]},
         ["events.0.patient.names.0.family: expected 'X', got None; events.0.patient has identifiers"]),
        ({"events": [{"patient.identifiers": [{"value": "p1"}]}]}, []),
        ({"events": [{"patient.identifiers": [{"value": 1}]}]},
         ["events.0.patient.identifiers.0.value: expected 1, got 'p1'; it is a text: put what is expected in quotes"]),
        ({"events": [{"patient.identifiers.count": 1, "patient.identifiers[value=p1].value": "p1"}]}, []),
        ({"events": [{"patient.identifiers.0.value": {"matches": "p[0-9]"}}]}, []),
        ({"events": [{"type": {"matches": "Lab.*"}}]},
         ["events.0.type: expected a text that matches Lab.*, got 'PatientRegistered'"]),
        ({"events": [{"patient.birth_date": None, "encounter": None}]}, []),
        ({"resources": [{"resourceType": "Patient", "identifier[value=p1].value": "p1"}]}, []),
        ({"resources": [{"resourceType": "Patient", "identifier.0.value": "p2"}]},
         ["resources.0.identifier.0.value: expected 'p2', got 'p1'"]),
        ({"resources": [{"resourceType": "Observation"}]},
         ["resources.0: expected a Observation, got ['MessageHeader', 'Patient', 'Provenance']"]),
        ({"resources": []}, ["resources: expected none, got ['MessageHeader', 'Patient', 'Provenance']"]),
        ({"unmapped": [], "unknown_codes": [], "issues": [], "care_sheet": []}, []),
        ({"unmapped": ["OBX-9"]}, ["unmapped: expected ['OBX-9'], got []"]),
        ({"unmapped": "5%"}, []),
        ({"unknown_codes": ["urn:id:L|GLY"]}, ["unknown_codes: expected ['urn:id:L|GLY'], got []"]),
        ({"care_sheet": [{"code": "B 120"}]}, ["care_sheet.0: expected a B 120, got []"]),
        ({"send": "m2 p2 a\nm3 p3 bad", "acknowledged": "AA AE", "events": [{"type": "PatientRegistered"}]}, []),
        ({"send": "bad", "acknowledged": "AA"}, ["acknowledged: expected AA, got AE (word: bad word)"]),
        ({"send": "bad", "acknowledged": "AE", "events": [], "issues": [{"at": "word", "reason": "bad word"}]}, []),
        ({"send": "broken", "events": [], "issues": [{"at": "word"}]}, []),
        ({"send": "m2 p2 bug\nm3 p3 a", "issues": [{"reason": "mediator failed: KeyError"}],
          "events": [{"type": "PatientRegistered"}]}, []),
        ({"issues": [{"at": "word"}]}, ["issues: expected {'at': 'word'}, got []"]),
    ],
)  # fmt: skip
def test_what_was_expected_and_what_came(tmp_path: Path, trial: dict[str, Any], missing: list[str]) -> None:
    assert verdicts(tmp_path, trial) == [missing]


def test_a_channel_without_tests_has_none(tmp_path: Path) -> None:
    assert list(run(replace(channel(), file=tmp_path / "plain.yaml"))) == []


@pytest.mark.parametrize(
    "text",
    [
        "- send: x\n",
        "- {name: t, send: x, expect: y}\n",
        "- {name: t, send: x, unmapped: few}\n",
        "no list",
        "- [",
        "- {name: t, send: gone}\n",
    ],
)
def test_a_file_of_tests_that_cannot_be_used_is_named(tmp_path: Path, text: str) -> None:
    (tmp_path / "plain.test.yaml").write_text(text)
    with pytest.raises(Misconfigured, match=r"plain\.test\.yaml"):
        list(run(replace(channel(), file=tmp_path / "plain.yaml")))


def test_the_shipped_channels_pass_their_tests() -> None:
    config = default_config()
    for one in load_channels(config, load_settings(config, {})):
        found = list(run(one))
        assert found, f"{one.name} has no tests"
        assert [verdict for verdict in found if verdict.missing] == []


LEAF = st.one_of(st.none(), st.integers(), st.text(max_size=3))
TREE = st.recursive(LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner))


@given(TREE, st.data())
def test_a_path_leads_to_its_value_and_any_other_to_none(tree: Any, data: st.DataObject) -> None:
    here, path = tree, []
    while isinstance(here, list | dict) and here:
        key = data.draw(st.sampled_from(sorted(here) if isinstance(here, dict) else range(len(here))))
        path.append(str(key))
        here = here[key]
    if path:
        assert at(tree, ".".join(path)) == here
    at(tree, data.draw(st.text("abc019.-²", max_size=8)))
