"""Days are those of the wall in the country, not of UTC."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from channels.runtime import House
from channels.settings import Misconfigured
from registries import clock
from registries.care.elements import period_of
from registries.clock import today
from registries.facility import Facilities
from tests.registries.care.lists import places
from tests.registries.people import about, organization, patient

HERE = "Africa/Casablanca"


@pytest.fixture(autouse=True)
def _wall() -> Iterator[None]:
    yield
    clock.set_to(HERE)


def flags(engine: Engine, number: str = "120000011", **more: Any) -> list[str]:
    event = about(patient(), facility=organization(number), **more)
    return Facilities(engine).resolve([event], ["flag"])[0].flags


@pytest.mark.parametrize("said", ["2025-05-31T23:30:00Z", "2025-06-01T00:30:00+01:00", "2025-05-31T19:30:00.5-04:00"])
def test_half_past_midnight_here_is_the_new_day_whatever_the_offset_says(engine: Engine, said: str) -> None:
    places(engine, "120000011;Opened;CHU;;;;2025-06-01/;;;", "120000012;Closed;CHU;;;;/2025-05-31;;;")
    assert flags(engine, issued=said) == []
    received = round(datetime.fromisoformat(said).timestamp() * 1e6)
    assert flags(engine, received=received) == []
    assert flags(engine, "120000012", issued=said) == ["facility closed at the time"]


@pytest.mark.parametrize(
    ("said", "day"),
    [
        ("2024", "2024"), ("2024-03", "2024-03"), ("2024-03-12", "2024-03-12"), ("2024-03-12T10", "2024-03-12"),
        ("2024-03-12T23:59", "2024-03-12"), ("2024-03-12T23:59:60Z", "2024-03-12"), ("2024-03-12 noon", "2024-03-12"),
        ("9999-12-31T23:30:00Z", "9999-12-31"), ("", ""),
    ],
)  # fmt: skip
def test_a_date_without_an_offset_is_the_day_it_says(said: str, day: str) -> None:
    assert clock.day_of(said) == day


def test_a_role_that_begins_at_midnight_here_begins_on_that_day() -> None:
    assert period_of({"start": "2025-05-31T23:00:00Z", "end": "2025-12-31T22:59:59Z"}) == ("2025-06-01", "2025-12-31")


def test_today_is_the_day_of_the_zone_in_the_settings(tmp_path: Path) -> None:
    days = []
    for zone in ("Etc/GMT+12", "Pacific/Kiritimati"):  # never on the same day
        config = tmp_path / "wasl.yaml"
        config.write_text(f"zone: {zone}\n")
        (tmp_path / "channels").mkdir(exist_ok=True)
        House.open(config, tmp_path / "data")
        days.append(today())
    assert days[0] < days[1]


def test_a_zone_that_is_none_is_told(tmp_path: Path) -> None:
    config = tmp_path / "wasl.yaml"
    config.write_text("zone: Nowhere/Land\n")
    with pytest.raises(Misconfigured, match="zone: expected a time zone"):
        House.open(config, tmp_path / "data")
