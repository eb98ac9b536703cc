"""The files of a profile: found, put layer upon layer, compiled; every mistake with file, line and key.

`profile: ma-laboratoire` is `profiles/ma-laboratoire.yaml` of the configuration, else the one shipped with the program.
`extends: base-*` extends the base of each version there is (`base-2.3`, `base-2.4`, …): a message has that of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from channels.settings import Misconfigured, default_config, read_yaml
from mediators.hl7v2.profile import BadProfile, Profile, profile
from mediators.hl7v2.reader import VERSIONS

FOLDER = "profiles"
ANY = "-*"


class _File(NamedTuple):
    path: Path
    said: Mapping[str, Any]
    lines: Mapping[tuple[str, ...], int]

    def where(self, keys: Sequence[str]) -> str:
        """File, line and key: the line of the nearest key there is."""
        line = next((self.lines[tuple(keys[:n])] for n in range(len(keys), 0, -1) if tuple(keys[:n]) in self.lines), 1)
        return f"{self.path}, line {line}: {' '.join(keys)}"


def read_profile(name: str, config: Path, *, strict: bool = False) -> Profile:
    """The profile of this name. `config` is the folder of the settings. Raises Misconfigured; LookupError when the
    configuration has none of this name."""
    stacks = _stacks(name, config / FOLDER, ())
    try:
        return profile(name, {version: [one.said for one in stack] for version, stack in stacks.items()}, strict=strict)
    except BadProfile as error:
        raise Misconfigured("\n".join(dict.fromkeys(_told(error, stacks)))) from error


def known_profiles(config: Path) -> list[str]:
    """The names of the configuration's own profiles."""
    return sorted(path.stem for path in (config / FOLDER).glob("*.yaml"))


def _stacks(name: str, folder: Path, below: tuple[str, ...]) -> dict[str, list[_File]]:
    """Version → the layers, that which extends nothing first."""
    if name.endswith(ANY):
        found = _versions(name.removesuffix("*"), folder)
        if not found:
            raise LookupError(f"no profile {name}: expected one for each version, such as {name[:-1]}2.5.yaml")
        return {one: _single(f"{name[:-1]}{one}", folder, below) for one in found}
    file = _found(name, folder)
    extended = file.said.get("extends")
    if extended is None:
        return {"": [file]}
    here = file.where(("extends",))
    if not isinstance(extended, str):
        raise Misconfigured(f"{here}: expected the name of another profile")
    if extended in (chain := (*below, name)):
        raise Misconfigured(f"{here}: goes round in a circle: {' → '.join((*chain, extended))}")
    try:
        return {version: [*stack, file] for version, stack in _stacks(extended, folder, chain).items()}
    except LookupError as error:
        raise Misconfigured(f"{here}: {error}") from error


def _single(name: str, folder: Path, below: tuple[str, ...]) -> list[_File]:
    """The layers of the base of one version, which is about that version only."""
    stacks = _stacks(name, folder, below)
    return next(iter(stacks.values()))


def _versions(prefix: str, folder: Path) -> list[str]:
    folders = (folder, default_config().parent / FOLDER)
    return [one for one in VERSIONS if any((each / f"{prefix}{one}.yaml").is_file() for each in folders)]


def _found(name: str, folder: Path) -> _File:
    for each in (folder, default_config().parent / FOLDER):
        path = each / f"{name}.yaml"
        if "/" not in name and path.is_file():
            return _File(path, *read_yaml(path))
    raise LookupError(f"no profile {name}: expected a file {folder / name}.yaml")


def _told(error: BadProfile, stacks: Mapping[str, Sequence[_File]]) -> Iterator[str]:
    stack = stacks[error.version]
    for number, mistake in error.mistakes:
        yield f"{stack[number].where(mistake.keys)}: {mistake.expected}"
