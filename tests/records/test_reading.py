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
from tests.records.conftest import EVERYTHING, Clinic, when

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
