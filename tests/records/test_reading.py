"""A person's record over a real warehouse: pages, merging, corrections, visibility, freshness, details."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from health_platform.kernel import clock
from health_platform.kernel.errors import Invalid, NotFound
from health_platform.kernel.scope import Principal, Scope
from health_platform.records import tables
from health_platform.records.api import Section, Window, refresh
from tests.records.conftest import EVERYTHING, Clinic, Names, Uploads, when

pytestmark = pytest.mark.system("A06", "A07", "C10")

NOW = datetime(2024, 6, 10, tzinfo=UTC)


def _visits(clinic: Clinic, count: int) -> None:
    days = [(f"2024-01-{1 + n // 8:02} {n % 8:02}:00", {"diagnosis_text": f"诊断{n}"}) for n in range(count)]
    clinic.write_many("visit", days)


def test_pages_cover_a_section_once_and_in_order(clinic: Clinic) -> None:
    _visits(clinic, 60)
    with clinic.record() as record:
        seen, cursor = [], ""
        while True:
            page = record.section(Section.VISIT, cursor=cursor, page_size=20)
            assert page.total == 60
            seen += page.events
            cursor = page.cursor
            if not cursor:
                break
            assert len(page.events) >= 20
    assert [event.title for event in seen] == [f"诊断{n}" for n in reversed(range(60))]


@pytest.mark.parametrize(("visits", "kept"), [(20, True), (60, False)])
@pytest.mark.parametrize("cleared", [None, frozenset[str]()])
def test_the_latest_are_the_same_from_the_summary_as_from_the_warehouse(
    clinic: Clinic, visits: int, kept: bool, cleared: frozenset[str] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A summary keeps the newest few of a section: nobody else is asked for all of them, or for a page of the newest."""
    _visits(clinic, visits)
    clinic.write("visit", "2024-01-02 03:00", diagnosis_text="抑郁", diagnosis="F32.1")
    clinic.write("emr_ex_lab", "2024-01-02", specimen_category_name="血液")
    refresh(clinic.platform, [clinic.person])
    who = replace(EVERYTHING, scope=Scope(divisions=("",), classes=cleared))
    sections = (Section.VISIT, Section.LAB_REPORT, Section.EXAM)
    seen: list[str] = []
    with clinic.record(who) as record:
        first = record.timeline(sections, page_size=8)
        second = record.timeline(sections, page_size=8, cursor=first.cursor)
        third = record.timeline(sections, page_size=8, cursor=second.cursor)
        monkeypatch.setattr(clinic.platform.warehouse, "_observe", lambda one: seen.append(one.name))
        assert record.latest(sections, page_size=8) == first
        assert record.newest(sections, page_size=8) == (first.events, first.cursor)
        assert record.latest(sections, page_size=8, cursor=first.cursor) == second
        assert seen == []
        assert record.latest(sections, page_size=8, cursor=second.cursor) == third
        assert record.newest(sections, page_size=8, cursor=second.cursor) == (third.events, third.cursor)
        assert seen == [] if kept else ["health_platform.records.event_page"] * 2
    assert first.cursor and first.total == visits + 1 + (cleared is None)


def test_a_window_narrows(clinic: Clinic) -> None:
    _visits(clinic, 24)
    with clinic.record() as record:
        page = record.timeline(window=Window(when("2024-01-02"), when("2024-01-03")))
    assert [event.title for event in page.events] == [f"诊断{n}" for n in reversed(range(8, 16))]
    assert page.total == 8


def test_a_wrong_cursor_is_refused(clinic: Clinic) -> None:
    with clinic.record() as record, pytest.raises(Invalid):
        record.section(Section.VISIT, cursor="x'; DROP")


def test_one_event_from_two_sources_is_one_and_says_so(clinic: Clinic) -> None:
    common = {
        "item_name": "钾",
        "item_code": "K",
        "examination_quantification": "6.5",
        "examination_quantification_unit": "mmol/L",
    }
    clinic.write("emr_ex_lab_item", "2024-06-01 02:00", ex_lab_id="r1", **common)
    clinic.write("emr_ex_lab_item", "2024-06-01 02:00", ex_lab_id="r1", source="hl7v2", **common)
    clinic.write("emr_ex_lab_item", "2024-06-01 02:30", ex_lab_id="r2", **common)
    with clinic.record() as record:
        page = record.section(Section.LAB)
    assert [len(event.origins) for event in page.events] == [1, 2]
    assert {origin.source for origin in page.events[1].origins} == {"data_api", "hl7v2"}
    assert page.events[0].critical and page.total == 3


def test_rows_of_one_visit_number_are_one_visit(clinic: Clinic) -> None:
    clinic.write("emr_activity_info", "2024-03-01 01:00", serial_number="A1", activity_type_name="入院", wm_disease_name="")
    clinic.write(
        "emr_admission_record",
        "2024-03-09 01:00",
        serial_number="A1",
        discharge_diagnosis_name="肺炎",
        discharge_diagnosis_code="J18.9",
    )
    clinic.write("emr_activity_info", "2024-03-02 01:00", serial_number="A1", activity_type_name="日常病程")
    with clinic.record() as record:
        visits = record.section(Section.VISIT).events
    assert [(visit.title, visit.time) for visit in visits] == [("肺炎", when("2024-03-01 01:00"))]


def test_corrections_and_withdrawals_reach_the_index(clinic: Clinic) -> None:
    key = clinic.write("diagnosis", "2024-02-01", diagnosis="I10", diagnosis_text="高血压")
    gone = clinic.write("diagnosis", "2024-02-02", diagnosis="E11", diagnosis_text="糖尿病")
    empty = clinic.write("emr_activity_info", "2024-02-03", wm_disease_name="感冒", wm_disease_code="J00")
    clinic.write("diagnosis", "2024-02-01", key, diagnosis="I11", diagnosis_text="高血压性心脏病")
    clinic.write("diagnosis", "2024-02-02", gone, gone=True)
    clinic.write("emr_activity_info", "2024-02-03", empty, chief_complaint="咳嗽")
    with clinic.record() as record:
        assert [event.title for event in record.section(Section.PROBLEM).events] == ["高血压性心脏病"]


def test_rows_loaded_before_the_views_are_filled_in(clinic: Clinic) -> None:
    warehouse = clinic.platform.warehouse
    source = next(one for one in tables.SOURCES if one.dataset == "blood_donation")
    warehouse.command(f"DROP VIEW {tables.view_name(source)}")
    clinic.write("blood_donation", "2024-02-01", donation_kind_text="全血")
    tables._ensured.clear()
    tables.ensure_tables(warehouse)
    with clinic.record() as record:
        assert [event.title for event in record.section(Section.SERVICE).events] == ["全血"]


def test_search_finds_all_words(clinic: Clinic) -> None:
    clinic.write("visit", "2024-01-01", diagnosis_text="胸痛待查", chief_complaint="活动后胸闷3天")
    clinic.write("visit", "2024-01-02", diagnosis_text="胸痛")
    with clinic.record() as record:
        assert [event.title for event in record.search("胸痛 胸闷").events] == ["胸痛待查"]
        assert record.search("100%").events == ()


def test_jurisdiction_lines_and_classes(clinic: Clinic) -> None:
    other = clinic.at(2, "411503000000")
    clinic.write("visit", "2024-01-01", diagnosis_text="本县就诊")
    clinic.write("visit", "2024-01-02", diagnosis_text="人类免疫缺陷病毒感染", diagnosis="B20")
    clinic.write("visit", "2024-01-03", diagnosis_text="抑郁", diagnosis="F32.1")
    clinic.write("vaccination", "2024-01-04", vaccine_text="流感疫苗")
    other.write("visit", "2024-01-05", diagnosis_text="邻县就诊")
    county = replace(EVERYTHING, scope=Scope(divisions=("411502",), lines=frozenset({"medical"}), classes=frozenset({"mental"})))
    with clinic.record(county) as record:
        page = record.timeline()
        overview = record.overview()
    assert [event.title for event in page.events] == ["抑郁", "本县就诊"]
    assert [(one.label, one.count, one.reason) for one in page.withheld] == [("艾滋病相关", 1, "class")]
    assert overview.withheld == page.withheld
    assert overview.counts == {Section.VISIT: 2}
    assert [one.institution_id for one in overview.freshness] == [1]


def test_a_place_whose_every_report_is_withheld_is_not_named(clinic: Clinic) -> None:
    clinic.write("visit", "2024-01-01", diagnosis_text="感冒")
    clinic.at(9).write("visit", "2024-01-02", diagnosis_text="精神分裂症", diagnosis="F20")
    nobody_cleared = replace(EVERYTHING, scope=Scope(divisions=("",), classes=frozenset()))
    with clinic.record(nobody_cleared) as record:
        assert [one.institution_id for one in record.freshness()] == [1]
        assert record.withheld()[0].count == 1


def test_what_lies_outside_changes_nothing(clinic: Clinic) -> None:
    county = replace(EVERYTHING, scope=Scope(divisions=("411502",)))
    clinic.write("visit", "2024-01-01", diagnosis_text="本县就诊")
    with clock.travel(NOW):
        with clinic.record(county) as record:
            before = record.timeline(), record.overview()
        other = clinic.at(2, "411503000000")
        other.write("visit", "2024-01-05", diagnosis_text="邻县就诊")
        other.write("allergy", "2024-01-05", allergen_text="青霉素")
        with clinic.record(county) as record:
            after = record.timeline(), record.overview()
    assert after[0] == before[0]
    assert replace(after[1], built_at=NOW) == replace(before[1], built_at=NOW)


def test_a_person_out_of_scope_does_not_exist(clinic: Clinic) -> None:
    neighbour = replace(EVERYTHING, scope=Scope(divisions=("411503",)))
    with pytest.raises(NotFound), clinic.record(neighbour):
        pass


def test_a_relationship_opens_the_whole_record_and_the_resident_sees_all(clinic: Clinic) -> None:
    clinic.at(2, "510100000000").write("visit", "2024-01-05", diagnosis_text="抑郁", diagnosis="F32")
    doctor = Principal(5, "user", "医师", scope=Scope(persons=frozenset({clinic.person}), classes=frozenset()))
    with clinic.record(doctor) as record:
        page = record.timeline()
    assert page.events == () and page.withheld[0].count == 1
    resident = Principal(
        6, "resident", "本人", scope=Scope(persons=frozenset({clinic.person}), classes=frozenset()), person_id=clinic.person
    )
    with clinic.record(resident) as record:
        assert [event.title for event in record.timeline().events] == ["抑郁"]


class HideDrugs:
    names_documents = False

    def shows(self, document_class: str | None, document_id: str | None = None) -> bool:
        return document_class != "drug"


def test_what_the_resident_hides_is_counted(clinic: Clinic) -> None:
    clinic.write("emr_order_item", "2024-01-01", drug_name="阿司匹林肠溶片", order_id="o1")
    with clinic.record(wishes=HideDrugs()) as record:
        page = record.section(Section.DRUG)
        assert record.medications() == () and record.overview().medications == ()
    assert [(one.label, one.reason) for one in page.withheld] == [("用药", "resident")]


@dataclass(frozen=True)
class HideOne:
    """Wishes that hide single documents by their reference."""

    refs: frozenset[str]
    names_documents: bool = True

    def shows(self, document_class: str | None, document_id: str | None = None) -> bool:
        return document_id not in self.refs


def test_a_single_hidden_document_is_in_no_list_and_not_in_the_overview_and_an_allergy_stays(clinic: Clinic) -> None:
    clinic.write("visit", "2024-01-01", diagnosis_text="脂肪瘤")
    clinic.write("visit", "2024-01-02", diagnosis_text="感冒")
    clinic.write("allergy", "2024-01-03", allergen_text="青霉素")
    with clinic.record() as record:
        events = {event.title: event.ref for event in record.timeline().events}
    hidden = HideOne(frozenset({events["脂肪瘤"], events["青霉素"]}))
    with clinic.record(wishes=hidden) as record:
        assert [event.title for event in record.overview().visits] == ["感冒"]
        assert [event.title for event in record.section(Section.VISIT).events] == ["感冒"]
        assert record.overview().allergies.state == "known"


def test_an_event_in_full_with_its_items(clinic: Clinic) -> None:
    report = clinic.write(
        "emr_ex_lab", "2024-06-01 02:00", specimen_category_name="血清", patient_name="张三", examination_report_no="R-7"
    )
    for name, value, flag in (("钾", "4.1", "1"), ("钠", "150", "2")):
        clinic.write("emr_ex_lab_item", "2024-06-01 02:00", ex_lab_id=report, item_name=name, examination_quantification=value,
                     examination_quantification_ri=flag)  # fmt: skip
    with clinic.record() as record:
        event = record.section(Section.LAB_REPORT).events[0]
        detail = record.detail(event.ref)
    labelled = {field.label: (field.text, field.sensitivity) for field in detail.fields}
    assert labelled["患者姓名"] == ("张三", "name")
    assert labelled["检验报告单编号"] == ("R-7", "plain")
    assert {(item.title, item.value, item.flag) for item in detail.items} == {("钾", "4.1", ""), ("钠", "150", "h")}


def test_a_reference_of_another_person_or_a_withheld_one_is_unknown(clinic: Clinic, records_platform: object) -> None:
    clinic.write("visit", "2024-01-03", diagnosis_text="抑郁", diagnosis="F32.1")
    with clinic.record() as record:
        ref = record.timeline().events[0].ref
    stranger = Clinic(clinic.platform, clinic.index, clinic.uploads)
    for reader, who in ((stranger, EVERYTHING), (clinic, replace(EVERYTHING, scope=Scope(divisions=("",), classes=frozenset())))):
        with reader.record(who) as record, pytest.raises(NotFound):
            record.detail(ref)
    with clinic.record() as record, pytest.raises(NotFound):
        record.detail("not-a-reference")


def test_the_overview_says_what_matters_and_how_fresh_it_is(clinic: Clinic) -> None:
    silent = clinic.at(2)
    late = clinic.at(3)
    clinic.uploads.times.update({1: NOW, 3: when("2024-05-01")})
    clinic.write("diagnosis", "2020-01-01", diagnosis="I10", diagnosis_text="高血压")
    late.write("diagnosis", "2024-03-01", diagnosis="I10.x", diagnosis_text="原发性高血压")
    clinic.write("allergy", "2021-01-01", allergen_text="青霉素", none_known=0)
    late.write("allergy", "2024-01-01", none_known=1)
    clinic.write(
        "emr_ex_lab_item",
        "2024-06-05",
        item_name="血钾",
        examination_quantification="7.0",
        examination_quantification_unit="mmol/L",
    )
    clinic.write("emr_order_item", "2024-06-01", drug_name="氨氯地平片 5mg", drug_specifications="5mg*7片")
    with clock.travel(NOW), clinic.record() as record:
        overview = record.overview()
        drugs = record.section(Section.DRUG)
    assert [(one.mentions, one.active, one.since.year, len(one.institutions)) for one in overview.problems] == [
        (2, True, 2020, 2)
    ]
    assert overview.allergies.state == "known"
    assert [(event.title, event.flag) for event in overview.critical] == [("血钾", "hh")]
    assert [one.active for one in overview.medications] == [True]
    assert [(one.institution_id, one.state) for one in overview.freshness] == [(2, "never"), (3, "late"), (1, "current")]
    assert drugs.absent == ("医院2", "医院3")
    assert silent.institution == 2


def test_a_part_of_an_overview_asks_only_for_what_it_shows(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic.write("visit", "2024-01-01", diagnosis_text="感冒", org_name="一医院")
    clinic.write("diagnosis", "2024-01-01", diagnosis="I10", diagnosis_text="高血压")
    refresh(clinic.platform, [clinic.person])
    asked: list[str] = []
    for port, name in ((Uploads, "last_uploads"), (Names, "names")):
        real = getattr(port, name)
        monkeypatch.setattr(port, name, lambda *given, real=real, name=name: [asked.append(name), real(*given)][1])
    with clinic.record() as record:
        assert [one.institution for one in record.newest((Section.VISIT,))[0]] == ["一医院"] and not asked
        assert [one.name for one in record.parts.diagnosed] == ["高血压"] and asked == ["names"]
        assert record.parts.freshness and asked == ["names", "last_uploads"]
        assert record.overview().problems == record.parts.problems and len(asked) == 2


def test_a_stored_summary_gives_the_same_overview_and_a_merge_is_right_at_once(clinic: Clinic) -> None:
    clinic.write("diagnosis", "2024-01-01", diagnosis="I10", diagnosis_text="高血压")
    with clock.travel(NOW):
        with clinic.record() as record:
            fresh = record.overview()
        assert refresh(clinic.platform, [clinic.person]) == 1
        with clinic.record() as record:
            assert record.overview() == fresh
        other = Clinic(clinic.platform, clinic.index, clinic.uploads, institution=4)
        other.write("diagnosis", "2024-02-01", diagnosis="E11", diagnosis_text="糖尿病")
        kept = clinic.index.identities[clinic.person]
        clinic.index.identities[clinic.person] = [*kept, *clinic.index.identities[other.person]]
        with clinic.record() as record:
            assert {one.name for one in record.overview().problems} == {"高血压", "糖尿病"}
        clinic.index.identities[clinic.person] = kept
        with clinic.record() as record:
            assert record.overview() == fresh


def test_laboratory_series_and_grid(clinic: Clinic) -> None:
    for day, value, name in (("2024-06-01", "5.2", "葡萄糖"), ("2024-06-02", "6.8", "血糖"), ("2024-06-02", "120", "肌酐")):
        clinic.write("emr_ex_lab_item", f"{day} 01:00", item_name=name, examination_quantification=value,
                     examination_quantification_unit="mmol/L", examination_quantification_lower="3.9",
                     examination_quantification_upper="6.1")  # fmt: skip
    with clinic.record() as record:
        grid = record.lab_grid()
        series = record.lab_series("葡萄糖")
    assert [[cell and cell.value for cell in cells] for _, cells in grid.rows] == [["6.8", "5.2"], ["120", None]]
    assert [(point.value, point.low, point.high) for point in series[0].points] == [("6.8", 3.9, 6.1), ("5.2", 3.9, 6.1)]


def test_results_outside_their_own_range_mark_the_life_course_without_a_flag(clinic: Clinic) -> None:
    rows = (("7.9", ""), ("5.0", ""), ("3.1", ""), ("5.1", "H"), ("阴性", ""))
    for day, (value, flag) in enumerate(rows, start=1):
        clinic.write("emr_ex_lab_item", f"2024-06-0{day} 01:00", item_name="葡萄糖", examination_quantification=value,
                     examination_quantification_lower="3.9", examination_quantification_upper="6.1",
                     examination_quantification_ri=flag)  # fmt: skip
    with clinic.record() as record:
        assert [(mark.events, mark.abnormal) for mark in record.life()] == [(5, 3)]
        page = record.section(Section.LAB, abnormal=True)
    assert [event.value for event in page.events] == ["5.1", "3.1", "7.9"] and page.total == 3


def test_the_problem_list_holds_the_persons_own_problems_only(clinic: Clinic) -> None:
    clinic.write("diagnosis", "2024-01-01", diagnosis="I10", diagnosis_text="高血压")
    clinic.write("diagnosis", "2024-01-02", diagnosis="A16.9", diagnosis_text="肺结核", certainty="provisional")
    clinic.write("diagnosis", "2024-01-03", diagnosis="I26.9", diagnosis_text="肺栓塞", certainty="refuted")
    clinic.write("history_item", "2024-01-04", history_kind="5", problem="E11", problem_text="2型糖尿病", relation="5")
    clinic.write("history_item", "2024-01-05", history_kind="10", problem_text="华法林", active=1)
    clinic.write("history_item", "2024-01-06", history_kind="1", problem="J45", problem_text="支气管哮喘", active=0)
    clinic.write("emr_inf_report", "2024-01-07", disease_code="0202", disease_name="麻疹", diagnose_state_name="疑似病例")
    with clock.travel(NOW), clinic.record() as record:
        for found in (record.problems(), record.overview().problems):
            assert {(one.name, one.active, one.suspected) for one in found} == {
                ("高血压", True, False), ("肺结核（疑似）", True, True),
                ("麻疹（疑似）", True, True), ("支气管哮喘", False, False),
            }  # fmt: skip
        for family in (record.family_history(), record.overview().family):
            assert [one.title for one in family] == ["2型糖尿病"]


def test_an_old_allergy_survives_any_number_of_newer_reports(clinic: Clinic) -> None:
    clinic.write("allergy", "2010-05-01", allergen_text="青霉素", reaction="休克")
    clinic.write("diagnosis", "2010-05-01", diagnosis="C50.9", diagnosis_text="乳腺恶性肿瘤")
    asked = [(f"20{year}-{month:02}-01", {"none_known": 1}) for year in range(12, 24) for month in range(1, 13)]
    clinic.write_many("allergy", asked)
    clinic.write_many("diagnosis", [(time, {"diagnosis": "J00", "diagnosis_text": "感冒"}) for time, _ in asked])
    with clinic.record() as record:
        overview = record.overview()
    assert [one.title for one in overview.allergies.items] == ["青霉素"]
    assert "乳腺恶性肿瘤" in {one.name for one in overview.problems}


def test_a_critical_result_is_found_behind_hundreds_of_newer_ones(clinic: Clinic) -> None:
    item = {"item_name": "血钾", "examination_quantification_unit": "mmol/L"}
    clinic.write("emr_ex_lab_item", "2024-02-01", **item, examination_quantification="7.1")
    days = [f"2024-0{month}-{day:02} {hour:02}:00" for month in (3, 4) for day in range(1, 29) for hour in range(0, 24, 2)]
    clinic.write_many("emr_ex_lab_item", [(day, {**item, "examination_quantification": "4.2"}) for day in days])
    with clock.travel(NOW), clinic.record() as record:
        assert [event.value for event in record.overview().critical] == ["7.1"]


def test_an_allergy_that_is_withheld_is_not_told_as_none(clinic: Clinic) -> None:
    clinic.write("allergy", "2024-01-01", none_known=1)
    clinic.write("allergy", "2024-01-02", allergen_text="拉米夫定")
    uncleared = replace(EVERYTHING, scope=Scope(divisions=("",), classes=frozenset()))
    with clinic.record(uncleared) as record:
        allergies = record.overview().allergies
    assert (allergies.state, allergies.withheld, allergies.items) == ("withheld", 1, ())


def test_an_unmerge_takes_the_critical_values_of_the_other_person_away_at_once(clinic: Clinic) -> None:
    item = {"item_name": "血钾", "examination_quantification_unit": "mmol/L", "examination_quantification": "7.1"}
    other = Clinic(clinic.platform, clinic.index, clinic.uploads, institution=4)
    other.write("emr_ex_lab_item", "2024-06-01", **item)
    other.write("allergy", "2024-06-01", allergen_text="磺胺")
    kept = clinic.index.identities[clinic.person]
    with clock.travel(NOW):
        clinic.index.identities[clinic.person] = [*kept, *clinic.index.identities[other.person]]
        refresh(clinic.platform, [clinic.person])
        with clinic.record() as record:
            assert (len(record.overview().critical), record.overview().allergies.state) == (1, "known")
        clinic.index.identities[clinic.person] = kept
        with clinic.record() as record:  # the summary of the merged person is still stored
            assert (record.overview().critical, record.overview().allergies.state) == ((), "unasked")


def test_a_department_gives_a_diagnosis_away_and_dermatology_does_not(clinic: Clinic) -> None:
    clinic.write("visit", "2024-01-01", diagnosis_text="失眠", diagnosis="G47.0", dept_name="精神科门诊")
    clinic.write("visit", "2024-01-02", diagnosis_text="湿疹", diagnosis="L30.9", dept_name="皮肤性病科")
    clinic.write("emr_order_item", "2024-01-03", drug_name="恩曲他滨替诺福韦片", order_id="o1")
    uncleared = replace(EVERYTHING, scope=Scope(divisions=("",), classes=frozenset()))
    with clinic.record(uncleared) as record:
        page = record.timeline()
        assert [event.title for event in page.events] == ["湿疹"]
        assert {(one.label, one.count) for one in page.withheld} == {("精神心理", 1), ("艾滋病相关", 1)}
        assert record.search("精神").events == () and record.search("恩曲他滨").events == ()


@pytest.mark.parametrize(("cleared", "withheld"), [(None, 2), (frozenset[str](), 4), (frozenset({"hiv"}), 2)])
@pytest.mark.parametrize("county", [False, True])
def test_an_excerpt_is_what_the_pages_hold(clinic: Clinic, cleared: frozenset[str] | None, withheld: int, county: bool) -> None:
    """The short way (one query, no summary) and the long way (pages) read the same events and count the same as withheld."""
    for day, title in (("2019-03-01", "高血压"), ("2024-05-01", "艾滋病"), ("2024-05-02", "糖尿病")):
        clinic.write("visit", day, diagnosis_text=title)
    for day in ("2019-03-01", "2024-05-01"):
        clinic.write("emr_ex_lab_item", day, ex_lab_id=day, item_name="HIV抗体")
        clinic.at(2).write("emr_ex_lab_item", day, ex_lab_id=day, item_name="血钾")
        clinic.write("emr_order_item", day, drug_name="阿司匹林肠溶片", order_id=day)
    clinic.at(3, "411503000000").write("visit", "2024-05-03", diagnosis_text="邻县艾滋病")
    since, reach = when("2024-01-01"), {"divisions": ("411502",)} if county else {"persons": frozenset({clinic.person})}
    lasting, recent = (Section.VISIT, Section.DRUG), (Section.LAB,)
    with clinic.record(replace(EVERYTHING, scope=Scope(**reach, classes=cleared)), HideDrugs()) as record:
        pages = record.timeline(lasting, page_size=500), record.timeline(recent, window=Window(since), page_size=500)
        found, nothing = record.excerpt(lasting, recent, since), record.excerpt((), (), since)
    assert sorted(found.events, key=lambda one: one.ref) == sorted(
        (event for page in pages for event in page.events), key=lambda one: one.ref
    )
    assert [one.time for one in found.events] == sorted((one.time for one in found.events), reverse=True)
    assert found.withheld == sum(one.count for page in pages for one in page.withheld)
    assert found.withheld == withheld + (not county and cleared == frozenset())
    assert {event.title for event in found.events} >= {"高血压", "糖尿病", "血钾"}
    assert (nothing.events, nothing.withheld) == ((), 0)
