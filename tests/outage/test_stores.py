"""PostgreSQL and Redis are killed and come back under load: nothing is lost, and nobody need look after the program."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.crash.journey import acknowledged, nothing_lost_doubled_or_disordered, said, senders
from tests.e2e.program import Program, until
from tests.servers.kafka import Kafka
from tests.servers.postgres import Postgres
from tests.servers.redis import Redis

ROUNDS = 3


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[tuple[Postgres, Redis]]:
    own = Postgres(tmp_path / "postgres"), Redis(tmp_path / "redis")
    yield own
    for one in own:
        one.close()


def test_the_database_and_redis_come_back(
    tmp_path: Path, kafka: Kafka, stores: tuple[Postgres, Redis], tell: Callable[[str], None]
) -> None:
    postgres, redis = stores
    key, chance = tmp_path / "master.key", random.Random(5432)
    key.write_text("MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n")
    given = {
        "WASL_BUS": kafka.address, "WASL_BUS_PARTITIONS": "4", "WASL_NAMESPACE": f"stores{chance.getrandbits(40)}.",
        "WASL_DATABASE": postgres.database("wasl"), "WASL_REDIS": redis.url, "WASL_KEY_FILE": str(key),
        "WASL_MEDIATION_PROCESSES": "2",
    }  # fmt: skip
    with Program(tmp_path / "data", **given) as program:
        assert program.process is not None
        parent = program.process.pid
        with senders(program) as every:
            for number in range(ROUNDS):
                before = acknowledged(every)
                until(lambda: acknowledged(every) > before + 100, what=f"intake {number}")  # noqa: B023
                victim = (postgres, redis)[number % 2]
                victim.kill()
                until(lambda: sum(s.resends for s in every) >= 0, what="a moment")
                victim.start()
            until(program.ready, what="readiness once everything is back")
        tell(said(every, f"{ROUNDS} kills of PostgreSQL and Redis"))
        nothing_lost_doubled_or_disordered(program, every)
        assert program.process.pid == parent
