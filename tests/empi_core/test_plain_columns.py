"""Columns of names and numbers read as each of their texts does alone, whatever is written in them."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from empi.bulk.letters import hash_column
from empi.bulk.plain import READERS, read_part, reads_plainly
from empi.definitions.residents import DUMMIES, RESIDENTS
from empi.matching.arrays import hash_text
from empi.matching.blocking import shared_pairs
from empi.matching.days import is_date
from empi.matching.documents import lengthen
from empi.matching.frame import code_values
from empi.matching.identity import reading_of
from empi.matching.kinds import kind_of

READING = reading_of(RESIDENTS)
DIGITS = st.text("0123456789", max_size=19)
ODD = st.text("0123456789xX* -.·／ｘ１王無张之子(A\u200b", max_size=20)
NUMBERS = st.one_of(
    DIGITS,
    ODD,
    st.text(max_size=5),
    st.text("01Zaé", min_size=90, max_size=110),
    st.sampled_from([*DUMMIES.ids, *DUMMIES.phones, *DUMMIES.words, "111111111111111111", "345678901234567890"]),
    st.integers(10**10, 2 * 10**10).map(str),
    st.tuples(st.dates(date(1870, 1, 1), date(2110, 1, 1)), st.integers(0, 999)).map(
        lambda told: f"110105{told[0]:%Y%m%d}{told[1]:03d}X"
    ),
    st.tuples(st.dates(date(1901, 1, 1), date(1999, 12, 31)), st.integers(0, 999)).map(
        lambda told: lengthen(f"110105{told[0]:%y%m%d}{told[1]:03d}")
    ),
)
LABELS = st.one_of(st.sampled_from(["", "01", "03", "SSC", "ssc", "MRC", " mrc", "410181.H01", "市医院"]), st.text(max_size=3))
NAMES = st.one_of(
    st.text("王张李無无名氏不详之子女大小双测试國国A·（□", max_size=5),
    st.sampled_from([*DUMMIES.names, *DUMMIES.words, "㐀明", "王𠀀", "ＡＢ", "李é"]),
    st.text(max_size=4),
)


def reads_alike(kind: str, rows: list[tuple[str, ...]]) -> None:
    """The column gives the codes and arrays that reading one text after the other gives."""
    columns = [pa.array([row[place] for row in rows], pa.string()) for place in range(len(rows[0]))]
    part = read_part(kind, columns, READING)
    codes, values = code_values(kind_of(kind).read(row, READING) for row in rows)
    expected = kind_of(kind).encode(values)
    assert part.codes.tolist() == codes.tolist()
    assert part.arrays.keys() == expected.keys()
    for name, array in expected.items():
        assert part.arrays[name].tolist() == array.tolist(), name
        assert part.arrays[name].dtype.kind == array.dtype.kind, name
    assert len(set(part.names.tolist())) == len(values)


@settings(max_examples=300)
@given(st.lists(st.tuples(LABELS, NUMBERS), min_size=1, max_size=12))
@example([("01", "11010519491231002X"), ("", "11010519491231002x"), ("03", "110105491231002")])
@example([("MRC", "12345678"), ("", "1111"), ("SSC", "ab12"), ("ssc", "AB12")])
def test_labelled_numbers_read_as_their_texts_do(rows: list[tuple[str, str]]) -> None:
    for kind in ("document", "card", "local_number"):
        reads_alike(kind, list(rows))


@settings(max_examples=200)
@given(st.lists(NUMBERS, min_size=1, max_size=12))
@example(["13800138000", "12345678901", "+86 13912345677", "1391234-5677", "13911111111", "057188888888"])
def test_telephones_read_as_their_texts_do(texts: list[str]) -> None:
    reads_alike("phone", [(text,) for text in texts])


@settings(max_examples=300)
@given(st.lists(NAMES, min_size=1, max_size=12))
@example(["王明", "王·明", "王 明", "張偉", "张伟", "无名氏", "无", "王", "欧阳明", "王之子"])
def test_names_read_as_their_texts_do(texts: list[str]) -> None:
    reads_alike("person_name", [(text,) for text in texts])


def test_a_number_without_its_label_is_read_one_by_one() -> None:
    assert not reads_plainly("card", ("card_no",)) and reads_plainly("document", ("id_no",))
    assert set(READERS) == {"person_name", "phone", "document", "card", "local_number"}


@given(st.lists(st.one_of(NUMBERS, st.just("甲" * 40)), max_size=20), st.integers(0, 3))
def test_a_column_hashes_as_its_texts_do(texts: list[str], start: int) -> None:
    texts = [text.replace("\0", "") for text in texts]
    assert hash_column(pa.array(texts, pa.string()).slice(start)).tolist() == [hash_text(text) for text in texts[start:]]


@pytest.mark.parametrize("year", [1900, 2000, 2023, 2024])
def test_days_of_the_calendar_and_no_others(year: int) -> None:
    stated = [year * 10000 + month * 100 + day for month in range(100) for day in range(100)]
    real = {int(f"{date.fromordinal(n):%Y%m%d}") for n in range(date(year, 1, 1).toordinal(), date(year + 1, 1, 1).toordinal())}
    assert [day for day, real_one in zip(stated, is_date(np.array(stated)), strict=True) if real_one] == sorted(real)


@given(st.lists(st.integers(0, 4), max_size=25))
def test_all_pairs_of_equal_keys_and_the_blocks_that_are_too_large(keys: list[int]) -> None:
    left, right, large = shared_pairs(np.array(keys, dtype=np.uint64), 6)
    places = {key: [place for place, other in enumerate(keys) if other == key] for key in set(keys) - {0}}
    within = [(a, b) for block in places.values() if len(block) <= 6 for a in block for b in block if a < b]
    assert sorted(zip(left.tolist(), right.tolist(), strict=True)) == sorted(within)
    assert sorted(block.tolist() for block in large) == sorted(block for block in places.values() if len(block) > 6)
