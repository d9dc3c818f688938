"""What the systems of the institutions are about to send, kept on disk so that a city of any size needs little memory."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import TracebackType

HELD_LINES = 20_000


class Spool:
    """Lines in files by name, written in blocks. Use as ``with Spool(folder) as spool: spool.put("unit-01/visit", line)``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: dict[str, list[bytes]] = defaultdict(list)
        self._holding = 0
        self.weights: Counter[str] = Counter()

    def put(self, name: str, line: bytes, weight: int = 1) -> None:
        """Add a line (without line end). ``weight`` is the number of rows it holds."""
        self._held[name].append(line)
        self.weights[name] += weight
        self._holding += 1
        if self._holding >= HELD_LINES:
            self.flush()

    def flush(self) -> None:
        """Write what is held."""
        for name, lines in self._held.items():
            path = self._folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with open(path, "ab") as file:
                file.write(b"\n".join(lines) + b"\n")
        self._held.clear()
        self._holding = 0

    def names(self, folder: str) -> list[str]:
        """Names under a folder, in order."""
        return sorted(name.removeprefix(f"{folder}/") for name in self.weights if name.startswith(f"{folder}/"))

    def groups(self, name: str, size: int) -> Iterator[list[bytes]]:
        """The lines of a name in groups of at most ``size``."""
        if name not in self.weights:
            return
        with open(self._folder / name, "rb") as file:
            while group := [line.rstrip(b"\n") for line in islice(file, size)]:
                yield group

    def __enter__(self) -> Spool:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.flush()
