"""What the record says of a patient, in the form the checks read. Only what the orders make worth asking is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from applications.clinical_prompts.knowledge import Knowledge
from applications.clinical_prompts.naming import plain
from applications.clinical_prompts.repeat_checks import items_of
from applications.clinical_prompts.values import Chart, DraftOrder, Fact, PastDrug, PastTest
from empi.api import golden_of_visible, value_of
from health_platform.kernel import clock
from health_platform.records.api import Event, Record, Section

_DRUG_DAYS = 180


@dataclass(frozen=True)
class Reading:
    """What to read for: the orders (none: the patient is opened), the tables, the visit itself, and the moment."""

    orders: tuple[DraftOrder, ...]
    knowledge: Knowledge
    assumed_days: int
    institution_id: int
    visit_no: str
    at: datetime


def chart_of(session: Session, record: Record, reading: Reading) -> Chart:
    """The chart of one patient, as far as the caller of the record may see it; what lasts and what is recent in one reading."""
    who = identity_of(session, record.person_id)
    medical = not reading.orders or any(order.kind == "drug" for order in reading.orders)
    recent, since = _recent(reading, medical)
    found = record.excerpt((Section.ALLERGY, Section.PROBLEM) if medical else (), recent, since)
    of: dict[Section, list[Event]] = {section: [] for section in Section}
    for event in found.events:
        if not _own(event, reading):
            of[event.section].append(event)
    return Chart(
        drugs=tuple(_drug(event, reading) for event in of[Section.DRUG]),
        tests=tuple(_test(event) for event in (*of[Section.LAB], *of[Section.EXAM])),
        allergies=tuple(Fact(**_fact(event)) for event in _current(of[Section.ALLERGY])),
        problems=tuple(Fact(**_fact(event)) for event in of[Section.PROBLEM] if _has_it(event, reading.at)),
        sex=who.sex,
        age=who.age,
        withheld=found.withheld,
    )


def _recent(reading: Reading, medical: bool) -> tuple[tuple[Section, ...], datetime]:
    """Medicines of the last months, results and examinations within the longest period of what is ordered: which, since when."""
    items = [item for order in reading.orders if order.kind == "test" for item in items_of(order, reading.knowledge)]
    kinds = {item.kind for item in items}
    tests = tuple(section for kind, section in (("lab", Section.LAB), ("exam", Section.EXAM)) if kind in kinds)
    days = max([item.days for item in items] + ([_DRUG_DAYS] if medical else []), default=0)
    return (*((Section.DRUG,) if medical else ()), *tests), reading.at - timedelta(days=days)


def _own(event: Event, reading: Reading) -> bool:
    """What this very visit has done is the workstation's own business: it knows its orders better."""
    return bool(reading.visit_no) and event.institution_id == reading.institution_id and event.visit == reading.visit_no


def _fact(event: Event) -> dict[str, Any]:
    return {
        "name": event.title, "code": event.code, "at": event.time, "institution": event.institution, "ref": event.ref,
        "confidential": bool(event.confidential),
    }  # fmt: skip


def _drug(event: Event, reading: Reading) -> PastDrug:
    assumed = event.time + timedelta(days=reading.assumed_days)
    return PastDrug(**_fact(event), until=event.ended or assumed, assumed=event.ended is None)


def _test(event: Event) -> PastTest:
    value = f"{event.value}{event.unit}" if event.section is Section.LAB else ""
    return PastTest(**_fact(event), value=value, report=event.parent, critical=event.critical)


def _current(events: Iterable[Event]) -> Iterator[Event]:
    """The newest report of each allergen that is not ended; "none known" and a refuted one are no allergy."""
    seen: set[str] = set()
    for event in events:
        name = plain(event.title or event.code)
        if event.standing != "own" or name in seen:
            continue
        seen.add(name)
        if event.ended is None:
            yield event


def _has_it(event: Event, at: datetime) -> bool:
    """The patient's own and not over. A suspicion counts: a warning too many harms less than one too few."""
    return event.standing in ("own", "suspected") and (event.ended is None or event.ended > at)


@dataclass(frozen=True)
class Identity:
    """Who a patient is. ``sex`` 1 male, 2 female, "" unknown; ``age`` in whole years."""

    name: str
    sex: str
    age: int | None


def identity_of(session: Session, person_id: int) -> Identity:
    """Name, sex and age by the person index; of somebody the caller may see."""
    golden = golden_of_visible(session, person_id)
    sex = value_of(golden, "gender")
    return Identity(value_of(golden, "name"), sex if sex in ("1", "2") else "", _age(value_of(golden, "birth_date")))


def _age(birth: str) -> int | None:
    try:
        born = date.fromisoformat(birth[:10])
    except ValueError:
        return None
    today = clock.today()
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))
