"""A client registry's line for the tests: a configuration with two hospitals, and messages of people who do not exist.

NORTH and SOUTH may each assign in their own domain.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from channels.settings import default_config
from tests.e2e.program import Mllp

DOMAINS = """
north: {names: NORTH, oid: 2.25.901, uri: "https://north.example/ipp", senders: "SIH_N|NORTH"}
south: {names: SOUTH, oid: 2.25.902, uri: "https://south.example/ipp", senders: "SIH_S|SOUTH"}
"""
OIDS = {"NORTH": "2.25.901", "SOUTH": "2.25.902"}


def configured(folder: Path, more: str = "") -> Path:
    """The shipped settings and channel, with the hospitals in the table of domains."""
    shipped = default_config().parent
    (folder / "channels").mkdir(parents=True)
    for name in ("wasl.yaml", "channels/client-registry.yaml"):
        shutil.copy(shipped / name, folder / name)
    table = (shipped / "domains.yaml").read_text(encoding="utf-8")
    (folder / "domains.yaml").write_text(table + DOMAINS, encoding="utf-8")
    channel = folder / "channels" / "client-registry.yaml"
    channel.write_text(channel.read_text(encoding="utf-8") + more, encoding="utf-8")
    return folder / "wasl.yaml"


class Sender:
    """One system on one connection, with control IDs of its own."""

    count = 0

    def __init__(self, line: Mllp, application: str = "SIH_N", facility: str = "NORTH") -> None:
        self._line, self._header = line, rf"MSH|^~\&|{application}|{facility}|CR|HIE|20261112081500+0100|"

    def send(self, type_: str, *segments: str, version: str = "2.5") -> Answer:
        Sender.count += 1
        header = f"{self._header}|{type_}|R{Sender.count}|P|{version}"
        return Answer(self._line.send("\r".join([header, *segments, ""])))

    def feed(self, pid: str, trigger: str = "A01", *more: str) -> Answer:
        """ITI-8, of HL7 2.3.1 as IHE has it."""
        event = f"EVN|{trigger}|20261112081500"
        return self.send(f"ADT^{trigger}", event, f"PID|{pid}", *(more or ("PV1||I",)), version="2.3.1")

    def pix(self, number: str, domains: str = "") -> Answer:
        """ITI-9."""
        return self.send("QBP^Q23^QBP_Q21", f"QPD|IHE PIX Query|T{Sender.count}|{number}|{domains}", "RCP|I")

    def pdq(self, *criteria: str, domains: str = "", most: str = "10^RD", pointer: str = "") -> Answer:
        """ITI-21. A criterion is "5.1^ALAMI"."""
        asked = "~".join(f"@PID.{one}" for one in criteria)
        query = f"QPD|IHE PDQ Query|T{Sender.count}|{asked}|||||{domains}"
        further = [f"DSC|{pointer}|I"] if pointer else []
        return self.send("QBP^Q22^QBP_Q21", query, f"RCP|I|{most}", *further)


class Answer:
    """What came back, by segment."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.segments = [segment.split("|") for segment in text.rstrip("\r").split("\r")]

    def all(self, name: str) -> list[list[str]]:
        return [one for one in self.segments if one[0] == name]

    def field(self, name: str, number: int) -> str:
        """Of the first segment of this name; "" where there is none."""
        found = [*self.all(name), []][0]
        place = number - 1 if name == "MSH" else number
        return found[place] if len(found) > place else ""

    @property
    def code(self) -> str:
        return self.field("MSA", 1)

    @property
    def status(self) -> str:
        return self.field("QAK", 2)

    @property
    def errors(self) -> list[str]:
        """ERR-2 of every error."""
        return [one[2] for one in self.all("ERR") if one[4] == "E"]

    @property
    def numbers(self) -> list[list[str]]:
        """PID-3 of every PID, each number with its authority's name."""
        return [[_number(one) for one in pid[3].split("~")] for pid in self.all("PID")]


def _number(cx: str) -> str:
    value, *_, authority = [*cx.split("^"), "", "", ""][:4]
    return f"{authority.split('&')[0]}:{value}"
