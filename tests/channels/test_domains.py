"""The file of identifier domains: read with every channel, and every mistake in it told by line."""

from __future__ import annotations

from pathlib import Path

import pytest

from channels.channel import Channel, load_channel
from channels.domains import read_domains
from channels.lint import shut
from channels.settings import Misconfigured, Settings, default_config
from mediators.systems import authority

WARD = "ward:\n  names: [WARD, SERVICE]\n  oid: 2.25.7\n  uri: https://ward.example/ipp\n  senders: HIS|*\n"


def channel(folder: Path, table: str, text: str = "mediator: hl7v2\n") -> Channel:
    (folder / "channels").mkdir()
    (folder / "channels" / "cr.yaml").write_text(text)
    (folder / "domains.yaml").write_text(table)
    return load_channel(folder / "channels" / "cr.yaml", Settings())


def test_the_shipped_table_knows_the_national_domains() -> None:
    shipped = read_domains(default_config().parent)
    assert {shipped.named(one) is not None for one in ("cin", "RNP", "CNSS", "INS", "ECID")} == {True}
    assert shipped.personal == {f"https://hie.sante.gov.ma/id/{one}" for one in ("idcs", "ins")}
    assert shipped.own is not None


def test_every_channel_knows_a_domain_by_each_of_its_words(tmp_path: Path) -> None:
    context = channel(tmp_path, WARD).context
    systems = {authority(context.authorities, one) for one in ("WARD", "Ward", "service", "2.25.7")}
    assert systems == {"https://ward.example/ipp"}
    assert not context.domains.strict


def test_what_the_channel_says_itself_goes_before_the_table(tmp_path: Path) -> None:
    context = channel(tmp_path, WARD, "mediator: hl7v2\nauthorities: {WARD: urn:x:own}\n").context
    assert {authority(context.authorities, one) for one in ("WARD", "Ward")} == {"urn:x:own"}


def test_a_strict_channel_without_a_table_is_told_of_before_it_refuses_everybody(tmp_path: Path) -> None:
    strict = channel(tmp_path, WARD, "mediator: hl7v2\ndomains: strict\n")
    assert list(shut([strict], tmp_path / "domains.yaml")) == []
    (tmp_path / "domains.yaml").unlink()
    (told,) = shut([load_channel(strict.file, Settings())], tmp_path / "domains.yaml")
    assert "domains.yaml knows no domain" in told


def test_a_strict_channel_must_judge_at_the_door(tmp_path: Path) -> None:
    assert channel(tmp_path, WARD, "mediator: hl7v2\ndomains: strict\n").context.domains.strict
    (tmp_path / "channels" / "cr.yaml").write_text("mediator: hl7v2\ndomains: strict\nacknowledge: received\n")
    with pytest.raises(Misconfigured, match="refuses at the door"):
        load_channel(tmp_path / "channels" / "cr.yaml", Settings())


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("lab:\n  names: service\n  uri: urn:x:lab\n", "line 6: lab: service means ward already"),
        ("lab:\n  names: LAB\n  uri: LAB\n", "line 8: lab.uri"),
        ("lab:\n  names: LAB\n  uri: urn:x:lab\n  oid: '7'\n", "line 9: lab.oid"),
        ("lab:\n  names: LAB\n  uri: urn:x:lab\n  colour: red\n", "line 9: lab.colour: this key is not known"),
        (
            "cin:\n  names: CIN\n  uri: https://hie.sante.gov.ma/id/cnie\n  personal: true\n",
            "personal: never of a CIN",
        ),
        (
            "x:\n  names: X\n  uri: https://hie.sante.gov.ma/id/cnss\n  personal: true\n",
            "personal: never of a CNSS number",
        ),
        ("a:\n  names: A\n  uri: urn:a\n  own: true\nb:\n  names: B\n  uri: urn:b\n  own: true\n", "line 13: b.own"),
    ],
)
def test_mistakes_name_their_line(tmp_path: Path, more: str, told: str) -> None:
    with pytest.raises(Misconfigured, match=r"domains\.yaml, line") as raised:
        channel(tmp_path, WARD + more)
    assert told in str(raised.value)


def test_a_domain_may_be_marked_as_personal_and_a_national_one_unmarked(tmp_path: Path) -> None:
    said = "abroad:\n  names: NIF\n  uri: urn:x:nif\n  personal: true\nrnp:\n  names: RNP\n  uri: %s\n"
    table = channel(tmp_path, WARD + said % "https://hie.sante.gov.ma/id/idcs").context.domains
    assert table.personal == {"urn:x:nif"}
