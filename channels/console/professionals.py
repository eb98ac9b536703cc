"""The pages of health workers."""

from __future__ import annotations

from starlette.routing import Route

from channels.console.directory import Directory
from channels.console.shapes import PROFESSIONALS
from channels.console.strangers import Strangers
from channels.console.view import View
from channels.gateway.parts import Parts


def routes(view: View, parts: Parts) -> list[Route]:
    directory = Directory(view, parts, PROFESSIONALS)
    return [*Strangers(view, parts, PROFESSIONALS, directory).routes(), *directory.routes()]
