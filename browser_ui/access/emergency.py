"""Emergency access for physicians: whose record, why, and a fresh one-time code; then straight to the record."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, render_template, request
from marshmallow import fields, validate
from sqlalchemy.orm import Session

from browser_ui.access.forms import faults, posted
from browser_ui.forms import FormField, choices, form_of
from empi.api import by_credential
from health_platform.access.api import REASONS, open_emergency
from health_platform.kernel.db import widened
from health_platform.kernel.errors import Invalid, PlatformError, register_messages
from health_platform.kernel.http import Blueprint, Call, Schema, endpoint

register_messages({"access.break_glass.person": "证件号码未对应到唯一的居民，请核对"})

blp = Blueprint("pages_emergency", __name__, url_prefix="/console/emergency", description="紧急调阅页面")


class EmergencyForm(Schema):
    """Whose record and why. The number is asked for, not picked from a list: no browsing under this title."""

    number = fields.String(
        required=True, validate=validate.Length(4, 40), metadata={"label": "居民身份证或其他证件号码", "autocomplete": "off"}
    )
    reason_code = fields.String(required=True, validate=validate.OneOf(list(REASONS)), metadata={"label": "原因"})
    reason = fields.String(
        required=True,
        validate=validate.Length(10, 400),
        metadata={"label": "情况说明", "hint": "至少 10 个字，居民本人可以看到", "wide": True},
    )
    code = fields.String(
        required=True, validate=validate.Length(6, 12), metadata={"label": "动态口令", "autocomplete": "one-time-code"}
    )


def _fields() -> tuple[FormField, ...]:
    return form_of(EmergencyForm, reason_code={"choices": choices(REASONS), "kind": "select"})


@endpoint(
    blp,
    "GET",
    "",
    permission="access.break_glass.open",
    label="紧急调阅页",
    template="access/emergency.html",
    scope="self",
)
def emergency_page(call: Call) -> dict[str, Any]:
    """The form."""
    return {"fields": _fields(), "values": {}, "errors": {}, "problem": ""}


@endpoint(
    blp,
    "POST",
    "",
    permission="access.break_glass.open",
    label="紧急调阅",
    raw=True,
    audit="break_glass.open",
    scope="relationship",
)
def open_record(call: Call) -> Response:
    """Opens the record for an hour. A refused try is counted (wrong codes) and written to the audit log."""
    try:
        body = posted(EmergencyForm)
        person_id = _person(call.session, body.pop("number"))
        open_emergency(call, {**body, "person_id": person_id})
    except PlatformError as error:
        call.audit(outcome="refused", error=error.code)
        context = {"values": request.form, "errors": faults(error), "problem": error.message}
        text = render_template("access/emergency.html", fields=_fields(), **context)
        return Response(text, error.status, mimetype="text/html")
    answer: Response = redirect(f"/record/{person_id}", 303)  # type: ignore[assignment]
    return answer


def _person(session: Session, number: str) -> int:
    """The one person who holds this number, wherever the person lives.

    Raises:
        Invalid: nobody, or more than one.
    """
    with widened(session, "emergency"):
        found = {one.person_id for one in by_credential(session, "any", number)}
    if len(found) != 1:
        raise Invalid("access.break_glass.person")
    return found.pop()
