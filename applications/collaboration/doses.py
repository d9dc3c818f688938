"""Every dose of a vaccine given anywhere, in one list: uploads of clinics and hospitals, and the platform's own register."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from sqlalchemy import select

from applications.collaboration.sharing import every
from health_platform.engine.api import Desk, Form, Submission
from health_platform.kernel.clock import local
from health_platform.kernel.errors import NotFound
from health_platform.records.api import Record, Section

APPLICATION, FORM = "vaccination", "vaccine_dose"
_NOISE = re.compile(r"[\s（）()第剂针次0-9]+")


@dataclass(frozen=True)
class Dose:
    """One dose. ``source``: ``record`` as uploaded, ``register`` as filled in on the platform, ``both``."""

    day: date
    vaccine: str
    dose: str
    institution: str
    batch: str = ""
    source: str = "record"
    ref: str = ""


def doses_of(desk: Desk, record: Record, hidden: bool) -> list[Dose]:
    """All doses, newest first. ``hidden``: the resident hides vaccinations from this caller."""
    events = every(record, Section.VACCINATION)
    uploaded = [Dose(local(one.time).date(), one.title, one.value, one.institution, ref=one.ref) for one in events]
    own = [] if hidden else _registered(desk, record.person_id)
    return sorted(merged(uploaded, own), key=lambda one: (-one.day.toordinal(), one.vaccine, one.dose))


def merged(uploaded: Iterable[Dose], own: Iterable[Dose]) -> list[Dose]:
    """A dose that was both uploaded and registered on one day is one; the register knows the batch."""
    left = list(uploaded)
    found = []
    for dose in own:
        twin = next((one for one in left if one.day == dose.day and same_vaccine(one.vaccine, dose.vaccine)), None)
        if twin is not None:
            left.remove(twin)
        ref = twin.ref if twin else ""
        found.append(Dose(dose.day, dose.vaccine, dose.dose, dose.institution, dose.batch, "both" if twin else "register", ref))
    return [*found, *left]


def same_vaccine(left: str, right: str) -> bool:
    """Whether two names may mean one vaccine: equal, or one within the other, but for the number of the dose."""
    one, other = _NOISE.sub("", left), _NOISE.sub("", right)
    return bool(one and other) and (one in other or other in one)


def _registered(desk: Desk, person_id: int) -> list[Dose]:
    """Doses of the platform's own register: wherever given for who treats the person, else those of the jurisdiction."""
    form = _form(desk)
    if form is None:
        return []
    query = select(Submission).where(Submission.form == FORM, Submission.person_id == person_id, Submission.state == "current")
    rows = [(one.day, one.answers, one.institution_id) for one in desk.session.scalars(query)]
    names = desk.institution_names(sorted({unit for *_, unit in rows if unit}))
    shown = {code: form.field(code) for code in ("dose", "product", "batch_no")}
    return [
        Dose(
            day, str(answers.get("product") or shown["dose"].show(answers.get("dose"))),
            f"{shown['dose'].show(answers.get('dose'))}{'（无效剂次）' if answers.get('early') else ''}",
            str(answers.get("given_at") or names.get(unit or 0, "")), str(answers.get("batch_no") or ""), "register",
        )
        for day, answers, unit in rows
    ]  # fmt: skip


def _form(desk: Desk) -> Form | None:
    try:
        return desk.catalogue.application(APPLICATION).form(FORM)
    except (NotFound, StopIteration):
        return None
