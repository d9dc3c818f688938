"""Run-time parameters in one managed place (A18): declared in code, set as data, read where they apply.

A parameter may be set for the whole platform or, when it is ``local``, for a division; the longest division prefix wins.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from marshmallow import fields, validate
from sqlalchemy import bindparam, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from health_platform.kernel import clock
from health_platform.kernel.db import Base, Instant, Json, Text_, Unscoped
from health_platform.kernel.errors import Denied, Invalid, NotFound, register_messages
from health_platform.kernel.http import Blueprint, Call, Schema, endpoint
from health_platform.kernel.plain import columns
from health_platform.kernel.platform import Parameter, Platform
from health_platform.kernel.scope import Principal, region_of

EVERYWHERE = "*"

register_messages(
    {
        "parameter.unknown": "没有名为 {key} 的参数",
        "parameter.type": "参数 {key} 的取值 {value} 应为 {expected}",
        "parameter.range": "参数 {key} 的取值 {value} 应在 {low} 与 {high} 之间",
        "parameter.choice": "参数 {key} 的取值 {value} 不在可选范围内",
        "parameter.not_local": "参数 {key} 只能为全平台设置",
        "parameter.elsewhere": "只能为本区划设置参数",
    }
)


class ParameterValue(Unscoped, Base):
    """A value somebody set. ``division_code`` is a prefix, or ``*`` for the whole platform."""

    __tablename__ = "parameter_value"

    key: Mapped[str] = mapped_column(Text_(64), primary_key=True)
    division_code: Mapped[str] = mapped_column(Text_(12), primary_key=True)
    value: Mapped[Any] = mapped_column(Json)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[str] = mapped_column(Text_(64))


# Requests of institutions ask for their limit each time, so it is put together once and makes no objects.
_VALUES = select(ParameterValue.division_code, ParameterValue.value).where(ParameterValue.key == bindparam("key"))


def value(session: Session, platform: Platform, key: str, division: str = "") -> Any:
    """The value in force for a division (the platform's when none is given)."""
    parameter = _known(platform, key)
    rows = columns(session, _VALUES, {"key": key})
    fitting = [r for r in rows if r.division_code == EVERYWHERE or division.startswith(r.division_code)]
    if not fitting:
        return parameter.default
    return max(fitting, key=lambda r: 0 if r.division_code == EVERYWHERE else len(r.division_code)).value


def set_value(session: Session, platform: Platform, key: str, given: Any, by: str, division: str = EVERYWHERE) -> None:
    """Set a value, or with ``None`` go back to the wider one.

    Raises:
        NotFound: no such parameter. Invalid: the value breaks its type, range or choices.
    """
    parameter = _known(platform, key)
    if division != EVERYWHERE and not parameter.local:
        raise Invalid("parameter.not_local", key=key)
    mine = (ParameterValue.key == key) & (ParameterValue.division_code == division)
    session.execute(delete(ParameterValue).where(mine))
    if given not in (None, ""):
        given = typed(parameter, given)
        check(parameter, given)
        session.add(ParameterValue(key=key, division_code=division, value=given, changed_at=clock.now(), changed_by=by))
    session.flush()


def place_of(session: Session, principal: Principal, wanted: str = "") -> str:
    """Where a value the caller sets holds: the division wanted, else all the caller answers for (ADR 90).

    Raises:
        Denied: it reaches beyond what the caller answers for; a county does not change the rules of the city.
    """
    scope = principal.scope
    if scope.answers_for(region_of(session)):
        return wanted or EVERYWHERE
    place = wanted or min(scope.divisions, key=len, default="")
    if place in ("", EVERYWHERE) or not scope.answers_for(place):
        raise Denied("parameter.elsewhere")
    return place


_WORDS: dict[str, Any] = {"true": True, "1": True, "false": False, "0": False}


def typed(parameter: Parameter, given: Any) -> Any:
    """What a form sends is text: read it as the parameter's kind. Text that does not read so stays text, for ``check``."""
    if not isinstance(given, str) or parameter.kind is str:
        return given
    if parameter.kind is bool:
        return _WORDS.get(given.lower(), given)
    try:
        return parameter.kind(given)
    except ValueError:
        return given


def check(parameter: Parameter, given: Any) -> None:
    """Raise Invalid when a value does not fit its parameter."""
    facts = {"key": parameter.key, "value": given}
    wanted = (int, float) if parameter.kind is float else parameter.kind
    if not isinstance(given, wanted) or (isinstance(given, bool) and parameter.kind is not bool):
        raise Invalid("parameter.type", expected=parameter.kind.__name__, **facts)
    if parameter.choices and given not in parameter.choices:
        raise Invalid("parameter.choice", choices=list(parameter.choices), **facts)
    below = parameter.low is not None and given < parameter.low
    above = parameter.high is not None and given > parameter.high
    if below or above:
        raise Invalid("parameter.range", low=parameter.low, high=parameter.high, **facts)


def _known(platform: Platform, key: str) -> Parameter:
    if key not in platform.parameters:
        raise NotFound("parameter.unknown", key=key)
    return platform.parameters[key]


def overview(session: Session, platform: Platform) -> list[dict[str, Any]]:
    """Every declared parameter with its default and all values set."""
    rows = session.scalars(select(ParameterValue).order_by(ParameterValue.division_code)).all()
    return [
        {
            "key": p.key,
            "label": p.label,
            "help": p.help,
            "default": p.default,
            "kind": p.kind.__name__,
            "low": p.low,
            "high": p.high,
            "choices": list(p.choices),
            "local": p.local,
            "values": [
                {"division": r.division_code, "value": r.value, "changed_by": r.changed_by} for r in rows if r.key == p.key
            ],
        }
        for p in sorted(platform.parameters.values(), key=lambda p: p.key)
    ]


class ParameterIn(Schema):
    """A new value; ``null`` goes back to the wider setting. Without a division it holds for all the caller answers for."""

    value = fields.Raw(load_default=None, allow_none=True)
    division = fields.String(load_default="", validate=validate.Regexp(r"^(\*|\d{0,12})$"))


class ParameterSet(Schema):
    """One value that somebody set."""

    division = fields.String()
    value = fields.Raw()
    changed_by = fields.String()


class ParameterOut(Schema):
    """A declared parameter with its values."""

    key = fields.String()
    label = fields.String()
    help = fields.String()
    kind = fields.String()
    default = fields.Raw()
    low = fields.Float(allow_none=True)
    high = fields.Float(allow_none=True)
    choices = fields.List(fields.Raw())
    local = fields.Boolean()
    values = fields.List(fields.Nested(ParameterSet))


blueprint = Blueprint("parameters", __name__, url_prefix="/api/v1/parameters", description="配置管理")


@endpoint(
    blueprint,
    "GET",
    "",
    permission="operations.parameter.view",
    label="查看运行参数",
    scope="reference",
    response=ParameterOut,
    many=True,
)
def list_parameters(call: Call) -> list[dict[str, Any]]:
    """All run-time parameters."""
    return overview(call.session, call.platform)


@endpoint(
    blueprint,
    "PUT",
    "/<key>",
    permission="operations.parameter.edit",
    label="设置运行参数",
    scope="reference",
    body=ParameterIn,
    response=ParameterOut,
)
def put_parameter(call: Call, body: dict[str, Any], key: str) -> dict[str, Any]:
    """Set one parameter; it applies from the next request on."""
    place = place_of(call.session, call.principal, body["division"])
    set_value(call.session, call.platform, key, body["value"], call.principal.name, place)
    call.audit(value=body["value"], division=place)
    return next(line for line in overview(call.session, call.platform) if line["key"] == key)


def install(platform: Platform) -> None:
    """Register the API."""
    platform.blueprint(blueprint)
