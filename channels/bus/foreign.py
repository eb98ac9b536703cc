"""What kafka-python can't read must not stop a topic: a record with a header whose name is not UTF-8 says nothing here.

kafka-python 3.0.12 takes it for damage and gets neither past it nor to what follows.
"""

from __future__ import annotations

from typing import Any

from kafka.record import memory_records
from kafka.record.default_records import DefaultRecord, DefaultRecordBatch
from kafka.record.util import decode_varint


class Tolerant(DefaultRecordBatch):  # type: ignore[misc]
    """A batch as kafka-python reads it, and all of it."""

    _pos: int

    def _read_msg(self, *arguments: Any) -> Any:
        start = self._pos
        try:
            return super()._read_msg(*arguments)
        except UnicodeDecodeError:
            length, body = decode_varint(self._buffer, start)
            _attributes, after = decode_varint(self._buffer, body)
            _since, after = decode_varint(self._buffer, after)
            further, _ = decode_varint(self._buffer, after)
            self._pos = body + length
            offset = self.base_offset + further
            return DefaultRecord(length, offset, self.first_timestamp, self.timestamp_type, None, None, [])


def tolerate() -> None:
    """For every consumer of this process."""
    memory_records.DefaultRecordBatch = Tolerant
