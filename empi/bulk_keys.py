"""The blocking keys and search tokens of a whole city, written in the order in which the tables keep them.

Keys are hashes: those of a few thousand identities touch nearly every page of the key tables, so writing them step by step
writes a city's tables again and again. Here they are made first, laid aside in bins on the disk (some 700 bytes an identity, in
the folder for temporary files), and written bin by bin in ascending order, so that each page is written once.

They go before the identities. Where a load stops in between, keys point to identities that do not exist, and nobody is
compared with those; the other way round there would be identities that nobody finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from empi.candidates import BLOCK_COLUMNS
from empi.judges import Judge
from empi.keyed import keyed_all
from empi.matching.arrays import I64
from empi.models import BlockRow, TokenRow
from empi.plain import write_tuples
from empi.storing import Facts
from empi.tokens import texts_of
from empi.tokenstore import TOKEN_COLUMNS
from health_platform.kernel.db import Database
from health_platform.kernel.scope import system_scope

_WORK = "keys of a city"
_BIN_BITS = 4  # sixteen bins: of ten million identities each holds 300 MB
_KEY_BITS = 63
_ROWS_AT_ONCE = 50_000


class Bins:
    """Rows of whole numbers on the disk, by the highest bits of their first number."""

    def __init__(self, folder: Path, name: str, width: int) -> None:
        self._files = [folder / f"{name}-{place:02}" for place in range(1 << _BIN_BITS)]
        self._width = width

    def add(self, rows: Sequence[tuple[int, ...]]) -> None:
        """Lay rows aside."""
        given = np.array(rows, dtype=np.int64).reshape(-1, self._width)
        bins = given[:, 0] >> (_KEY_BITS - _BIN_BITS)
        for place in np.unique(bins).tolist():
            with self._files[place].open("ab") as file:
                given[bins == place].tofile(file)

    def ordered(self) -> Iterator[I64]:
        """All rows in ascending order, a bin at a time."""
        for file in self._files:
            if file.exists():
                rows = np.fromfile(file, dtype=np.int64).reshape(-1, self._width)
                yield rows[np.lexsort(rows.T[::-1])]


def write_keys(database: Database, judge: Judge, parts: Iterable[Mapping[int, Facts]]) -> None:
    """Write the keys of identities that the index does not hold yet; those that are there already stay.

    Args:
        parts: facts by patient key, as many at a time as shall be in memory.
    """
    with TemporaryDirectory(prefix="empi-keys-") as folder:
        blocks, tokens = (Bins(Path(folder), name, width) for name, width in (("blocks", 4), ("tokens", 2)))
        with database.unit_of_work(system_scope(_WORK), reading=True) as session:
            for part in parts:
                found = judge.blocks(session, part)
                blocks.add([(block.key, *block.finer, key) for key, of_key in found.items() for block in of_key])
                tokens.add([(token, key) for key, facts in part.items() for token in keyed_all(session, texts_of(facts))])
        _write(database, BlockRow, BLOCK_COLUMNS, blocks)
        _write(database, TokenRow, TOKEN_COLUMNS, tokens)


def _write(database: Database, model: type, names: tuple[str, ...], bins: Bins) -> None:
    for rows in bins.ordered():
        for start in range(0, len(rows), _ROWS_AT_ONCE):
            with database.unit_of_work(system_scope(_WORK)) as session:
                some = rows[start : start + _ROWS_AT_ONCE].tolist()
                write_tuples(session, model, names, list(map(tuple, some)), repeated=True)
