"""`wasl registry weigh`."""

from __future__ import annotations

from tests.commands.conftest import Wasl


def test_an_empty_registry_has_nothing_to_weigh_and_says_so(wasl: Wasl) -> None:
    done = wasl("registry", "weigh", code=1)
    assert "at least 1000 are needed; load more first" in done.stderr
