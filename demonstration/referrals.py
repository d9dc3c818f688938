"""Referrals between the hospitals of the tour: one that waits for its answer, one under treatment, one reported back.

Written by the engine's own verbs, as the doctors of both sides would; with the beds the receiving hospital keeps for them.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from demonstration.programmes import POSTS, Post, candidates, card_of_resident, placed_of
from demonstration.remembered import Remembered
from health_platform.engine.api import Case, Catalogue, Desk, Move, PersonCard, Place, Workflow, move_case, open_case, system_desk
from health_platform.kernel import clock
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import SYSTEM, system_scope
from registry.resources import api as resources

DOCTOR = Post("doctor", "hospital")
BEDS = (("bed", "心内科", 6), ("bed", "神经内科", 4), ("clinic", "心内科门诊", 20), ("clinic", "内分泌科门诊", 15))

UP = {
    "direction": "1", "to_department": "心内科", "wish": "2", "urgency": "2", "from_department": "全科",
    "from_phone": "0376-0000002", "impression_code": "I20.0", "impression": "不稳定型心绞痛",
    "present_illness": "活动后胸痛3天，休息可缓解，昨夜发作一次约10分钟。", "past_history": "高血压10年，规律服药。",
    "treatment": "口服阿司匹林、硝酸甘油，症状减轻。", "results": "心电图：V4–V6 ST段压低。",
    "reason": "需进一步检查并住院治疗。", "consent": True,
}  # fmt: skip
DOWN = {
    **UP, "direction": "2", "to_department": "全科", "wish": "1", "urgency": "3", "from_department": "心内科",
    "from_phone": "0376-0000010", "impression": "高血压2级，血压已控制", "impression_code": "I10",
    "present_illness": "住院调整降压方案后血压平稳。", "treatment": "氨氯地平、缬沙坦口服。", "results": "血压 132/80 mmHg。",
    "reason": "病情稳定，转回基层继续随访。", "advice": "规律服药，每两周测血压一次，每季度随访。",
}  # fmt: skip
TAKEN = {"arranged": "2", "ward": "心内科", "contact": "心内科护士站 0376-0000010"}
BACK = {"arranged": "1", "ward": "全科门诊", "contact": "郑公卫 0376-0000002"}
REPORT = {
    "diagnosis": "高血压2级", "diagnosis_code": "I10", "outcome": "2", "course": "门诊随访两次，血压达标。",
    "next_step": "纳入高血压管理，每季度随访。", "send_down": False,
}  # fmt: skip


DAY = "day"
"""Stands in answers for the day of the visit."""


@dataclass(frozen=True)
class Course:
    """A referral so far: who asks (0 the township, 1 the hospital), what and how many days before the last; the day of the visit;
    and what the other side did, each step with its answers and how many days ago."""

    sender: int
    request: Mapping[str, Any]
    asked: int
    seen: int = 0
    steps: tuple[tuple[str, Mapping[str, Any], int], ...] = ()


COURSES = (
    Course(0, UP, 0),
    Course(0, UP, 3, 2, (
        ("accept", {**TAKEN, "appointment": DAY}, 3),
        ("arrive", {"arrived_on": DAY, "visit_no": "ZY0417", "doctor": "陈医生"}, 2),
    )),
    Course(1, DOWN, 12, 10, (
        ("accept", {**BACK, "appointment": DAY}, 11),
        ("arrive", {"arrived_on": DAY, "visit_no": "MZ0102", "doctor": "郑公卫"}, 10),
        ("feedback", REPORT, 1),
    )),
)  # fmt: skip


@dataclass(frozen=True)
class Side:
    """A doctor and his institution."""

    desk: Desk
    place: Place


def refer(platform: Platform, city: Remembered) -> int:
    """Open and move the referrals of the tour; gives how many. None when there are any already."""
    catalogue: Catalogue = platform.service(Catalogue)
    flow = catalogue.workflow("referral")
    with platform.database.unit_of_work(system_scope("demonstration")) as session:
        if session.scalar(select(Case.id).where(Case.workflow == flow.code).limit(1)) is not None:
            return 0
        township, hospital = (_side(session, platform, city, post) for post in (POSTS[1], DOCTOR))
        _beds(session, city, hospital)
        patients = list(itertools.islice(_patients(hospital.desk, city, township.place), len(COURSES)))
        for course, card in zip(COURSES, patients, strict=False):
            _run(flow, city, (township, hospital), course, card)
        return len(patients)


def _side(session: Session, platform: Platform, city: Remembered, post: Post) -> Side:
    return Side(*post.desk(system_desk(session, platform), placed_of(city, post)))


def _beds(session: Session, city: Remembered, hospital: Side) -> None:
    since = city.last - timedelta(days=365)
    for kind, ward, count in BEDS:
        resources.add(session, SYSTEM, hospital.place.institution_id or 0, resources.ResourceDraft(kind, ward, count, since))


def _patients(desk: Desk, city: Remembered, place: Place) -> Iterator[PersonCard]:
    for resident in candidates(city, desk.catalogue.register("hypertension")):
        if card := card_of_resident(desk, resident, place):
            yield card


def _run(flow: Workflow, city: Remembered, sides: tuple[Side, Side], course: Course, card: PersonCard) -> None:
    """Open the case from one side to the other, and let the other do its steps."""
    sender, receiver = sides[course.sender], sides[1 - course.sender]
    named = {**course.request, "to_unit": str(receiver.place.institution_id)}
    with clock.travel(_noon(city, course.asked)):
        number = open_case(sender.desk, flow, card, Move(named, confirmed=True), sender.place).case_no
    day = (city.last - timedelta(days=course.seen)).isoformat()
    for code, answers, ago in course.steps:
        told = {name: day if value == DAY else value for name, value in answers.items()}
        with clock.travel(_noon(city, ago)):
            move_case(receiver.desk, flow, number, flow.transition(code), Move(told, confirmed=True))


def _noon(city: Remembered, ago: int) -> datetime:
    return datetime.combine(city.last - timedelta(days=ago), time(4), UTC)
