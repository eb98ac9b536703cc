"""config/production.yaml and docs/deploy.md: what they say works, and no secret stands in them."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml

from channels.settings import Settings, _leaves, _variable, load_settings
from registries.postgres import arguments
from tests.chart.renders import ROLES, ROOT, SECRET, kind

FILE = ROOT / "config" / "production.yaml"


@pytest.fixture
def settings() -> Settings:
    return load_settings(FILE, {})


def test_it_loads_and_names_three_brokers_and_copies(settings: Settings) -> None:
    assert len(settings.bus.brokers) == settings.bus.replication == 3
    assert settings.bus.security.tls
    assert settings.bus.security.verify
    assert settings.key.file
    assert not settings.database.migrate


def test_it_reaches_whichever_database_is_primary(settings: Settings) -> None:
    said = arguments(settings.database.url, password="secret")
    (_, given) = said["url"].get_dialect()().create_connect_args(said["url"])
    assert (given["host"], given["port"]) == ("a.example.org,b.example.org", "5432,5432")
    assert (given["user"], given["dbname"], given["password"]) == ("wasl", "wasl", "secret")
    assert (given["target_session_attrs"], given["sslmode"]) == ("read-write", "verify-full")


def test_it_leaves_room_for_both_machines_processes(settings: Settings) -> None:
    assert settings.mediation.processes
    assert 2 * settings.mediation.processes <= settings.bus.partitions


def test_no_secret_stands_in_it() -> None:
    assert not [keys for keys in _keys(yaml.safe_load(FILE.read_text("utf-8"))) if SECRET.search(keys[-1])]


def test_every_secret_comes_from_a_file_the_environment_names(tmp_path: Any) -> None:
    secret = tmp_path / "secret"
    secret.write_text("from a file\n", "utf-8")
    names = (
        "DATABASE_PASSWORD",
        "REDIS_PASSWORD",
        "BUS_SECURITY_PASSWORD",
        "ADMIN_PASSWORD",
        "SMR_TOKEN",
        "PAYER_TOKEN",
    )
    said = FILE.read_text("utf-8")
    assert all(f"WASL_{name}_FILE" in said for name in names)
    loaded = load_settings(FILE, {f"WASL_{name}_FILE": str(secret) for name in names})
    assert loaded.database.password == loaded.redis.password == loaded.bus.security.password == "from a file"
    assert loaded.admin.password == loaded.smr_token == loaded.payer_token == "from a file"


def _keys(said: Any, above: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(said, dict):
        return [above]
    return [keys for name, inner in said.items() for keys in _keys(inner, (*above, name))]


def test_the_document_names_only_settings_and_files_that_exist() -> None:
    said = (ROOT / "docs" / "deploy.md").read_text("utf-8")
    known = {name for keys in _leaves(Settings) for name in (_variable(keys), f"{_variable(keys)}_FILE")}
    assert set(re.findall(r"\bWASL_[A-Z_]+\b", said)) <= known
    for target in re.findall(r"\]\(([^)#]+)", said):
        assert (ROOT / "docs" / target).exists(), target


def test_the_document_gives_the_rights_that_the_chart_gives() -> None:
    """The table of docs/deploy.md, row by row, against the KafkaUsers."""
    said = (ROOT / "docs" / "deploy.md").read_text("utf-8").partition("**Rights (ACLs).**")[2]
    rows = [line.strip("|").split("|") for line in said.splitlines() if re.match(r"\| [a-z]+ \| `", line)]
    written = {row[0].strip(): [set(re.findall(r"`([^`]+)`", cell)) for cell in row[1:]] for row in rows}
    assert written == {role: _rights(role) for role in ROLES}


def _rights(role: str) -> list[set[str]]:
    """Of a role's KafkaUser: topics it reads, topics it writes, groups it reads with."""
    (user,) = [one for one in kind("strimzi", "KafkaUser") if one["metadata"]["name"] == f"wasl-{role}"]
    found: list[set[str]] = [set(), set(), set()]
    for acl in user["spec"]["authorization"]["acls"]:
        of = acl["resource"]
        name = of["name"] + ("*" if of["patternType"] == "prefix" else "")
        for n, (operation, type_) in enumerate((("Read", "topic"), ("Write", "topic"), ("Read", "group"))):
            if of["type"] == type_ and operation in acl["operations"]:
                found[n].add(name)
    return found
