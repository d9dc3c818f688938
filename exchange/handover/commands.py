"""``health-platform county export`` and ``county import``."""

from __future__ import annotations

from pathlib import Path

import click

from exchange.handover.archive import BadArchive, read_archive
from exchange.handover.exporting import Export, export_county
from exchange.handover.importing import import_county
from health_platform.kernel.platform import Platform
from health_platform.kernel.progress import Progress


@click.group()
def county() -> None:
    """Whole counties. Example: health-platform county export 411525000000 --to /backup/gushi"""


@county.command("export")
@click.argument("division_code")
@click.option("--to", "folder", required=True, type=click.Path(file_okay=False, path_type=Path), help="An empty folder.")
@click.make_pass_decorator(Platform)
def export_command(platform: Platform, division_code: str, folder: Path) -> None:
    """Write all uploaded data of a county. Example: health-platform county export 411525000000 --to /backup/gushi"""
    if folder.exists() and any(folder.iterdir()):
        raise click.ClickException(f"{folder} is not empty")
    shown = Progress(1, division_code)

    def report(done: int, total: int, rows: int) -> None:
        shown.total = total
        shown.advance()

    archive = export_county(platform, Export(division_code, folder, report))
    click.echo(f"{archive.rows} rows in {len(archive.files)} files of {len(archive.units)} institutions")


@county.command("import")
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--unit", "units", multiple=True, metavar="THERE=HERE", help="Institution id in the archive = id on this platform.")
@click.make_pass_decorator(Platform)
def import_command(platform: Platform, folder: Path, units: tuple[str, ...]) -> None:
    """Take the data of a county in, through the pipeline. Example: health-platform county import /backup/gushi --unit 17=42"""
    try:
        given = {int(there): int(here) for there, _, here in (one.partition("=") for one in units)}
        archive = read_archive(folder)
        taken = import_county(platform, folder, given, Progress(archive.rows, folder.name))
    except (BadArchive, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{taken.rows} rows of {taken.files} files landed in {taken.uploads} uploads; the workers load them")
