"""The pods of the chart, run as processes with their own arguments, environment and mounted files on the real servers.

Only what a process can't have differs: addresses of the servers, free ports, and where its folders are.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from kafka import KafkaAdminClient, KafkaProducer
from kafka.admin import ACL, ACLOperation, ACLPermissionType, ACLResourcePatternType, ResourcePattern, ResourceType
from kafka.errors import TopicAuthorizationFailedError
from sqlalchemy import make_url

from tests.chart.renders import ROLES, ROOT, Manifest, container, kind, pods
from tests.servers.process import free_port

PATIENCE = 180.0
PASSWORD = "a-secret-of-the-test"
MODULE = "org.apache.kafka.common.security.plain.PlainLoginModule"
KEY = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="


def test_the_pods_are_ready_and_a_message_lands(kafka: Any, database_url: str, tmp_path: Path) -> None:
    said = {"WASL_NAMESPACE": f"chart-{uuid.uuid4().hex}.", "WASL_BUS": kafka.address, "WASL_BUS_REPLICATION": "1"}
    _a_message_lands(Place(tmp_path, "default", database_url, said))


def test_the_rights_for_strimzi_are_all_that_the_roles_need(guarded: Any, database_url: str, tmp_path: Path) -> None:
    """The broker lets nobody do what no KafkaUser says, and the topics are those of the KafkaTopics."""
    said = {"WASL_BUS": guarded.address, "WASL_BUS_SECURITY_TLS": "false", "WASL_BUS_SECURITY_MECHANISM": "PLAIN"}
    _a_message_lands(Place(tmp_path, "strimzi", database_url, said))
    with pytest.raises(TopicAuthorizationFailedError):
        _write(guarded.address, "gateway", "wasl.events")
    # what a registry learns lets parked messages go on: by `/fhir`, on pages, from upstream and national registries
    for role in ("gateway", "mediation", "delivery", "console"):
        _write(guarded.address, role, "wasl.registry")
    _write(guarded.address, "gateway", "wasl.steps")  # what is no lesson of a registry becomes a dead letter
    scaler = KafkaAdminClient(**_login(guarded.address, "wasl-scaler"))
    try:
        (committed,) = scaler.list_group_offsets({"wasl.smr": None}).values()
        assert {where.topic for where in committed} == {"wasl.events"}
        assert set(scaler.list_topics()) >= {"wasl.events", "wasl.received.lab-hl7v2"}
    finally:
        scaler.close()


def _a_message_lands(place: Place) -> None:
    by_role = dict(pods(place.example))
    subprocess.run(place.command(by_role["migration"]), env=place.environment(by_role["migration"]), check=True)
    with ExitStack() as running:
        for role in ROLES:
            running.enter_context(place.running(role, by_role[role]))
        for role in ROLES:
            until(partial(place.answers, role, "/readyz"), f"{role} is ready")
            until(partial(place.answers, role, "/healthz"), f"{role} lives")
        sample = ROOT / "config/channels/samples/oru_glucose.hl7"
        sent = ["wasl", "send", str(sample), "--to", f"mllp://127.0.0.1:{place.ports['gateway', 'WASL_MLLP_PORT']}"]
        assert "MSA|AA" in subprocess.run(python(sent), capture_output=True, text=True, check=True).stdout
        until(lambda: place.delivered() == ["delivered"], "the message lands")


@pytest.fixture
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A broker with the topics, users and rights that the chart makes for Strimzi, and no others."""
    from tests.servers.kafka import Kafka
    from tests.servers.process import NotStarted

    users = [one["metadata"]["name"] for one in kind("strimzi", "KafkaUser")]
    known = " ".join(f'user_{name}="{PASSWORD}"' for name in users)
    settings = {
        "listener.security.protocol.map": "CLIENT:SASL_PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "listener.name.client.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.client.plain.sasl.jaas.config": f"{MODULE} required {known};",
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS",
    }
    try:
        server = Kafka(tmp_path_factory.mktemp("guarded"), settings=settings)
    except NotStarted as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))
    try:
        admin = KafkaAdminClient(bootstrap_servers=server.internal)
        admin.create_topics({one["spec"]["topicName"]: {"num_partitions": 2} for one in kind("strimzi", "KafkaTopic")})
        admin.create_acls([one for user in kind("strimzi", "KafkaUser") for one in _rights(user)])
        admin.close()
        yield server
    finally:
        server.close()


def _rights(user: Manifest) -> Iterator[ACL]:
    """The rights of a KafkaUser, as Strimzi's user operator gives them."""
    patterns = {"literal": ACLResourcePatternType.LITERAL, "prefix": ACLResourcePatternType.PREFIXED}
    for said in user["spec"]["authorization"]["acls"]:
        of = said["resource"]
        resource = ResourcePattern(ResourceType[of["type"].upper()], of["name"], patterns[of["patternType"]])
        for operation in said["operations"]:
            name = f"User:{user['metadata']['name']}"
            yield ACL(name, "*", ACLOperation[operation.upper()], ACLPermissionType.ALLOW, resource)


def _write(address: str, role: str, topic: str) -> None:
    producer = KafkaProducer(**_login(address, f"wasl-{role}"), enable_idempotence=False)
    try:
        producer.send(topic, b"of nobody", key=b"k").get(30)
    finally:
        producer.close()


def _login(address: str, user: str) -> dict[str, Any]:
    return {
        "bootstrap_servers": address.removeprefix("kafka://"),
        "security_protocol": "SASL_PLAINTEXT",
        "sasl_mechanism": "PLAIN",
        "sasl_plain_username": user,
        "sasl_plain_password": PASSWORD,
    }


class Place:
    """One folder in place of a cluster: what the pods mount, and their ports. `said` wins over the environment."""

    def __init__(self, folder: Path, example: str, database: str, said: dict[str, str]) -> None:
        self.folder, self.example, self._database, self._said = folder, example, database, said
        self.ports: dict[tuple[str, str], int] = {}
        for name, files in self._mounted().items():
            for file, content in files.items():
                path = folder / name / file
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(content, "utf-8")

    def _mounted(self) -> dict[str, dict[str, str]]:
        made = {one["metadata"]["name"]: one["data"] for one in kind(self.example, "ConfigMap")}
        password = make_url(self._database).password or ""
        return {
            "etc": made["wasl-settings"],
            **{f"etc/{name}": made[f"wasl-{name}"] for name in ("channels", "mappings", "codes", "units", "profiles")},
            "secrets": {
                "master.key": KEY,
                "admin-password": PASSWORD,
                "database-password": password,
                "bus-password": PASSWORD,
            },
        }

    def command(self, pod: Manifest) -> list[str]:
        moved = {"/etc/wasl/wasl.yaml": "etc/wasl.yaml", "/var/lib/wasl": f"data-{role_of(pod)}"}
        words = container(pod)["args"]
        return python(["wasl", *(str(self.folder / moved[word]) if word in moved else word for word in words)])

    def environment(self, pod: Manifest) -> dict[str, str]:
        role = role_of(pod)
        said = {one["name"]: one.get("value", f"{role}-pod") for one in container(pod)["env"]}
        said["WASL_DATABASE"] = make_url(self._database).set(password=None).render_as_string()
        said |= {name: value for name, value in self._said.items() if name in said}
        said.pop("WASL_BUS_SECURITY_CA", None)
        for name in said:
            if name.endswith("_PORT"):
                said[name] = str(self.ports.setdefault((role, name), free_port()))
            said[name] = said[name].replace("0.0.0.0", "127.0.0.1")
            said[name] = said[name].replace("/run/secrets/wasl", str(self.folder / "secrets"))
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("WASL_")}
        return inherited | said

    @contextmanager
    def running(self, role: str, pod: Manifest) -> Iterator[None]:
        with (self.folder / f"{role}.log").open("wb") as log:
            process = subprocess.Popen(self.command(pod), env=self.environment(pod), stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def answers(self, role: str, path: str) -> bool:
        port = self.ports.get((role, "WASL_WATCH_PORT")) or self.ports[role, "WASL_HTTP_PORT"]
        try:
            return httpx.get(f"http://127.0.0.1:{port}{path}").status_code == 200
        except httpx.TransportError:
            return False

    def delivered(self) -> list[str]:
        address = f"http://127.0.0.1:{self.ports['console', 'WASL_HTTP_PORT']}/api/transactions"
        answer = httpx.get(address, auth=("admin", PASSWORD))
        return [one["status"] for one in answer.raise_for_status().json()["items"]]


def role_of(pod: Manifest) -> str:
    role: str = pod["metadata"]["labels"]["app.kubernetes.io/component"]
    return role


def python(words: list[str]) -> list[str]:
    """A command line of the program, by this interpreter."""
    return [sys.executable, "-m", "channels", *words[1:]]


def until(found: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not found():
        if time.monotonic() > deadline:
            pytest.fail(f"waited {PATIENCE:.0f} s: {what}")
        time.sleep(0.2)
