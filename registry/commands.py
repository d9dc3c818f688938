"""``health-platform registry``: first content, divisions and code tables from the command line."""

from pathlib import Path

import click

from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import SYSTEM, system_scope
from health_platform.kernel.sheets import Heading, read_table
from registry.divisions.loading import SHEET as DIVISION_SHEET
from registry.divisions.loading import load
from registry.seeding import seed as seed_registry
from registry.standards.systems import move, preview_import, save_draft
from registry.standards.terms import State
from registry.standards.version_files import terms_in

_ENGLISH = tuple(Heading(heading.key, heading.key, heading.required) for heading in DIVISION_SHEET)


@click.group("registry")
def registry() -> None:
    """Divisions, institutions, staff and standards.

    Example: health-platform registry seed
    """


@registry.command("seed")
@click.pass_obj
def seed(platform: Platform) -> None:
    """Load the shipped divisions and code tables that are not there yet.

    Example: health-platform registry seed
    """
    with platform.database.unit_of_work(system_scope("registry seed")) as session:
        added = seed_registry(session)
    click.echo(f"added {added.divisions} divisions, {added.systems} code systems with {added.terms} terms")


@registry.command("load-divisions")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def load_divisions(platform: Platform, file: Path) -> None:
    """Load the divisions of a region from a CSV or XLSX file with the columns code and name (or their Chinese headings).

    Example: health-platform registry load-divisions zhumadian.csv
    """
    content = file.read_bytes()
    chinese = DIVISION_SHEET[0].label.encode() in content[:200] or content[:2] == b"PK"
    rows = read_table(content, DIVISION_SHEET if chinese else _ENGLISH)
    with platform.database.unit_of_work(system_scope("load divisions")) as session:
        added = load(session, rows)
    click.echo(f"{len(rows)} rows read, {added} divisions added")


@registry.command("load-codes")
@click.argument("system")
@click.argument("version")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--publish/--draft", default=False, show_default=True, help="Put it in force at once.")
@click.pass_obj
def load_codes(platform: Platform, system: str, version: str, file: Path, publish: bool) -> None:
    """Load a code table from a CSV or XLSX file (代码, 名称, 上级代码, 说明) as a version of a code system.

    Example: health-platform registry load-codes ICD10 2.0 icd10.xlsx --publish
    """
    with platform.database.unit_of_work(system_scope("load codes")) as session:
        terms = terms_in(file.read_bytes())
        change = preview_import(session, system, terms).difference
        save_draft(session, SYSTEM, system, version, terms)
        if publish:
            move(session, SYSTEM, system, version, State.REVIEW)
            move(session, SYSTEM, system, version, State.PUBLISHED)
    click.echo(f"{len(terms)} terms: {len(change.added)} new, {len(change.changed)} changed, {len(change.removed)} gone")
