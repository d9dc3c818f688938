"""``health-platform empi``: link a file of identities and judge the result. Needs no database and no settings."""

from __future__ import annotations

import csv
import gc
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

import click
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from empi.bulk.opening import UnreadableRecords, open_source
from empi.bulk.steps import Job, Result, Share, compare_share, link_file
from empi.definitions.guess import rules_for_header
from empi.definitions.mapping import InvalidMapping, rules_of_mapping
from empi.definitions.schema import Outcome, Rules
from empi.evaluate.measures import Evaluation, judged, measure
from empi.matching.arrays import I64
from empi.matching.rules import InvalidRules, checked
from empi.matching.scoring import compiled

_File = click.Path(exists=True, dir_okay=False, path_type=Path)
_Out = click.Path(dir_okay=False, path_type=Path)
_ROWS = 200_000
_QUOTED = r'[,"\r\n]'


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
@click.option("--quiet", is_flag=True, help="No progress.")
def link(
    records: Path,
    out: Path,
    columns: Path | None,
    work: Path | None,
    reviews: Path | None,
    model_out: Path | None,
    share: str | None,
    quiet: bool,
) -> None:
    """Find the records in RECORDS that are one person.

    Example: health-platform empi link records.csv --out clusters.csv

    On several machines: each runs the command with --share K/N and one --work folder, then one of them without --share.
    """

    def say(line: str) -> None:
        if not quiet:
            click.echo(line, err=True)

    try:
        source = open_source(records)
        rules = checked(rules_of_mapping(columns) if columns else rules_for_header(source.header))
        job = Job(records, rules, work, source=source)
        with _without_collector():
            if share:
                compare_share(job, _share(share), say)
                return
            result = link_file(job, say)
    except (UnreadableRecords, InvalidMapping, InvalidRules) as error:
        raise click.ClickException(str(error)) from error
    write_clusters(result, out)
    if reviews:
        write_reviews(result, reviews)
    if model_out:
        model_out.write_text(result.model.to_json(), encoding="utf-8")
    if not quiet:
        _report(result, rules)


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


def write_clusters(result: Result, path: Path) -> None:
    """Write rec_id,cluster_id in file order; a cluster is named by its first record.

    Where that record has no key of its own (none at all, or one that another record has too), its line number is added,
    so that two clusters never share a name.
    """
    labels = result.linked.labels
    names = cluster_names(result)
    with path.open("w", newline="", encoding="utf-8") as out:
        table = csv.writer(out)
        table.writerow(("rec_id", "cluster_id"))
        for start in range(0, len(labels), _ROWS):
            part = slice(start, start + _ROWS)
            columns = result.keys[part], names.take(pa.array(labels[part]))
            if any(pc.any(pc.match_substring_regex(column, _QUOTED)).as_py() for column in columns):
                table.writerows(zip(*(column.to_pylist() for column in columns), strict=True))
            else:
                out.writelines(pc.binary_join_element_wise(columns[0], ",", columns[1], "\r\n", "").to_pylist())


def cluster_names(result: Result) -> pa.Array:
    """The name a cluster gets from each record that could be its first."""
    coded = result.keys.dictionary_encode()
    counts = np.bincount(coded.indices.to_numpy(), minlength=len(coded.dictionary))
    if (blank := coded.dictionary.index("").as_py()) >= 0:
        counts[blank] += 1
    unclear = counts[coded.indices.to_numpy()] > 1
    if not unclear.any():
        return result.keys
    lines = pa.array(np.arange(len(unclear)) + 2).cast(pa.string())
    return pc.if_else(pa.array(unclear), pc.binary_join_element_wise(result.keys, lines, "#"), result.keys)


def write_reviews(result: Result, path: Path) -> None:
    """Write the pairs a person should decide: possible matches, conflicts, and certain pairs that were cut."""
    keys, edges = result.keys, result.edges
    rules = compiled(result.model.rules)
    with path.open("w", newline="", encoding="utf-8") as out:
        table = csv.writer(out)
        table.writerow(("rec_id_l", "rec_id_r", "reason", "weight_bits", "rules"))
        for place in open_pairs(result).tolist():
            codes = [rule.code for k, rule in enumerate(rules) if int(edges.hits[place]) >> k & 1]
            table.writerow(
                (
                    keys[int(edges.left[place])],
                    keys[int(edges.right[place])],
                    "conflict" if edges.outcome[place] == Outcome.CONFLICT else "possible",
                    float(edges.weight[place]),
                    " ".join(codes),
                )
            )
        table.writerows((keys[cut.left], keys[cut.right], "cut", cut.weight, "") for cut in result.linked.cuts)


def open_pairs(result: Result) -> I64:
    """The edges a person has to look at: neither certain nor meanwhile within one person."""
    edges, labels = result.edges, result.linked.labels
    return np.flatnonzero((edges.outcome != Outcome.CERTAIN) & (labels[edges.left] != labels[edges.right]))


def _report(result: Result, rules: Rules) -> None:
    conflicts = result.edges.outcome[open_pairs(result)] == Outcome.CONFLICT
    if unclear := len(result.keys) - len(result.keys.unique()):
        click.echo(f"warning: {unclear} records repeat the key of another; each is linked as a record of its own", err=True)
    click.echo(f"rules {rules.name} {rules.version}, model {result.model.version}", err=True)
    click.echo(
        f"{len(result.keys)} records, {len(np.unique(result.linked.labels))} persons; for review: "
        f"{int((~conflicts).sum())} possible, {int(conflicts.sum())} conflicts, "
        f"{len(result.linked.cuts)} cut",
        err=True,
    )
    for block in result.linked.overfull[:20]:
        click.echo(
            f"over-full block in pass {block.pass_name}: {block.size} records, split by "
            f"{', '.join(block.split_by) or 'nothing'}, largest part {block.largest_part}",
            err=True,
        )
    if len(result.linked.overfull) > 20:
        click.echo(f"and {len(result.linked.overfull) - 20} more over-full blocks", err=True)


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
