"""The answer of a bulk link as files for others, and in a few lines for whoever ran it."""

from __future__ import annotations

import csv
from pathlib import Path

import click
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from empi.bulk.steps import Result
from empi.definitions.schema import Outcome, Rules
from empi.matching.scoring import compiled

_ROWS = 200_000
_QUOTED = r'[,"\r\n]'


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
        for place in result.edges.unsettled(result.linked.labels).tolist():
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


def report(result: Result, rules: Rules) -> None:
    """Say how many persons were found, what is left for people to look at, and which blocks were too large."""
    conflicts = result.edges.outcome[result.edges.unsettled(result.linked.labels)] == Outcome.CONFLICT
    if unclear := len(result.keys) - len(result.keys.unique()):
        click.echo(f"warning: {unclear} records repeat the key of another; each is linked as a record of its own", err=True)
    click.echo(f"rules {rules.name} {rules.version}, model {result.model.version}", err=True)
    compared, each = result.linked.compared, result.linked.compared / len(result.keys)
    click.echo(f"{compared} pairs compared, {each:.2f} a record", err=True)
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
