"""A column of addresses reads as each of its texts does alone."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import example, given, settings
from hypothesis import strategies as st

from empi.bulk.addresses import read_addresses
from empi.definitions.residents import RESIDENTS
from empi.matching.arrays import hash_text
from empi.matching.identity import reading_of
from empi.matching.kinds import kind_of

READING = reading_of(RESIDENTS)
WORDS = [
    "河南省",
    "信阳市",
    "浉河区",
    "平桥区",
    "老城街道",
    "五里镇",
    "张湾村",
    "幸福小区",
    "号院",
    "号楼",
    "单元",
    "组",
    "村委会",
    "不详",
    "无",
]
PIECES = st.one_of(
    st.sampled_from(WORDS), st.integers(0, 120).map(str), st.sampled_from(["３", "١", " ", "\n", "-", "#"]), st.text(max_size=3)
)


@settings(max_examples=400)
@given(st.lists(st.lists(PIECES, max_size=7).map("".join), max_size=30))
@example(["5号院"])
def test_a_column_reads_as_its_texts_do(texts: list[str]) -> None:
    codes, arrays = read_addresses(pa.array(texts, pa.string()), READING)
    values = [kind_of("address").read((text,), READING) for text in texts]
    assert [code < 0 for code in codes] == [value is None for value in values]
    for code, value in zip(codes, values, strict=True):
        if value is not None:
            assert {part: int(array[code]) for part, array in arrays.items()} == {
                part: hash_text(text) for part, text in value._asdict().items()
            }
    assert len(arrays["place"]) == len({value for value in values if value is not None}) == len(np.unique(codes[codes >= 0]))
