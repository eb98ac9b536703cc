"""Kafka of our own, on 127.0.0.1: brokers in KRaft mode, from the artifacts that broker/pom.xml names."""

from __future__ import annotations

import base64
import shutil
import signal
import subprocess
import uuid
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from tests.servers import maven
from tests.servers.installed import program
from tests.servers.process import NotStarted, Process, listens, ports
from tests.servers.security import Access, access

_POM = Path(__file__).parent / "broker" / "pom.xml"
_JVM = ["-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn"]

# After a kill -9 a broker is let in again when its old session has ended, 9 s by default. Nobody waits for one alone.
_ALONE = {"broker.session.timeout.ms": "3000", "broker.heartbeat.interval.ms": "1000"}


class Kafka:
    """Starts at once, and blocks until every broker answers. Opened on the folder of one that runs, it is that one
    (plaintext only).

    Brokers are numbered from 1; each is a controller too, so most of them must live. `security`: plaintext, scram,
    oauthbearer or mutual; `access.login` is then what channels.settings.Security takes. `settings` are the brokers'
    own, on top of ours. `internal` is host:port,… without TLS or login, for looking from behind. Raises NotStarted.
    """

    def __init__(
        self,
        folder: Path,
        brokers: int = 1,
        *,
        security: str = "plaintext",
        settings: Mapping[str, str] | None = None,
        detached: bool = False,
        started: bool = True,
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.numbers = folder, range(1, brokers + 1)
        found = ports(folder, 3 * brokers)
        self._clients, self._internals, self._controllers = found[0::3], found[1::3], found[2::3]
        self.address = "kafka://" + ",".join(f"127.0.0.1:{port}" for port in self._clients)
        self.internal = ",".join(f"127.0.0.1:{port}" for port in self._internals)
        self.access: Access = access(security, folder)
        self._settings = dict(settings or {})
        java = [program("java"), "-cp", maven.classpath(_POM, "kafka")]
        self._processes = {n: self._broker(n, java, detached) for n in self.numbers}
        if started:
            try:
                self._format(java)
                self.start()
            except BaseException:
                self.access.close()
                raise

    @property
    def pids(self) -> list[int]:
        return [pid for process in self._processes.values() if (pid := process.pid) is not None]

    def start(self, *numbers: int) -> None:
        """These brokers, or all; blocks until they answer. After all were down, start most of them in one call."""
        chosen = numbers or self.numbers
        try:
            for n in chosen:
                self._processes[n].start()
            for n in chosen:
                self._processes[n].wait_until(partial(self._answers, n))
        except BaseException:
            self.kill(*chosen)
            raise

    def stop(self, *numbers: int) -> None:
        """SIGTERM to these, or all; blocks until they have ended. Leadership moves away first, while most live."""
        chosen = [self._processes[n] for n in numbers or self.numbers]
        for process in chosen:
            process.signal(signal.SIGTERM)
        for process in chosen:
            process.stop()

    def kill(self, *numbers: int) -> None:
        """SIGKILL to these, or all. The others notice within broker.session.timeout.ms (9 s); so does a new start."""
        for n in numbers or self.numbers:
            self._processes[n].kill()

    def pause(self, *numbers: int) -> None:
        """Connections stay open and nobody answers, until resume()."""
        for n in numbers or self.numbers:
            self._processes[n].signal(signal.SIGSTOP)

    def resume(self, *numbers: int) -> None:
        for n in numbers or self.numbers:
            self._processes[n].signal(signal.SIGCONT)

    def close(self) -> None:
        """Stops it and removes its folder."""
        self.kill()
        self.access.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _broker(self, n: int, java: list[str], detached: bool) -> Process:
        heap = "-Xmx512m" if len(self.numbers) == 1 else "-Xmx400m"
        command = [*java[:1], heap, *_JVM, *self.access.jvm, *java[1:], "kafka.Kafka", str(self._properties(n))]
        return Process(self.folder, f"kafka-{n}", command, detached=detached)

    def _properties(self, n: int) -> Path:
        voters = ",".join(f"{i}@127.0.0.1:{port}" for i, port in zip(self.numbers, self._controllers, strict=True))
        shown = f"CLIENT://127.0.0.1:{self._clients[n - 1]},INTERNAL://127.0.0.1:{self._internals[n - 1]}"
        copies = min(3, len(self.numbers))
        properties = {
            "process.roles": "broker,controller",
            "node.id": str(n),
            "controller.quorum.voters": voters,
            "listeners": f"{shown},CONTROLLER://127.0.0.1:{self._controllers[n - 1]}",
            "advertised.listeners": shown,
            "inter.broker.listener.name": "INTERNAL",
            "controller.listener.names": "CONTROLLER",
            "listener.security.protocol.map": f"CLIENT:{self.access.protocol},INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT",
            "log.dirs": str(self.folder / f"broker-{n}"),
            "auto.create.topics.enable": "false",
            "group.initial.rebalance.delay.ms": "0",
            "offsets.topic.replication.factor": str(copies),
            "offsets.topic.num.partitions": "5",
            "transaction.state.log.replication.factor": str(copies),
            "transaction.state.log.min.isr": str(max(1, copies - 1)),
            "log.cleaner.dedupe.buffer.size": str(8 * 1024 * 1024),
            **(_ALONE if len(self.numbers) == 1 else {}),
            **self.access.properties,
            **self._settings,
        }
        path = self.folder / f"broker-{n}.properties"
        path.write_text("".join(f"{key}={value}\n" for key, value in properties.items()))
        return path

    def _format(self, java: list[str]) -> None:
        """Once in the life of the folder."""
        tool = [*java[:1], *_JVM, *java[1:], "kafka.tools.StorageTool", "format"]
        cluster = base64.urlsafe_b64encode(b"W" + uuid.uuid4().bytes[1:]).decode().rstrip("=")
        running = [
            subprocess.Popen(
                [*tool, "-t", cluster, "-c", str(self.folder / f"broker-{n}.properties"), *self.access.format],
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
            for n in self.numbers
            if not (self.folder / f"broker-{n}" / "meta.properties").exists()
        ]
        for one in running:
            said = one.communicate()[0]
            if one.returncode:
                raise NotStarted(f"kafka: its storage could not be formatted:\n{said.strip()}")

    def _answers(self, n: int) -> bool:
        """Whether the broker can be asked, and counts itself among the living."""
        from kafka import KafkaAdminClient
        from kafka.errors import KafkaError

        port = self._internals[n - 1]
        if not listens(port):
            return False
        try:
            client = KafkaAdminClient(
                bootstrap_servers=f"127.0.0.1:{port}",
                bootstrap_timeout_ms=5000,
                request_timeout_ms=5000,
                reconnect_backoff_max_ms=200,
            )
            try:
                brokers = client.describe_cluster()["brokers"]
            finally:
                client.close()
        except KafkaError:
            return False
        return any(one["broker_id"] == n and not one.get("is_fenced") for one in brokers)
