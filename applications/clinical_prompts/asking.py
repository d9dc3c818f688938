"""Who asks about whom: the doctor at a workstation, and the relationship his visit gives."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from sqlalchemy.orm import Session

from health_platform.kernel.db import change_scope
from health_platform.kernel.errors import Invalid
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import Principal, Scope, scope_of
from health_platform.launch.api import PatientFinder


@dataclass(frozen=True)
class Doctor:
    """Who is at the workstation, as his institution says."""

    number: str = ""
    name: str = ""
    department: str = ""


@dataclass(frozen=True)
class Asker:
    """One doctor of one institution, with one patient, in one visit. ``person_id`` None: the platform does not know the patient.

    ``channel`` is how the question came: api, frame or cds.
    """

    principal: Principal
    doctor: Doctor
    institution_id: int
    division_code: str
    visit_no: str
    channel: str
    person_id: int | None


def from_system(session: Session, platform: Platform, principal: Principal, patient: str, asked: tuple[Doctor, str]) -> Asker:
    """An institution's own system asks for its doctor. ``asked`` is (doctor, visit number).

    That the patient is in front of this doctor is what the institution answers for by its signature, as in a launch.

    Raises:
        Invalid: the caller belongs to no institution.
    """
    if principal.institution_id is None:
        raise Invalid("prompts.institution")
    finder: PatientFinder = platform.service(PatientFinder)
    doctor, visit_no = asked
    person_id = finder(session, principal.institution_id, patient)
    return Asker(
        acting(principal, doctor, visit_no, person_id), doctor, principal.institution_id, principal.division_code,
        visit_no, "api", person_id,
    )  # fmt: skip


def from_frame(principal: Principal) -> Asker:
    """A frame opened by a launch ticket asks; who, whom and which visit are frozen in it."""
    facts = principal.facts
    doctor = Doctor(facts.get("doctor_no", ""), principal.name, facts.get("department", ""))
    if principal.institution_id is None or principal.person_id is None:
        raise Invalid("prompts.institution")
    return Asker(
        principal, doctor, principal.institution_id, principal.division_code, facts.get("visit_no", ""), "frame",
        principal.person_id,
    )  # fmt: skip


def acting(principal: Principal, doctor: Doctor, visit_no: str, person_id: int | None) -> Principal:
    """The doctor in the institution's name: a relationship to this one patient, and no jurisdiction."""
    persons = frozenset() if person_id is None else frozenset({person_id})
    return replace(
        principal, kind="user", name=doctor.name or principal.name, scope=Scope(persons=persons),
        purpose="TREAT", person_id=person_id,
        facts={"doctor_no": doctor.number, "department": doctor.department, "visit_no": visit_no},
    )  # fmt: skip


@contextmanager
def treating(session: Session, asker: Asker) -> Iterator[None]:
    """Work under the scope of the visit's relationship inside the block."""
    before = scope_of(session)
    change_scope(session, asker.principal.scope)
    try:
        yield
    finally:
        if session.is_active:
            change_scope(session, before)
