"""Records that came under rules with other blocking passes: the blocks of these rules stand beside those they have, so
that both find them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection, Engine, select

from registries.client.digests import block_digests
from registries.client.matching.profile import Profile
from registries.client.matching.rules import Rules
from registries.client.records import NAME
from registries.database import in_parts, insert_or_skip, reading, written
from registries.sealing import Seal
from registries.tables import blocks, records, version

_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Reblocking:
    """Raises Unavailable."""

    engine: Engine
    secret: bytes
    seal: Seal

    def ahead(self, rules: Rules, since: int) -> int:
        """All that changed after the change of records with this number, some in each commit, until few are left; up to
        which number all have the blocks."""
        while True:
            with reading(self.engine) as connection:
                until = version(connection, NAME)
                ids = _changed(connection, since)
            for part in in_parts(ids, _AT_ONCE):
                written(self.engine, partial(self._part, part, rules))
            since = until
            if len(ids) <= _AT_ONCE:
                return until

    def rest(self, connection: Connection, rules: Rules, since: int) -> None:
        """What is left, in the transaction of a caller who lets nobody keep records meanwhile."""
        for part in in_parts(_changed(connection, since), _AT_ONCE):
            self._part(part, rules, connection)

    def _part(self, part: Sequence[int], rules: Rules, connection: Connection) -> None:
        found = connection.execute(select(records.c.id, records.c.profile).where(records.c.id.in_(part)))
        profiles = {id: Profile.unpacked(self.seal.open(sealed, str(id))) for id, sealed in found}
        rows = [
            {"block": digest, "record": id}
            for id, profile in profiles.items()
            for digest in block_digests(profile, rules, self.secret)
        ]
        insert_or_skip(connection, blocks, rows)


def _changed(connection: Connection, since: int) -> Sequence[int]:
    return connection.scalars(select(records.c.id).where(records.c.number > since).order_by(records.c.id)).all()
