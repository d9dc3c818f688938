"""``health-platform empi``: link a file of identities and judge the result. Needs no database and no settings."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from importlib import import_module
from pathlib import Path

import click
import pyarrow as pa

from empi.bulk.job import Job, Share
from empi.bulk.opening import UnreadableRecords, open_source
from empi.bulk.steps import Result, Say, compare_share, link_file
from empi.bulk.writing import report, write_clusters, write_reviews
from empi.definitions.guess import rules_for_header
from empi.definitions.mapping import InvalidMapping, rules_of_mapping
from empi.evaluate.measures import Evaluation, judged, measure
from empi.matching.rules import InvalidRules, checked

_File = click.Path(exists=True, dir_okay=False, path_type=Path)
_Out = click.Path(dir_okay=False, path_type=Path)


Spread = Callable[[Job, Share | None, Say], Result | None]


@click.group("empi")
def empi_commands() -> None:
    """Person index: link files of identities and judge the result."""


@empi_commands.command("link")
@click.argument("records", type=_File)
@click.option("--out", required=True, type=_Out, help="CSV to write: rec_id,cluster_id.")
@click.option("--columns", type=_File, help="Mapping file (TOML) for other columns; see docs/matching.md.")
@click.option("--work", type=click.Path(file_okay=False, path_type=Path), help="Folder for the steps, to resume a run.")
@click.option("--reviews", type=_Out, help="CSV to write: pairs for a person to decide.")
@click.option("--model", "model_out", type=_Out, help="JSON to write: the trained weights.")
@click.option("--share", help="Compare only share K of N (e.g. 2/3) and stop; the machines share one --work folder.")
@click.option(
    "--part-records",
    type=click.IntRange(min=1),
    help="Hold no more than two parts of so many records in memory; the warehouse of the settings makes the pairs.",
)
@click.option("--quiet", is_flag=True, help="No progress.")
def link(
    records: Path,
    out: Path,
    columns: Path | None,
    work: Path | None,
    reviews: Path | None,
    model_out: Path | None,
    share: str | None,
    part_records: int | None,
    quiet: bool,
) -> None:
    """Find the records in RECORDS that are one person.

    Example: health-platform empi link records.csv --out clusters.csv

    On several machines: each runs the command with --share K/N and one --work folder, then one of them without --share.

    More records than a machine has memory for: with --part-records 2000000 and --work, alone or on several machines.
    """

    def say(line: str) -> None:
        if not quiet:
            click.echo(line, err=True)

    try:
        source = open_source(records)
        rules = checked(rules_of_mapping(columns) if columns else rules_for_header(source.header))
        job = Job(records, rules, work, source=source, part_records=part_records or 0)
        with _without_collector():
            result = _linked(job, _share(share) if share else None, say)
    except (UnreadableRecords, InvalidMapping, InvalidRules) as error:
        raise click.ClickException(str(error)) from error
    if result is None:
        return
    write_clusters(result, out)
    if reviews:
        write_reviews(result, reviews)
    if model_out:
        model_out.write_text(result.model.to_json(), encoding="utf-8")
    if not quiet:
        report(result, rules)


def _linked(job: Job, share: Share | None, say: Say) -> Result | None:
    """The answer, or nothing where this machine does a share of the work."""
    if job.part_records:
        spread: Spread = import_module("empi.bulk.spread.command").spread  # the warehouse's driver is for those who need it
        return spread(job, share, say)
    if share is None:
        return link_file(job, say)
    compare_share(job, share, say)
    return None


def _share(text: str) -> Share:
    try:
        return Share.parse(text)
    except ValueError as error:
        raise click.BadParameter(f"{text}: write it as K/N, for instance 2/3", param_hint="--share") from error


@empi_commands.command("evaluate")
@click.argument("clusters", type=_File)
@click.option("--truth", required=True, type=_File, help="CSV: rec_id,entity_id[,tags].")
@click.option("--negatives", type=_File, help="CSV: rec_id_l,rec_id_r,kind.")
@click.option("--only", type=_File, help="CSV whose rec_id are judged (leaves held-back records out).")
def evaluate_command(clusters: Path, truth: Path, negatives: Path | None, only: Path | None) -> None:
    """Compare CLUSTERS (rec_id,cluster_id) with a truth: pairwise and B-cubed figures as JSON.

    Example: health-platform empi evaluate clusters.csv --truth truth.csv --negatives negatives.csv
    """
    try:
        found = judged(
            _columns(truth, ("rec_id", "entity_id"), ("tags",)),
            _columns(clusters, ("rec_id", "cluster_id")),
            _columns(negatives, ("rec_id_l", "rec_id_r", "kind")) if negatives else None,
            _columns(only, ("rec_id",)) if only else None,
        )
    except UnreadableRecords as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps(_summary(measure(found)), ensure_ascii=False, indent=1))


def _columns(path: Path, needed: tuple[str, ...], welcome: tuple[str, ...] = ()) -> pa.Table:
    source = open_source(path)
    if missing := [name for name in needed if name not in source.header]:
        raise UnreadableRecords(f"{path.name} has no column {', '.join(missing)}; it has {', '.join(source.header)}")
    columns = [*needed, *(name for name in welcome if name in source.header)]
    return source.read(columns, dict.fromkeys(columns, pa.string()))


def _summary(found: Evaluation) -> dict[str, object]:
    facts = asdict(found)
    for name in ("pairs", "b_cubed"):
        facts[name] = {**facts[name], "f1": getattr(found, name).f1}
    for name in ("wrongly_merged", "recall_by_tag"):
        facts[name] = {kind: {"of": n, "count": k, "share": round(k / n, 4)} for kind, (k, n) in getattr(found, name).items()}
    return facts


@contextmanager
def _without_collector() -> Iterator[None]:
    """Millions of small values without a cycle among them: the collector would only walk them over and over."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


if __name__ == "__main__":
    empi_commands()
