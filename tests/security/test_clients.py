"""Who may send."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from sqlalchemy import Engine

from channels.security import passwords
from channels.security.clients import BadClient, Clients
from tests.home import Place


def test_a_client_sends_on_its_own_channels_only(engine: Engine) -> None:
    clients = Clients(engine)
    client = clients.verify("lis-rabat", clients.add("lis-rabat", ["lab-hl7v2", "fhir"]))
    assert client is not None
    assert client.name == "lis-rabat"
    assert client.may_send("lab-hl7v2")
    assert not client.may_send("pharmacy-csv")


def test_the_secret_alone_is_enough_for_the_api_key(engine: Engine) -> None:
    clients = Clients(engine)
    client = clients.verify_key(clients.add("officine", ["pharmacy-csv"]))
    assert client is not None
    assert client.name == "officine"


def test_wrong_secrets(engine: Engine) -> None:
    clients = Clients(engine)
    secret, other = clients.add("one", ["fhir"]), clients.add("two", ["fhir"])
    assert clients.verify("one", other) is None
    assert clients.verify("nobody", secret) is None
    key_id = secret.partition(".")[0]
    for wrong in ("", ".", "x", key_id, f"{key_id}.", f"{key_id}.wrong", secret + "x", "é" * 40):
        assert clients.verify_key(wrong) is None


def test_the_secret_is_kept_nowhere(engine: Engine, tmp_path: Path) -> None:
    secret = Clients(engine).add("one", ["fhir"])
    kept = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert secret.partition(".")[2].encode() not in kept


def test_what_another_process_adds_is_known_at_the_next_request(engine: Engine, elsewhere: Engine) -> None:
    here = Clients(engine)
    assert here.verify_key("0123.unknown") is None
    assert here.verify_key(Clients(elsewhere).add("one", ["fhir"])) is not None


def test_what_another_process_revokes_is_known_at_the_next_request(engine: Engine, elsewhere: Engine) -> None:
    here = Clients(engine)
    secret = here.add("one", ["fhir"])
    assert here.verify_key(secret) is not None  # remembered from here on
    Clients(elsewhere).revoke("one")
    assert here.verify_key(secret) is None


def test_a_revoked_name_may_be_given_again_with_another_secret(engine: Engine) -> None:
    clients = Clients(engine)
    old = clients.add("one", ["fhir"])
    assert clients.verify_key(old) is not None
    clients.revoke("one")
    new = clients.add("one", ["lab-hl7v2"])
    client = clients.verify_key(new)
    assert clients.verify_key(old) is None
    assert client is not None
    assert client.channels == frozenset({"lab-hl7v2"})


def test_the_hash_is_computed_once_a_minute(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    clients = Clients(engine)
    secret = clients.add("one", ["fhir"])
    assert clients.verify_key(secret) is not None
    monkeypatch.setattr(passwords, "matches", lambda *_: pytest.fail("hashed again"))
    assert clients.verify_key(secret) is not None


def test_the_list_shows_no_secret(engine: Engine) -> None:
    clients = Clients(engine)
    clients.add("two", ["fhir"])
    clients.add("one", ["lab-hl7v2", "fhir", "fhir"])
    clients.revoke("two")
    one, two = clients.list()
    assert (one["name"], one["channels"], one["revoked"]) == ("one", ["fhir", "lab-hl7v2"], None)
    assert two["revoked"] is not None
    assert set(one) == {"name", "channels", "created", "revoked"}


@pytest.mark.parametrize(
    ("name", "channels", "told"),
    [
        ("", ["fhir"], "can't be a client's name"),
        ("a:b", ["fhir"], "can't be a client's name"),
        ("123456789", ["fhir"], "a letter, then"),
        ("a" * 65, ["fhir"], "at most 64"),
        ("one", [], "name its channels"),
        ("one", ["no such!"], "can't be a channel's name"),
    ],
)
def test_a_client_that_can_not_be(engine: Engine, name: str, channels: list[str], told: str) -> None:
    with pytest.raises(BadClient, match=told):
        Clients(engine).add(name, channels)


def test_a_name_is_given_once_and_revoked_once(engine: Engine) -> None:
    clients = Clients(engine)
    clients.add("one", ["fhir"])
    with pytest.raises(BadClient, match="already"):
        clients.add("one", ["fhir"])
    clients.revoke("one")
    with pytest.raises(BadClient, match="no client"):
        clients.revoke("one")


def test_of_two_who_add_the_same_client_at_once_one_is_told(home: Place) -> None:
    told: list[str] = []

    def add() -> None:
        try:
            Clients(home.open("control")).add("lis", ["lab"])
            told.append("added")
        except BadClient:
            told.append("there already")

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(told) == ["added", *["there already"] * 3]
