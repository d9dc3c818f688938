"""What the record service registers with the platform."""

from __future__ import annotations

import click

from health_platform.kernel.platform import Capability, Platform
from health_platform.records import models
from health_platform.records.filing import routes as file_routes
from health_platform.records.filing.following import follow as follow_files
from health_platform.records.refreshing import follow, refresh
from health_platform.records.tables import ensure_tables

__all__ = ["install", "models"]


def install(platform: Platform) -> None:
    """Register the record service."""
    follow(platform)
    follow_files(platform)
    platform.blueprint(file_routes.blp)
    platform.command(records)
    for capability in CAPABILITIES:
        platform.capability(capability)


@click.group()
def records() -> None:
    """Health records. Example: health-platform records refresh 4711"""


@records.command("refresh")
@click.argument("persons", nargs=-1, type=int, required=True)
@click.make_pass_decorator(Platform)
def refresh_command(platform: Platform, persons: tuple[int, ...]) -> None:
    """Make the summaries of these persons anew. Example: health-platform records refresh 4711 4712"""
    click.echo(f"{refresh(platform, persons)} summaries made")


@records.command("tables")
@click.make_pass_decorator(Platform)
def tables_command(platform: Platform) -> None:
    """Create the event index and fill it. Example: health-platform records tables"""
    ensure_tables(platform.warehouse)
    click.echo("the event index is in place")


CAPABILITIES = (
    Capability(("A07",), "health_platform/records", "working", "one person's record by section, window and page"),
    Capability(
        ("A08",),
        "health_platform/records/filing",
        "working",
        "建档、归档、迁移、更正、封档；合并拆分随主索引；质量控制见数据质量，隐私见授权",
    ),
    Capability(("A06",), "health_platform/records", "working", "event index over all datasets; documents are in etl"),
)
