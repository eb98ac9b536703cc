"""`wasl run` and `demo`: the program, and a realistic day through it."""

from __future__ import annotations

import logging
import os
import shutil
import sys
import tempfile
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from channels import roles
from channels.commands.options import DATA, Config, Data, house, told
from channels.loops import fault
from channels.processes import Parent, hold_to_parent, owned, python
from channels.runtime import House
from channels.security.encryption import KeyFile
from channels.settings import Misconfigured


class Role(StrEnum):
    all = "all"
    gateway = "gateway"
    mediation = "mediation"
    delivery = "delivery"
    console = "console"
    day = "day"


def run(
    role: Annotated[Role, typer.Option("--role", help="all, or one part of the program")] = Role.all,
    member: Annotated[int | None, typer.Option(hidden=True)] = None,
    config: Config = None,
    data: Data = DATA,
) -> None:
    """The program. Without any server installed it runs on the embedded bus and SQLite."""
    _logging()
    hold_to_parent()
    parts = house(config, data)
    with told():
        if role is Role.all:
            raise typer.Exit(_all(parts, config))
        with owned(data, f"{role.value}-{member or 0}", patience=20):
            try:
                _child(role, parts, member)
            except (Misconfigured, KeyFile):
                raise
            except Exception as error:
                # no trace: the texts of errors may hold what a message said
                logging.getLogger("wasl").critical("%s failed: %s", role.value, fault(error))
                raise typer.Exit(1) from None


def demo(
    config: Config = None,
    data: Annotated[Path | None, typer.Option("--data", help="default: a fresh temporary folder")] = None,
) -> None:
    """The program on a fresh data folder, with a realistic day streaming through it."""
    _logging()
    fresh = _fresh(data)
    parts = house(config, fresh)
    with told():
        try:
            raise typer.Exit(_all(parts, config, "day"))
        finally:
            if data is None:
                shutil.rmtree(fresh, ignore_errors=True)


def _all(parts: House, config: Path | None, *more: str) -> int:
    """The parent: makes the databases and the administrator, then keeps the children alive."""
    with owned(parts.data, "all"):
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(_emptied(parts.data / "metrics"))
        parts.migrate()
        http = parts.settings.http
        scheme = "https" if http.certificate else "http"
        typer.echo(f"Wasl runs. Console: {scheme}://{http.host}:{http.port}/  (user admin)")
        _administrator(parts)
        given = ["--data", str(parts.data), *(["--config", str(config)] if config else [])]
        members = parts.settings.mediation.processes or max(1, (os.cpu_count() or 1) - 1)
        commands = {
            "gateway": python("run", "--role", "gateway", *given),
            **{
                f"mediation-{n}": python("run", "--role", "mediation", "--member", str(n), *given)
                for n in range(members)
            },
            **{f"delivery-{n}": python("run", "--role", "delivery", "--member", str(n), *given) for n in range(2)},
            **{role: python("run", "--role", role, *given) for role in more},
        }
        # one port tells of all children: the gateway's
        os.environ |= {"WASL_MEDIATION_PROCESSES": str(members), "WASL_WATCH_PORT": ""}
        return Parent(commands).run()


def _administrator(parts: House) -> None:
    """Makes the user `admin` where there is none yet, and shows the password that nobody gave."""
    if password := parts.users.prepare(parts.settings.admin.password):
        typer.echo(f"The password of admin, shown this once: {password}")
    sys.stdout.flush()


def _child(role: Role, parts: House, member: int | None) -> None:
    match role:
        case Role.gateway | Role.console:
            from channels.gateway import serving  # the web's libraries: a quarter of a start, and only this role's

            parts.migrate()
            _administrator(parts)
            serving.gateway(parts, listens=role is Role.gateway)
        case Role.mediation:
            roles.mediation(parts, member or 0, parts.settings.mediation.processes or 1)
        case Role.delivery:
            roles.delivery(parts, member)
        case Role.day:
            from channels.demo import day

            day.stream(parts)


def _fresh(data: Path | None) -> Path:
    """A folder without an earlier run: the one given if it is empty, else one made inside it."""
    if data is None:
        return Path(tempfile.mkdtemp(prefix="wasl-demo-"))
    data.mkdir(parents=True, exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="demo-", dir=data)) if any(data.iterdir()) else data


def _emptied(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def _logging() -> None:
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)  # its lines hold addresses with identifiers
    logging.getLogger("kafka").setLevel(logging.CRITICAL)  # it tells every connection; what matters we tell
