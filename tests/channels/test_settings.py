"""Settings: the file, the environment on top, and mistakes told with file, line, key and what was expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from channels.settings import Misconfigured, Settings, default_config, find_config, load_settings


def written(folder: Path, text: str) -> Path:
    path = folder / "wasl.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_shipped_file_says_the_defaults() -> None:
    assert load_settings(default_config(), {}) == Settings()


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    assert load_settings(written(tmp_path, ""), {}) == Settings()


@pytest.mark.parametrize(
    ("variable", "value", "path"),
    [
        ("WASL_HTTP_PORT", "9090", "http.port"),
        ("WASL_MLLP_PORT", "9091", "mllp.port"),
        ("WASL_ADMIN_PASSWORD", "secret", "admin.password"),
        ("WASL_KEY_FILE", "/run/key", "key.file"),
        ("WASL_SMR", "http://fhir/", "smr"),
        ("WASL_PAYER", "http://payer/", "payer"),
        ("WASL_MEDIATION_STOP_MESSAGES", "7", "mediation.stop.messages"),
        ("WASL_BUS", "kafka://one:9092,two:9092", "bus.url"),
        ("WASL_BUS_SECURITY_PASSWORD", "secret", "bus.security.password"),
        ("WASL_DATABASE", "postgresql://wasl@db/wasl", "database.url"),
        ("WASL_DATABASE_MIGRATE", "False", "database.migrate"),
        ("WASL_REDIS", "redis://cache:6379/0", "redis.url"),
    ],
)
def test_the_environment_goes_on_top(tmp_path: Path, variable: str, value: str, path: str) -> None:
    found: object = load_settings(written(tmp_path, "http: {port: 1}\n"), {variable: value})
    for part in path.split("."):
        found = getattr(found, part)
    assert str(found) == value


def test_an_address_alone_stands_for_its_section(tmp_path: Path) -> None:
    path = written(tmp_path, "bus: kafka://one:9092,two:9092\nredis: redis://cache:6379/0\n")
    found = load_settings(path, {"WASL_BUS_PARTITIONS": "3"})
    assert (found.bus.brokers, found.bus.partitions) == (["one:9092", "two:9092"], 3)
    assert found.redis.url == "redis://cache:6379/0"


def test_a_secret_can_be_in_a_file_of_its_own(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("from a file\n")
    found = load_settings(written(tmp_path, ""), {"WASL_DATABASE_PASSWORD_FILE": str(secret)})
    assert found.database.password == "from a file"
    with pytest.raises(Misconfigured, match="WASL_ADMIN_PASSWORD_FILE: /nowhere: No such file"):
        load_settings(written(tmp_path, ""), {"WASL_ADMIN_PASSWORD_FILE": "/nowhere"})


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http:\n  port: many\n", "line 2: http.port"),
        ("mllp:\n  host: x\n  prot: 1\n", "line 3: mllp.prot: this key is not known"),
        ("http: [1\n", "line 2: not YAML"),
        ("- a\n", "line 1: expected keys with values"),
        ("mediation:\n  stop: {ratio: 2}\n", "line 2: mediation.stop.ratio"),
    ],
)
def test_a_mistake_names_file_line_and_key(tmp_path: Path, text: str, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(Misconfigured) as told:
        load_settings(path, {})
    assert str(path) in str(told.value)
    assert said in str(told.value)


def test_a_mistake_in_the_environment_names_the_variable(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match=r"^WASL_HTTP_PORT: "):
        load_settings(written(tmp_path, ""), {"WASL_HTTP_PORT": "often"})


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("WASL_SMR", "ftp://x", "expected built-in, or the http(s):// address"),
        ("WASL_PAYER", "nothing", "expected simulator, or the http(s):// address"),
        ("WASL_DATABASE", "oracle://x", "postgresql://"),
        ("WASL_REDIS", "memcached://x", "redis://host:port"),
        ("WASL_BUS", "rabbit://x", "embedded, or kafka://"),
        ("WASL_BUS_SCHEMA_REGISTRY", "registry:8081", "http(s)://"),
        ("WASL_NAMESPACE", "Très grand", "lower-case letters"),
    ],
)
def test_what_cannot_work_is_told_before_anything_starts(tmp_path: Path, variable: str, value: str, said: str) -> None:
    with pytest.raises(Misconfigured) as told:
        load_settings(written(tmp_path, ""), {variable: value})
    assert str(told.value).startswith(f"{variable}: ")
    assert said in str(told.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(Misconfigured, match="nowhere"):
        find_config(tmp_path / "nowhere.yaml")


def test_a_file_in_the_folder_goes_before_the_shipped_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert find_config(None) == default_config()
    (tmp_path / "config").mkdir()
    (tmp_path / "config/wasl.yaml").touch()
    assert find_config(None) == Path("config/wasl.yaml")


def test_whose_word_the_golden_record_takes_is_read_and_checked(tmp_path: Path) -> None:
    file = tmp_path / "wasl.yaml"
    file.write_text('trust:\n  sources: {"*": ["urn:id:CHU*"], addresses: [pharmacy-csv]}\n')
    trust = load_settings(file, {}).trust.rules
    assert trust.rank("names", "urn:id:CHU_FES", "lab") < trust.rank("names", "urn:id:LABO", "lab")
    assert trust.rank("addresses", "urn:id:LABO", "pharmacy-csv") == 0
    file.write_text("trust:\n  sources: {shoe_size: [lab]}\n")
    with pytest.raises(Misconfigured, match="shoe_size: no field of a patient"):
        load_settings(file, {})
