"""The keys of a whole city, written in the order of their tables before its identities.

Blocking keys and search tokens are hashes. Written identity by identity, every step of a first load touches most pages of their
tables; written in order, every page is filled once (ADR 98). A key whose identity is not there yet finds nobody.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import delete, select

from empi.bulk.city import KEY
from empi.bulk.plain import by_appearance
from empi.bulk.spool import Spool
from empi.candidates import BLOCK_COLUMNS
from empi.crew import Crew
from empi.definitions.schema import Rules
from empi.matching.arrays import I32, I64, U64
from empi.matching.blocking import pass_keys, tokens_of
from empi.matching.frame import Frame
from empi.models import BlockRow, IdentityRow, TokenRow
from empi.plain import write_missing
from empi.tokens import TEXTS
from empi.tokenstore import TOKEN_COLUMNS
from health_platform.kernel.db import Database
from health_platform.kernel.scope import Scope

_AT_ONCE = 50_000  # hashes or texts in one piece of work
_ROWS = 4_000_000  # expanded at once
_IN_TRANSACTION = 500_000
_KEYS_EACH = 15  # measured; only the number of files depends on it
_FINER = 2

log = logging.getLogger("empi")


@dataclass(frozen=True)
class _Hashed:
    """Distinct keyed hashes, and which of them each identity has; hash 0 is none."""

    distinct: I64
    codes: I32

    def of_each(self) -> I64:
        return self.distinct[self.codes]


class KeysAhead:
    """The keys of a city's identities on their way into the index.

    Args:
        crew: who hashes them.
        rules: which keys there are.
        expected: about how many identities will come.
    """

    def __init__(self, crew: Crew, rules: Rules, expected: int) -> None:
        self._crew, self._rules = crew, rules
        self._blocks = Spool(len(BLOCK_COLUMNS), expected * _KEYS_EACH)
        self._tokens = Spool(len(TOKEN_COLUMNS), expected * _KEYS_EACH)

    def take(self, table: pa.Table, frame: Frame) -> None:
        """Take in the keys of some identities as they were stated, and as they are read to be compared."""
        keys = table.column(KEY).to_numpy()
        self._take_blocks(keys, frame)
        self._take_tokens(keys, table)

    def _take_blocks(self, keys: I64, frame: Frame) -> None:
        rules = self._rules
        tokens = tokens_of(frame, rules)
        divide = {name for rule in rules.passes for name in rule.finer[:_FINER]}
        divided = {name: self._hashed(tokens[name]).of_each() for name in sorted(divide)}
        undivided = np.zeros(frame.size, dtype=np.int64)
        for place, rule in enumerate(rules.passes):
            hashes = self._hashed(pass_keys(frame, rules, place)).of_each()
            finer, finest = [*(divided[name] for name in rule.finer[:_FINER]), undivided, undivided][:_FINER]
            rows = np.column_stack((hashes, finer, finest, keys))
            self._blocks.add(rows[hashes != 0])

    def _hashed(self, numbers: U64) -> _Hashed:
        """The keyed hash of every number; 0 stays 0."""
        first, codes = by_appearance(numbers)
        distinct = numbers[first]
        told = np.flatnonzero(distinct)
        hashes = np.zeros(len(distinct), dtype=np.int64)
        parts = (distinct[told[start : start + _AT_ONCE]] for start in range(0, len(told), _AT_ONCE))
        hashes[told] = _joined(self._crew.each("hash_numbers", ((part,) for part in parts)))
        return _Hashed(hashes, codes)

    def _take_tokens(self, keys: I64, table: pa.Table) -> None:
        for column in TEXTS:
            coded = table.column(column).combine_chunks().dictionary_encode()
            texts, codes = coded.dictionary, coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
            parts = (texts.slice(start, _AT_ONCE).to_pylist() for start in range(0, len(texts), _AT_ONCE))
            found = list(self._crew.each("hash_texts", ((column, part) for part in parts)))
            counts, tokens = _joined(counts for counts, _ in found), _joined(tokens for _, tokens in found)
            self._expand(keys, codes, counts, tokens)

    def _expand(self, keys: I64, codes: I64, counts: I64, tokens: I64) -> None:
        """A row for every token of every identity, whose text is told by its code."""
        starts = np.cumsum(counts) - counts
        widths = counts[codes]
        total = np.cumsum(widths)
        cuts = np.searchsorted(total, np.arange(_ROWS, total[-1] if len(total) else 0, _ROWS))
        for begin, end in pairwise(np.unique([0, *cuts.tolist(), len(codes)]).tolist()):
            width = widths[begin:end]
            within = np.arange(width.sum()) - np.repeat(np.cumsum(width) - width, width)
            places = np.repeat(starts[codes[begin:end]], width) + within
            self._tokens.add(np.column_stack((tokens[places], np.repeat(keys[begin:end], width))))

    def write(self, database: Database, scope: Scope) -> dict[int, int]:
        """Write everything taken in, in order, each part in a transaction of its own.

        Returns:
            Of every block above its cap one of its identities.
        """
        over_full: dict[int, int] = {}
        for model, names, spool in ((BlockRow, BLOCK_COLUMNS, self._blocks), (TokenRow, TOKEN_COLUMNS, self._tokens)):
            written = 0
            for rows in spool.ordered():
                if model is BlockRow:
                    over_full |= _held_by_more_than(self._rules.block_cap, rows)
                for start in range(0, len(rows), _IN_TRANSACTION):
                    some = rows[start : start + _IN_TRANSACTION]
                    with database.unit_of_work(scope) as session:
                        write_missing(session, model, names, some.tolist())
                    written += len(some)
                    log.info("first load: %d rows of %s", written, model.__tablename__)
        return over_full


def _held_by_more_than(cap: int, rows: I64) -> dict[int, int]:
    """Of the blocks with more rows than that, which all are among these: the identity of one."""
    blocks, first, counts = np.unique(rows[:, 0], return_index=True, return_counts=True)
    many = counts > cap
    return dict(zip(blocks[many].tolist(), rows[first[many], -1].tolist(), strict=True))


def forget_unclaimed_keys(database: Database, scope: Scope) -> None:
    """Remove keys that were written ahead of identities that never came."""
    with database.unit_of_work(scope) as session:
        for model in (BlockRow, TokenRow):
            claimed = select(IdentityRow.patient_key).where(IdentityRow.patient_key == model.patient_key)
            gone: Any = delete(model).where(~claimed.exists())
            session.execute(gone.execution_options(synchronize_session=False))


def _joined(parts: Iterable[I64]) -> I64:
    return np.concatenate([np.zeros(0, dtype=np.int64), *parts])
