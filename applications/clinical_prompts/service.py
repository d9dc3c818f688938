"""One check from question to cards: read the record, run the checks, keep what was shown."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, cast
from uuid import NAMESPACE_URL, uuid4, uuid5

from sqlalchemy import Table, bindparam, select
from sqlalchemy.orm import Session

from applications.clinical_prompts import checking, shelf
from applications.clinical_prompts.asking import Asker, treating
from applications.clinical_prompts.charting import Reading, chart_of
from applications.clinical_prompts.knowledge import Knowledge
from applications.clinical_prompts.models import PromptCheck, PromptShown
from applications.clinical_prompts.rule_state import Rules
from applications.clinical_prompts.values import Chart, DraftOrder, Evidence, Finding
from health_platform.access.api import document_access
from health_platform.kernel.clock import local
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Conflict
from health_platform.kernel.ids import new_id
from health_platform.kernel.platform import Platform
from health_platform.records.api import open_record


@dataclass(frozen=True)
class Request:
    """One request to check. ``check_id`` is the caller's own unique id: the same id again is the same check. Without one
    (``""``) the check gets an id nobody else has.

    ``own`` is what the caller's own system adds to the record (the prefetched resources of CDS Hooks).
    """

    asker: Asker
    orders: tuple[DraftOrder, ...]
    check_id: str
    at: datetime
    own: Chart = field(default_factory=Chart)

    @property
    def digest(self) -> str:
        """What is asked, whatever the moment."""
        words = repr((self.asker.person_id, self.asker.visit_no, self.orders))
        return hashlib.blake2b(words.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Result:
    """The outcome of a check; ``shown`` in the order of the cards."""

    check: PromptCheck
    shown: Sequence[PromptShown]
    knowledge: Knowledge


def perform(session: Session, platform: Platform, request: Request) -> Result:
    """Check orders against the patient's record; without orders, what a doctor should know on opening the patient."""
    started = time.perf_counter()
    asker = request.asker
    with widened(session, "rules of the prompts"):
        known, rules = shelf.in_force(session, asker.institution_id)
        if earlier := _earlier(session, request):
            return Result(earlier, _cards(session, earlier.id), known)
        answered = _answered(session, request)
    chart = _joined(_chart(session, platform, request, (known, rules)), request.own)
    question = checking.Question(request.orders, chart, known, rules, request.at, answered)
    answer = checking.check(question) if request.orders else checking.check_patient(question)
    with widened(session, "keep what was shown"):
        check = _kept(request, answer, chart.withheld, started)
        shown = [_card(check, place, one, rules) for place, one in enumerate(answer.findings)]
        session.add_all((check, *shown))
    return Result(check, shown, known)


def _chart(session: Session, platform: Platform, request: Request, tables: tuple[Knowledge, Rules]) -> Chart:
    """The record of a known patient, read under the relationship of the visit; nothing of an unknown one."""
    asker = request.asker
    if asker.person_id is None:
        return Chart()
    known, rules = tables
    assumed = rules["same_drug"].parameters["assumed_days"]
    reading = Reading(request.orders, known, assumed, asker.institution_id, asker.visit_no, request.at)
    with treating(session, asker):
        wishes = document_access(session, asker.principal, asker.person_id)
        record = open_record(platform, session, asker.principal, asker.person_id, wishes)
        return chart_of(session, record, reading)


def _joined(chart: Chart, own: Chart) -> Chart:
    """The record and what the caller's own system knows; the caller is nearer to sex and age."""
    return Chart(
        drugs=(*chart.drugs, *own.drugs), tests=(*chart.tests, *own.tests), allergies=(*chart.allergies, *own.allergies),
        problems=(*chart.problems, *own.problems), sex=own.sex or chart.sex,
        age=chart.age if own.age is None else own.age, withheld=chart.withheld,
    )  # fmt: skip


def _earlier(session: Session, request: Request) -> PromptCheck | None:
    """The check a repeated request already made: nothing is shown or counted twice.

    Raises:
        Conflict: the id was used for another patient, visit or other orders; those cards must not be shown here.
    """
    if not request.check_id:
        return None
    mine = (PromptCheck.institution_id == request.asker.institution_id, PromptCheck.check_id == request.check_id)
    found = session.scalar(select(PromptCheck).where(*mine))
    if found is not None and found.digest != request.digest:
        raise Conflict("prompts.check_reused", check=request.check_id)
    return found


def _cards(session: Session, check_row: int) -> Sequence[PromptShown]:
    query = select(PromptShown).where(PromptShown.check_row == check_row).order_by(PromptShown.position)
    return session.scalars(query).all()


def _answered(session: Session, request: Request) -> frozenset[str]:
    """Subjects this doctor's visit has overridden already: asking again would only teach to click away."""
    asker = request.asker
    if not asker.visit_no or asker.person_id is None:
        return frozenset()
    visit = {"institution": asker.institution_id, "visit": asker.visit_no, "person": asker.person_id}
    return frozenset(session.connection().scalars(_OVERRIDDEN, visit))


_SHOWN = cast(Table, PromptShown.__table__).c
_OVERRIDDEN = select(_SHOWN.subject).where(
    _SHOWN.institution_id == bindparam("institution"), _SHOWN.visit_no == bindparam("visit"),
    _SHOWN.person_id == bindparam("person"), _SHOWN.outcome == "overridden",
)  # fmt: skip


def _kept(request: Request, answer: checking.Answer, withheld: int, started: float) -> PromptCheck:
    asker = request.asker
    return PromptCheck(
        id=new_id(), check_id=request.check_id or str(uuid4()), digest=request.digest,
        person_id=asker.person_id, division_code=asker.division_code,
        institution_id=asker.institution_id, channel=asker.channel, doctor_no=asker.doctor.number or None,
        doctor_name=asker.doctor.name or None, department=asker.doctor.department or None, visit_no=asker.visit_no or None,
        orders=len(request.orders), cards=len(answer.findings), suppressed=answer.suppressed, withheld=withheld,
        unknown=list(answer.unknown), known_patient=asker.person_id is not None,
        took_ms=int((time.perf_counter() - started) * 1000), checked_at=request.at,
    )  # fmt: skip


def _card(check: PromptCheck, place: int, finding: Finding, rules: Rules) -> PromptShown:
    identity = f"{check.institution_id}:{check.check_id}:{finding.order}:{finding.subject}"
    return PromptShown(
        card_id=str(uuid5(NAMESPACE_URL, identity)), check_row=check.id, person_id=check.person_id,
        division_code=check.division_code, institution_id=check.institution_id, visit_no=check.visit_no,
        doctor_no=check.doctor_no, department=check.department, position=place, rule=finding.rule,
        rule_version=rules[finding.rule].version, severity=finding.severity, subject=finding.topic,
        content=content_of(finding), shown_at=check.checked_at,
    )  # fmt: skip


def content_of(finding: Finding) -> dict[str, Any]:
    """A card as it is kept and told."""
    return {
        "title": finding.title,
        "advice": finding.advice,
        "order": finding.order,
        "evidence": [_proof(one) for one in finding.evidence],
    }


def _proof(evidence: Evidence) -> dict[str, Any]:
    return {
        "text": evidence.text,
        "institution": evidence.institution,
        "time": local(evidence.at).isoformat(timespec="minutes") if evidence.at else None,
        "ref": evidence.ref,
        "protected": evidence.veiled,
    }
