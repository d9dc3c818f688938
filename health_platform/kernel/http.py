"""The edge: one decorator does for every route what must never be forgotten.

A request, in order: request id → authenticate → scope → parse (schema) → authorise → call one function → audit → commit →
render. ``endpoint`` does all but "call one function"; the application refuses to start with a route that lacks it.

An endpoint returns data for its ``response`` schema, a dict of template context for its ``template``, or a finished
``flask.Response``.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Literal, cast

import flask_smorest
import marshmallow
from flask import Blueprint as PlainBlueprint
from flask import Response, current_app, jsonify, render_template, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage, MultiDict

from health_platform.kernel import audit, clock, logs, parsing
from health_platform.kernel.db import MustWrite, change_scope, start_writing
from health_platform.kernel.errors import DefinitionError, Denied, PlatformError, Unauthenticated
from health_platform.kernel.scope import NOTHING, Principal, system_scope

if TYPE_CHECKING:
    from health_platform.kernel.platform import Platform

LOG = logging.getLogger(__name__)
ScopeKind = Literal["public", "self", "reference", "jurisdiction", "relationship", "system"]
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
ANONYMOUS = Principal(0, "client", "", permissions=frozenset({"public"}))

View = Callable[..., Any]


class Schema(marshmallow.Schema):
    """Base of all API schemas: an unknown field is an error, not a silent loss."""

    class Meta:
        unknown = marshmallow.RAISE
        ordered = True


class IdField(marshmallow.fields.Integer):
    """A 64-bit id, written as a string because JavaScript numbers end at 2**53."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(as_string=True, strict=False, **kwargs)


class FileField(marshmallow.fields.Field):  # type: ignore[type-arg]
    """A file of a form (multipart/form-data): a ``FileStorage``, or ``None`` where none was chosen and none is required."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> FileStorage | None:
        if not isinstance(value, FileStorage):
            raise marshmallow.ValidationError("应以表单（multipart/form-data）上传文件")
        if not value.filename and self.required:
            raise marshmallow.ValidationError("请选择文件")
        return value if value.filename else None


class Blueprint(flask_smorest.Blueprint):
    """A group of endpoints under one prefix, with its part of the OpenAPI document.

    ``specs`` holds the declarations, so that the permission catalogue is known before any application is built.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.specs: list[EndpointSpec] = []


@dataclass(frozen=True)
class EndpointSpec:
    """Everything the platform knows of a route; the leak harness, the menus and the documents read it.

    Attributes:
        permission: key the caller must hold; "public" asks for nobody, "session" for any signed-in caller.
        scope: which rows the function may see. ``public`` and ``reference`` functions see only unscoped rows, ``self``
            only the caller's own, ``system`` works under the platform's scope and must narrow by itself.
        audit: action written to the audit log; unsafe methods always write one.
        reads: the body only says what is looked for, or most of the work is to look; like a GET, the call does not queue behind
            writers, and is begun again when it turns out to write (ADR 86).
    """

    name: str
    method: str
    rule: str
    permission: str
    label: str
    scope: ScopeKind
    body: type[marshmallow.Schema] | None = None
    query: type[marshmallow.Schema] | None = None
    response: type[marshmallow.Schema] | None = None
    many: bool = False
    status: int = 200
    template: str | None = None
    audit: str | None = None
    raw: bool = False
    csrf: bool = True
    reads: bool = False
    tags: tuple[str, ...] = ()


@dataclass
class Call:
    """One request on its way through a function."""

    session: Session
    principal: Principal
    spec: EndpointSpec
    platform: Platform
    request_id: str
    now: datetime
    facts: dict[str, Any] = field(default_factory=dict)

    def audit(self, **facts: Any) -> None:
        """Add facts to the audit entry of this call: ``person_id``, ``object_kind``, ``object_id``, or any detail."""
        self.facts.update(facts)

    @property
    def headers(self) -> Any:
        return request.headers

    def raw(self) -> bytes:
        """The request body; larger than ``max_upload_bytes`` is refused while reading."""
        return request.get_data(cache=True)

    @property
    def address(self) -> str:
        return request.remote_addr or ""

    @property
    def settings(self) -> Any:
        return self.platform.settings


def endpoint(
    blueprint: Blueprint,
    method: str,
    rule: str,
    *,
    permission: str,
    label: str,
    scope: ScopeKind = "jurisdiction",
    body: type[marshmallow.Schema] | None = None,
    query: type[marshmallow.Schema] | None = None,
    response: type[marshmallow.Schema] | None = None,
    many: bool = False,
    status: int = 200,
    template: str | None = None,
    audit: str | None = None,
    raw: bool = False,
    csrf: bool = True,
    reads: bool = False,
) -> Callable[[View], View]:
    """Declare a function as an endpoint. See ``EndpointSpec`` for the meaning of the arguments."""

    def declare(function: View) -> View:
        action = audit or (None if method in SAFE_METHODS else permission)
        spec = EndpointSpec(
            f"{blueprint.name}.{function.__name__}",
            method,
            rule,
            permission,
            label,
            scope,
            body,
            query,
            response,
            many,
            status,
            template,
            action,
            raw,
            csrf,
            reads or method in SAFE_METHODS,
        )
        _check(spec)
        view = _view(spec, function)
        _register(blueprint, spec, view, function)
        return function

    return declare


def _check(spec: EndpointSpec) -> None:
    if spec.scope == "public" and spec.permission != "public":
        raise DefinitionError(f"{spec.name}: public scope needs the permission 'public'")
    if spec.body is not None and spec.method in SAFE_METHODS:
        raise DefinitionError(f"{spec.name}: {spec.method} takes no body")


def _register(blueprint: Blueprint, spec: EndpointSpec, view: View, function: View) -> None:
    view.__name__ = function.__name__
    view.__doc__ = function.__doc__
    view.endpoint_spec = spec  # type: ignore[attr-defined]
    blueprint.specs.append(spec)
    if spec.template or spec.raw:
        PlainBlueprint.add_url_rule(blueprint, spec.rule, function.__name__, view, methods=[spec.method])
        return
    documented = blueprint.doc(**_operation(spec, function))(view)
    blueprint.route(spec.rule, methods=[spec.method], endpoint=function.__name__)(documented)


def _operation(spec: EndpointSpec, function: View) -> dict[str, Any]:
    """The OpenAPI operation object; flask-smorest resolves the schemas."""
    operation: dict[str, Any] = {
        "summary": spec.label,
        "x-permission": spec.permission,
        "responses": {str(spec.status): {"description": "成功"}, "default": {"$ref": "#/components/responses/Error"}},
    }
    if spec.response:
        schema: Any = spec.response(many=spec.many)
        operation["responses"][str(spec.status)]["content"] = {"application/json": {"schema": schema}}
    if spec.body:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": spec.body}}}
    if spec.query:
        operation["parameters"] = [{"in": "query", "schema": spec.query}]
    if spec.permission == "public":
        operation["security"] = []
    return operation


def _view(spec: EndpointSpec, function: View) -> View:
    def view(**path: Any) -> Response:
        platform = cast("Platform", current_app.extensions["platform"])
        request.get_data(cache=True)  # before the transaction: a slow sender must not hold its locks
        try:
            return _answer(platform, spec, function, path)
        except PlatformError as error:
            _record_refusal(platform, spec, path, error)
            raise

    return view


def _answer(platform: Platform, spec: EndpointSpec, function: View, path: dict[str, Any]) -> Response:
    """What reads is taken to read only, and what writes to read until the caller and his question are known; a call that turns
    out to write where it was to read is begun again (ADR 86)."""
    manner = {"reading": True} if spec.reads else {"writes_later": True}
    try:
        return _perform(platform, spec, function, path, manner)
    except MustWrite:
        LOG.debug("%s writes", spec.name)
    return _perform(platform, spec, function, path, {})


def _perform(
    platform: Platform, spec: EndpointSpec, function: View, path: dict[str, Any], manner: Mapping[str, bool]
) -> Response:
    kept: PlatformError | None = None
    with platform.database.unit_of_work(system_scope("authenticate"), **manner) as session:
        principal = authenticate(platform, session, spec)
        request.environ["hp.principal"] = principal
        _authorise(spec, principal)
        for gate in platform.gates:
            gate(principal, spec)
        arguments = _arguments(spec)
        if not spec.reads:
            start_writing(session)
        change_scope(session, _scope(spec, principal))
        call = Call(session, principal, spec, platform, logs.request_id.get(), clock.now())
        try:
            result = function(call, **arguments, **path)
        except PlatformError as error:
            if not error.kept:
                raise
            kept = error
        if kept is None:
            answer = _render(spec, call, result)
            outcome = "ok" if answer.status_code < 400 else "refused"
        else:
            outcome = "refused"
        if spec.audit:
            audit.record(session, _fact(spec, call, path, outcome))
    if kept is not None:
        kept.recorded = True
        raise kept
    return answer


def keep(error: PlatformError) -> PlatformError:
    """Mark an error whose side effects must be committed (a counted failed login) although the caller is refused."""
    error.kept = True
    return error


def authenticate(platform: Platform, session: Session, spec: EndpointSpec) -> Principal:
    """Ask every registered authenticator in turn; the first that knows the caller decides."""
    for authenticator in platform.authenticators:
        if principal := authenticator(session, request):
            _check_csrf(spec, principal)
            return principal
    if spec.permission == "public":
        return ANONYMOUS
    raise Unauthenticated("request.unauthenticated")


def _check_csrf(spec: EndpointSpec, principal: Principal) -> None:
    """Only cookie sessions carry a CSRF token; a browser sends cookies by itself, so the page must prove it asked."""
    if not spec.csrf or spec.method in SAFE_METHODS or principal.csrf_token is None:
        return
    given = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token")
    if given != principal.csrf_token:
        raise Denied("request.csrf")


def _authorise(spec: EndpointSpec, principal: Principal) -> None:
    if spec.permission == "public":
        return
    if spec.permission == "session" and principal.kind != "system" and principal is not ANONYMOUS:
        return
    if not principal.may(spec.permission):
        raise Denied("request.denied", permission=spec.permission)


def _scope(spec: EndpointSpec, principal: Principal) -> Any:
    if spec.scope == "system":
        return system_scope(spec.name)
    return NOTHING if spec.scope in ("public", "reference") else principal.scope


def _arguments(spec: EndpointSpec) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    if spec.query:
        arguments["query"] = parsing.load(_schema(spec.query), parsing.lists(request.args, spec.query), "query")
    if spec.body:
        arguments["body"] = parsing.load(_schema(spec.body), _body(spec), "body")
    return arguments


@cache
def _schema(kind: type[marshmallow.Schema], many: bool = False) -> marshmallow.Schema:
    """One instance for all requests: to make one copies all its fields, and those of the schemas inside it."""
    return kind(many=many)


def _body(spec: EndpointSpec) -> Any:
    if request.mimetype in ("application/x-www-form-urlencoded", "multipart/form-data"):
        form: MultiDict[str, Any] = MultiDict(request.form)
        form.pop("csrf_token", None)
        form.update(request.files)
        return parsing.lists(form, spec.body)
    return parsing.strict_json(request.get_data())


def _render(spec: EndpointSpec, call: Call, result: Any) -> Response:
    if isinstance(result, Response):
        return result
    if spec.template:
        return Response(render_template(spec.template, call=call, **result), spec.status, mimetype="text/html")
    if result is None:
        return Response(status=204)
    answer = jsonify(_schema(spec.response, spec.many).dump(result) if spec.response else result)
    answer.status_code = spec.status
    return answer


def _fact(spec: EndpointSpec, call: Call, path: dict[str, Any], outcome: str) -> audit.AuditFact:
    facts = dict(call.facts)
    object_id = facts.pop("object_id", None) or next((str(v) for k, v in path.items()), None)
    return audit.AuditFact(
        action=facts.pop("action", None) or str(spec.audit),
        object_kind=facts.pop("object_kind", None) or spec.name.split(".")[0],
        object_id=None if object_id is None else str(object_id),
        person_id=facts.pop("person_id", None) or call.principal.person_id,
        principal=facts.pop("principal", None) or call.principal,
        outcome=facts.pop("outcome", outcome),
        address=call.address,
        request_id=call.request_id,
        kind=cast("audit.Kind", facts.pop("kind", None) or _kind(spec, call.principal)),
        detail=facts,
    )


def _kind(spec: EndpointSpec, principal: Principal) -> str:
    if principal.kind == "client" and principal is not ANONYMOUS:
        return "interface"
    return "operation" if spec.method not in SAFE_METHODS else "browse"


def _record_refusal(platform: Platform, spec: EndpointSpec, path: dict[str, Any], error: PlatformError) -> None:
    """Refusals are part of the trail too; the refused act itself was rolled back."""
    if error.recorded or error.status not in (401, 403, 404) or not spec.audit:
        return
    principal = request.environ.get("hp.principal", ANONYMOUS)
    with platform.database.unit_of_work(system_scope("audit refusal")) as session:
        call = Call(session, principal, spec, platform, logs.request_id.get(), clock.now())
        call.audit(error=error.code)
        audit.record(session, _fact(spec, call, path, "refused"))
