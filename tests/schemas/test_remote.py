"""The client of schema registries, on a real one (Apicurio), and on a small server for the answers it never gives."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest

from schemas import catalog, codec, publication
from schemas.catalog import UnknownSchema
from schemas.message import Unavailable
from schemas.remote import FORGET, REST, TYPE, Remote, Unusable
from tests.schemas.records import written
from tests.servers.schema_registry import SchemaRegistry

STEP = {"transaction": "t", "kind": "k", "at": 1}


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def remote(schema_registry: SchemaRegistry, clock: Clock) -> Iterator[Remote]:
    client = Remote(schema_registry.url, timeout=20, clock=clock)
    yield client
    client.close()


def registered(server: SchemaRegistry, subject: str, schema: dict[str, Any]) -> int:
    """As another program would."""
    body = json.dumps({"schema": json.dumps(schema)})
    answer = httpx.post(f"{server.url}/subjects/{subject}/versions", content=body, headers={"Content-Type": TYPE})
    return int(answer.raise_for_status().json()["id"])


def step(*fields: dict[str, Any], without: str = "") -> dict[str, Any]:
    """Step of another release."""
    said: dict[str, Any] = json.loads(publication.text(catalog.schema("Step")))
    return said | {"fields": [one for one in said["fields"] if one["name"] != without] + list(fields)}


def test_records_are_written_with_the_registrys_ids_and_read(remote: Remote, namespace: str) -> None:
    ours = catalog.id_of("Step")
    catalog.use(remote, namespace)
    given = catalog.id_of("Step")
    data = codec.encode("Step", STEP)
    assert given != ours
    assert int.from_bytes(data[1:5], "big") == given
    assert codec.decode(data)["transaction"] == "t"


def test_every_subject_is_there_and_must_stay_readable(
    remote: Remote, namespace: str, schema_registry: SchemaRegistry
) -> None:
    catalog.use(remote, namespace)
    for name in catalog.written():
        subject = catalog.subject(name, namespace)
        level = httpx.get(f"{schema_registry.url}/config/{subject}").json()["compatibilityLevel"]
        found = httpx.get(f"{schema_registry.url}/subjects/{subject}/versions/latest").json()
        assert level == "BACKWARD_TRANSITIVE"
        assert (found["id"], json.loads(found["schema"])["name"]) == (catalog.id_of(name), f"wasl.{name}")


def test_a_second_start_gets_the_same_ids(remote: Remote, namespace: str, schema_registry: SchemaRegistry) -> None:
    catalog.use(remote, namespace)
    first = {name: catalog.id_of(name) for name in catalog.written()}
    again = Remote(schema_registry.url, timeout=20)
    catalog.use(again, namespace)
    again.close()
    assert {name: catalog.id_of(name) for name in catalog.written()} == first


def test_an_older_release_starts_beside_a_newer_one(
    remote: Remote, namespace: str, schema_registry: SchemaRegistry
) -> None:
    catalog.use(remote, namespace)
    newer = step({"name": "score", "type": ["null", "long"], "default": None})
    registered(schema_registry, catalog.subject("Step", namespace), newer)
    before = catalog.id_of("Step")
    catalog.use(remote, namespace)
    assert catalog.id_of("Step") == before


def test_records_of_before_the_registry_and_of_after_it_are_read(remote: Remote, namespace: str) -> None:
    before = codec.encode("Step", STEP)
    catalog.use(remote, namespace)
    after = codec.encode("Step", STEP)
    assert before[:5] != after[:5]
    assert codec.decode(before) == codec.decode(after)
    catalog.use(None)
    assert codec.decode(before)["at"] == 1
    with pytest.raises(codec.Foreign):  # only the registry knows what its ids mean
        codec.decode(after)


def test_a_newer_writers_record_is_read_without_what_is_not_known_here(
    remote: Remote, namespace: str, schema_registry: SchemaRegistry
) -> None:
    catalog.use(remote, namespace)
    newer = step({"name": "score", "type": ["null", "long"], "default": None}, without="reason")
    number = registered(schema_registry, catalog.subject("Step", namespace), newer)
    record = {"transaction": "t", "kind": "k", "at": 1, "score": 5}
    read = codec.decode(written(newer, record, number))
    assert (read["transaction"], read["reason"]) == ("t", None)
    assert "score" not in read


def test_all_goes_on_while_the_registry_is_down(schema_registry: SchemaRegistry, namespace: str, clock: Clock) -> None:
    remote = Remote(schema_registry.url, timeout=20)
    catalog.use(remote, namespace)
    hasty = Remote(schema_registry.url, timeout=0.2, clock=clock)
    schema_registry.pause()
    try:
        data = codec.encode("Step", STEP)
        assert codec.decode(data)["kind"] == "k"
        with pytest.raises(Unavailable, match="ReadTimeout"):
            hasty.find(424242)
        with pytest.raises(Unavailable, match="a moment ago"):  # others are not asked for, which would take time
            hasty.find(424243)
        with pytest.raises(Unavailable):
            catalog.use(hasty, namespace)
        assert codec.encode("Step", STEP) == data
    finally:
        schema_registry.resume()
        remote.close()
    clock.now = REST
    with pytest.raises(UnknownSchema):
        hasty.find(424242)
    hasty.close()


def test_an_id_that_is_not_known_is_asked_for_again_after_a_minute(
    remote: Remote, namespace: str, schema_registry: SchemaRegistry, clock: Clock
) -> None:
    last = registered(
        schema_registry, f"{namespace}probe", {"type": "record", "name": f"A{namespace[:-1]}", "fields": []}
    )
    number = last + 1
    with pytest.raises(UnknownSchema):
        remote.find(number)
    newer = step({"name": "score", "type": "long", "default": int(namespace[:8], 16)})
    assert registered(schema_registry, f"{namespace}step", newer) == number
    with pytest.raises(UnknownSchema):
        remote.find(number)
    clock.now = FORGET
    assert remote.find(number)["name"] == "wasl.Step"
    assert remote.find(number) is remote.find(number)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "record", "name": "Step", "namespace": "other", "fields": [{"name": "transaction", "type": "string"}]},
        {"type": "record", "name": "wasl.Step", "fields": [{"name": "n", "type": ["null", "wasl.Step"]}]},
        {"type": "record", "name": "wasl.Step", "fields": [{"name": "n", "type": {"type": "array", "items": "null"}}]},
        {"type": "enum", "name": "wasl.Step", "symbols": ["A"]},
    ],
)
def test_a_schema_that_is_not_ours_or_knows_no_bounds_is_not_read_with(
    remote: Remote, namespace: str, schema_registry: SchemaRegistry, schema: dict[str, Any]
) -> None:
    number = registered(schema_registry, f"{namespace}foreign", schema)
    with pytest.raises(UnknownSchema):
        remote.find(number)


def test_a_registry_with_another_history_refuses_and_the_text_says_what_to_do(
    remote: Remote, namespace: str, schema_registry: SchemaRegistry
) -> None:
    subject = catalog.subject("Step", namespace)
    registered(schema_registry, subject, step({"name": "wanted", "type": "string"}) | {"fields": [
        {"name": "transaction", "type": "long"}]})  # fmt: skip
    with pytest.raises(Unusable, match=rf"answered 409.*schemas/history.*namespace.*{subject}"):
        catalog.use(remote, namespace)
    assert catalog.id_of("Step") in catalog.table()


def test_what_is_no_schema_is_refused(remote: Remote, namespace: str) -> None:
    with pytest.raises(Unusable, match="answered 422"):
        remote.register(f"{namespace}nonsense", "nonsense")


def test_an_address_without_its_path_is_named(schema_registry: SchemaRegistry, namespace: str) -> None:
    remote = Remote(schema_registry.url.removesuffix("/apis/ccompat/v7"))
    with pytest.raises(Unusable, match=r"answered 404.*bus\.schema_registry\.url complete"):
        catalog.use(remote, namespace)
    remote.close()


def test_nobody_there_is_worth_another_try() -> None:
    remote = Remote("http://127.0.0.1:9")
    with pytest.raises(Unavailable, match="ConnectError"):
        remote.register("subject", "{}")
    remote.close()


@pytest.mark.parametrize("url", ["http://host:port", "http://a\nb"])
def test_an_address_that_is_none_is_named(url: str) -> None:
    with pytest.raises(Unusable, match="address"):
        Remote(url)


class Answers:
    """A server that says one thing to whatever it is asked. Apicurio has no login here, and never breaks."""

    def __init__(self) -> None:
        self.status, self.body, self.asked = 200, b"{}", list[str]()
        self.logins: list[str | None] = []
        answers = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                answers.asked.append(f"{self.command} {self.path}")
                answers.logins.append(self.headers.get("Authorization"))
                self.send_response(answers.status)
                self.send_header("Content-Type", TYPE)
                self.end_headers()
                self.wfile.write(answers.body)

            do_POST = do_PUT = do_GET

            def log_message(self, *said: object) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def answers() -> Iterator[Answers]:
    server = Answers()
    yield server
    server.close()


@pytest.mark.parametrize("status", [500, 502, 503, 504, 429, 408])
def test_a_busy_or_broken_registry_is_worth_another_try(answers: Answers, status: int) -> None:
    answers.status, answers.body = status, b"<html>oops</html>"
    with pytest.raises(Unavailable, match=str(status)):
        Remote(answers.url).register("subject", "{}")
    with pytest.raises(Unavailable, match=str(status)):
        Remote(answers.url).find(1)


@pytest.mark.parametrize("status", [401, 403])
def test_a_login_that_is_refused_is_named(answers: Answers, status: int) -> None:
    answers.status = status
    with pytest.raises(Unusable, match=r"username and password"):
        Remote(answers.url, "wasl", "wrong").register("subject", "{}")


@pytest.mark.parametrize(("status", "body"), [(200, b"<html>welcome</html>"), (302, b""), (200, b"[]"), (404, b"")])
def test_what_does_not_speak_the_api_is_named(answers: Answers, status: int, body: bytes) -> None:
    answers.status, answers.body = status, body
    with pytest.raises(Unusable, match="with its path"):
        Remote(answers.url).register("subject", "{}")
    with pytest.raises(Unavailable):  # while reading it may become right again
        Remote(answers.url).find(1)


def test_the_login_goes_with_every_question_and_into_no_text(answers: Answers) -> None:
    answers.status = 401
    for remote in (Remote(answers.url, "wasl", "s3cret"), Remote(answers.url.replace("//", "//wasl:s3cret@"))):
        with pytest.raises(Unusable) as caught:
            remote.register("subject", "{}")
        assert "s3cret" not in str(caught.value)
    assert answers.logins == ["Basic d2FzbDpzM2NyZXQ="] * 2


def test_an_unknown_id_is_asked_for_once(answers: Answers, clock: Clock) -> None:
    answers.status, answers.body = 404, b'{"error_code": 40403, "message": "Schema not found"}'
    remote = Remote(answers.url, clock=clock)
    for _ in range(3):
        with pytest.raises(UnknownSchema):
            remote.find(7)
    assert answers.asked == ["GET /schemas/ids/7"]


def test_a_flood_of_unknown_ids_does_not_fill_the_memory(answers: Answers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("schemas.remote.MOST", 5)
    answers.status, answers.body = 404, b'{"error_code": 40403}'
    remote = Remote(answers.url)
    for number in range(12):
        with pytest.raises(UnknownSchema):
            remote.find(number)
    assert len(remote._unknown) <= 5


@pytest.mark.parametrize(
    "schema",
    [
        None,
        5,
        "",
        "{",
        '"string"',
        '{"type": "unheard"}',
        '{"type": "record"}',
        "[" * 5000,
        '{"type":"array","items":' * 900,
    ],
)
def test_whatever_the_registry_calls_a_schema_it_is_one_of_ours_or_unknown(answers: Answers, schema: Any) -> None:
    answers.body = json.dumps({"schema": schema}).encode()
    with pytest.raises(UnknownSchema):
        Remote(answers.url).find(1)


def test_a_registry_that_gives_no_id_is_named(answers: Answers) -> None:
    answers.body = json.dumps({"compatibilityLevel": "BACKWARD_TRANSITIVE"}).encode()
    with pytest.raises(Unusable, match="gave no id"):
        Remote(answers.url).register("subject", "{}")
    assert answers.asked == ["GET /config/subject", "POST /subjects/subject/versions"]


def test_an_id_that_cannot_be_asked_for_now_is_told_apart_from_one_that_nobody_knows(
    answers: Answers, namespace: str
) -> None:
    answers.body = json.dumps({"compatibilityLevel": "BACKWARD_TRANSITIVE", "id": 5}).encode()
    catalog.use(Remote(answers.url), namespace)
    answers.status, answers.body = 404, b'{"error_code": 40403}'
    with pytest.raises(codec.Foreign) as unknown:
        codec.decode(b"\0\0\0\0\x06abc")
    assert not isinstance(unknown.value, codec.Untold)
    answers.status = 503
    with pytest.raises(codec.Untold, match=r"schema id 7: .* answered 503"):
        codec.decode(b"\0\0\0\0\x07abc")
