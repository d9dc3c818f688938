"""The composition root: the one place that knows all parts.

Components are loaded by name, so that the static import graph stays a stack; a deployment profile (city, county, hospital
front end) is a choice of component names in the settings.
"""

from __future__ import annotations

import logging
import secrets
import time
from importlib import import_module
from importlib.util import find_spec
from typing import Any
from urllib.parse import urlencode
from uuid import uuid4

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_cls
from flask import Flask, Response, current_app, g, jsonify, render_template, request
from jinja2 import TemplateNotFound
from sqlalchemy.exc import IntegrityError, OperationalError
from werkzeug.exceptions import HTTPException
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter, Map

from health_platform.access.signin.certificates import trusted
from health_platform.kernel import cache, logs, metrics
from health_platform.kernel.crypto import bind_crypto, software_crypto
from health_platform.kernel.db import Database
from health_platform.kernel.describing import DescribedLater, describe_answers
from health_platform.kernel.errors import Conflict, DefinitionError, PlatformError, Unavailable
from health_platform.kernel.late_rule import LateRule
from health_platform.kernel.parsing import LARGEST
from health_platform.kernel.platform import Platform
from health_platform.kernel.warehouse.api import Warehouse
from health_platform.settings import Settings

log = logging.getLogger("health_platform")
RETRY_AFTER = {429: "60", 503: "10"}
"""Seconds after which it is worth while to ask again: limits count over a minute, a part that is away is looked for anew soon."""
LOGIN_PAGE = "pages_signin.login_page"

GROUND = (
    "health_platform.kernel",
    "health_platform.access",
    "health_platform.datasets",
    "health_platform.expressions",
    "health_platform.records",
    "health_platform.launch",
    "health_platform.residents",
    "health_platform.counties",
    "health_platform.engine",
)


def create_platform(settings: Settings) -> Platform:
    """Build the platform and let every component register itself. Opens no connection and changes no data."""
    settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    database = Database(settings.database, settings.database_app_role, settings.city_division)
    crypto = software_crypto(settings.home / "keys.json")
    bind_crypto(database.engine, crypto)
    platform = Platform(settings, database, crypto, cache.STORE, Warehouse(settings.warehouse_access))
    for name in (*GROUND, *settings.component_names):
        if find_spec(name) and find_spec(f"{name}.component"):
            import_module(f"{name}.component").install(platform)
    return platform


def create_app(settings: Settings) -> Flask:
    """Build the web application of a platform."""
    return application(create_platform(settings))


def application(platform: Platform) -> Flask:
    """The web application over an existing platform.

    Raises:
        DefinitionError: a route lacks its ``endpoint`` declaration.
    """
    app = Flask("health_platform", static_folder=None)
    _configure(app, platform.settings)
    app.extensions["platform"] = platform
    plugin = MarshmallowPlugin(schema_name_resolver=_schema_name)
    api = DescribedLater(app, spec_kwargs={"marshmallow_plugin": plugin})
    describe_answers(plugin)
    api.spec.components.response("Error", _ERROR_RESPONSE)
    for blueprint in platform.blueprints:
        api.register_blueprint(blueprint)
    app.extensions["openapi"] = api
    app.before_request(_begin_request)
    app.after_request(_finish_request)
    app.teardown_request(_after_work)
    _handle_errors(app)
    platform.endpoints[:] = _declared_endpoints(app)
    return app


class _StoredNumber(IntegerConverter):
    """``<int:…>`` in a path, as large as a database can look up; a larger number names nothing and is 404."""

    def __init__(self, map: Map, **options: Any) -> None:
        super().__init__(map, **{"max": LARGEST, **options})


def _schema_name(schema: Any) -> str:
    """``divisions.DecisionIn``: features may use the same words for different things."""
    cls: type[Any] = resolve_schema_cls(schema)  # type: ignore[assignment]  # a list only for ambiguous names
    feature = cls.__module__.split(".")[-2:][0]
    return f"{feature}.{cls.__name__}"


def _configure(app: Flask, settings: Settings) -> None:
    app.config.update(
        API_TITLE=settings.title,
        API_VERSION="v1",
        OPENAPI_VERSION="3.1.0",
        MAX_CONTENT_LENGTH=settings.max_upload_bytes,
        JSON_SORT_KEYS=False,
        SECRET_KEY=secrets.token_bytes(32),
        MAX_FORM_MEMORY_SIZE=settings.max_upload_bytes,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.url_map.strict_slashes = False
    app.url_rule_class = LateRule
    app.url_map.converters["int"] = _StoredNumber
    if settings.trusted_proxies:
        app.wsgi_app = _behind_proxies(app.wsgi_app, settings.trusted_proxies)  # type: ignore[method-assign]


def _behind_proxies(inner: Any, proxies: str) -> Any:
    """Believe forwarding headers of the configured proxies only: anybody else could name any address as his own."""
    forwarded = ProxyFix(inner, x_for=1, x_proto=1, x_host=1)

    def application(environ: Any, start_response: Any) -> Any:
        believed = trusted(str(environ.get("REMOTE_ADDR") or ""), proxies)
        return (forwarded if believed else inner)(environ, start_response)

    return application


_ERROR_RESPONSE: dict[str, Any] = {
    "description": "失败",
    "content": {
        "application/json": {
            "schema": {
                "type": "object",
                "properties": {
                    "error": {
                        "type": "object",
                        "properties": {
                            "code": {"type": "string"},
                            "message": {"type": "string"},
                            "facts": {"type": "object"},
                            "request_id": {"type": "string"},
                        },
                    }
                },
            }
        }
    },
}


def _declared_endpoints(app: Flask) -> list[Any]:
    specs = []
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        spec = getattr(view, "endpoint_spec", None)
        if spec is None:
            raise DefinitionError(f"route {rule.rule} ({rule.endpoint}) is not declared with @endpoint")
        specs.append((rule, spec))
    return specs


def _begin_request() -> None:
    given = request.headers.get("X-Request-Id", "")
    logs.request_id.set(given if given.replace("-", "").isalnum() and len(given) <= 36 else str(uuid4()))
    g.csp_nonce = secrets.token_urlsafe(16)
    g.started = time.perf_counter()


def _after_work(error: BaseException | None) -> None:
    for work in current_app.extensions["platform"].after_work:
        try:
            work()
        except Exception:
            log.exception("work after a request failed")


def _finish_request(response: Response) -> Response:
    headers = response.headers
    headers["X-Request-Id"] = logs.request_id.get()
    headers.setdefault("Content-Security-Policy", _policy())
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Cache-Control", "no-store")
    if response.status_code in RETRY_AFTER:
        headers.setdefault("Retry-After", RETRY_AFTER[response.status_code])
    metrics.REQUESTS.labels(request.endpoint or "none", request.method, str(response.status_code)).observe(
        time.perf_counter() - g.get("started", time.perf_counter())
    )
    if request.is_secure:
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    return response


def _policy() -> str:
    nonce = g.get("csp_nonce", "")
    ancestors = " ".join(g.get("frame_ancestors", ())) or "'none'"
    return (
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}';"
        " img-src 'self' data: blob:; frame-src 'self' blob:;"
        f" object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors {ancestors}"
    )


def _handle_errors(app: Flask) -> None:
    app.register_error_handler(PlatformError, _answer_error)
    app.register_error_handler(HTTPException, _answer_http)
    app.register_error_handler(IntegrityError, lambda error: _answer_error(Conflict("database.constraint")))
    app.register_error_handler(OperationalError, _answer_database)
    app.register_error_handler(Exception, _answer_bug)


_HTTP_CODES = {
    400: "request.invalid",
    404: "request.not_found",
    405: "request.method",
    413: "request.too_large",
    415: "request.invalid",
    422: "request.invalid",
}


def _answer_http(error: HTTPException) -> Response:
    status = error.code or 500
    known = PlatformError(_HTTP_CODES.get(status, "request.invalid"), reason=error.name)
    known.status = status
    answer = _answer_error(known)
    if status == 405:
        answer.headers["Allow"] = dict(error.get_headers()).get("Allow", "")
    return answer


def _answer_database(error: OperationalError) -> Response:
    log.error("database unavailable", exc_info=error)
    return _answer_error(Unavailable("database.unavailable"))


def _answer_bug(error: Exception) -> Response:
    log.error("unhandled error", exc_info=error)
    known = PlatformError("internal.error")
    known.status = 500
    return _answer_error(known)


def _answer_error(error: PlatformError) -> Response:
    """Interfaces that others defined have shapes of their own; people get a page, everybody else JSON."""
    platform: Platform = current_app.extensions["platform"]
    if shape := next((each for prefix, each in platform.refusals.items() if request.path.startswith(prefix)), None):
        return shape(error)
    facts = {"code": error.code, "message": error.message, "facts": error.facts, "request_id": logs.request_id.get()}
    if _wants_page():
        if error.status == 401 and request.method == "GET" and LOGIN_PAGE in current_app.view_functions:
            return Response(status=303, headers={"Location": f"/login?{urlencode({'next': request.full_path.rstrip('?')})}"})
        try:
            return Response(render_template("errors/error.html", error=facts, status=error.status), error.status)
        except TemplateNotFound:
            pass
    answer = jsonify({"error": facts})
    answer.status_code = error.status
    return answer


def _wants_page() -> bool:
    return request.accept_mimetypes.best_match(["application/json", "text/html"]) == "text/html"
