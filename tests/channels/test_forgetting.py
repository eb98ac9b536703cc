"""Redis never decides: the same messages have the same effects while it is up, down, dying, and emptied at random."""

from __future__ import annotations

import random
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from channels.consumers.cnss.tables import TABLES as LEDGER
from channels.consumers.record import metadata as RECORD
from channels.consumers.record import resources
from channels.outputs import EVENTS
from channels.watch import metrics
from registries.database import reading
from registries.tables import TABLES as REGISTRIES
from schemas import codec
from tests.console.place import SALES, Place, result
from tests.remembering import NOBODY, emptied, own
from tests.servers.redis import Redis
from tests.stores import resource

ROUNDS = 8


def messages(luck: random.Random) -> list[list[bytes]]:
    """Rounds of new messages, the same ones again, and other content under a control ID that was used."""
    rounds: list[list[bytes]] = []
    for number in range(ROUNDS):
        sent = [one for earlier in rounds for one in earlier]
        new = [
            result(
                f"R{number}-{n}", ipp=f"A-{luck.randint(1, 4)}", given=luck.choice(["Khadija", "Hind"]), value=f"0.{n}"
            )
            for n in range(4)
        ]
        again = luck.sample(sent, min(4, len(sent)))
        reused = [result(f"R{number - 1}-0", ipp="A-1", value="9.9")] if number % 3 == 2 else []
        rounds.append([*new, *again, *reused, *luck.sample(new, 1)])
    return rounds


def effects(place: Place) -> dict[str, Any]:
    """All that came of it, with persons known by what was said of them."""
    said: dict[str, set[str]] = defaultdict(set)
    batches = place._delivered.read("effects", [EVENTS])
    while place._delivered.lag("effects", [EVENTS])[EVENTS]:
        batch = next(batches)
        for record in batch:
            event = codec.decode(record.value)
            said[event["person"]].add(event["id"])
        batch.done()
    batches.close()
    rows = Counter[Any]()
    for store, tables in (("record", RECORD), ("ledger", LEDGER), ("registries", REGISTRIES)):
        with reading(place.house.engine(store)) as connection:
            for table in tables.sorted_tables:
                rows[table.name] = connection.scalar(select(func.count()).select_from(table)) or 0
            for row in connection.execute(select(resources)) if store == "record" else ():
                told = resource(place.house, row.type, row.id, row.version, row.body)
                rows[row.type, row.version, str(told.get("valueQuantity"))] += 1
    return {"events of each person": sorted(map(sorted, said.values())), "rows": rows}


def lived(folder: Path, before: Callable[[int], None] = lambda _: None) -> dict[str, Any]:
    """The effects of all rounds; every second one finds mediation restarted."""
    folder.mkdir()
    place = Place(folder)
    for number, sent in enumerate(messages(random.Random(4))):
        before(number)
        if number % 2:
            place._mediation = place.house.mediation(place._mediated, 0, threading.Event())
        place.receive("lab-hl7v2", *sent)
        place.receive("pharmacy-csv", SALES, content_type="text/csv")
        place.flow()
    found = effects(place)
    place.close()
    return found


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What comes of it without any Redis."""
    return lived(tmp_path_factory.mktemp("expected") / "data")


@contextmanager
def emptying(server: Redis) -> Iterator[None]:
    """Empties it every few milliseconds."""
    stop = threading.Event()

    def run() -> None:
        luck = random.Random(5)
        while not stop.wait(luck.uniform(0.0, 0.01)):
            emptied(server)

    thread = threading.Thread(target=run)
    thread.start()
    yield
    stop.set()
    thread.join()


def test_a_redis_that_is_up_changes_nothing_and_saves_work(
    redis_server: Redis, tmp_path: Path, expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WASL_REDIS", redis_server.url)
    monkeypatch.setattr("channels.memory.PATIENCE", 10.0)
    before = {kind: known(kind) for kind in ("window", "persons", "version")}
    assert lived(tmp_path / "data") == expected
    assert all(known(kind) > number for kind, number in before.items())


def known(kind: str) -> float:
    return metrics.value("wasl_redis_lookups_total", type=kind, outcome="known") or 0.0


def test_a_redis_that_is_down_changes_nothing(
    tmp_path: Path, expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WASL_REDIS", NOBODY)
    assert lived(tmp_path / "data") == expected


@pytest.mark.parametrize("harm", ["killed", "restarted", "paused", "emptied"])
def test_harm_done_to_redis_changes_nothing(
    harm: str, redis_server: Redis, tmp_path: Path, expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("channels.memory.PAUSE", 0.0)
    with own(tmp_path / "redis") as server:
        steps: dict[tuple[str, int], Callable[[], None]] = {
            ("killed", 4): server.kill,
            ("restarted", 3): server.kill,
            ("restarted", 5): server.start,
            ("paused", 3): server.pause,
            ("paused", 5): server.resume,
        }
        monkeypatch.setenv("WASL_REDIS", server.url)
        with emptying(server) if harm == "emptied" else nullcontext():
            found = lived(tmp_path / "data", lambda number: steps.get((harm, number), lambda: None)())
    assert found == expected


def test_a_redis_that_outlived_the_data_swallows_nothing(
    redis_server: Redis, tmp_path: Path, expected: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The data come back from a backup (here: empty), the senders send again, and Redis still knows it all."""
    monkeypatch.setenv("WASL_REDIS", redis_server.url)
    monkeypatch.setattr("channels.memory.PATIENCE", 10.0)
    assert lived(tmp_path / "lost") == expected
    monkeypatch.setenv("WASL_KEY_FILE", str(tmp_path / "lost/master.key"))
    assert lived(tmp_path / "restored") == expected
