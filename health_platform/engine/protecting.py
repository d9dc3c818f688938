"""Diagnoses of protected classes (HIV, mental disorders …) among the answers of forms.

What the health record withholds from a caller who is not cleared for a class, no form tells him either: the certificate of a
death would give away what the record conceals. Whoever wrote a form, or is responsible for the member, reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from health_platform.engine.definitions.fields import Coded
from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.registers import Register
from health_platform.engine.desk import Desk
from health_platform.engine.models import Enrolment, Submission
from health_platform.kernel.errors import Denied
from health_platform.kernel.scope import scope_of
from health_platform.records.api import class_of_diagnosis

VEIL: dict[str, Any] = {"label": "受保护的内容", "answers": [("说明", "含受保护类别的诊断，未获授权不予显示")]}


def told(desk: Desk, form: Form, row: Submission) -> Mapping[str, Any]:
    """The answers of a submission as far as the caller may read them: all of them, or none."""
    return {} if veiled(desk, form, row) else row.answers


def veiled(desk: Desk, form: Form, row: Submission) -> bool:
    """Whether a submission is withheld from the caller."""
    return row.worker != desk.principal.id and _protected(desk, (row.answers.get(code) for code in _diagnoses(form)))


def latest_told(desk: Desk, register: Register, row: Enrolment) -> Mapping[str, Any]:
    """The last answers of a member for lists; without those of a form that shows a diagnosis withheld from the caller."""
    if row.worker == desk.principal.id:
        return row.latest
    shut = {
        form.code
        for form in register.all_forms
        if _protected(desk, (row.latest.get(f"{form.code}.{code}") for code in _diagnoses(form)))
    }
    return {key: value for key, value in row.latest.items() if key.split(".")[0] not in shut or key.endswith((".day", ".count"))}


def refuse_lists(desk: Desk, register: Register) -> None:
    """Whoever is not cleared for every class lists nobody by a cause or diagnosis: who stands in the list would tell it.

    Raises:
        Denied: ``engine.protected``.
    """
    scope = scope_of(desk.session)
    if not scope.everything and scope.classes is not None and any(_diagnoses(form) for form in register.all_forms):
        raise Denied("engine.protected")


def _diagnoses(form: Form) -> tuple[str, ...]:
    return tuple(one.code for one in form.fields if isinstance(one, Coded) and one.system.upper() == "ICD10")


def _protected(desk: Desk, codes: Iterable[object]) -> bool:
    classes = (class_of_diagnosis(str(code)) for code in codes if code)
    return any(one and not scope_of(desk.session).covers_class(one) for one in classes)
