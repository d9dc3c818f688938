"""A diagnosis of a hospital becomes a proposal in the register of the place where the patient lives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any

from applications.collaboration.places import Home, home_of, register_of
from applications.collaboration.pushes import ANY, Diagnosed, Push, pushes_of
from health_platform.engine.api import Desk, PersonCard, propose
from health_platform.kernel import clock
from health_platform.kernel.warehouse.api import load_query
from health_platform.records.api import PersonIndex, ensure_tables

DATASETS = frozenset({"diagnosis", "emr_activity_info", "emr_admission_record"})
_DIAGNOSES = load_query(__package__, "new_diagnoses.sql")


@dataclass(frozen=True)
class Report:
    """One diagnosis of a load: whose, what, when (local day), by whom."""

    patient_key: int
    diagnosed: Diagnosed
    day: date
    institution: str


def are_diagnoses(event: Any) -> bool:
    """Whether a load holds rows that may name a disease of a register."""
    return event.dataset in DATASETS and bool(event.pairs) and event.rows > 0


def on_diagnosis_rows(desk: Desk, event: Any) -> None:
    """Propose the patients of a load whose diagnoses belong into a register. Told twice, it proposes once."""
    if not are_diagnoses(event):
        return
    reports = list(reports_of(desk, event))
    index: PersonIndex = desk.platform.service(PersonIndex)
    persons = index.persons_of(desk.session, sorted({one.patient_key for one in reports}))
    for report in reports:
        if report.patient_key in persons:
            suggest(desk, persons[report.patient_key], report, event)


def reports_of(desk: Desk, event: Any) -> Iterator[Report]:
    """The diagnoses of a load that belong into a register; each register once for each patient, by its first code."""
    ensure_tables(desk.platform.warehouse)
    values = {
        "pairs": tuple((shelf, key) for shelf, key in event.pairs), "dataset": event.dataset,
        "institution": event.institution_id, "since": _since(event.days), "codes": f"(^|[|;；])({ANY})",
    }  # fmt: skip
    for key, codes, names, at, place in desk.platform.warehouse.query(_DIAGNOSES, values):
        day = clock.local(datetime.fromtimestamp(at / 1000, UTC)).date()
        for diagnosed in pushes_of(codes, names):
            yield Report(key, diagnosed, day, place)


def suggest(desk: Desk, person_id: int, report: Report, event: Any) -> bool:
    """Propose one patient in one register; false when the norm does not serve him, or the register is not installed."""
    push = report.diagnosed.push
    register = register_of(desk, push.register)
    card = desk.persons.card(desk.session, person_id) if register else None
    if register is None or card is None or not _of_age(card, push):
        return False
    home = home_of(desk, card, (event.institution_id, event.division_code))
    return propose(desk, register, card, home.place, _note(report, home)) is not None


def _note(report: Report, home: Home) -> str:
    said = f"{report.institution or '医疗机构'} {report.day} 诊断：{report.diagnosed.name}（{report.diagnosed.code}）"
    return f"{said}；{home.how}" if home.how else said


def _of_age(card: PersonCard, push: Push) -> bool:
    """Of unknown age is of age: the unit that knows the patient decides."""
    if card.birth_date is None:
        return True
    today, born = clock.today(), card.birth_date
    age = today.year - born.year - ((today.month, today.day) < (born.month, born.day))
    return push.least_age <= age <= (age if push.most_age is None else push.most_age)


def _since(days: Sequence[str]) -> int:
    """The beginning of the first day of a load, in epoch milliseconds; a load without days is read whole."""
    if not days:
        return 0
    first = datetime.combine(date.fromisoformat(min(days)), time(), clock.LOCAL_ZONE)
    return int(first.timestamp() * 1000)
