"""Beside the definition: the forecast of vaccine use as an API, which the engine has no word for."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from applications.vaccination.forecast import forecast
from health_platform.engine.api import desk_of
from health_platform.kernel.http import Blueprint, Call, IdField, Schema, endpoint
from health_platform.kernel.platform import Platform

PERMISSION = "program.vaccination.figure"

blp = Blueprint("vaccination", __name__, url_prefix="/api/v1/vaccination", description="预防接种")


class ForecastQuery(Schema):
    """How far to look ahead."""

    months = fields.Integer(load_default=3, validate=validate.Range(1, 12), metadata={"label": "月数"})


class NeedOut(Schema):
    """Doses of a vaccine a unit needs in a month."""

    institution_id = IdField()
    institution_name = fields.String()
    vaccine = fields.String()
    month = fields.Date()
    doses = fields.Integer()
    order = fields.Integer()


@endpoint(blp, "GET", "/forecast", permission=PERMISSION, label="疫苗用量预测", query=ForecastQuery, response=NeedOut, many=True)
def get_forecast(call: Call, query: dict[str, Any]) -> Any:
    """Doses needed by unit, vaccine and month, from what is planned for the members of the register."""
    return forecast(desk_of(call), query["months"])


def install(platform: Platform) -> None:
    """Offer the forecast."""
    platform.blueprint(blp)
