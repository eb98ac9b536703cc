"""`wasl simulate`: the other side, as programs of their own, to test against."""

from __future__ import annotations

from typing import Annotated, TypeVar

import typer
import uvicorn
from starlette.applications import Starlette

from channels import rnp_simulator
from channels.commands.options import DATA, Data
from channels.consumers.cnss import simulator
from channels.consumers.cnss.judgement import Faults
from channels.demo import SEED
from channels.faults import Shares
from registries.database import open_database

F = TypeVar("F", bound=Shares)

app = typer.Typer(help="The other side, as a program of its own, to test against.", no_args_is_help=True)


@app.command()
def payer(
    port: Annotated[int, typer.Option(help="on 127.0.0.1")] = 8090,
    faults: Annotated[str, typer.Option(help="shares from 0 to 1: refuse=0.1,queue=0.2,down=0.05,lost=0.01")] = "",
    data: Data = DATA,
) -> None:
    """A payer that takes FHIR Claims at POST /Claim/$submit. Point WASL_PAYER at it."""
    parsed = _parsed(Faults, faults)
    engine = open_database(f"sqlite:///{data / 'simulated-payer'}.db", simulator.TABLES)
    _serve(simulator.application(simulator.Simulator(engine, parsed)), port)


@app.command()
def rnp(
    port: Annotated[int, typer.Option(help="on 127.0.0.1")] = 8092,
    token: Annotated[str, typer.Option(help="what an accredited intermediary shows")] = "simulator",
    seed: Annotated[int, typer.Option(help="the people of the demonstration; another number, others")] = SEED,
    faults: Annotated[str, typer.Option(help="shares from 0 to 1: down=0.05,lost=0.01")] = "",
) -> None:
    """The population register: POST /otp, POST /verify. GET /people tells who is in it, GET /outbox what was sent."""
    from channels.demo.citizens import citizens  # a country's names: nothing that other commands wait for

    parsed = _parsed(rnp_simulator.Faults, faults)
    _serve(rnp_simulator.application(rnp_simulator.Register.of(citizens(seed)), token, parsed), port)


def _parsed(kind: type[F], text: str) -> F:
    try:
        return kind.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--faults") from error


def _serve(served: Starlette, port: int) -> None:
    uvicorn.run(served, host="127.0.0.1", port=port, log_level="warning")
