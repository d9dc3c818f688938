"""CDS Hooks 2.0: discovery, three services, feedback."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from marshmallow import EXCLUDE, Schema, fields, validate

from applications.clinical_prompts import outcomes, service
from applications.clinical_prompts.asking import Asker, Doctor, acting
from applications.clinical_prompts.cds.cards import card_of
from applications.clinical_prompts.cds.reading import Hook, hook_of, own_chart, selected_last
from applications.clinical_prompts.cds.trust import BASE, PERMISSION
from applications.clinical_prompts.routes import audit_check
from health_platform.kernel.errors import Invalid, NotFound
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.launch.api import PatientFinder

blp = Blueprint("cds_hooks", __name__, url_prefix=BASE, description="CDS Hooks 2.0 智能提示服务")


@dataclass(frozen=True)
class CdsService:
    """One service: on which hook, under which id."""

    id: str
    hook: str
    title: str
    description: str


SERVICES: Final = (
    CdsService("orders-selected", "order-select", "开立医嘱提示", "选择医嘱时核对过敏、禁忌、相互作用、重复用药和重复检验检查"),
    CdsService("orders-signed", "order-sign", "签署医嘱提示", "签署医嘱前核对本次全部医嘱"),
    CdsService("patient-opened", "patient-view", "打开患者提示", "打开患者时提示过敏史和在用药品之间的相互作用"),
)
_BY_ID: Final = {one.id: one for one in SERVICES}
PREFETCH: Final = {
    "patient": "Patient/{{context.patientId}}",
    "medications": "MedicationRequest?patient={{context.patientId}}&status=active",
    "conditions": "Condition?patient={{context.patientId}}&clinical-status=active",
    "allergies": "AllergyIntolerance?patient={{context.patientId}}",
}


class _Open(Schema):
    """The specification lets clients send more than a service knows."""

    class Meta:
        unknown = EXCLUDE


class HookIn(_Open):
    """A call of a service. ``fhirServer`` and ``fhirAuthorization`` are not used: the city's record is here."""

    hook = fields.String(required=True, validate=validate.Length(1, 40))
    hookInstance = fields.UUID(required=True)  # noqa: N815 - named by the specification
    context = fields.Dict(required=True)
    prefetch = fields.Dict(load_default=dict, allow_none=True)


class AcceptedIn(_Open):
    id = fields.String(required=True)


class ReasonIn(_Open):
    reason = fields.Dict(load_default=None, allow_none=True)
    userComment = fields.String(load_default="", validate=validate.Length(max=200))  # noqa: N815 - named by the specification


class FeedbackIn(_Open):
    """What became of one card."""

    card = fields.String(required=True, validate=validate.Length(1, 36))
    outcome = fields.String(required=True, validate=validate.OneOf(["accepted", "overridden"]))
    acceptedSuggestions = fields.List(fields.Nested(AcceptedIn), load_default=list)  # noqa: N815 - named by the specification
    overrideReason = fields.Nested(ReasonIn, load_default=None, allow_none=True)  # noqa: N815 - named by the specification
    outcomeTimestamp = fields.AwareDateTime(required=True)  # noqa: N815 - named by the specification


class FeedbacksIn(_Open):
    feedback = fields.List(fields.Nested(FeedbackIn), required=True, validate=validate.Length(1, 100))


@endpoint(blp, "GET", "", permission="public", label="CDS 服务目录", scope="public")
def discovery(call: Call) -> dict[str, Any]:
    """The services; nothing in it is about anybody, so nobody is asked for a token."""
    return {
        "services": [
            {"hook": one.hook, "title": one.title, "description": one.description, "id": one.id, "prefetch": PREFETCH}
            for one in SERVICES
        ]
    }


@endpoint(blp, "POST", "/<service_id>", permission=PERMISSION, label="CDS 提示", body=HookIn, scope="relationship",
          audit="prompts.check")  # fmt: skip
def decide(call: Call, body: dict[str, Any], service_id: str) -> dict[str, Any]:
    """Cards for one hook. The same hook instance again gets the same cards, counted once."""
    one = _service(service_id)
    hook = hook_of({**body, "hookInstance": str(body["hookInstance"])}, one.hook)
    asker = _asker(call, hook)
    own = own_chart(body, call.principal.institution_name, call.now)
    asked = service.Request(asker, selected_last(hook), hook.instance, call.now, own)
    result = service.perform(call.session, call.platform, asked)
    audit_check(call, asker, result)
    shown = [card for card in result.shown if not card.content["order"] or card.content["order"] in hook.selected]
    source = str(call.settings.title)
    return {"cards": [card_of(card, result.knowledge, source, hook.references) for card in shown]}


@endpoint(blp, "POST", "/<service_id>/feedback", permission=PERMISSION, label="CDS 提示反馈", body=FeedbacksIn,
          scope="relationship", audit="prompts.outcome")  # fmt: skip
def feedback(call: Call, body: dict[str, Any], service_id: str) -> dict[str, Any]:
    """What doctors did with cards of this service; a card of another institution is not known."""
    _service(service_id)
    institution = call.principal.institution_id or 0
    for one in body["feedback"]:
        outcomes.settle(call.session, institution, None, _told(one, call))
    call.audit(object_kind="prompt", object_id=service_id, cards=[one["card"] for one in body["feedback"]])
    return {}


def _told(one: dict[str, Any], call: Call) -> outcomes.Told:
    why = one["overrideReason"] or {"reason": None, "userComment": ""}
    code = str((why["reason"] or {}).get("code") or "")[:20]
    at = min(one["outcomeTimestamp"], call.now)
    return outcomes.Told(one["card"], one["outcome"], code, why["userComment"], call.principal.name, at, strict=False)


def _service(service_id: str) -> CdsService:
    if service_id not in _BY_ID:
        raise NotFound("prompts.service", service=service_id)
    return _BY_ID[service_id]


def _asker(call: Call, hook: Hook) -> Asker:
    """The doctor of the calling institution with its patient.

    Raises:
        Invalid: the patient's numbers lead to different people; nobody's record is opened then.
    """
    principal = call.principal
    finder: PatientFinder = call.platform.service(PatientFinder)
    institution = principal.institution_id or 0
    people = {finder(call.session, institution, number) for number in hook.patients} - {None}
    if len(people) > 1:
        raise Invalid("prompts.patients_differ")
    person_id = next(iter(people), None)
    doctor = Doctor(hook.user[:32], "", "")
    named = acting(principal, doctor, hook.encounter[:64], person_id)
    return Asker(named, doctor, institution, principal.division_code, hook.encounter[:64], "cds", person_id)
