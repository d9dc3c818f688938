"""What the catalogue registers with the platform."""

from __future__ import annotations

from datetime import timedelta

from etl.catalogue import volumes
from etl.catalogue.extracting import on_granted
from etl.catalogue.requests import PARAMETERS, expire
from etl.catalogue.routes import blp
from health_platform.kernel.platform import Capability, Job, Platform
from health_platform.kernel.scope import system_scope


def install(platform: Platform) -> None:
    """Register the catalogue with the platform."""
    platform.blueprint(blp)
    for parameter in PARAMETERS:
        platform.parameter(parameter)
    platform.schedule(Job("catalogue.volumes", volumes.EVERY, volumes.measure, "统计数据资源目录的数据量"))
    platform.schedule(Job("catalogue.expire", timedelta(minutes=10), _expire, "删除过期的数据提取"))
    platform.consume("catalogue.request_granted", "catalogue.extract", on_granted, leased=True)
    platform.capability(
        Capability(("G01",), "etl/catalogue", "working", "class and item codes of GB/T 21063 are assigned by the region (待确认)")
    )


def _expire(platform: Platform) -> None:
    with platform.database.unit_of_work(system_scope("catalogue expiry")) as session:
        expire(session)
