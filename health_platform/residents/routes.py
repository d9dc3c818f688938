"""The resident API: sign in, family, who looked, objections, hidden classes. Mini-programmes and our pages use the same."""

from __future__ import annotations

from typing import Any

from flask import Response, jsonify

from health_platform.kernel.errors import Invalid
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.residents import family, privacy, signin
from health_platform.residents.definitions import CODE_LIFE, COOKIE, SESSION_LIFE
from health_platform.residents.models import AccessObjection, FamilyProxy
from health_platform.residents.ports import Custody, IdentityVerifier, PersonRegister
from health_platform.residents.schemas import (
    ActingIn,
    AnswerIn,
    CodeIn,
    CodeOut,
    DecisionIn,
    HiddenIn,
    HiddenOut,
    MemberIn,
    MemberOut,
    MeOut,
    ObjectionIn,
    ObjectionOut,
    PageQuery,
    SignInIn,
    SignInOut,
    ViewOut,
)
from health_platform.residents.verifier import NoVerifier, PrintedCodes

blp = Blueprint("resident", __name__, url_prefix="/api/v1/resident", description="居民服务")
SELF = "resident.self"


def verifier(call: Call) -> IdentityVerifier:
    """The bound verification service; the printing one only in a demonstration."""
    default = PrintedCodes() if call.settings.demonstration else NoVerifier()
    found: IdentityVerifier = call.platform.service(IdentityVerifier, default)
    return found


@endpoint(blp, "POST", "/codes", permission="public", label="获取登录验证码", body=CodeIn, response=CodeOut, status=201,
          scope="system", audit="resident.code")  # fmt: skip
def send_code(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Send a code to the phone when name, number and phone belong together. The answer does not tell whether they do."""
    register: PersonRegister = call.platform.service(PersonRegister)
    row = signin.send_code(call.session, signin.Claim(**body), register, verifier(call), call.now)
    call.audit(object_kind="resident_code", object_id=row.id, kind="login", person_id=row.person_id)
    return {"code_id": row.id, "expires_in": int(CODE_LIFE.total_seconds())}


@endpoint(blp, "POST", "/sessions", permission="public", label="居民登录", body=SignInIn, response=SignInOut, status=201,
          scope="system", audit="resident.login")  # fmt: skip
def sign_in(call: Call, body: dict[str, Any]) -> Response | dict[str, Any]:
    """Sign in with the code. ``cookie`` asks for a browser session instead of a token."""
    token, opened = signin.sign_in(call.session, body["code_id"], body["code"], body["cookie"], call.now)
    principal = signin.recognise(call.session, token, body["cookie"], call.now)
    assert principal is not None  # noqa: S101 - opened a moment ago
    call.audit(object_kind="resident_session", object_id=opened.id, person_id=opened.person_id, kind="login",
               principal=principal)  # fmt: skip
    answer = {"token": token, "name": principal.name, "ends_at": opened.ends_at}
    return _with_cookie(call, answer) if body["cookie"] else answer


def _with_cookie(call: Call, answer: dict[str, Any]) -> Response:
    response = jsonify(SignInOut().dump({**answer, "token": None}))
    response.status_code = 201
    response.set_cookie(
        COOKIE, answer["token"], max_age=int(SESSION_LIFE.total_seconds()), httponly=True, samesite="Lax",
        secure=call.settings.secure_cookies, path="/",
    )  # fmt: skip
    return response


@endpoint(blp, "POST", "/sessions/end", permission=SELF, label="退出", scope="system", audit="resident.logout")
def sign_out(call: Call) -> Response:
    """End this session."""
    signin.sign_out(call.session, call.principal, call.now)
    response = Response(status=204)
    response.delete_cookie(COOKIE, path="/")
    return response


@endpoint(blp, "GET", "/me", permission=SELF, label="我是谁", response=MeOut, scope="self")
def me(call: Call) -> dict[str, Any]:
    return {
        "name": call.principal.name,
        "person_id": family.own_person(call.principal),
        "acting_for": call.principal.person_id,
    }


@endpoint(blp, "POST", "/acting", permission=SELF, label="切换家庭成员", body=ActingIn, response=MeOut, scope="system",
          audit="resident.acting")  # fmt: skip
def act_for(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Open the own record or, with consent in force, a family member's."""
    family.act_for(call.session, call.principal, body["person_id"], call.now)
    call.audit(person_id=body["person_id"])
    return {
        "name": call.principal.name,
        "person_id": family.own_person(call.principal),
        "acting_for": body["person_id"],
    }


@endpoint(blp, "GET", "/family", permission=SELF, label="家庭成员", response=MemberOut, many=True, scope="system")
def list_members(call: Call) -> list[FamilyProxy]:
    return family.members(call.session, call.principal)


@endpoint(blp, "POST", "/family", permission=SELF, label="添加家庭成员", body=MemberIn, response=MemberOut, status=201,
          scope="system", audit="resident.family.ask")  # fmt: skip
def ask_member(call: Call, body: dict[str, Any]) -> FamilyProxy:
    """Ask for a family member's record; an adult has to agree, a minor child's opens at once when the custody is confirmed."""
    register: PersonRegister = call.platform.service(PersonRegister)
    member = register(call.session, body["name"], body["id_number"])
    if member is None:
        raise Invalid("resident.member")
    wish = family.Wish(member, body["relation"])
    claim = Custody(family.own_person(call.principal), call.principal.name, member, body["id_number"], wish.relation)
    if family.is_minor(wish, call.now) and not verifier(call).guards(claim):
        raise Invalid("resident.custody")
    proxy = family.ask(call.session, call.principal, wish, call.now)
    call.audit(person_id=proxy.person_id, object_kind="family_proxy", object_id=proxy.id, relation=proxy.relation)
    return proxy


@endpoint(blp, "GET", "/family/requests", permission=SELF, label="谁可代我查看", response=MemberOut, many=True,
          scope="system")  # fmt: skip
def list_requests(call: Call) -> list[FamilyProxy]:
    return family.requests_about(call.session, call.principal)


@endpoint(blp, "POST", "/family/<int:proxy_id>/decision", permission=SELF, label="同意或拒绝代查", body=DecisionIn,
          response=MemberOut, scope="system", audit="resident.family.decide")  # fmt: skip
def decide(call: Call, body: dict[str, Any], proxy_id: int) -> FamilyProxy:
    return family.decide(call.session, call.principal, proxy_id, body["agreed"], call.now)


@endpoint(blp, "POST", "/family/<int:proxy_id>/end", permission=SELF, label="解除代查", response=MemberOut,
          scope="system", audit="resident.family.end")  # fmt: skip
def end_proxy(call: Call, proxy_id: int) -> FamilyProxy:
    return family.end(call.session, call.principal, proxy_id, call.now)


@endpoint(blp, "GET", "/views", permission=SELF, label="谁看过我", query=PageQuery, response=ViewOut, many=True,
          scope="self")  # fmt: skip
def list_views(call: Call, query: dict[str, Any]) -> list[Any]:
    """Who looked at the open record, newest first, 20 a page."""
    return privacy.views_of(call.session, call.principal.person_id or 0, query["page"])[0]


@endpoint(blp, "GET", "/objections", permission=SELF, label="我的异议", response=ObjectionOut, many=True, scope="self")
def list_objections(call: Call) -> list[AccessObjection]:
    return list(privacy.objections(call.session, call.principal.person_id or 0).values())


@endpoint(blp, "POST", "/objections", permission=SELF, label="对调阅提出异议", body=ObjectionIn, response=ObjectionOut,
          status=201, scope="self", audit="resident.object")  # fmt: skip
def object_to(call: Call, body: dict[str, Any]) -> AccessObjection:
    """Doubt one view of the record; the health authority of the division must answer."""
    return privacy.object_to(call.session, call.principal, body["audit_id"], body["text"], call.now)


@endpoint(blp, "POST", "/objections/<int:objection_id>/answer", permission="resident.objection.answer",
          label="答复异议", body=AnswerIn, response=ObjectionOut, audit="resident.objection.answer")  # fmt: skip
def answer_objection(call: Call, body: dict[str, Any], objection_id: int) -> AccessObjection:
    """The health authority answers after looking into the view."""
    row = privacy.answer(call.session, call.principal, objection_id, body["state"], body["answer"])
    row.answered_at = call.now
    call.audit(person_id=row.person_id)
    return row


@endpoint(blp, "GET", "/hidden", permission=SELF, label="隐藏的类别", response=HiddenOut, scope="self")
def hidden(call: Call) -> dict[str, Any]:
    return {"kinds": sorted(privacy.hidden_kinds(call.session, call.principal.person_id or 0))}


@endpoint(blp, "POST", "/hidden", permission=SELF, label="设置隐藏的类别", body=HiddenIn, response=HiddenOut,
          scope="self", audit="resident.hide")  # fmt: skip
def set_hidden(call: Call, body: dict[str, Any]) -> dict[str, Any]:
    """Hide exactly these classes from others from now on."""
    kinds = privacy.set_hidden(call.session, call.principal, frozenset(body["kinds"]))
    call.audit(kinds=sorted(kinds))
    return {"kinds": sorted(kinds)}
