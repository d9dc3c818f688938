"""How common a value is: the tables that make a rare name weigh more and a shared telephone less."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from empi.matching.arrays import F64, I32, I64, U64, combine


@dataclass(frozen=True, slots=True)
class Table:
    """Shares of common values: ``keys`` sorted hashes, ``shares`` their share, ``rest`` the share of any other."""

    keys: U64
    shares: F64
    rest: float

    def look_up(self, hashes: U64) -> F64:
        """The share of each hashed value."""
        if not len(self.keys):
            return np.full(len(hashes), self.rest)
        at = np.minimum(np.searchsorted(self.keys, hashes), len(self.keys) - 1)
        return np.where(self.keys[at] == hashes, self.shares[at], self.rest)


@dataclass(frozen=True, slots=True)
class Frequencies:
    """Tables by field name, and the telephones used by more than one person."""

    tables: dict[str, Table] = field(default_factory=dict)
    phone_keys: U64 = field(default_factory=lambda: np.zeros(0, dtype=np.uint64))
    phone_users: I64 = field(default_factory=lambda: np.zeros(0, dtype=np.int64))

    def users(self, hashes: U64) -> I32:
        """Persons using each telephone (1 when nothing is known of it)."""
        if not len(self.phone_keys):
            return np.ones(len(hashes), dtype=np.int32)
        at = np.minimum(np.searchsorted(self.phone_keys, hashes), len(self.phone_keys) - 1)
        return np.where(self.phone_keys[at] == hashes, self.phone_users[at], 1).astype(np.int32)


def tabulate(hashes: U64, codes: I32, keep: int = 50_000) -> Table:
    """Shares of a field's values among the records that have one; values seen once share ``rest``."""
    values, counts = count_values(hashes, codes)
    common = np.flatnonzero(counts >= 2)
    if len(common) > keep:
        common = common[np.argsort(-counts[common], kind="stable")[:keep]]
    return share_table(values[common], counts[common], int(counts.sum()), len(values))


def count_values(hashes: U64, codes: I32) -> tuple[U64, I64]:
    """The hashes of the values that records state (by the code of each record, -1: none), ascending, and how many state each."""
    values, number = np.unique(hashes, return_inverse=True)
    counts = np.bincount(number[codes[codes >= 0]], minlength=len(values))
    return values[counts > 0], counts[counts > 0]


def share_table(common: U64, counts: I64, stated: int, distinct: int) -> Table:
    """Shares of the common values.

    Args:
        common: hashes of the values that more than one record states.
        counts: the records that state each.
        stated: records that state any value.
        distinct: values that are stated.
    """
    if not stated:
        return Table(np.zeros(0, np.uint64), np.zeros(0), 1e-6)
    total = float(stated)
    order = np.argsort(common)
    rest = max(1.0, (total - counts.sum()) / max(1, distinct - len(common))) / total
    return Table(common[order], counts[order] / total, rest)


def distinct_users(phone: U64, person: U64) -> tuple[U64, U64]:
    """Every telephone with every person (by a name hash) who states it, once."""
    used = (phone != 0) & (person != 0)
    phone, person = phone[used], person[used]
    _, first = np.unique(combine(11, [phone, person]), return_index=True)
    return phone[first], person[first]


def count_users(phone: U64, person: U64) -> tuple[U64, I64]:
    """Distinct persons (by a name hash) per telephone, for telephones with more than one."""
    keys, users = np.unique(distinct_users(phone, person)[0], return_counts=True)
    return keys[users > 1], users[users > 1].astype(np.int64)
