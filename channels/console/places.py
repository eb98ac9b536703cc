"""The pages of facilities."""

from __future__ import annotations

from starlette.routing import Route

from channels.console.directory import Directory
from channels.console.reconciliation import Reconciliation
from channels.console.shapes import PLACES
from channels.console.strangers import Strangers
from channels.console.view import View
from channels.gateway.parts import Parts


def routes(view: View, parts: Parts) -> list[Route]:
    directory = Directory(view, parts, PLACES)
    strangers, lists = Strangers(view, parts, PLACES, directory), Reconciliation(view, parts)
    return [*strangers.routes(), *lists.routes(), *directory.routes()]
