"""Rows come out of a spool in order, each once, however they went in."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empi.bulk.spool import Spool

pytestmark = pytest.mark.system("A10")
ROWS = st.lists(st.tuples(st.integers(0, 2**63 - 1), st.integers(0, 3)))


@given(parts=st.lists(ROWS, max_size=4), expected=st.sampled_from((0, 4_000_000, 100_000_000)))
def test_rows_come_out_in_order_and_once(parts: list[list[tuple[int, int]]], expected: int) -> None:
    spool = Spool(2, expected)
    for rows in parts:
        spool.add(np.array(rows, dtype=np.int64).reshape(-1, 2))
    found = [tuple(row) for rows in spool.ordered() for row in rows.tolist()]
    assert found == sorted({row for rows in parts for row in rows})
