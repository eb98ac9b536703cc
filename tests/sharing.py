"""How the processes of `pytest -n 3` share the tests: a file stays together, and those that take longest come first."""

from __future__ import annotations

from typing import Any

from xdist.scheduler.loadscope import LoadScopeScheduling  # type: ignore[import-untyped]

LONGEST = (
    "crash/test_crash", "outage/", "schemas/fhir/test_judged", "e2e/test_operate", "e2e/test_reload", "e2e/", "fuzz/",
    "servers/", "channels/bus/test_kafka", "chart/test_roles", "console/test_pages", "schemas/fhir/test_xml_judged",
    "schemas/test_publication", "registries/client/matching", "gateway/test_mcsd", "channels/",
)  # fmt: skip
PLACES = frozenset(("embedded", "servers", "scram", "oauthbearer", "mutual"))  # what a whole file runs on


class Sharing(LoadScopeScheduling):  # type: ignore[misc]  # it has no types
    """Of a file that runs on several places, each place is on its own: what the file starts is started once."""

    def _split_scope(self, nodeid: str) -> str:
        file, _, test = nodeid.partition("::")
        place = test.partition("[")[2].rstrip("]").partition("-")[0]
        return f"{file} {place}" if place in PLACES else file

    def _assign_work_unit(self, node: Any) -> None:
        self.workqueue.move_to_end(min(self.workqueue, key=turn), last=False)
        super()._assign_work_unit(node)


def turn(file: str) -> int:
    """Its place in the queue."""
    return next((n for n, name in enumerate(LONGEST) if file.startswith(f"tests/{name}")), len(LONGEST))
