"""Forms as FHIR R4 Questionnaire, submissions as QuestionnaireResponse."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from flask import Response

from health_platform.engine import versions
from health_platform.engine.answers import restored
from health_platform.engine.definitions.fields import Choice, Choices, Day, Field, Number, YesNo
from health_platform.engine.definitions.forms import Form, Section
from health_platform.engine.desk import Desk
from health_platform.engine.models import Submission
from health_platform.engine.protecting import told

BASE = "urn:health-platform:form:"
_STATUS = {"current": "completed", "replaced": "amended", "void": "entered-in-error"}


def answer(resource: dict[str, Any]) -> Response:
    """A resource as a response."""
    return Response(json.dumps(resource, ensure_ascii=False), mimetype="application/fhir+json")


def questionnaire(form: Form) -> dict[str, Any]:
    """A form as a Questionnaire; conditions stand as text, since R4 ``enableWhen`` cannot say all of them."""
    return {
        "resourceType": "Questionnaire",
        "id": form.code.replace("_", "-"),
        "url": f"{BASE}{form.code}",
        "version": str(form.version),
        "name": form.code,
        "title": form.label,
        "status": "active",
        "subjectType": ["Patient"],
        "item": [_section(place, section) for place, section in enumerate(form.sections, 1)],
    }


def _section(place: int, section: Section) -> dict[str, Any]:
    return {"linkId": f"s{place}", "text": section.label, "type": "group", "item": [_item(field) for field in section.fields]}


def _item(field: Field) -> dict[str, Any]:
    item: dict[str, Any] = {"linkId": field.code, "text": field.label, "type": field.fhir_type}
    if field.required and not field.when:
        item["required"] = True
    if field.value:
        item["readOnly"] = True
    if isinstance(field, Choice):
        item["answerOption"] = [{"valueCoding": {"code": one.code, "display": one.label}} for one in field.options]
        item["repeats"] = isinstance(field, Choices)
    return item


def questionnaire_response(desk: Desk, form: Form, row: Submission) -> dict[str, Any]:
    """A submission as a QuestionnaireResponse to the version it was written with."""
    then = versions.of_version(desk.session, form, row.form_version)
    return {
        "resourceType": "QuestionnaireResponse",
        "id": str(row.id),
        "questionnaire": f"{BASE}{form.code}|{row.form_version}",
        "status": _STATUS[row.state],
        "authored": row.submitted_at.isoformat(),
        "subject": {"reference": f"Patient/{row.person_id}"},
        "item": items_of(then, told(desk, then, row)),
    }


def items_of(form: Form, document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Answers as items of a response, grouped as the form is."""
    answers = restored(form, document)
    items = []
    for place, section in enumerate(form.sections, 1):
        found = [_answered(field, answers[field.code]) for field in section.fields if answers[field.code] is not None]
        if found:
            items.append({"linkId": f"s{place}", "text": section.label, "item": found})
    return items


def _answered(field: Field, value: Any) -> dict[str, Any]:
    return {"linkId": field.code, "text": field.label, "answer": _values(field, value)}


def _values(field: Field, value: Any) -> list[dict[str, Any]]:
    if isinstance(field, Choice):
        labels = field.labels()
        codes = [code for code in str(value).split(",") if code]
        return [{"valueCoding": {"code": code, "display": labels.get(code, code)}} for code in codes]
    if isinstance(field, Number):
        return [{"valueDecimal": int(value) if value == value.to_integral() else float(value)}]
    if isinstance(field, YesNo):
        return [{"valueBoolean": value}]
    if isinstance(field, Day):
        return [{"valueDate": value.isoformat()}]
    return [{"valueString": str(value)}]
