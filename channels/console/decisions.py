"""What a steward decides on a person's page, each from its form: who is who, which record, which value."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from starlette.datastructures import FormData

from channels.console.forms import text
from registries.client import typed
from registries.client.decision import Declined
from registries.client.steward import Steward

OWN = "own"  # a value that the steward types, instead of a record's

# Steward, person, form, by whom and why: the line of the history, 0 where all was so already
Act = Callable[[Steward, str, FormData, str, str], int]


def _of_two(name: str) -> Act:
    def act(steward: Steward, person: str, form: FormData, by: str, why: str) -> int:
        entry: int = getattr(steward, name)(text(form, "one") or person, text(form, "other"), by, why)
        return entry

    return act


def _split(steward: Steward, _person: str, form: FormData, by: str, why: str) -> int:
    return steward.split(_number(form, "record"), by, why)


def _choose(steward: Steward, person: str, form: FormData, by: str, why: str) -> int:
    field = text(form, "field")
    if text(form, "record") == OWN:
        told = {name: text(form, name) for name in form}
        return steward.choose(person, field, by, why, value=typed.value(field, told))
    record = _number(form, "record") if text(form, "record") else None
    return steward.choose(person, field, by, why, record=record)


def _undo(steward: Steward, _person: str, form: FormData, by: str, why: str) -> int:
    return steward.undo(_number(form, "entry"), by, why)


ACTS: Mapping[str, Act] = {
    **{name: _of_two(name) for name in ("link", "unlink", "apart", "together", "merge", "unmerge")},
    "split": _split,
    "choose": _choose,
    "undo": _undo,
}


def _number(form: FormData, name: str) -> int:
    given = text(form, name)
    if not (given.isascii() and given.isdigit() and len(given) < 20):
        raise Declined("that is no longer on the page: load it again")
    return int(given)
