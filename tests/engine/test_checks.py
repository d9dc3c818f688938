"""A definition that contradicts itself is refused with every fault named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from applications.hypertension.definition import APPLICATION
from health_platform.engine.api import (
    CLOCK,
    Application,
    Catalogue,
    Choice,
    Form,
    Indicator,
    Number,
    Party,
    Recurring,
    Register,
    Rows,
    Section,
    State,
    Step,
    Tally,
    Text,
    Transition,
    Unit,
    Workflow,
    days,
    form,
    hours,
    options,
)
from health_platform.engine.checks import faults_of
from health_platform.engine.definitions.application import Application as Definition
from health_platform.kernel.errors import DefinitionError
from health_platform.kernel.platform import Platform

pytestmark = pytest.mark.system("A12", "A13", "A14")

LEAVE = options("end 结束")
ENTRY = form("entry", "登记", Number("weight", "体重", low=1, high=300))
VISIT = form("visit", "随访", Number("score", "评分", low=0, high=10), Choice("mood", "情绪", options=options("1 好", "2 差")))


def faults(**parts: object) -> str:
    """The faults of an application made of these parts."""
    catalogue = Catalogue()
    application = Application("trial", "试用", heading="试用", **parts)  # type: ignore[arg-type]
    catalogue.add(application)
    return "\n".join(faults_of(catalogue, application))


def register(**changes: object) -> Register:
    return Register("trial", "试用登记", ENTRY, leave=LEAVE, **changes)  # type: ignore[arg-type]


def test_the_applications_of_the_platform_have_no_faults(platform: Platform) -> None:
    catalogue: Catalogue = platform.service(Catalogue)
    assert "hypertension" in catalogue.applications
    assert [fault for one in catalogue.applications.values() for fault in faults_of(catalogue, one)] == []


VISITS = Rows("r", "就诊", "visit", day="started_at")


@pytest.mark.parametrize(
    ("parts", "fault"),
    [
        ({"registers": (register(admit="wight > 3", admit_message="x"),)}, "wight"),
        ({"registers": (register(admit="weight + 1", admit_message="x"),)}, "gives NUMBER, not BOOLEAN"),
        ({"registers": (register(),), "workers": ("wizard",)}, "role wizard is unknown"),
        (
            {"registers": (register(schedules=(Recurring("r", "随访", VISIT, first=days("gap"), steps=(Step(days(7)),)),)),)},
            "parameter gap is unknown",
        ),
        (
            {
                "registers": (
                    register(
                        schedules=(Recurring("r", "随访", VISIT, first=days(7), anchor="entry_weight", steps=(Step(days(7)),)),)
                    ),
                )
            },
            "its anchor entry_weight is no day",
        ),
        ({"registers": (register(),), "indicators": (Indicator("i", "率", register(), share="visits > 0"),)}, "visits"),
        ({"registers": (register(),), "tallies": (Tally("t", VISIT),)}, "belongs to no register"),
        ({"registers": (register(team="weight"),)}, "its team weight is picked by no field"),
        ({"indicators": (Indicator("i", "数", Rows("r", "行", "nothing", day="at")),)}, "dataset nothing is unknown"),
        ({"indicators": (Indicator("i", "数", Rows("r", "行", "visit", day="visit_no")),)}, "visit_no is no time of visit"),
        ({"indicators": (Indicator("i", "数", Rows("r", "行", "visit", day="started_at"), among="stay > 1"),)}, "stay"),
        ({"indicators": (Indicator("i", "数", VISITS, total="stay_days", by=Indicator("j", "数", VISITS)),)}, "divides by j"),
    ],
)
def test_what_is_wrong_is_said(parts: dict[str, object], fault: str) -> None:
    assert fault in faults(**parts)


def test_a_field_sees_only_the_fields_above_it() -> None:
    late = Form("late", "表", (Section("甲", (Number("a", "甲", when="b > 1"), Number("b", "乙"))),))
    assert "field a" in faults(registers=(register(forms=(late,)),))


def test_an_indicator_has_one_denominator() -> None:
    count = Indicator("j", "数", VISITS)
    with pytest.raises(DefinitionError, match="two denominators"):
        Indicator("i", "率", VISITS, total="stay_days", per="stay_days", by=count)
    with pytest.raises(DefinitionError, match="divides by a quotient"):
        Indicator("i", "率", VISITS, by=Indicator("k", "率", VISITS, share="emergency"))
    with pytest.raises(DefinitionError, match="nothing is divided"):
        Indicator("i", "率", VISITS, per="stay_days")


OPENING = form("ask", "申请", Unit("target", "转入机构", required=True))


def workflow(states: tuple[State, ...], transitions: tuple[Transition, ...], **more: object) -> str:
    flow = Workflow("flow", "流程", OPENING, states, transitions, **more)  # type: ignore[arg-type]
    return faults(workflows=(flow,))


A, B, END = State("a", "甲"), State("b", "乙"), State("end", "完", final=True)


@pytest.mark.parametrize(
    ("states", "transitions", "fault"),
    [
        ((A, B, END), (Transition("go", "去", ("a",), "end"),), "no way leads to b"),
        ((A, B, END), (Transition("go", "去", ("a",), "b"), Transition("x", "完", ("a",), "end")), "no way leads from b"),
        ((A, END), (Transition("go", "去", ("a",), "nowhere"),), "state nowhere is unknown"),
        ((A, END), (Transition("go", "去", ("a",), "end", by="nobody"),), "party nobody is unknown"),
        ((A, END), (Transition("go", "去", ("a", "end"), "end"),), "leaves the final state"),
        ((State("a", "甲", deadline=hours(1), then="no"), END), (Transition("go", "去", ("a",), "end"),), "does not leave a"),
    ],
)
def test_a_workflow_leads_somewhere(states: tuple[State, ...], transitions: tuple[Transition, ...], fault: str) -> None:
    assert fault in workflow(states, transitions)


def test_a_sound_workflow_has_no_faults() -> None:
    timed = State("a", "甲", deadline=hours(48), then="late")
    steps = (Transition("go", "去", ("a",), "end", by="to"), Transition("late", "过期", ("a",), "end", by=CLOCK))
    assert workflow((timed, END), steps, parties=(Party("from", "转出"), Party("to", "转入", "target"))) == ""


def test_a_code_is_taken_once_over_all_applications(platform: Platform) -> None:
    catalogue: Catalogue = platform.service(Catalogue)
    other: Definition = replace(APPLICATION, code="other")
    with pytest.raises(DefinitionError, match="is defined by hypertension and by other"):
        catalogue.add(other)


def test_a_value_that_cannot_be_right_is_not_built() -> None:
    with pytest.raises(DefinitionError, match="named twice"):
        form("twice", "表", Text("a", "甲"), Text("a", "乙"))
    with pytest.raises(DefinitionError, match="low is above high"):
        Number("n", "数", low=3, high=1)
    with pytest.raises(DefinitionError, match="names of the engine"):
        form("taken", "表", Text("enrolment_id", "甲"))
    with pytest.raises(DefinitionError, match="no condition"):
        Recurring("r", "随访", VISIT, first=days(1), steps=(Step(days(7), "score > 1"),))
