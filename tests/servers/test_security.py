"""The ways into Kafka, each with the program's own client."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from kafka import KafkaAdminClient
from kafka.errors import KafkaError

from channels.bus.access import access
from channels.settings import Security
from tests.servers.kafka import Kafka
from tests.servers.tokens import Tokens


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tokens]:
    """An issuer that the brokers do not know."""
    tokens = Tokens(tmp_path_factory.mktemp("stranger"))
    yield tokens
    tokens.close()


def brokers(kafka: Kafka, patience: int, login: dict[str, Any]) -> int:
    """How many, as a client with this login sees it. kafka-python tries a refused login again, so long as told (s)."""
    client = KafkaAdminClient(
        bootstrap_servers=kafka.address.removeprefix("kafka://"),
        bootstrap_timeout_ms=patience * 1000,
        **access(Security.model_validate(login), kafka.folder),
    )
    try:
        return len(client.describe_cluster()["brokers"])
    finally:
        client.close()


@pytest.mark.parametrize("security", ["scram", "oauthbearer", "mutual"])
def test_who_shows_what_is_asked_comes_in_and_nobody_else(security: str, stranger: Tokens, tmp_path: Path) -> None:
    wrong: dict[str, dict[str, Any]] = {
        "scram": {"password": "a guess"},
        "oauthbearer": {"token_url": stranger.url},
        "mutual": {"certificate": None, "private_key": None},
    }
    kafka = Kafka(tmp_path / "kafka", security=security)
    try:
        assert brokers(kafka, 30, {**kafka.access.login}) == 1
        with pytest.raises(KafkaError):
            brokers(kafka, 2, {**kafka.access.login, **wrong[security]})
        with pytest.raises(KafkaError):
            brokers(kafka, 2, {})
    finally:
        kafka.close()


def test_the_issuer_asks_for_the_secret(stranger: Tokens) -> None:
    asked = httpx.post(stranger.url, data={"grant_type": "client_credentials"}, auth=("wasl", "a guess"))
    assert asked.status_code == 401
    assert asked.json() == {"error": "invalid_client"}
