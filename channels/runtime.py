"""The one place where everything is put together: what each role needs, made from the settings."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Engine, MetaData

from channels.channel import Channel, load_channels
from channels.settings import Misconfigured, Settings, find_config, load_settings
from registries.database import open_database

CPUS = os.cpu_count() or 1


@dataclass(frozen=True)
class House:
    """The program on one data folder, seen from one process. Parts are opened when first asked for."""

    config: Path
    data: Path
    settings: Settings
    channels: tuple[Channel, ...]

    @staticmethod
    def open(config: Path | None, data: Path) -> House:
        """Reads all configuration. Raises Misconfigured, naming file, line, key and what was expected."""
        found = find_config(config)
        settings = load_settings(found)
        try:
            data.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Misconfigured(f"--data {data}: {error.strerror}") from error
        return House(found, data, settings, tuple(load_channels(found, settings)))

    def database(self, name: str, tables: MetaData, *, durable: bool = True) -> Engine:
        """One SQLite file a stage, in the data folder."""
        return open_database(f"sqlite:///{self.data / name}.db", tables, durable=durable)
