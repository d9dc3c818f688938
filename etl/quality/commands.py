"""``health-platform quality``: run checks by hand, with progress."""

from __future__ import annotations

from datetime import date, datetime

import click

from etl.quality import dirty, running
from etl.quality.rulebook import delivered
from health_platform.datasets.api import catalogue
from health_platform.kernel.platform import Platform
from health_platform.kernel.progress import Progress
from health_platform.kernel.scope import system_scope

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def quality() -> None:
    """Quality of uploads. Example: health-platform quality run --first 2026-10-01 --last 2026-10-31"""


@quality.command("run")
@click.option("--first", type=_DAY, help="first local day; without it, the days whose rows changed")
@click.option("--last", type=_DAY, help="last local day (default: the first)")
@click.option("--dataset", "datasets", multiple=True, type=click.Choice(sorted(catalogue())), help="only these datasets")
@click.make_pass_decorator(Platform)
def run(platform: Platform, first: datetime | None, last: datetime | None, datasets: tuple[str, ...]) -> None:
    """Judge days and store the results. Example: health-platform quality run --first 2026-10-01 --last 2026-10-31"""
    days = _wanted(platform, first, last or first, datasets)
    if not days:
        click.echo("nothing changed since the last check")
        return
    done = running.check(platform, days, "command", Progress(len(days), "quality").advance)
    checked = sum(map(len, days.values()))
    click.echo(f"{checked} dataset days checked by {len(done.rules)} rules, {len(done.errors)} rules in error")
    for code, problem in sorted(done.errors.items()):
        click.echo(f"  {code}: {problem[:200]}")


def _wanted(platform: Platform, first: datetime | None, last: datetime | None, names: tuple[str, ...]) -> dict[str, set[date]]:
    if first is not None and last is not None:
        return running.everything(first.date(), last.date(), names)
    with platform.database.unit_of_work(system_scope("quality")) as session:
        waiting = dirty.waiting(session)
    return {name: days for name, days in waiting.items() if not names or name in names}


@quality.command("rules")
@click.option("--dataset", type=click.Choice(sorted(catalogue())), help="only this dataset")
def rules(dataset: str | None) -> None:
    """List the delivered rules. Example: health-platform quality rules --dataset visit"""
    for rule in delivered().values():
        if dataset in (None, rule.dataset):
            click.echo(f"{rule.code}\t{rule.dimension.value}\t{rule.weight}\t{rule.label}")
