"""A real schema registry, and a copy of the contract that may grow."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from schemas import catalog, codec

if TYPE_CHECKING:
    from tests.servers.schema_registry import SchemaRegistry


@pytest.fixture(scope="session")
def schema_registry(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SchemaRegistry]:
    """Shared: subjects need a namespace of the test's own. A test that pauses it resumes it."""
    from tests.servers.process import NotStarted
    from tests.servers.schema_registry import SchemaRegistry

    try:
        server = SchemaRegistry(tmp_path_factory.mktemp("schema-registry"))
    except NotStarted as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error), pytrace=False)
        pytest.skip(str(error))
    try:
        yield server
    finally:
        server.close()


@pytest.fixture
def namespace() -> Iterator[str]:
    """Of this test alone; afterwards our own ids are in use again."""
    yield f"{uuid.uuid4().hex}."
    catalog.use(None)


@pytest.fixture
def contract(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of the contract with its history, in use until the test ends."""
    for name, kept in {"FOLDER": "avro", "HISTORY": "history", "TABLE": "ids.json"}.items():
        path = getattr(catalog, name)
        (shutil.copytree if path.is_dir() else shutil.copy)(path, tmp_path / kept)
        monkeypatch.setattr(catalog, name, tmp_path / kept)
    catalog.forget()
    codec._records_in.cache_clear()
    yield tmp_path
    monkeypatch.undo()
    catalog.forget()
    codec._records_in.cache_clear()
