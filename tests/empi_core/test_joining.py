"""Frames read apart and joined compare as if they had been read together; a file comes in tables as it comes whole."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from empi.bulk.joining import chosen, joined
from empi.bulk.opening import Source, open_source
from empi.bulk.reading import frame_of_table
from empi.matching import load_rules
from empi.matching.scoring import compare_levels

pytestmark = pytest.mark.system("A10")
RULES = load_rules()
COLUMNS = (
    "rec_id", "domain_id", "local_id", "name", "id_type", "id_no", "gender", "birth_date", "phone", "card_type", "card_no",
    "address", "mother_name", "mother_id_no", "source_time",
)  # fmt: skip

FEW = {
    "name": st.sampled_from(["王伟", "王玮", "张某之子", "李娜之大双", "李 娜", "无名氏", "买买提·艾力", "ANNA LEE", ""]),
    "id_no": st.sampled_from(["11010519491231002X", "110105194912310021", "110105491231002", "G1234567", "*******1002X", ""]),
    "id_type": st.sampled_from(["01", "03", ""]),
    "gender": st.sampled_from(["1", "2", "男", "9", ""]),
    "birth_date": st.sampled_from(["1949-12-31", "19491230", "1990-01-01", "2026-05-05", ""]),
    "phone": st.sampled_from(["13812345678", "13812345679", "0536-1234567", "13800000000", ""]),
    "card_no": st.sampled_from(["A100", "A200", ""]),
    "address": st.sampled_from(["寿光市稻田镇前沟村12号", "寿光市稻田镇前沟村", "青州市益都街道", ""]),
    "mother_id_no": st.sampled_from(["110105194912310021", ""]),
    "local_id": st.sampled_from(["1", "2", ""]),
}
ROWS = st.lists(st.fixed_dictionaries(FEW), min_size=2, max_size=14)


@settings(max_examples=60, deadline=None)
@given(ROWS, st.data())
def test_parts_compare_as_the_whole(rows: list[dict[str, str]], data: st.DataObject) -> None:
    table = pa.table({name: [row.get(name, "x") for row in rows] for name in COLUMNS})
    cut = data.draw(st.integers(1, len(rows) - 1))
    whole = frame_of_table(table, RULES)
    parts = [frame_of_table(part, RULES) for part in (table.slice(0, cut), table.slice(cut))]
    left, right = (ends.ravel() for ends in np.meshgrid(np.arange(len(rows)), np.arange(len(rows))))
    for name, levels in compare_levels(whole, RULES, left, right).items():
        assert levels.tolist() == compare_levels(joined(parts, RULES), RULES, left, right)[name].tolist(), name
    some = np.array(sorted(data.draw(st.sets(st.integers(0, len(rows) - 1), min_size=1))))
    few = joined([chosen(whole, some)], RULES)
    left, right = (ends.ravel() for ends in np.meshgrid(np.arange(len(some)), np.arange(len(some))))
    expected = compare_levels(whole, RULES, some[left], some[right])
    assert all(levels.tolist() == expected[name].tolist() for name, levels in compare_levels(few, RULES, left, right).items())


FIELDS = st.text(st.characters(codec="gb18030", exclude_characters="\0\r", exclude_categories=("Cs", "Cc")), max_size=8)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(FIELDS, FIELDS), min_size=1, max_size=20), st.integers(1, 7), st.sampled_from(["utf-8", "gb18030"]))
def test_a_file_in_tables_is_the_file(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, str]], each: int, encoding: str
) -> None:
    written = io.StringIO()
    csv.writer(written, quoting=csv.QUOTE_ALL).writerows([("a", "b"), *((f"{one}\n{one}", two) for one, two in rows)])
    path: Path = tmp_path_factory.mktemp("file") / "records.csv"
    path.write_bytes(written.getvalue().encode(encoding))
    source: Source = open_source(path)
    types = {"a": pa.string(), "b": pa.string()}
    found = list(source.tables(["a", "b"], types, each))
    assert [len(table) for table in found[:-1]] == [each] * (len(found) - 1) and len(found[-1]) <= each
    assert pa.concat_tables(found).to_pydict() == source.read(["a", "b"], types).to_pydict()
