"""The forecast of vaccine use: what to order, month by month."""

from __future__ import annotations

from typing import Any

from applications.vaccination.api import PERMISSION, ForecastQuery, forecast
from browser_ui.forms import form_of
from browser_ui.tables import Column
from health_platform.engine.api import desk_of
from health_platform.kernel.http import Blueprint, Call, endpoint
from health_platform.kernel.platform import MenuItem, Platform

blp = Blueprint("pages_vaccination", __name__, description="预防接种")
ADDRESS = "/console/vaccination/forecast"
COLUMNS = (
    Column("institution_name", "接种单位"),
    Column("month", "月份", kind="month"),
    Column("vaccine", "疫苗"),
    Column("doses", "预计剂次", kind="number"),
    Column("order", "建议申领（剂）", kind="number"),
)


@endpoint(
    blp, "GET", ADDRESS, permission=PERMISSION, label="疫苗用量预测页", query=ForecastQuery, template="vaccination/forecast.html"
)
def page(call: Call, query: dict[str, Any]) -> dict[str, Any]:
    """Units in the caller's scope, by month and vaccine."""
    rows = forecast(desk_of(call), query["months"])
    return {"columns": COLUMNS, "rows": rows, "query": query, "fields": form_of(ForecastQuery)}


def install(platform: Platform) -> None:
    """Offer the page."""
    platform.blueprint(blp)
    platform.menu(MenuItem("vaccination_forecast", "疫苗用量预测", ADDRESS, PERMISSION, "公共卫生", 321))
