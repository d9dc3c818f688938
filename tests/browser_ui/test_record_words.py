"""The pure parts of the record browser: marks, hints, views, masks, words for residents."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from browser_ui.filters import MISSING, age, number, short_day, written
from browser_ui.frame import Group, Link, current_link
from browser_ui.people import MASKS, PersonCard
from browser_ui.record.charts import drug_state, reports_once
from browser_ui.record.hints import allergy_conflicts, recent_elsewhere
from browser_ui.record.layouts import BY_KEY, CARDS, VIEWS, view_for
from browser_ui.record.words import STANDINGS, kind_of, mark_of
from browser_ui.resident_words import looks, verdict
from health_platform.records.api import Allergies, Event, LabPoint, LifeMark, Medication, Section

pytestmark = pytest.mark.system("C10")

NOW = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
POINT = LabPoint("r", NOW, "5", 5.0, "", "", "", low=3.0, high=6.0)
EVENT = Event("r", Section.EXAM, "emr_ex_clinical", NOW, "胸部CT", institution="甲院", institution_id=2)
DRUG = Medication("阿莫西林胶囊", "", "", NOW, NOW, NOW, True, 1, (), ())


def test_a_relatives_disease_is_worded_as_such_when_only_codes_were_sent() -> None:
    event = replace(EVENT, section=Section.PROBLEM, title="乳腺恶性肿瘤", kind="5", standing="family")
    assert kind_of(event) == "家族史" and STANDINGS[event.standing] == "亲属"


@pytest.mark.parametrize(
    ("value", "shown"),
    [("2026-11-29T14:56:59.283277+00:00", "2026-11-29 22:56"), ("2026-03-01 08:00:00", "2026-03-01 08:00"),
     ("2026-03-01", "2026-03-01"), ("去年", "去年"), ("", MISSING), (None, MISSING)],
)  # fmt: skip
def test_what_a_system_wrote_is_shown_as_people_write_it(value: str | None, shown: str) -> None:
    assert written(value) == shown


@pytest.mark.parametrize(
    ("changes", "mark"),
    [({}, ""), ({"number": 6.1}, "h"), ({"number": 2.9}, "l"), ({"number": 6.0}, ""), ({"number": 3.0}, ""),
     ({"number": None, "value": "阳性"}, ""), ({"number": 9.0, "low": None, "high": None}, ""),
     ({"number": 5.0, "flag": "a"}, "a"), ({"number": 9.0, "flag": "hh"}, "hh")],
)  # fmt: skip
def test_a_result_is_marked_by_its_source_or_by_the_sources_own_range(changes: dict[str, Any], mark: str) -> None:
    assert mark_of(replace(POINT, **changes)) == mark


def test_examinations_of_others_within_thirty_days_are_hinted_once() -> None:
    events = [
        replace(EVENT, ref="new", time=NOW - timedelta(days=3)),
        replace(EVENT, ref="old", time=NOW - timedelta(days=12)),
        replace(EVENT, ref="own", title="心电图", institution_id=1, time=NOW - timedelta(days=1)),
        replace(EVENT, ref="late", title="头颅MRI", time=NOW - timedelta(days=31)),
    ]
    assert [(hint.ref, hint.text) for hint in recent_elsewhere(events, 1, NOW)] == [("new", "3 天前 甲院 已做 胸部CT")]


@pytest.mark.parametrize(
    ("allergen", "drug", "conflict"),
    [("阿莫西林", DRUG, True), ("阿莫西林过敏", DRUG, True), ("磺胺", DRUG, False), ("林", DRUG, False),
     ("阿莫西林", replace(DRUG, active=False), False)],
)  # fmt: skip
def test_medicine_against_a_known_allergy(allergen: str, drug: Medication, conflict: bool) -> None:
    allergies = Allergies("known", (replace(EVENT, section=Section.ALLERGY, title=allergen),))
    found = allergy_conflicts(allergies, [drug])
    assert bool(found) is conflict
    assert drug_state(drug, frozenset(found)) == ("risk" if conflict else "" if drug.active else "off")


def test_no_view_knows_allergies_as_a_card_and_every_card_is_known() -> None:
    for view in VIEWS:
        named = [card for stack in view.stacks for card in stack] + list(view.wide)
        assert len(view.stacks) == 3 and len(set(named)) == len(named) and set(named) <= set(CARDS)
    assert not {"allergies", "critical"} & set(CARDS)
    assert view_for("心内科门诊").key == "cardiology" and view_for("").key == "general" and view_for("妇产科").key == "maternal"
    assert set(BY_KEY) == {view.key for view in VIEWS}


def test_a_kind_that_repeats_the_title_is_left_out() -> None:
    assert kind_of(replace(EVENT, kind="胸部CT")) == ""
    assert kind_of(replace(EVENT, kind="4", title="肺炎")) == "住院"


def test_reports_are_counted_once_and_marked_by_their_results() -> None:
    month = date(2026, 11, 1)
    marks = [LifeMark(month, Section.LAB_REPORT, 2, 0), LifeMark(month, Section.LAB, 16, 3),
             LifeMark(date(2026, 10, 1), Section.LAB, 4, 0)]  # fmt: skip
    assert reports_once(marks) == [marks[0]._replace(abnormal=1), marks[2]]


@given(st.sampled_from(sorted(set(MASKS) - {"name"})), st.text("0123456789甲乙", min_size=1, max_size=30))
def test_masks_never_show_everything(field: str, text: str) -> None:
    shown = MASKS[field](text)
    assert len(shown.replace("*", "")) <= len(text) - min(2, (len(text) + 1) // 2)


def test_a_card_masks_by_field() -> None:
    card = PersonCard(1, {"id_no": "413022195903122846", "phone": "13837600001", "birth_date": "bad", "name": ""})
    assert card.masked("id_no") == "4130************46" and card.masked("phone") == "138******01"
    assert card.masked("address") == "" and card.birth is None and card.name == "姓名不详"


def test_twenty_clicks_of_one_doctor_are_one_look() -> None:
    def row(number: int, name: str, section: str, minutes: int) -> Any:
        return SimpleNamespace(id=number, actor_name=name, institution_name="甲院", at=NOW - timedelta(minutes=minutes),
                               action="record.view", detail={"section": section, "why": "门急诊诊疗"})  # fmt: skip

    found = looks([row(3, "陈", "labs", 0), row(2, "陈", "overview", 1), row(1, "李", "overview", 2)])
    assert [(look.audit_id, look.who, look.what) for look in found] == [
        (3, "陈", ("查看了档案：检验", "查看了档案：概览")), (1, "李", ("查看了档案：概览",)),
    ]  # fmt: skip
    assert verdict("") == ("正常范围", "fine") and verdict("ll")[0] == "明显偏低"


@pytest.mark.parametrize(
    ("born", "words"),
    [(date(2026, 11, 5), "15天"), (date(2026, 5, 20), "6月"), (date(2023, 11, 20), "3岁"), (date(1959, 3, 12), "67岁"),
     (None, "年龄不详")],
)  # fmt: skip
def test_ages_are_said_as_clinicians_do(born: date | None, words: str) -> None:
    assert age(born, date(2026, 11, 20)) == words


def test_days_beyond_a_year_carry_their_year() -> None:
    today = date(2026, 11, 20)
    assert short_day(date(2026, 11, 2), today) == "11-02" and short_day(date(2025, 10, 2), today) == "2025-10"
    assert number(1234.50) == "1,234.5" and number(0) == "0"


def test_the_menu_marks_the_longest_fitting_entry() -> None:
    menu = (Group("", (Link("a", "/console"), Link("b", "/console/users"))),)
    assert current_link(menu, "/console/users/7") == "/console/users"
    assert current_link(menu, "/console") == "/console" and current_link(menu, "/other") == ""
