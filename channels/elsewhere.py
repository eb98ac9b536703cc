"""The country's registries before ours, where `registries` of wasl.yaml names them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Engine

from channels.settings import NationalRegistry, RegistriesElsewhere
from channels.watch import metrics
from registries.client.resolve import Clients
from registries.facility import Facilities
from registries.health_worker import HealthWorkers
from schemas.events import Identifier
from schemas.message import Unavailable

if TYPE_CHECKING:  # its HTTP client takes a part of a start that most need not pay
    from registries.awaited import Awaited
    from registries.national import NationalClients
    from registries.national_care import NationalCare
    from registries.national_numbers import NationalNumbers
    from registries.remembered import Answer, Heard, Remembered
    from registries.remote import National

CLIENT: Final = "client"
FACILITY: Final = "facility"
HEALTH_WORKER: Final = "health-worker"
ASKERS: Final = 8  # readers' questions that a national registry is asked at once


@dataclass(frozen=True)
class Asked:
    """`fetch` asks for a number and gives None when nobody has it; it blocks and raises Unavailable."""

    fetch: Callable[[Identifier], Any]
    remembered: Remembered
    awaited: Awaited


@dataclass(frozen=True)
class Elsewhere:
    """Puts a national registry before a local one, or gives the local one as it is. `stale`: for a channel's name, how
    many seconds old an answer may be while the national registry is down."""

    said: RegistriesElsewhere
    engine: Engine
    secret: bytes
    stale: Callable[[str], float]

    def clients(self, local: Clients) -> Clients | NationalClients:
        if not self.said.client.elsewhere:
            return local
        from registries.national import NationalClients

        return NationalClients(local, self._service(CLIENT), *self._with(CLIENT))

    def numbers(self) -> NationalNumbers | None:
        """For readers' questions by a number that nobody here has."""
        if not self.said.client.elsewhere:
            return None
        from registries.national_numbers import NationalNumbers

        askers = [self._remembered(CLIENT, self.said.client.fresh) for _ in range(ASKERS)]
        return NationalNumbers(self._service(CLIENT), askers, self.stale, partial(self._measured, CLIENT))

    def facilities(self, local: Facilities) -> Facilities | NationalCare:
        if not self.said.facility.elsewhere:
            return local
        from registries.national_care import facilities

        return facilities(local, self._service(FACILITY), *self._with(FACILITY))

    def health_workers(self, local: HealthWorkers) -> HealthWorkers | NationalCare:
        if not self.said.health_worker.elsewhere:
            return local
        from registries.national_care import health_workers

        return health_workers(local, self._service(HEALTH_WORKER), *self._with(HEALTH_WORKER))

    @property
    def asked(self) -> list[Asked]:
        """How each registry that is elsewhere is asked for what messages wait for."""
        return [self._asked(name) for name, said in self.named.items() if said.elsewhere]

    @property
    def named(self) -> Mapping[str, NationalRegistry]:
        """By the registry's name."""
        return {CLIENT: self.said.client, FACILITY: self.said.facility, HEALTH_WORKER: self.said.health_worker}

    def _asked(self, name: str) -> Asked:
        service = self._service(name)
        fetch: Mapping[str, Callable[[Identifier], Any]] = {
            CLIENT: service.cross_references,
            FACILITY: service.facility,
            HEALTH_WORKER: service.health_worker,
        }
        return Asked(fetch[name], self._remembered(name, fresh=0.0), self._awaited(name))

    def _service(self, name: str) -> National:
        from registries.remote import National

        said = self.named[name]
        return National(said.url, token=said.token, timeout=said.timeout)

    def _with(self, name: str) -> tuple[Remembered, Callable[[str], float], Awaited, Heard]:
        kept = self._remembered(name, self.named[name].fresh)
        return kept, self.stale, self._awaited(name), partial(self._measured, name)

    def _remembered(self, name: str, fresh: float) -> Remembered:
        from registries.remembered import Remembered

        return Remembered(self.engine, self.secret, fresh=fresh, registry=name)

    def _awaited(self, name: str) -> Awaited:
        from registries.awaited import Awaited

        return Awaited(self.engine, self.secret, name, self.named[name].again)

    def _measured(self, name: str, channel: str, answer: Answer | Unavailable) -> None:
        from registries.remembered import TooOld

        outcome = "late" if not isinstance(answer, Unavailable) and answer.late else "in time"
        if isinstance(answer, Unavailable):
            outcome = "too old" if isinstance(answer, TooOld) else "none"
        else:
            metrics.national_age.labels(name, channel).observe(answer.age)
        metrics.national_answers.labels(name, channel, outcome).inc()
