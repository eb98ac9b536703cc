"""The image, as its Dockerfile says it. No engine builds it here: what can be told without one is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

from tests.chart.renders import ROOT, container, pods, ports

Step = tuple[str, str]


def steps() -> list[Step]:
    """(instruction, the rest) of every step."""
    said = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text("utf-8"))
    lines = [line.strip() for line in said.splitlines() if line.strip() and not line.startswith("#")]
    return [(word.upper(), rest.strip()) for word, _, rest in (line.partition(" ") for line in lines)]


def stages() -> list[list[Step]]:
    found: list[list[Step]] = []
    for step in steps():
        if step[0] == "FROM":
            found.append([])
        found[-1].append(step)
    return found


FINAL = stages()[-1]


def last(instruction: str) -> str:
    return [rest for word, rest in FINAL if word == instruction][-1]


def test_every_stage_starts_from_a_pinned_image() -> None:
    for stage in stages():
        image = stage[0][1].split()[0]
        assert re.search(r":[0-9]+\.[0-9]+[\w.-]*$", image), image


def test_what_builds_stays_behind() -> None:
    assert len(stages()) == 2
    copied = [rest for word, rest in FINAL if word == "COPY"]
    assert copied == ["--from=build /opt/wasl /opt/wasl"]
    run = " ".join(rest for word, rest in FINAL if word == "RUN")
    assert "pip uninstall -y pip" in run
    assert not re.search(r"apt-get|curl|wget|pip install", run)


def test_nothing_is_fetched_by_address() -> None:
    assert "ADD" not in [word for word, _ in steps()]
    assert "http" not in " ".join(rest for word, rest in steps() if word == "RUN")


def test_it_runs_as_the_user_of_the_chart() -> None:
    user, _, group = last("USER").partition(":")
    for _, pod in pods("default"):
        who = pod["spec"]["securityContext"]
        assert (str(who["runAsUser"]), str(who["runAsGroup"])) == (user, group)
    assert int(user) > 0


def test_it_is_the_program_and_passes_its_arguments_on() -> None:
    assert json.loads(last("ENTRYPOINT")) == ["wasl"]
    assert json.loads(last("CMD"))[0] == "run"


def test_it_exposes_every_port_of_the_chart() -> None:
    exposed = {int(one) for one in last("EXPOSE").split()}
    assert exposed == {port for _, pod in pods("full") for name, port in ports(pod).items() if name != "mllp-lab-rabat"}


def test_it_writes_only_where_the_chart_lets_it() -> None:
    (gateway,) = [pod for role, pod in pods("default") if role == "gateway"]
    writable = {one["mountPath"] for one in container(gateway)["volumeMounts"] if not one.get("readOnly")}
    assert last("VOLUME") in writable
    assert last("WORKDIR") in writable
    assert "PYTHONDONTWRITEBYTECODE=1" in last("ENV")


def test_what_is_copied_is_there_and_nothing_else_is_sent_to_the_engine() -> None:
    ignored = [line for line in (ROOT / ".dockerignore").read_text("utf-8").splitlines() if line and line[0] != "#"]
    assert ignored[0] == "*"
    sent = {line[1:] for line in ignored if line.startswith("!")}
    copied = {
        source
        for word, rest in stages()[0]
        if word == "COPY"
        for source in rest.split()[:-1]
        if not source.startswith("--")
    }
    assert copied == sent
    assert all((ROOT / source).exists() for source in copied)


def test_everything_the_wheel_is_made_of_is_copied() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wheel = project["tool"]["hatch"]["build"]["targets"]["wheel"]
    copied = " ".join(rest for word, rest in stages()[0] if word == "COPY").split()
    assert {*wheel["packages"], *wheel["force-include"], project["project"]["readme"], "pyproject.toml"} <= set(copied)


@contextmanager
def answering(status: int) -> Iterator[int]:
    """A server whose /healthz answers so; its port."""

    class Health(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Health)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def healthy(**environment: str) -> bool:
    command = json.loads(last("HEALTHCHECK").partition("CMD")[2])
    assert command[0] == "python"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("WASL_")}
    done = subprocess.run([sys.executable, *command[1:]], env=inherited | environment, capture_output=True, check=False)
    return done.returncode == 0


def test_its_health_is_that_of_the_role_it_runs() -> None:
    with answering(200) as well, answering(503) as stuck:
        assert healthy(WASL_HTTP_PORT=str(well))
        assert not healthy(WASL_HTTP_PORT=str(stuck))
        assert healthy(WASL_WATCH_PORT=str(well), WASL_HTTP_PORT=str(stuck))
    assert not healthy(WASL_HTTP_PORT=str(stuck))
