"""Vaccination, for pages."""

from applications.vaccination.component import PERMISSION, ForecastQuery
from applications.vaccination.forecast import Need, forecast

__all__ = ["PERMISSION", "ForecastQuery", "Need", "forecast"]
