"""What is to be linked, and which part of the work is this machine's."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from empi.bulk.opening import Source, open_source
from empi.definitions.schema import Rules
from empi.matching.model import Model


@dataclass(frozen=True, slots=True)
class Job:
    """What to link, by which rules; ``work`` keeps the steps (None: nothing is kept); ``model`` skips training.

    ``source`` is the file as it was opened, where somebody has looked at it already. ``part_records`` is how many records are
    in memory at once where the work is spread over parts (``empi.bulk.spread``); 0: all of them.
    """

    records: Path
    rules: Rules
    work: Path | None = None
    model: Model | None = None
    source: Source | None = None
    part_records: int = 0

    def opened(self) -> Source:
        """The file, and how it is written."""
        return self.source or open_source(self.records)


@dataclass(frozen=True, slots=True)
class Share:
    """Machine ``number`` (from 1) of ``of``."""

    number: int
    of: int

    @classmethod
    def parse(cls, text: str) -> Share:
        """From "2/3".

        Raises:
            ValueError: not two whole numbers, the first from 1 to the second.
        """
        number, _, of = text.partition("/")
        share = cls(int(number), int(of))
        if not 1 <= share.number <= share.of:
            raise ValueError(text)
        return share

    def holds(self, place: int) -> bool:
        """True when the step at this place is this machine's."""
        return place % self.of == self.number - 1
