"""A list as one parameter of PostgreSQL, written as its array literal: the driver takes far longer an element."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, Dialect, Float, Integer, LargeBinary
from sqlalchemy.types import TypeDecorator, TypeEngine, to_instance

_Write = Callable[[Any], str]


class Listed(TypeDecorator[Sequence[Any]]):
    """An array of texts, numbers, truths or bytes, None among them."""

    impl = ARRAY
    cache_ok = True

    def __init__(self, item_type: TypeEngine[Any] | type[TypeEngine[Any]]) -> None:
        super().__init__(item_type)
        self.item_type = to_instance(item_type)  # by this name it tells compiled statements apart

    def bind_processor(self, dialect: Dialect) -> _Write | None:
        item = _writer(self.item_type)
        return lambda values: "{" + ",".join(["NULL" if value is None else item(value) for value in values]) + "}"


def _writer(kind: TypeEngine[Any]) -> _Write:
    if isinstance(kind, (BigInteger, Integer, Float, Boolean)):
        return str
    return _bytes if isinstance(kind, LargeBinary) else _text


def _bytes(value: bytes) -> str:
    return f'"\\\\x{value.hex()}"'


def _text(value: str) -> str:
    """A NUL becomes U+FFFD, as in every text that PostgreSQL keeps."""
    if value.isalnum():
        return f'"{value}"'
    quoted = value.replace("\\", "\\\\").replace('"', '\\"').replace("\0", "\ufffd")
    return f'"{quoted}"'
