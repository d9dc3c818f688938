"""Diagnoses of protected classes (HIV, mental disorders …) among the answers of forms.

What the health record withholds from a caller who is not cleared for a class, no form tells him either: the certificate of a
death would give away what the record conceals. Whoever wrote a form, or is responsible for the member, reads it. Cases of
workflows follow the same rule in ``protecting_cases``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from health_platform.engine.definitions.fields import Coded, Text
from health_platform.engine.definitions.forms import Form
from health_platform.engine.definitions.registers import Register
from health_platform.engine.desk import Desk
from health_platform.engine.models import Enrolment, Submission
from health_platform.kernel.errors import Denied
from health_platform.kernel.scope import scope_of
from health_platform.records.api import class_of_diagnosis, class_of_place

VEIL: dict[str, Any] = {"label": "受保护的内容", "answers": [("说明", "含受保护类别的诊断，未获授权不予显示")]}
_NAME_LENGTH = 64
"""Texts up to this length name a ward or a department; longer ones are prose, where 心理 alone says nothing."""


def told(desk: Desk, form: Form, row: Submission) -> Mapping[str, Any]:
    """The answers of a submission as far as the caller may read them: all of them, or none."""
    return {} if veiled(desk, form, row) else row.answers


def veiled(desk: Desk, form: Form, row: Submission) -> bool:
    """Whether a submission is withheld from the caller."""
    return row.worker != desk.principal.id and withholds(desk, form, row.answers)


def latest_told(desk: Desk, register: Register, row: Enrolment) -> Mapping[str, Any]:
    """The last answers of a member for lists; without those of a form that shows a diagnosis withheld from the caller."""
    if row.worker == desk.principal.id:
        return row.latest
    shut = {
        form.code
        for form in register.all_forms
        if withholds(desk, form, {one.code: row.latest.get(f"{form.code}.{one.code}") for one in form.fields})
    }
    return {key: value for key, value in row.latest.items() if key.split(".")[0] not in shut or key.endswith((".day", ".count"))}


def refuse_lists(desk: Desk, register: Register) -> None:
    """Whoever is not cleared for every class lists nobody by a cause or diagnosis: who stands in the list would tell it.

    Raises:
        Denied: ``engine.protected``.
    """
    if narrowed(desk) and any(tells_diagnoses(form) for form in register.all_forms):
        raise Denied("engine.protected")


def narrowed(desk: Desk) -> bool:
    """Whether there is any class the caller is not cleared for."""
    scope = scope_of(desk.session)
    return not scope.everything and scope.classes is not None


def tells_diagnoses(form: Form) -> bool:
    """Whether a form asks for ICD-10 codes; only in such a form do words stand for a diagnosis."""
    return any(_is_diagnosis(one) for one in form.fields)


def withholds(desk: Desk, form: Form, answers: Mapping[str, Any]) -> bool:
    """Whether answers of a form that tells diagnoses name a class the caller is not cleared for."""
    return narrowed(desk) and tells_diagnoses(form) and not covered(desk, classes_of(form, answers))


def covered(desk: Desk, classes: Iterator[str]) -> bool:
    """Whether the caller is cleared for all of some classes; "" is none."""
    scope = scope_of(desk.session)
    return all(scope.covers_class(one) for one in classes if one)


def classes_of(form: Form, answers: Mapping[str, Any]) -> Iterator[str]:
    """The classes that codes, words and names of departments among the answers belong to."""
    for one in form.fields:
        said = str(answers.get(one.code) or "")
        if said and _is_diagnosis(one):
            yield class_of_diagnosis(said)
        elif said and isinstance(one, Text):
            yield class_of_diagnosis("", said)
            yield class_of_place(said) if one.max_length <= _NAME_LENGTH else ""


def _is_diagnosis(field: object) -> bool:
    return isinstance(field, Coded) and field.system.upper() == "ICD10"
