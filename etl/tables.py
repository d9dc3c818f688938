"""The warehouse tables of the pipeline. They follow the dataset definitions; a change that would lose data is refused."""

from __future__ import annotations

import click

from etl.places import ROW_PLACE
from health_platform.datasets.api import catalogue, table
from health_platform.kernel.platform import Platform
from health_platform.kernel.warehouse.api import TableSpec, Warehouse
from health_platform.records.api import ensure_tables as ensure_record_tables


def all_tables() -> tuple[TableSpec, ...]:
    """Every table the pipeline writes."""
    return (*(table(dataset) for dataset in catalogue().values()), ROW_PLACE)


def ensure_tables(warehouse: Warehouse) -> list[str]:
    """Create missing tables and columns, and the views that readers hang on them; returns the statements run.

    Raises:
        Conflict: a definition changed in a way that would lose stored data.
    """
    statements = [statement for spec in all_tables() for statement in warehouse.ensure_table(spec)]
    ensure_record_tables(warehouse)
    return statements


@click.command("etl-tables")
@click.make_pass_decorator(Platform)
def ensure_command(platform: Platform) -> None:
    """Bring the warehouse tables up to the dataset definitions. Example: health-platform etl-tables"""
    statements = ensure_tables(platform.warehouse)
    click.echo(f"{len(all_tables())} tables, {len(statements)} statements run")
