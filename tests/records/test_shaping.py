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
from health_platform.records.merging import merged
from health_platform.records.paging import END_OF_TIME, page_rows
from health_platform.records.problems import allergies_of, family_of, problems_of
from health_platform.records.rows import EventRow, milliseconds, moment, row_of
from health_platform.records.shaping import events_of, range_text
from health_platform.records.standing import standing_of
from health_platform.records.values import Section
from health_platform.records.visibility import View, withheld
from health_platform.records.wording import plain

pytestmark = pytest.mark.system("A07", "C10")

NOW = datetime(2024, 6, 10, tzinfo=UTC)
_BLANK = row_of((7, "visit", 0, "d", "k", 1, "411502000000", "medical", *[""] * 14, None, "", "", "data_api", 0, ""))


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


def problem(days_ago: float = 1, title: str = "", code: str = "", **changes: Any) -> EventRow:
    return row(days_ago, **{"section": "problem", "dataset": "diagnosis", "title": title, "code": code, **changes})


@pytest.mark.parametrize(
    ("entry", "standing"),
    [
        (problem(title="2型糖尿病", code="E11.9"), "own"),
        (problem(title="乳腺恶性肿瘤家族史", code="Z80.3"), "family"),
        (problem(title="乳腺癌", dataset="history_item", kind="家族史"), "family"),
        (problem(title="乳腺癌", dataset="history_item", kind="5"), "family"),
        (problem(title="糖尿病", dataset="history_item", kind="1", certainty="5"), "family"),
        (problem(title="母亲高血压", dataset="history_item", kind="1"), "family"),
        (problem(title="高血压", code="I10", dataset="history_item", kind="既往疾病", certainty="0"), "own"),
        (problem(title="家族性高胆固醇血症", code="E78.0"), "own"),
        (problem(title="阿司匹林", dataset="history_item", kind="10"), "fact"),
        (problem(title="吸烟", dataset="history_item", kind="生活方式"), "fact"),
        (problem(title="肺结核？"), "suspected"),
        (problem(title="疑似肺炎", code="J18.9"), "suspected"),
        (problem(title="发热待查", code="R50.9"), "suspected"),
        (problem(title="肺栓塞不除外"), "suspected"),
        (problem(title="排除肺栓塞"), "suspected"),
        (problem(title="肺炎", code="J18.9", certainty="provisional"), "suspected"),
        (problem(title="麻疹", dataset="emr_inf_report", certainty="疑似病例"), "suspected"),
        (problem(title="麻疹", dataset="emr_inf_report", certainty="3"), "suspected"),
        (problem(title="麻疹", dataset="emr_inf_report", certainty="2"), "own"),
        (problem(title="疑病症", code="F45.2"), "own"),
        (problem(title="肺结核", certainty="refuted"), "excluded"),
        (problem(title="肺结核待查", certainty="Refuted"), "excluded"),
        (problem(title="肺栓塞已排除"), "excluded"),
        (problem(title="可疑疾病的观察", code="Z03.9"), "suspected"),
        (problem(title="医疗观察", code="Z03.9"), "excluded"),
        (problem(title="否认高血压史"), "excluded"),
        (problem(title="无"), "excluded"),
        (problem(title="无药物成瘾史"), "excluded"),
        (problem(title="无菌性脑膜炎", code="G03.0"), "own"),
        (problem(title="无症状心肌缺血", code="I25.6"), "own"),
    ],
)
def test_whose_a_diagnosis_is_and_how_sure(entry: EventRow, standing: str) -> None:
    assert standing_of(entry) == standing
    assert [one.suspected for one in problems_of([entry], {}, NOW)] == {"own": [False], "suspected": [True]}.get(standing, [])
    assert len(family_of([entry], {})) == (standing == "family")


def test_a_relatives_disease_is_no_report_of_the_patients_own() -> None:
    mothers = problem(title="2型糖尿病", code="E11", dataset="history_item", kind="家族史", certainty="5")
    own = problem(title="2型糖尿病", code="E11", source="fhir")
    assert [len(cluster) for cluster in merged([mothers, own])] == [1, 1]
    (only,) = problems_of([mothers, own], {}, NOW)
    assert only.mentions == 1 and only.refs == (references.encode(own),)


def test_a_suspicion_becomes_the_disease_once_diagnosed_and_ends_when_ruled_out() -> None:
    asked = problem(20, "肺结核待查", "A16.9")
    (open_,) = problems_of([asked], {}, NOW)
    assert (open_.name, open_.suspected, open_.active) == ("肺结核待查", True, True)
    (named,) = problems_of([problem(20, "肺结核", certainty="unconfirmed")], {}, NOW)
    assert named.name == "肺结核（疑似）"
    (made,) = problems_of([asked, problem(10, "肺结核", "A16.2", row_key="b")], {}, NOW)
    assert (made.suspected, made.since) == (False, NOW - timedelta(days=10))
    (closed,) = problems_of([asked, problem(10, "肺结核已排除", "A16.9", row_key="b")], {}, NOW)
    assert closed.suspected and not closed.active
    # Somebody else's exclusion does not undo a diagnosis: it may mean another episode.
    kept = problems_of(
        [problem(20, "肺结核", "A16.2"), problem(10, "肺结核", "A16.2", certainty="refuted", row_key="b")], {}, NOW
    )
    assert [(one.suspected, one.active) for one in kept] == [(False, True)]


@pytest.mark.parametrize(
    "over",
    [
        problem(1, "肺炎", "J18", note="resolved"),
        problem(1, "肺炎", "J18", flag="1"),
        problem(1, "肺炎", "J18", dataset="history_item", kind="1", value="0"),
        problem(1, "高血压", "I10", note="Resolved"),
    ],
)
def test_a_resolved_problem_is_not_active_though_no_date_was_sent(over: EventRow) -> None:
    assert [one.active for one in problems_of([over], {}, NOW)] == [False]


def test_the_outcome_of_a_stay_does_not_end_a_chronic_disease() -> None:
    assert [one.active for one in problems_of([problem(1, "2型糖尿病", "E11.9", flag="1")], {}, NOW)] == [True]


def test_a_code_is_never_given_to_another_name() -> None:
    equal = problems_of([problem(1, "感冒|高血压", "J00|I10")], {}, NOW)
    assert {(one.code, one.name) for one in equal} == {("J00", "感冒"), ("I10", "高血压")}
    gap = problems_of([problem(1, "胃炎|高血压|糖尿病", "|I10|E11")], {}, NOW)
    assert {(one.code, one.name) for one in gap} == {("", "胃炎"), ("I10", "高血压"), ("E11", "糖尿病")}
    fewer = problems_of([problem(1, "胃炎|高血压", "I10")], {}, NOW)
    assert {(one.code, one.name) for one in fewer} == {("", "胃炎"), ("", "高血压")}


def allergy(days_ago: float, title: str, **changes: Any) -> EventRow:
    return row(days_ago, **{"section": "allergy", "title": title, **changes})


def test_allergies_tell_known_none_and_unasked_apart() -> None:
    known = allergy(100, "青霉素", value="0")
    asked = allergy(10, "", value="1")
    over = allergy(5, "青霉素", value="0", ended=milliseconds(NOW))
    assert allergies_of([], {}, NOW).state == "unasked"
    assert allergies_of([asked], {}, NOW).state == "none"
    assert [one.title for one in allergies_of([known, asked], {}, NOW).items] == ["青霉素"]
    assert allergies_of([known, over], {}, NOW).state == "unasked"


@pytest.mark.parametrize(
    "words", ["无", "否认药物过敏史", "无已知药物过敏", "无药物及食物过敏史", "NKDA", "No known allergies", "暂无"]
)
def test_words_that_deny_allergies_are_no_allergen(words: str) -> None:
    assert allergies_of([allergy(1, words)], {}, NOW).state == "none"


@pytest.mark.parametrize("allergen", ["无花果", "无水乙醇", "青霉素过敏", "青霉素（否认他药）"])
def test_allergens_that_begin_like_a_denial_stay_allergies(allergen: str) -> None:
    assert allergies_of([allergy(1, allergen)], {}, NOW).state == "known"


def test_an_allergy_ends_only_by_whoever_reported_it_and_not_before_its_time() -> None:
    here, there = allergy(100, "青霉素", institution=1), allergy(90, "青霉素", institution=2)
    cleared = allergy(5, "青霉素", institution=1, ended=milliseconds(NOW))
    assert len(allergies_of([here, there, cleared], {}, NOW).items) == 1
    assert allergies_of([here, cleared], {}, NOW).state == "unasked"
    assert allergies_of([allergy(5, "青霉素", ended=milliseconds(NOW + timedelta(days=9)))], {}, NOW).state == "known"
    assert allergies_of([here, allergy(1, "青霉素", certainty="refuted")], {}, NOW).state == "unasked"


def test_a_withheld_allergy_is_never_told_as_none() -> None:
    none = allergies_of([allergy(1, "", value="1")], {}, NOW, withheld=1)
    assert (none.state, none.withheld) == ("withheld", 1)
    assert allergies_of([allergy(1, "青霉素")], {}, NOW, withheld=2).withheld == 2


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


def test_a_gap_between_prescriptions_is_no_use() -> None:
    events = events_of(
        [row(600, section="drug", title="华法林钠片", row_key="a"), row(5, section="drug", title="华法林钠片", row_key="b")], {}
    )
    (one,) = medications_of(events, NOW)
    assert [(NOW - start).days for start, _ in one.spans] == [5, 600]
    assert one.spans[1][1] < one.spans[0][0] and one.until == one.spans[0][1]


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
