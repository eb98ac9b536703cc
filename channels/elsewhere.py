"""The country's registries before ours, where `registries` of wasl.yaml names them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Engine

from channels.settings import NationalRegistry, RegistriesElsewhere
from registries.client.resolve import Clients
from registries.facility import Facilities
from registries.health_worker import HealthWorkers

if TYPE_CHECKING:  # its HTTP client takes a part of a start that most need not pay
    from registries.national import NationalClients
    from registries.national_care import NationalCare
    from registries.remembered import Remembered
    from registries.remote import National


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

        return NationalClients(local, *self._service(self.said.client), self.stale)

    def facilities(self, local: Facilities) -> Facilities | NationalCare:
        if not self.said.facility.elsewhere:
            return local
        from registries.national_care import facilities

        return facilities(local, *self._service(self.said.facility), self.stale)

    def health_workers(self, local: HealthWorkers) -> HealthWorkers | NationalCare:
        if not self.said.health_worker.elsewhere:
            return local
        from registries.national_care import health_workers

        return health_workers(local, *self._service(self.said.health_worker), self.stale)

    def _service(self, said: NationalRegistry) -> tuple[National, Remembered]:
        from registries.remembered import Remembered
        from registries.remote import National

        service = National(said.url, token=said.token, timeout=said.timeout)
        return service, Remembered(self.engine, self.secret, fresh=said.fresh)
