"""Mapped codes in the pipeline's path: plain dictionaries, one per code system, made once per mapping version."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TableMap:
    """Local codes of one source system to the codes of one code system.

    Attributes:
        system: code of the code system.
        version: label of the code system's version the targets belong to; stored beside every mapped code.
        targets: local code to standard code. Never positional and never "the same digits": a code that nobody
            confirmed is a miss (some vendors number Rh the other way round).
    """

    system: str
    version: str = ""
    targets: Mapping[str, str] = field(default_factory=dict)

    def batch(self, codes: Iterable[str | None]) -> list[str | None]:
        """The standard code of each local code, ``None`` for an empty or unmapped one; same length and order."""
        return list(map(self.targets.get, codes))  # type: ignore[arg-type]

    def misses(self, codes: Sequence[str | None], mapped: Sequence[str | None]) -> Counter[str]:
        """How many rows carry each code that has no mapping; blank codes are not misses."""
        if None not in mapped:
            return Counter()
        return Counter(code for code, target in zip(codes, mapped, strict=True) if target is None and code)


@dataclass(frozen=True, slots=True)
class CodeMapper:
    """All mappings of one source system at one mapping version."""

    source: str
    version: int
    tables: Mapping[str, TableMap] = field(default_factory=dict)

    def table(self, system: str) -> TableMap:
        """The mapping to a code system; an empty one (everything is a miss) when nothing was ever mapped."""
        return self.tables.get(system) or TableMap(system)
