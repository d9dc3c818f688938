"""Decoding: the quick way and the slow way read the same, and no bytes at all break it."""

from __future__ import annotations

import csv
import io
import json
import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from etl.checking import BatchFacts, prepare
from etl.decoding import json_rows
from etl.decoding.decode import Decoders
from etl.decoding.rows import Malformed, Rows, field_names, fold
from health_platform.datasets.api import camel, catalogue, dataset
from health_platform.kernel import clock

pytestmark = pytest.mark.system("A11", "J07")

LAB = dataset("emr_ex_lab")
NAMES = list(LAB.by_name)
DECODERS = Decoders()
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.text(max_size=12),
    st.sampled_from(['a"b', "a\\", '\\"', "a:b", "{", "[", "\n", "：", "2026-03-01 08:00:00"]),
)
ROWS = st.lists(st.dictionaries(st.sampled_from(NAMES), SCALARS, max_size=6), max_size=5)


@given(rows=ROWS, style=st.sampled_from([str, camel, str.upper]), spaced=st.booleans(), ascii_=st.booleans())
@settings(max_examples=200)
def test_both_ways_read_the_same(rows: list[dict[str, Any]], style: Any, spaced: bool, ascii_: bool) -> None:
    written = [{style(name): value for name, value in row.items()} for row in rows]
    separators = None if spaced else (",", ":")
    body = json.dumps(written, ensure_ascii=ascii_, separators=separators).encode("utf-8", "surrogatepass")
    quick = json_rows.decode_json(LAB, body)
    slow = json_rows._decode_slowly(LAB, json_rows._pieces(body, lines=False))
    assert quick.count == slow.count == len(rows)
    for name in NAMES:
        expected = [row.get(name) for row in rows]
        assert list(quick.columns.get(name, [None] * len(rows))) == expected
        assert list(slow.columns.get(name, [None] * len(rows))) == expected
    assert [json.loads(quick.raw(at)) for at in range(len(rows))] == written


@given(rows=ROWS, at=st.integers(0, 4), name=st.sampled_from(NAMES))
def test_a_key_written_twice_is_found(rows: list[dict[str, Any]], at: int, name: str) -> None:
    texts = [json.dumps(row, ensure_ascii=False) for row in [*rows, {}]]
    at = min(at, len(texts) - 1)
    inner = texts[at][1:-1]
    texts[at] = "{" + ", ".join(filter(None, [inner, f'"{name}": "1"', f'"{name}": "2"'])) + "}"
    found = json_rows.decode_json(LAB, f"[{','.join(texts)}]".encode())
    assert list(found.faults) == [at]
    assert found.faults[at][0].rule == "json"


@given(rows=st.lists(st.lists(st.text(max_size=6).filter(lambda t: "\0" not in t), min_size=3, max_size=3), max_size=4))
def test_csv_reads_what_was_written(rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([["id", "patientId", "床号?"], *rows])
    (found,) = DECODERS.decode("csv", text.getvalue().encode("utf-8", "replace"), LAB.name)
    assert found.count == len(rows)
    assert [json.loads(found.raw(at))["id"] for at in range(found.count)] == [
        row[0].encode("utf-8", "replace").decode() for row in rows
    ]


def test_field_names_do_not_collide() -> None:
    for each in catalogue().values():
        assert len({fold(name) for name in each.by_name}) == len(each.by_name)
        names = field_names(each.name)
        assert all(names[fold(camel(name))] == name for name in each.by_name)


@given(content=st.binary(max_size=60), format_=st.sampled_from(["json", "ndjson", "csv", "rows", "other"]))
@settings(max_examples=400)
def test_no_bytes_break_the_decoders(content: bytes, format_: str) -> None:
    _survives(format_, content)


@pytest.mark.long
def test_five_million_mutations() -> None:
    dice = random.Random(7)
    seeds = [
        ("json", json.dumps([{"id": "1", "patientId": "p", "examinationReportDate": "2026-03-01"}] * 2).encode()),
        ("ndjson", b'{"id":"1","patient_id":"p"}\n{"id":"2"}\n'),
        ("csv", "id,patient_id,床号\n1,p,2\n".encode()),
    ]
    for _ in range(5_000_000):
        format_, seed = dice.choice(seeds)
        content = bytearray(seed)
        for _ in range(dice.randint(1, 4)):
            content[dice.randrange(len(content))] = dice.randrange(256)
        _survives(format_, bytes(content))


def _survives(format_: str, content: bytes) -> None:
    try:
        decoded = DECODERS.decode(format_, content, LAB.name)
    except Malformed as reason:
        assert str(reason)
        return
    prepared = prepare(_facts(), decoded)
    kept = sum(len(part.positions) for part in prepared.parts)
    assert kept + len(prepared.rejected) == prepared.row_count
    for row in prepared.rejected:
        assert row.faults
        assert isinstance(row.raw, str)


def _facts() -> BatchFacts:
    return BatchFacts(1, 1, "411502000000", LAB.name, "json", "upsert", "test", 1, clock.now())


def test_positions_go_on_when_a_decoder_gives_a_dataset_twice() -> None:
    def rows(*keys: str) -> Rows:
        values = {"id": list(keys), "patient_id": ["p"] * len(keys), "operation_time": ["2026-03-01"] * len(keys)}
        return Rows(LAB, values, len(keys), lambda at: keys[at])

    prepared = prepare(_facts(), [rows("a", ""), rows("", "b")])
    assert [(row.position, row.raw) for row in prepared.rejected] == [(1, ""), (2, "")]
    assert [list(part.positions) for part in prepared.parts] == [[0], [3]]
    assert prepared.parts[1].raw(3) == "b"


@pytest.mark.parametrize("body", ["{}{}", '{"id":"1"} {"id":"2"}\n{"id":"3"}', '{"id":\n"1"}', '{}{}\n{"id":\n{}}', "{\n}\n{}{}"])
def test_a_line_that_is_not_exactly_one_row_is_named(body: str) -> None:
    facts = BatchFacts(1, 1, "411502000000", "emr_ex_lab", "ndjson", "upsert", "batch", 1, clock.now())
    prepared = prepare(facts, DECODERS.decode("ndjson", body.encode(), "emr_ex_lab"))
    lines = [line for line in body.split("\n") if line.strip()]
    assert prepared.row_count == len(lines)
    assert {row.raw for row in prepared.rejected if row.faults[0].rule == "json"} == {
        line for line in lines if not line.startswith('{"id":"3"') and line != "{}"
    }
