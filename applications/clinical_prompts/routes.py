"""The prompts over HTTP: check, outcome, and the administration of rules and tables."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from flask import Response

from applications.clinical_prompts import outcomes, schemas, service, shelf, statistics
from applications.clinical_prompts.asking import Asker, Doctor, from_frame, from_system
from applications.clinical_prompts.charting import identity_of
from applications.clinical_prompts.definitions.rules import BY_CODE
from applications.clinical_prompts.knowledge import Knowledge
from applications.clinical_prompts.models import KnowledgeVersion, PromptShown, RuleSwitch
from applications.clinical_prompts.rule_state import RuleState
from applications.clinical_prompts.values import DraftOrder
from health_platform.access.api import directory_of, reachable_unit
from health_platform.kernel import clock
from health_platform.kernel.errors import Invalid, NotFound
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.kernel.sheets import download, write_csv

blp = Blueprint("prompts", __name__, url_prefix="/api/v1/prompts", description="智能提示")
CHECK, READ, EDIT, SWITCH = "prompts.check", "prompts.read", "prompts.edit", "prompts.switch"
_SPAN_DAYS = 30


# -- at the workstation


@endpoint(blp, "POST", "/check", permission=CHECK, label="核对医嘱（机构系统）", body=schemas.CheckIn,
          response=schemas.CheckOut, scope="relationship", audit="prompts.check")  # fmt: skip
def check(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """An institution's server sends the orders its doctor is writing; answers with cards, gravest first."""
    doctor = Doctor(**body["doctor"])
    asker = from_system(call.session, call.platform, call.principal, body["patient"], (doctor, body["visit_no"]))
    return performed(call, asker, body)


@endpoint(blp, "POST", "/frame/check", permission=CHECK, label="核对医嘱（弹出页面）", body=schemas.FrameCheckIn,
          response=schemas.CheckOut, scope="relationship", audit="prompts.check")  # fmt: skip
def frame_check(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """The pop-up of a launched workstation sends the orders its page holds."""
    asker = from_frame(call.principal)
    return {**performed(call, asker, body), "patient": patient_line(call, asker)}


def patient_line(call: Call, asker: Asker) -> str:
    """Whose prompts these are: the doctor compares it with the patient on the screen."""
    who = identity_of(call.session, asker.person_id or 0)
    sex = {"1": "男", "2": "女"}.get(who.sex, "")
    return " ".join(part for part in (who.name, sex, "" if who.age is None else f"{who.age}岁") if part)


@endpoint(blp, "GET", "/frame/checks/<check_id>", permission=CHECK, label="查看核对结果（弹出页面）",
          response=schemas.CheckOut, scope="relationship", audit="prompts.view")  # fmt: skip
def frame_result(call: Call, check_id: str) -> dict[str, Any]:
    """The pop-up shows a check the institution's server has made of the same patient."""
    asker = from_frame(call.principal)
    found, cards = outcomes.check_of(call.session, asker.institution_id, asker.person_id or 0, check_id)
    call.audit(person_id=asker.person_id, object_kind="prompt_check", object_id=check_id)
    return {**told(found, cards, shelf.knowledge(call.session)), "patient": patient_line(call, asker)}


@endpoint(blp, "POST", "/cards/<card_id>/outcome", permission=CHECK, label="登记提示的处理结果", body=schemas.OutcomeIn,
          status=204, scope="relationship", audit="prompts.outcome")  # fmt: skip
def outcome(call: Call, body: dict[str, Any], card_id: str) -> None:
    """The doctor cites a card, or goes on all the same and says why."""
    if call.principal.institution_id is None:
        raise Invalid("prompts.institution")
    by = call.principal.name if call.principal.person_id else body["doctor"]
    said = outcomes.Told(card_id, body["outcome"], body["reason"], body["comment"], by, call.now)
    card = outcomes.settle(call.session, call.principal.institution_id, call.principal.person_id, said)
    call.audit(person_id=card.person_id, object_kind="prompt", rule=card.rule, outcome_of_card=body["outcome"],
               reason=body["reason"])  # fmt: skip


def performed(call: Call, asker: Asker, body: dict[str, Any]) -> dict[str, Any]:
    """Check, audit, and answer."""
    orders = tuple(DraftOrder(**one) for one in body["orders"])
    request = service.Request(asker, orders, body["check_id"] or "", call.now)
    result = service.perform(call.session, call.platform, request)
    audit_check(call, asker, result)
    return told(result.check, result.shown, result.knowledge)


def audit_check(call: Call, asker: Asker, result: service.Result) -> None:
    """Every check is on record with what it showed: to the resident it is a look at the record."""
    call.audit(
        principal=asker.principal, person_id=asker.person_id, object_kind="prompt_check", object_id=result.check.check_id,
        channel=asker.channel, visit_no=asker.visit_no, doctor_no=asker.doctor.number,
        shown=[f"{card.rule}:{card.severity}" for card in result.shown],
    )  # fmt: skip


def told(check: Any, cards: Any, knowledge: Knowledge) -> dict[str, Any]:
    """A check as the workstation gets it."""
    return {
        "check_id": check.check_id, "known_patient": check.known_patient, "unknown_orders": check.unknown,
        "withheld": check.withheld, "suppressed": check.suppressed,
        "cards": [card_told(card, knowledge) for card in cards],
    }  # fmt: skip


def card_told(card: PromptShown, knowledge: Knowledge) -> dict[str, Any]:
    rule = BY_CODE[card.rule]
    return {
        "id": card.card_id, "rule": card.rule, "label": rule.label, "severity": card.severity, **card.content,
        "needs_reason": rule.needs_reason, "reasons": knowledge.reasons_of(card.rule), "outcome": card.outcome,
    }  # fmt: skip


# -- rules


@endpoint(blp, "GET", "/rules", permission=READ, label="提示规则", scope="reference", response=schemas.RuleOut, many=True)
def rules(call: Call) -> list[RuleState]:
    """Every rule as it stands for the city."""
    return list(shelf.rules_for(call.session).values())


@endpoint(blp, "PUT", "/rules/<rule>", permission=EDIT, label="修改提示规则", scope="reference", body=schemas.RuleIn,
          response=schemas.RuleOut)  # fmt: skip
def change_rule(call: Call, body: dict[str, Any], rule: str) -> RuleState:
    """A new version of a rule; it counts from the next check on."""
    words = {key: body.pop(key) for key in ("enabled", "severity", "note")}
    given = {key: value for key, value in body.items() if value is not None}
    shelf.change_rule(call.session, rule, shelf.RuleChange(**words, parameters=given), call.principal.name)
    call.audit(object_kind="prompt_rule", object_id=rule, **words, **given)
    return shelf.rules_for(call.session)[rule]


@endpoint(blp, "GET", "/switches", permission=READ, label="机构规则开关", response=schemas.SwitchOut, many=True)
def switches(call: Call) -> list[RuleSwitch]:
    return list(shelf.switches(call.session))


@endpoint(blp, "PUT", "/switches", permission=SWITCH, label="设置机构规则开关", body=schemas.SwitchIn,
          response=schemas.SwitchOut)  # fmt: skip
def switch(call: Call, body: dict[str, Any]) -> RuleSwitch:
    """Switch a rule off or on for one institution of the caller's reach."""
    unit = reachable_unit(call.session, call.principal.scope, directory_of(call.platform), body["institution_id"])
    if unit is None:
        raise NotFound("request.not_found")
    words = (body["reason"], call.principal.name)
    row = shelf.switch(call.session, unit.id, unit.division_code, body["rule"], body["enabled"], words)
    call.audit(object_kind="prompt_switch", object_id=row.id, institution=unit.name, rule=row.rule, enabled=row.enabled)
    return row


# -- knowledge tables


@endpoint(blp, "GET", "/tables/<table>/versions", permission=READ, label="知识表版本", scope="reference",
          response=schemas.VersionOut, many=True)  # fmt: skip
def versions(call: Call, table: str) -> list[KnowledgeVersion]:
    """Versions of a table, newest first. None in force: the shipped table is."""
    shelf.table_of(table)
    return list(shelf.versions(call.session, table))


@endpoint(blp, "GET", "/tables/<table>/file", permission=READ, label="下载知识表", scope="reference", raw=True)
def table_file(call: Call, table: str) -> Response:
    """The table in force, in the form it is loaded in."""
    known = shelf.table_of(table)
    rows = shelf.rows_in_force(call.session, table)
    return download(write_csv(known.headings, rows), f"{known.label}.csv", "text/csv; charset=utf-8")


@endpoint(blp, "POST", "/tables/<table>", permission=EDIT, label="载入知识表", scope="reference", body=schemas.TableIn,
          response=schemas.VersionOut, status=201)  # fmt: skip
def load_table(call: Call, body: dict[str, Any], table: str) -> KnowledgeVersion:
    """Load a file as a new version and put it in force; a faulty row refuses the whole file."""
    content = body["file"].read() if hasattr(body["file"], "read") else str(body["file"]).encode()
    row = shelf.load(call.session, table, content, body["note"], call.principal.name)
    call.audit(object_kind="prompt_table", object_id=table, version=row.version, rows=row.row_count)
    return row


@endpoint(blp, "POST", "/tables/<table>/versions/<int:version>/activate", permission=EDIT, label="启用知识表版本",
          scope="reference", response=schemas.VersionOut)  # fmt: skip
def activate(call: Call, table: str, version: int) -> KnowledgeVersion:
    """Put an earlier version in force again."""
    row = shelf.activate(call.session, table, version)
    call.audit(object_kind="prompt_table", object_id=table, version=version)
    return row


# -- statistics


@endpoint(blp, "GET", "/statistics", permission=READ, label="提示采纳统计", query=schemas.SpanQuery,
          response=schemas.RuleFiguresOut, many=True)  # fmt: skip
def figures(call: Call, query: dict[str, Any]) -> list[statistics.RuleFigures]:
    """By rule: shown, cited, overridden, ignored."""
    return statistics.by_rule(call.session, span_of(**query))


def span_of(since: date | None, until: date | None, institution_id: int | None) -> statistics.Span:
    """The asked days as instants."""
    last = until or clock.today()
    first = since or last - timedelta(days=_SPAN_DAYS - 1)
    return statistics.Span(_start(first), _start(last + timedelta(days=1)), institution_id)


def _start(day: date) -> datetime:
    return datetime.combine(day, time(), clock.LOCAL_ZONE)
