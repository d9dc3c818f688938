"""Virtual counties, for other packages."""

from health_platform.counties.board import CountyBoard, Front
from health_platform.counties.models import CountySite
from health_platform.counties.routes import CountyChangeIn, CountyIn
from health_platform.counties.service import may_open, sites

__all__ = ["CountyBoard", "CountyChangeIn", "CountyIn", "CountySite", "Front", "may_open", "sites"]
