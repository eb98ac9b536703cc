"""Forms as they come back: only from our own pages, only texts."""

from __future__ import annotations

import hmac

from starlette.datastructures import FormData
from starlette.requests import Request

from channels.console.view import Problem, token_of
from channels.console.words import N_

TOKEN = "token"
MOST = 64 * 1024
_TOO_LONG = Problem(413, N_("This is too long"), N_("Nothing was done. Write less, and send the form again."))
_FORGED = Problem(
    403,
    N_("This form is out of date"),
    N_("Nothing was done. Go back, load the page again, and press the button once more."),
)


async def posted(request: Request, *, most: int = MOST, files: int = 0) -> FormData:
    """The fields of a form that changes something, or shows what only its sender may see. Raises Problem when it was
    not made for this session.

    With Basic credentials there is no session to steal, and the guard turned forms of other sites away.
    """
    form = await fields(request, most=most, files=files)
    if request.headers.get("authorization"):
        return form
    if not hmac.compare_digest(text(form, TOKEN).encode(), token_of(request).encode()):
        raise _FORGED
    return form


async def fields(request: Request, *, most: int = MOST, files: int = 0) -> FormData:
    """The fields of any form, and as many files. Raises Problem for more than `most` bytes in all."""
    length = request.headers.get("content-length", "")
    if not (length.isascii() and length.isdigit() and len(length) < 10 and int(length) <= most):
        raise _TOO_LONG
    return await request.form(max_files=files)


def text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value.strip() if isinstance(value, str) else ""


def texts(form: FormData, name: str) -> list[str]:
    return [value for value in form.getlist(name) if isinstance(value, str) and value]
