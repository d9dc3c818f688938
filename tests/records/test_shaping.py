"""The pure parts of the record service: merging, flags, problems, medicines, pages, visibility."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from health_platform.kernel.errors import NotFound
from health_platform.records import references
from health_platform.records.flags import flag_of, number_of
from health_platform.records.freshness import Reach, freshness_of
from health_platform.records.medications import medications_of
from health_platform.records.merging import merged, plain
from health_platform.records.paging import END_OF_TIME, page_rows
from health_platform.records.problems import allergies_of, problems_of
from health_platform.records.rows import EventRow, milliseconds, moment, row_of
from health_platform.records.shaping import events_of, range_text
from health_platform.records.values import Section
from health_platform.records.visibility import View, withheld

pytestmark = pytest.mark.system("A07", "C10")

NOW = datetime(2024, 6, 10, tzinfo=UTC)
_BLANK = row_of((7, "visit", 0, "d", "k", 1, "411502000000", "medical", *[""] * 14, None, "", "", "data_api", 0))


def row(days_ago: float = 0, **changes: Any) -> EventRow:
    return _BLANK._replace(at=milliseconds(NOW - timedelta(days=days_ago)), **changes)


rows = st.builds(
    lambda at, **fields: _BLANK._replace(at=at * 3_600_000, **fields),
    st.integers(0, 60),
    section=st.sampled_from(["visit", "lab", "problem", "vaccination"]),
    row_key=st.text("ab", max_size=2),
    dataset=st.sampled_from(["a", "b"]),
    source=st.sampled_from(["hl7v2", "fhir"]),
    institution=st.integers(1, 2),
    title=st.sampled_from(["钾", "钠", "K+ "]),
    visit=st.sampled_from(["", "v1"]),
    division=st.sampled_from(["411502000000", "411503000000"]),
    line=st.sampled_from(["medical", "control"]),
    sensitive=st.sampled_from(["", "hiv", "mental"]),
)


@given(st.lists(rows, max_size=25, unique_by=lambda one: (one.at, one.section, one.dataset, one.row_key)))
def test_merging_keeps_every_row_once_and_never_joins_rows_of_one_source(found: list[EventRow]) -> None:
    clusters = merged(found)
    assert sorted(map(str, found)) == sorted(str(one) for cluster in clusters for one in cluster)
    for cluster in clusters:
        if not (cluster[0].section == "visit" and cluster[0].visit):
            origins = [(one.dataset, one.source, one.institution) for one in cluster]
            assert len(set(origins)) == len(origins)
    assert merged(reversed(found)) == clusters
    assert [cluster[0].at for cluster in clusters] == sorted((cluster[0].at for cluster in clusters), reverse=True)


@given(st.lists(rows, max_size=60), st.integers(1, 20))
def test_pages_give_every_row_once(found: list[EventRow], size: int) -> None:
    newest_first = sorted(found, key=lambda one: (-one.at, one.dataset, one.row_key))

    def fetch(before: int, limit: int) -> list[EventRow]:
        return [one for one in newest_first if one.at < before][:limit]

    seen: list[EventRow] = []
    cursor, steps = "", 0
    while True:
        page, cursor = page_rows(fetch, cursor, END_OF_TIME, size)
        seen += page
        steps += 1
        if not cursor:
            break
    assert seen == newest_first
    assert steps <= len(found) + 1


def fate_of(view: View, row: EventRow) -> str:
    return view.fate(row.section, row.sensitive, row.division, row.line)


@given(st.lists(rows, max_size=30), st.sets(st.sampled_from(["hiv", "mental", "lab"])), st.booleans())
def test_a_narrower_view_never_shows_more(found: list[EventRow], hidden: set[str], everywhere: bool) -> None:
    wide = View(True, (), None, None)
    narrow = View(everywhere, ("411502",), frozenset({"medical"}), frozenset({"hiv"}), frozenset(hidden))
    shown = [one for one in found if fate_of(narrow, one) == "seen"]
    assert all(fate_of(wide, one) == "seen" for one in shown)
    assert not [one for one in shown if one.sensitive == "mental" or one.section in hidden or one.sensitive in hidden]
    counted = withheld((one.section, one.sensitive, fate_of(narrow, one), 1) for one in found)
    assert sum(one.count for one in counted) == sum(fate_of(narrow, one) in ("class", "resident") for one in found)


@given(st.builds(references.Reference, st.text("ab"), st.text("a_"), st.integers(0, 2**63), st.integers(), st.text(max_size=30)))
def test_references_survive_links(reference: references.Reference) -> None:
    if "\x1e" in reference.row_key:
        return
    made = references.encode(_BLANK._replace(**reference._asdict()))
    assert made.replace("-", "").replace("_", "").isalnum()
    assert references.decode(made) == reference
    with pytest.raises(NotFound):
        references.decode(made[1:] + "é")


EARLIEST, LATEST = datetime(1900, 1, 1), datetime(2100, 1, 1)  # noqa: DTZ001 - hypothesis wants bounds without a zone


@given(st.datetimes(EARLIEST, LATEST))
def test_moments(time: datetime) -> None:
    aware = time.replace(tzinfo=UTC, microsecond=time.microsecond // 1000 * 1000)
    assert moment(milliseconds(aware)) == aware


@pytest.mark.parametrize(
    ("name", "value", "unit", "reported", "flag"),
    [
        ("钾", "6.5", "mmol/L", "2", "hh"),
        ("钾", "6.5", "mg/dL", "2", "h"),
        ("血钾", "2.5", "mmol/l", "", "ll"),
        ("钾", "4.0", "mmol/L", "1", ""),
        ("葡萄糖", "<0.1", "mmol/L", "3", "l"),
        ("乙肝表面抗原", "阳性(+)", "", "", "a"),
        ("乙肝表面抗原", "阴性", "", "", ""),
        ("未知项目", "999", "U", "H", "h"),
        ("钾", "溶血", "mmol/L", "", ""),
        ("钾", "nan", "mmol/L", "", ""),
    ],
)
def test_flags(name: str, value: str, unit: str, reported: str, flag: str) -> None:
    assert flag_of(name, value, unit, reported) == flag


def test_numbers_and_ranges() -> None:
    assert (number_of("1e3"), number_of("inf"), number_of("≥3")) == (1000.0, None, None)
    assert (range_text("3.90", "6.10"), range_text("", "5"), range_text("2", ""), range_text("", "")) == (
        "3.9–6.1",
        "≤5",
        "≥2",
        "",
    )
    assert plain(" Ｋ（血） ") == "k血"


def test_one_disease_is_one_problem() -> None:
    found = [
        row(900, section="problem", code="I10", title="高血压"),
        row(400, section="problem", code="I10.x05|E11.9", title="高血压病|2型糖尿病", row_key="b"),
        row(800, section="problem", code="J00", title="急性鼻咽炎", row_key="c"),
        row(700, section="problem", code="J18", title="肺炎", row_key="d", ended=milliseconds(NOW - timedelta(days=690))),
    ]
    problems = problems_of(found, {1: "一院"}, NOW)
    assert [(one.code[:3], one.active, one.mentions) for one in problems] == [
        ("E11", True, 1), ("I10", True, 2), ("J18", False, 1), ("J00", False, 1),
    ]  # fmt: skip
    assert problems[1].since == NOW - timedelta(days=900)


def test_allergies_tell_known_none_and_unasked_apart() -> None:
    known = row(100, section="allergy", title="青霉素", value="0")
    asked = row(10, section="allergy", title="", value="1")
    over = row(5, section="allergy", title="青霉素", value="0", ended=milliseconds(NOW))
    assert allergies_of([], {}).state == "unasked"
    assert allergies_of([asked], {}).state == "none"
    assert [one.title for one in allergies_of([known, asked], {}).items] == ["青霉素"]
    assert allergies_of([known, over], {}).state == "unasked"


def test_medicines_last_as_long_as_assumed() -> None:
    events = events_of(
        [
            row(200, section="drug", title="氨氯地平片 5mg*7片", row_key="a"),
            row(10, section="drug", title="氨氯地平片 10mg*7片", row_key="b"),
            row(60, section="drug", title="头孢克洛", row_key="c"),
        ],
        {},
    )
    made = medications_of(events, NOW)
    assert [(one.name[:4], one.active, one.prescriptions) for one in made] == [("氨氯地平", True, 2), ("头孢克洛", False, 1)]


def test_an_event_takes_from_every_report_what_the_fullest_lacks() -> None:
    base = {"section": "lab", "title": "钾", "value": "4", "unit": "mmol/L"}
    short = row(1, **base, source="hl7v2", department="内科")
    full = row(1, **base, note="复核", doctor="李", low="3.5", high="5.5")
    (event,) = events_of([short, full], {1: "一院"})
    assert (event.department, event.doctor, event.normal, event.institution) == ("内科", "李", "3.5–5.5", "一院")
    assert [origin.source for origin in event.origins] == ["data_api", "hl7v2"]


def test_silence_is_late_only_when_the_institution_is_known_to_be_silent() -> None:
    at = milliseconds(NOW - timedelta(days=30))
    reach = Reach(1, Section.LAB, at, at, "一院", "", "", "")
    (unjudged,) = freshness_of([reach], {}, {}, NOW)
    (late,) = freshness_of([reach], {}, {1: NOW - timedelta(days=4)}, NOW)
    (current,) = freshness_of([reach], {}, {1: NOW}, NOW)
    (never,) = freshness_of([], {2: "二院"}, {2: NOW}, NOW)
    assert [one.state for one in (unjudged, late, current, never)] == ["current", "late", "current", "never"]
