"""What a file states of a city waits outside memory, the newest of each number, and is found again."""

from __future__ import annotations

from dataclasses import replace

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from empi.api import RawIdentity
from empi.bulk.city import KEY
from empi.stated import Stated, identities_of
from tests.empi_service.people import WANG

pytestmark = pytest.mark.system("A10")

_TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=6).map(str.strip)
_STATEMENTS = st.builds(
    lambda local_id, source_time, name, credentials, institution_id: replace(
        WANG,
        local_id=local_id,
        source_time=source_time,
        name=name,
        credentials=credentials,
        institution_id=institution_id,
    ),
    st.sampled_from(["1", "2", "3", "4"]),
    st.sampled_from(["", "2024-01-01", "2025-01-01"]),
    _TEXTS,
    st.lists(st.tuples(st.just("YB"), _TEXTS), max_size=2).map(lambda some: tuple(sorted(some))),
    st.sampled_from([None, 7]),
)


@given(told=st.lists(_STATEMENTS, max_size=9), each=st.integers(1, 5))
def test_the_newest_of_each_number_is_found_again(told: list[RawIdentity], each: int) -> None:
    newest = {raw.patient_key: raw for raw in sorted(told, key=lambda raw: raw.source_time)}  # stable: of equal ones the last
    stated = Stated(told)
    keys = stated.keys.tolist()
    assert len(stated) == len(keys) and set(keys) == newest.keys()
    assert identities_of(stated.rows(keys[::-1])) == [newest[key] for key in keys[::-1]]
    tables = list(stated.tables(each))
    assert all(table.num_rows == each for table in tables[:-1])
    found = pa.concat_tables(tables).to_pylist() if tables else []
    assert [row[KEY] for row in found] == keys
    assert [(row["name"], row["source_time"]) for row in found] == [(newest[key].name, newest[key].source_time) for key in keys]


def test_a_digest_names_the_statements_and_their_order() -> None:
    other = replace(WANG, local_id="2")
    names = [Stated(told).digest for told in ([WANG, other], [other, WANG], [WANG], [replace(WANG, name="王")])]
    assert len(set(names)) == 4
    assert Stated([WANG, other]).digest == names[0]
