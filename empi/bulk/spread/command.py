"""``health-platform empi link --part-records``: which warehouse makes the pairs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from shutil import rmtree

import click

from empi.bulk.job import Job, Share
from empi.bulk.spread.linking import link_spread, share_spread
from empi.bulk.steps import Result, Say
from health_platform.kernel.warehouse.api import Warehouse, WarehouseSettings, stop_endpoint
from health_platform.settings import load_settings


def spread(job: Job, share: Share | None, say: Say) -> Result | None:
    """Link in parts; the answer, or nothing where this machine does a share of the work.

    Raises:
        click.UsageError: there is no work folder, or several machines would not have one warehouse.
    """
    if job.work is None:
        raise click.UsageError("--part-records needs --work: the parts are kept in that folder")
    access = load_settings(os.environ).warehouse_access
    if share and access.local:
        raise click.UsageError("machines that share parts need one warehouse: name its servers in HP_WAREHOUSE (host:port)")
    with _warehouse(access, job.work) as warehouse:
        if share is None:
            return link_spread(job, warehouse, say)
        share_spread(job, warehouse, share, say)
        return None


@contextmanager
def _warehouse(access: WarehouseSettings, work: Path) -> Iterator[Warehouse]:
    """The warehouse of the settings; where they name none, the embedded engine, with a folder that goes when all is done."""
    own = replace(access, home=work / "warehouse") if access.local else access
    warehouse = Warehouse(own)
    try:
        yield warehouse
        if own.local:
            stop_endpoint(own)
            rmtree(own.home)
    finally:
        warehouse.close()
        if own.local:
            stop_endpoint(own)
