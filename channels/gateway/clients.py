"""The client registry over `/fhir`, put together: PDQm, PIXm, `$match`."""

from __future__ import annotations

from starlette.routing import Route

from channels.gateway import match, patients, pixm
from channels.gateway.patients import Patients
from channels.gateway.portraits import Portraits
from channels.gateway.record import Audit, Reads
from channels.runtime import BUILT_IN, House
from registries.client.bearers import Bearers


def routes(house: House, record: Reads, audit: Audit) -> list[Route]:
    """To be mounted before those of the shared record. audit: called before anybody is shown."""
    answering, bearers = house.answering, Bearers(house.registries, house.registry_secret, house.personal)
    portraits = Portraits(house.records, house.links, house.believed, house.reading, lambda: house.domains)
    merged = house.settings.client_registry.merged
    lands = house.settings.smr == BUILT_IN
    asked = Patients(house.people, portraits, record, audit, merged, lands=lands, elsewhere=answering.elsewhere)
    return [
        *pixm.routes(pixm.Crossing(answering, lambda: house.domains, audit)),
        *match.routes(match.Matching(house.matcher, bearers, portraits, audit)),
        *patients.routes(asked),
    ]
