"""The overview of a record and its parts: what matters, how fresh it is, and nothing that is withheld."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from health_platform.kernel import clock
from health_platform.kernel.scope import Scope
from health_platform.records.api import Section, refresh
from tests.records.conftest import EVERYTHING, Clinic, Names, Uploads, when

pytestmark = pytest.mark.system("A06", "A07", "C10")

NOW = datetime(2024, 6, 10, tzinfo=UTC)


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
