"""The crash test, embedded and on real servers of its own, of which the broker is killed too."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.surroundings import Servers, used


@pytest.fixture(scope="module", params=["embedded", "servers"])
def servers(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers | None]:
    """None: embedded. The broker is this module's own, the others are shared."""
    if request.param == "embedded":
        yield None
        return
    from tests.servers.kafka import Kafka

    broker = Kafka(tmp_path_factory.mktemp("broker"))
    made = Servers(broker, request.getfixturevalue("postgres"), request.getfixturevalue("redis_server"))
    with used(made):
        yield made
    broker.close()
