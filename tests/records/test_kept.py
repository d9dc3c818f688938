"""What is read off the summary of a person is what the warehouse would have answered."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_platform.records.kept import newest
from health_platform.records.paging import END_OF_TIME, first_page, page_rows
from health_platform.records.rows import EventRow
from health_platform.records.summarising import unbroken
from health_platform.records.summary import Summary, Tally
from health_platform.records.values import Section
from tests.records.test_shaping import row

pytestmark = pytest.mark.system("A07", "C10")

HOUR = 3_600_000
SECTIONS = (Section.VISIT, Section.EXAM, Section.DRUG)


def summary_of(rows: list[EventRow]) -> Summary:
    """As ``summarising`` makes one: of each section the newest, and of drugs an old one besides."""
    kept: list[EventRow] = []
    for section in SECTIONS:
        mine = [one for one in rows if one.section == section]
        kept += mine[: unbroken(section)]
        kept += mine[-1:] if section is Section.DRUG and len(mine) > unbroken(section) else []
    totals = Counter(one.section for one in rows)
    tallies = tuple(Tally(section, "", "", "", (202401,), (count,), (0,)) for section, count in totals.items())
    return Summary(tuple(kept), (), tallies, datetime(2024, 1, 1, tzinfo=UTC))


@given(
    st.lists(st.tuples(st.sampled_from(SECTIONS), st.integers(0, 400)), max_size=160),
    st.integers(1, 30),
    st.sets(st.sampled_from(SECTIONS), min_size=1),
)
def test_a_page_of_the_newest_rows_is_the_warehouses(drawn: list[tuple[Section, int]], size: int, asked: set[Section]) -> None:
    rows = [row(section=section, row_key=f"{place:04}")._replace(at=hours * HOUR) for place, (section, hours) in enumerate(drawn)]
    rows.sort(key=lambda one: (-one.at, one.dataset, one.row_key))
    wanted = [one for one in rows if one.section in asked]
    summary = summary_of(rows)
    kept, all_of_them = newest(summary, asked)
    assert kept == wanted if all_of_them else kept == wanted[: len(kept)] != wanted

    def fetch(before: int, limit: int) -> list[EventRow]:
        return [one for one in wanted if one.at < before][:limit]

    cursor = ""
    while (page := first_page(kept, cursor, END_OF_TIME, size)) is not None:
        assert page == page_rows(fetch, cursor, END_OF_TIME, size)
        cursor = page[1]


def test_a_section_of_which_the_summary_keeps_what_tells_most_is_never_read_off_it() -> None:
    summary = Summary((row(section=Section.LAB),), (), (Tally("lab", "", "", "", (202401,), (2,), (0,)),), datetime.now(UTC))
    assert newest(summary, (Section.LAB,)) == ([], False)
