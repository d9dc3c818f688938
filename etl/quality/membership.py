"""Whether a row has a partner, and whether several: asked of a set of hashes, where no value of the partner is read.

Different keys share a hash of 64 bits with probability 2⁻⁶⁴. So among n partner rows a missing one seems found with n / 2⁶⁴ (ten
million: 5 · 10⁻¹³), and one pair of n different keys seems repeated with n² / 2⁶⁵ (3 · 10⁻⁶).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from etl.quality.columns import Rows, source
from etl.quality.rules import REPEATED, Partner, dataset_fields
from health_platform.datasets.api import Dataset, dataset
from health_platform.expressions.api import Kind
from health_platform.kernel.warehouse.api import Place

PARTNER_HELD_WHOLE: Final = 16_000_000
"""A partner's table of no more rows is hashed as it stands; of a larger one only the rows that the scanned rows name."""


def hashed(mine: Rows, names: Sequence[str]) -> str:
    """SQL of a row's key: one number, NULL where a part of the key is absent."""
    institution = f"{mine.alias}.institution" if mine.alias else "institution"
    return f"cityHash64({', '.join((institution, *map(mine.column, names)))})"


def filled(theirs: Rows, names: Sequence[str]) -> str:
    """SQL condition: every part of the key is there. Absent texts are stored empty."""
    kinds = dataset_fields(theirs.dataset)
    return " AND ".join(
        f"{theirs.column(name)} != ''" if kinds[name] is Kind.TEXT else f"{theirs.column(name)} IS NOT NULL" for name in names
    )


@dataclass(frozen=True)
class Membership:
    """The partner rows of one scan.

    Attributes:
        within: condition of the scan's days, over bare columns of ``mine``.
        whole: the partner's table is small enough to be hashed without asking which rows matter.
    """

    mine: Dataset
    partner: Partner
    place: Place
    within: str
    whole: bool

    def answer(self, name: str, alias: str = "") -> str:
        """SQL of ``other.found`` or ``other.repeated`` for a scanned row: 0 or 1."""
        own = hashed(Rows(self.mine, alias), [mine for mine, _ in self.partner.on])
        keys = self._repeated() if name == REPEATED else self._found()
        return f"ifNull({own} GLOBAL IN ({keys}), 0)"

    def _found(self) -> str:
        return f"SELECT {self._hash} {self._rows()}{self._asked()}"

    def _repeated(self) -> str:
        asked = f" AND {self.within}" if self._same_day else self._asked()
        return f"SELECT {self._hash} AS q_hash {self._rows()}{asked} GROUP BY q_hash HAVING count() > 1"

    @property
    def _theirs(self) -> Rows:
        return Rows(dataset(self.partner.dataset))

    @property
    def _hash(self) -> str:
        return hashed(self._theirs, self._names)

    @property
    def _names(self) -> list[str]:
        return [theirs for _, theirs in self.partner.on]

    @property
    def _same_day(self) -> bool:
        """True if rows with the same key have the same event time, so that none of another day matters."""
        first = self.mine.time[:1]
        return self.partner.dataset == self.mine.name and any(pair == (*first, *first) for pair in self.partner.on)

    def _rows(self) -> str:
        theirs = self._theirs
        return f"FROM {source(self.place, theirs.dataset)} WHERE {theirs.current} AND {filled(theirs, self._names)}"

    def _asked(self) -> str:
        if self.whole:
            return ""
        mine = Rows(self.mine)
        named = hashed(mine, [own for own, _ in self.partner.on])
        rows = f"FROM {source(self.place, self.mine)} WHERE {self.within} AND {mine.current}"
        return f" AND {self._hash} GLOBAL IN (SELECT {named} {rows})"
