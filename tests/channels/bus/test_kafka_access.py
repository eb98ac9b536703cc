"""The ways into a secured Kafka: who shows what is asked comes in, and who does not is told why."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from channels.bus import large
from channels.bus.access import access
from channels.bus.bus import Record
from channels.bus.kafka import Cluster, KafkaBus
from channels.bus.large import Large
from channels.bus.topics import Topic
from channels.settings import Misconfigured, Security
from registries.database import open_database
from schemas.message import Unavailable
from tests.certificates import certificate
from tests.e2e.program import until
from tests.servers.kafka import Kafka
from tests.servers.process import listens
from tests.servers.tokens import Tokens

TOPIC = "wasl.events"
SECRET = b"a secret of the tests, 32 bytes."
RENEWING = {"listener.name.client.oauthbearer.connections.max.reauth.ms": "3600000"}
SECRETS = ("let-wasl-in", "a guess")


@pytest.fixture(scope="module", params=["scram", "oauthbearer", "mutual"])
def secured(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Kafka]]:
    settings = RENEWING if request.param == "oauthbearer" else {}
    kafka = Kafka(tmp_path_factory.mktemp(request.param), security=request.param, settings=settings)
    yield request.param, kafka
    kafka.close()


@pytest.fixture
def stranger(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate that nobody trusts, and its private key."""
    (tmp_path / "stranger").mkdir()
    return certificate(tmp_path / "stranger")


@pytest.fixture
def another_issuer(tmp_path: Path) -> Iterator[str]:
    """Where there are tokens that the broker does not believe."""
    (tmp_path / "issuer").mkdir()
    issuer = Tokens(tmp_path / "issuer")
    yield issuer.url
    issuer.close()


@contextmanager
def entering(kafka: Kafka, folder: Path, host: str = "127.0.0.1", **said: Any) -> Iterator[KafkaBus]:
    """A bus with the right login, but for what is said."""
    login = Security.model_validate({**kafka.access.login, **said})
    brokers = kafka.address.removeprefix("kafka://").replace("127.0.0.1", host).split(",")
    database = open_database(f"sqlite:///{folder}/large.db", large.metadata)
    soon = {**access(login, folder), "bootstrap_timeout_ms": 1_000}
    cluster = Cluster(brokers, soon, [Topic(TOPIC)], f"{uuid.uuid4().hex[:8]}.", partitions=2)
    bus = KafkaBus(cluster, "member", Large(database, SECRET))
    try:
        yield bus
    finally:
        bus.close()
        database.dispose()


def refused(bus: KafkaBus, caplog: pytest.LogCaptureFixture, why: str) -> None:
    """Asserts that nothing goes in or out, and that the log says why and no secret."""
    until(lambda: "Kafka is not reached" in caplog.text, what="a word in the log")
    assert why in caplog.text
    assert not any(secret in caplog.text for secret in SECRETS)
    with pytest.raises(Unavailable):
        bus.ready() or asyncio.run(bus.publish([Record(TOPIC, "k", b"v")]))
    assert list(next(bus.read("smr", [TOPIC]))) == []


def test_who_shows_what_is_asked_makes_topics_publishes_and_reads(secured: tuple[str, Kafka], tmp_path: Path) -> None:
    with entering(secured[1], tmp_path) as bus:
        until(bus.ready, what="the way in")
        asyncio.run(bus.publish([Record(TOPIC, "k", b"v")]))
        batches = bus.read("smr", [TOPIC])
        (record,) = until(lambda: list(next(batches)) or None, what="the record")
        assert bus.fetch(TOPIC, record.offset, "k") == record
        batches.close()


def test_a_broker_with_another_authority_is_refused_unless_told_not_to_look(
    secured: tuple[str, Kafka], stranger: tuple[Path, Path], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with entering(secured[1], tmp_path, ca=stranger[0]) as bus:
        refused(bus, caplog, "its certificate is not accepted: bus.security.ca")
    with entering(secured[1], tmp_path, ca=stranger[0], verify=False) as bus:
        until(bus.ready, what="the way in")


def test_a_broker_with_another_name_is_refused_unless_told_not_to_look(
    secured: tuple[str, Kafka], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """127.1 is the same address, by a name that is not in the certificate."""
    with entering(secured[1], tmp_path, host="127.1") as bus:
        refused(bus, caplog, "must name the broker's address")
    with entering(secured[1], tmp_path, host="127.1", verify=False) as bus:
        until(bus.ready, what="the way in")


def test_a_wrong_login_is_told_in_words(
    secured: tuple[str, Kafka],
    stranger: tuple[Path, Path],
    another_issuer: str,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    name, kafka = secured
    wrong: Mapping[str, list[tuple[dict[str, Any], str]]] = {
        "scram": [
            ({"password": "a guess"}, "it refuses our login by SCRAM-SHA-512: see bus.security.mechanism, username"),
            ({"mechanism": "PLAIN"}, "login by PLAIN: see bus.security.mechanism"),
        ],
        "oauthbearer": [
            ({"client_secret": "a guess"}, "bus.security.token_url gave no token, it answered 401"),
            ({"token_url": "http://127.0.0.1:9/token"}, "bus.security.token_url does not answer"),
            (
                {"token_url": another_issuer},
                "it refuses our login by OAUTHBEARER: see bus.security.token_url, client_id, scope",
            ),
        ],
        "mutual": [
            ({"certificate": None, "private_key": None}, "bus.security.certificate"),
            ({"certificate": stranger[0], "private_key": stranger[1]}, "it does not accept our certificate"),
        ],
    }
    for said, why in wrong[name]:
        caplog.clear()
        with entering(kafka, tmp_path, **said) as bus:
            refused(bus, caplog, why)


def test_no_tls_where_the_broker_wants_it_is_told(
    secured: tuple[str, Kafka], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    nothing: dict[str, Any] = {
        key: type(value)() if isinstance(value, str) else None for key, value in secured[1].access.login.items()
    }
    with entering(secured[1], tmp_path, **(nothing | {"tls": False})) as bus:
        refused(bus, caplog, "bus.security")


def test_tokens_are_renewed_and_an_issuer_that_was_away_is_asked_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO)
    kafka = Kafka(tmp_path / "kafka", security="oauthbearer", settings=RENEWING)
    issuer: Tokens = kafka.access.close.__self__  # type: ignore[attr-defined]
    made, give = [0], issuer.token
    monkeypatch.setattr(issuer, "_lifetime", 4)
    monkeypatch.setattr(issuer, "token", lambda: (made.__setitem__(0, made[0] + 1), give())[1])
    try:
        with entering(kafka, tmp_path) as bus:
            until(bus.ready, what="the way in")
            before = made[0]
            until(lambda: published(bus) and made[0] > before + 2, what="tokens of three lives")
            monkeypatch.setattr(issuer, "client_secret", "another")
            until(lambda: not published(bus), what="no way in without a token")
            monkeypatch.setattr(issuer, "client_secret", "let-wasl-in")
            until(lambda: published(bus) and bus.ready(), what="the way in again")
            assert "let-wasl-in" not in caplog.text
    finally:
        kafka.close()


def published(bus: KafkaBus) -> bool:
    try:
        asyncio.run(bus.publish([Record(TOPIC, "k", b"v")]))
    except Unavailable:
        return False
    return True


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ({"mechanism": "SCRAM-SHA-512", "password": "x"}, "bus.security.username"),
        ({"mechanism": "SCRAM-SHA-512", "username": "x"}, "bus.security.password"),
        ({"mechanism": "OAUTHBEARER", "client_id": "x", "client_secret": "x"}, "bus.security.token_url"),
        ({"mechanism": "OAUTHBEARER", "token_url": "http://x", "client_secret": "x"}, "bus.security.client_id"),
        ({"mechanism": "OAUTHBEARER", "token_url": "http://x", "client_id": "x"}, "bus.security.client_secret"),
        ({"username": "x", "password": "x"}, "bus.security.mechanism"),
        ({"certificate": "own.pem"}, "bus.security.tls"),
        ({"ca": "ca.pem"}, "bus.security.tls"),
        ({"tls": True, "private_key": "key.pem"}, "bus.security.certificate"),
        ({"tls": True, "ca": "missing.pem"}, "bus.security.ca: No such file"),
        ({"tls": True, "ca": "empty.pem"}, "bus.security.ca: "),
        ({"tls": True, "certificate": "missing.pem"}, "bus.security.certificate, bus.security.private_key: No such"),
    ],
)
def test_a_mistake_in_the_settings_is_told_at_the_start_with_its_key(
    said: dict[str, Any], key: str, tmp_path: Path
) -> None:
    (tmp_path / "empty.pem").touch()
    with pytest.raises(Misconfigured, match=key):
        access(Security.model_validate(said), tmp_path)


def test_the_port_of_a_stopped_broker_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert not listens(9)
    cluster = Cluster(["127.0.0.1:9"], access(Security(), tmp_path), [Topic(TOPIC)])
    database = open_database(f"sqlite:///{tmp_path}/large.db", large.metadata)
    bus = KafkaBus(cluster, "member", Large(database, SECRET))
    refused(bus, caplog, "127.0.0.1:9: nobody listens there")
    bus.close()
    database.dispose()
