"""``health-platform empi load|relink|train``: work on the stored index."""

from __future__ import annotations

import csv
from itertools import count
from pathlib import Path

import click

from empi.bulk.spread.city import InParts
from empi.bulk_loading import Applied
from empi.commands import empi_commands
from empi.first_loading import STEP as FIRST_STEP
from empi.first_loading import first_load
from empi.identity import Actor, RawIdentity
from empi.relinking import STEP, in_memory, relink
from empi.training import activate, difference, train_draft
from empi.whole import relinking_due
from health_platform.kernel.platform import Platform
from health_platform.kernel.scope import system_scope

_OPERATOR = Actor("person", "command line")
_PART_RECORDS = click.option(
    "--part-records",
    type=click.IntRange(min=1),
    help="Hold no more than two parts of so many identities in memory; the warehouse makes the pairs. Needs --work.",
)
_WORK = click.option(
    "--work",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder for the parts; they say in plain who the identities are, and go at the end.",
)


@empi_commands.command("load")
@click.argument("records", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--division-digits",
    default=6,
    show_default=True,
    help="Leading digits of domain_id that are the division of the institution.",
)
@_PART_RECORDS
@_WORK
@click.pass_obj
def load_command(platform: Platform, records: Path, division_digits: int, part_records: int | None, work: Path | None) -> None:
    """Load a city's first identities from RECORDS (columns of the identity data set) and link them.

    A run that was stopped is started again with the same file: what is done already changes nothing.

    Example: health-platform empi load records.csv

    More identities than memory holds: health-platform empi load records.csv --part-records 2000000 --work FOLDER
    """
    in_parts = _in_parts(platform, part_records, work, FIRST_STEP, both_ends=False)
    with records.open(encoding="utf-8-sig", newline="") as lines:
        numbers = count(1)
        identities = (_identity(row, division_digits) for row, _ in zip(csv.DictReader(lines), numbers, strict=False))
        applied = first_load(platform.database, identities, Progress(None), compare=in_parts)
    click.echo(f"{next(numbers) - 1} records read")
    _report(applied)


def _identity(row: dict[str, str], division_digits: int) -> RawIdentity:
    division = row.get("division_code") or row.get("domain_id", "")[:division_digits]
    return RawIdentity.of({**row, "division_code": division.ljust(12, "0") if division.isdecimal() else ""})


@empi_commands.command("relink")
@click.option("--if-due", is_flag=True, help="Only when the links were made by other rules than those now in force.")
@_PART_RECORDS
@_WORK
@click.pass_obj
def relink_command(platform: Platform, if_due: bool, part_records: int | None, work: Path | None) -> None:
    """Link the whole index again under the rules and weights now in force; decisions of people stay.

    Part of every upgrade with --if-due; the platform may run meanwhile.

    Example: health-platform empi relink --if-due
    """
    in_parts = _in_parts(platform, part_records, work, STEP, both_ends=True)
    with platform.database.unit_of_work(system_scope("empi relink")) as session:
        due = relinking_due(session)
    if if_due and due is None:
        click.echo("nothing to do: everything is linked by the rules now in force")
        return
    _report(relink(platform.database, Progress(None), in_parts or in_memory))


def _in_parts(platform: Platform, part_records: int | None, work: Path | None, step: int, both_ends: bool) -> InParts | None:
    """How identities are compared that are too many for memory; None: as they are not."""
    if (part_records is None) != (work is None):
        raise click.UsageError("--part-records and --work go together: how large the parts are, and where they are kept")
    if part_records is None or work is None:
        return None
    return InParts(work, platform.warehouse, part_records, step, lambda line: click.echo(line, err=True), both_ends)


@empi_commands.command("train")
@click.option("--sample", default=100_000, show_default=True, help="Identities to learn from, drawn at random.")
@click.option("--activate", "at_once", is_flag=True, help="Put the model into force without review (first set-up).")
@click.pass_obj
def train_command(platform: Platform, sample: int, at_once: bool) -> None:
    """Learn a draft model from the index's own identities and show what it changes.

    Example: health-platform empi train --sample 50000
    """
    with platform.database.unit_of_work(system_scope("empi train")) as session:
        row = train_draft(session, sample, _OPERATOR)
        for line in difference(session, row.id):
            if abs(line.then - line.now) >= 0.5:
                click.echo(f"{line.field:<12} {line.level:<16} {line.now:8.2f} -> {line.then:8.2f} bits")
        if at_once:
            activate(session, row.id)
        click.echo(f"model {row.version} ({row.id}) learned from {row.trained_on} identities: {row.state}")


class Progress:
    """Prints a line every five thousand identities."""

    def __init__(self, total: int | None) -> None:
        self._total, self._told = total, 0

    def __call__(self, done: int) -> None:
        if done - self._told >= 5_000:
            self._told = done
            click.echo(f"{done}{f' of {self._total}' if self._total else ''} identities", err=True)


def _report(applied: Applied) -> None:
    click.echo(
        f"{applied.identities} identities: {applied.moved} links set, {applied.born} persons new, "
        f"{applied.retired} persons merged away, {applied.reviews} questions for stewards"
    )
