"""`wasl registry verify`: asks the national population register whether somebody is who they say (law 72-18)."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import orjson
import typer

from channels.commands.options import DATA, Config, Data, house, told
from channels.runtime import House
from channels.settings import Misconfigured
from schemas.message import Refused

if TYPE_CHECKING:  # an HTTP client, which no other command of this group needs
    from registries.rnp import Proof, Rnp


class By(StrEnum):
    sms = "sms"
    email = "email"
    birth_date = "birth-date"


def verify(
    by: Annotated[By, typer.Option("--by", help="a secret sent to the person, or their birth date")] = By.sms,
    known: Annotated[bool, typer.Option("--known", help="what the register knows too; never --by birth-date")] = False,
    config: Config = None,
    data: Data = DATA,
) -> None:
    """Is this the person of this IDCS? What names them is asked for, never an argument. Exit code 0 yes, 1 no.

    Audited before it is asked, and with what was answered.
    """
    parts = house(config, data)
    with told():
        register = _register(parts)

    def note(action: str, detail: str) -> None:
        parts.audit.write("terminal", action, "RNP", detail=detail)

    try:
        with told():
            idcs = typer.prompt("IDCS", err=True)
            proof = _proof(register, idcs, by, note)
            note("verify person", f"mode {'B' if known else 'A'}")
            answer = register.data(idcs, proof) if known else register.confirm(idcs, proof)
    except Refused as refused:
        for issue in refused.issues:
            typer.echo(f"wasl: {issue.at}: {issue.reason}: {issue.text}; {issue.remedy} ({issue.source})", err=True)
        raise typer.Exit(2) from None
    finally:
        register.close()
    note("person verified", "confirmed" if answer.confirmed else "not confirmed")
    if answer.person:
        typer.echo(orjson.dumps(answer.person).decode())
    else:
        typer.echo("confirmed" if answer.confirmed else "not confirmed")
    raise typer.Exit(0 if answer.confirmed else 1)


def _register(parts: House) -> Rnp:
    from registries.rnp import Rnp

    said = parts.settings.registries.rnp
    if not said.url:
        raise Misconfigured(
            "registries.rnp (WASL_REGISTRIES_RNP): no population register to ask: name the address of the accredited "
            "intermediary, or that of `wasl simulate rnp`"
        )
    return Rnp(said.url, said.token, timeout=said.timeout)


def _proof(register: Rnp, idcs: str, by: By, note: Callable[[str, str], None]) -> Proof:
    from registries.rnp import Demographics, Otp

    if by is By.birth_date:
        return Demographics({"birth_date": typer.prompt("Birth date (1980-03-12)", err=True)})
    note("send secret", by)
    sent = register.send_otp(idcs, "email" if by is By.email else "sms")
    secret = typer.prompt(f"Secret sent to {sent.to}, good for {sent.seconds} s", err=True)
    return Otp(sent.request, secret)
